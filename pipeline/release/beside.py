"""Configurations beside the files: threads of issues, and commits; raw and processed tier.

A piece of collect's threads, or a prefix of commits, becomes one file of each tier: removals take
their part, licences are asked (of commits: a thread is under none), private values and the names of
those who speak go. Stage write runs it; a piece that nothing touched keeps its name and its bytes.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.redact import replace
from pipeline.redact.policy import acted_on
from pipeline.redact.scan import detector_for
from pipeline.redact.speakers import Speakers
from pipeline.select import people, removals, sets
from pipeline.select.choose import HEADER, NO_LICENCE, OUTSIDE, all_met
from pipeline.shards import schemas, writer
from pipeline.shards.hashes import row_id

from . import aliases, reports
from .redacting import PRIVATE, detector_digest
from .sources.about import ABOUT
from .sources.commits import COMMITS, distinct
from .sources.gharchive import ALIASES, ISSUES
from .work import Context, Done, Files, Json, Report, Work

KINDS = {"issues": (schemas.ISSUE, schemas.PROCESSED_ISSUE)}
KINDS["commits"] = (schemas.COMMIT, schemas.PROCESSED_COMMIT)
RAW, ROWS = "raw-beside.parquet", "beside.parquet"
MERGED = "duplicate"
_BATCH = 100  # rows
_ROUNDS = 8  # after which a row that still shows a value is dropped
_USERNAME = "USERNAME"


def works(context: Context, first: int) -> Iterator[Work]:
    """One piece for each file of threads and each prefix of commits."""
    selectors = removals_of(context)
    pieces = [*_threads(context), *_commits(context)]
    for number, (kind, prefix, told, inputs) in enumerate(pieces, first):
        held = people.touching(selectors, told["holders"], told["people"])
        mine = [one for one in held if _concerns(one, kind, prefix)]
        params = {
            "kind": kind,
            "dataset": context.brief.dataset,
            "prefix": prefix,
            "content": told["digest"],
            "policy": context.brief.redaction,
            "detector": detector_digest(),
            "licence_set": sets.get(context.brief.licence_set).digest,
            "removals": [one.as_json() for one in mine],
            "profile": writer.PROFILE,
        }
        inputs["licence_set"] = context.brief.licence_set
        yield Work("write", number, f"{kind}/{prefix}.parquet", params, inputs)


def run(work: Work, files: Files, folder: Path, secret: bytes) -> Report:
    """Write one file of each tier. Memory: the rows of a piece as they were collected."""
    kind = work.params["kind"]
    raw_schema, schema = KINDS[kind]
    shard = _Shard(work, secret)
    if kind == "issues":
        shard.threads(files.path(work.inputs["collect"][0], ISSUES))
    else:
        shard.commits([files.path(ref, COMMITS) for ref in work.inputs["collect"]])
    raw = writer.write(folder / RAW, raw_schema, _tables(shard.raw, raw_schema))
    rows = writer.write(folder / ROWS, schema, _tables(shard.rows, schema))
    return Report(
        rows_in=shard.seen,
        rows_out=rows.rows,
        bytes_in=shard.bytes_in,
        bytes_out=shard.bytes_out,
        dropped={reason: count for reason, count in sorted(shard.dropped.items()) if count},
        files={RAW: raw._asdict(), ROWS: rows._asdict()},
        counts={
            "classes": dict(sorted(shard.classes.items())),
            "removed_events": shard.removed_events,
        },
    )


def _concerns(one: removals.Selector, kind: str, prefix: str) -> bool:
    """Whether a selector can say anything of a piece."""
    if one.kind == "commit":
        return kind == "commits" and one.value.startswith(prefix)
    return kind == "issues" or one.kind != "issue"


def removals_of(context: Context) -> frozenset[removals.Selector]:
    """The removals of a brief, by name and by every number that a name ever had."""
    selectors = removals.parse(context.brief.removals)
    return people.by_number(selectors, aliases.holders(context)) if selectors else selectors


def pieces(done: Iterable[Done]) -> list[Done]:
    """Finished works of stage write that are of this module."""
    return [one for one in done if reports.kind_of(one) in KINDS]


def collected(done: Iterable[Done]) -> list[Done]:
    """Finished works of stage collect whose rows come here and not to identify."""
    return [one for one in done if {ISSUES, COMMITS, ALIASES} & set(one.report.files)]


_Piece = tuple[str, str, Json, dict[str, Any]]  # kind, prefix, what is told, inputs


def _threads(context: Context) -> Iterator[_Piece]:
    for done in context.done["collect"]:
        if ISSUES in done.report.files and done.report.files[ISSUES]["rows"]:
            told = dict(reports.read_json(context.files.path(done.ref, ABOUT))[""])
            told["digest"] = done.report.files[ISSUES]["sha256"]
            yield "issues", done.params["prefix"], told, {"collect": [done.ref]}


def _commits(context: Context) -> Iterator[_Piece]:
    """Commits of a prefix stand in every piece that met one of them."""
    found: dict[str, list[tuple[str, Json]]] = defaultdict(list)
    for done in context.done["collect"]:
        if COMMITS in done.report.files:
            about = reports.read_json(context.files.path(done.ref, ABOUT))
            for prefix, told in about.items():
                found[prefix].append((done.ref, told))
    for prefix, held in sorted(found.items()):
        digest = hashlib.sha256(" ".join(f"{ref} {told['digest']}" for ref, told in held).encode())
        told = {
            "digest": digest.hexdigest()[:32],
            "holders": [holder for _, one in held for holder in one["holders"]],
            "people": [person for _, one in held for person in one["people"]],
        }
        yield "commits", prefix, told, {"collect": [ref for ref, _ in held]}


class _Shard:
    """Rows of one piece on their way, and what is counted."""

    def __init__(self, work: Work, secret: bytes) -> None:
        params = work.params
        self._dataset, self._prefix = params["dataset"], params["prefix"]
        self._policy, self._secret = params["policy"], secret
        self._removed = people.wanted(removals.parse(params["removals"]))
        self._licences = sets.get(work.inputs["licence_set"])
        if self._licences.digest != params["licence_set"]:
            raise ValueError("The licence set has changed since this was planned.")
        self.raw: list[dict[str, Any]] = []
        self.rows: list[dict[str, Any]] = []
        self.dropped: Counter[str] = Counter()
        self.classes: Counter[str] = Counter()
        self.seen = self.bytes_in = self.bytes_out = self.removed_events = 0

    def threads(self, path: Path) -> None:
        for row in _read(path):
            self.bytes_in += row["text_size"]
            kept = people.of_thread(row, self._removed)
            self.removed_events += kept.events
            self._take(kept, self._thread)

    def commits(self, paths: list[Path]) -> None:
        found: dict[str, dict[str, Any]] = {}
        within = writer.starting_with("commit_id", self._prefix)
        for path in paths:
            for row in _read(path, within):
                before = found.setdefault(row["commit_id"], row)
                if before is not row:
                    before["holders"] = distinct([*before["holders"], *row["holders"]])
                    self.seen += 1
                    self.dropped[MERGED] += 1
        for commit in sorted(found):
            row = found[commit]
            self.bytes_in += len(row["old_contents"]) + len(row["new_contents"])
            self._take(people.of_commit(row, self._removed), self._commit)

    def _take(
        self, kept: people.Kept, made: Callable[[dict[str, Any]], dict[str, Any] | str]
    ) -> None:
        self.seen += 1
        if kept.row is None:
            self.dropped[kept.reason] += 1
            return
        self.raw.append(kept.row)
        row = made(kept.row)
        if isinstance(row, str):
            self.dropped[row] += 1
        else:
            self.rows.append(row)

    def _thread(self, row: dict[str, Any]) -> dict[str, Any] | str:
        gone = [key.value for key in self._removed if key.kind == "account"]
        authors = (event["author"] for event in row["events"])
        speakers = Speakers(authors, (name for name in gone if not name.startswith("id:")))
        # Names first: what stands in their place may look like a value, and is then looked at.
        told = [text or "" for event in row["events"] for text in (event["title"], event["text"])]
        plain = [speakers.replaced(text) for text in told]
        clean = self._clean([text for text, _ in plain])
        if clean is None:
            return PRIVATE
        texts, counts = clean
        counts[_USERNAME] += sum(count for _, count in plain)
        said = []
        for at, event in enumerate(row["events"]):
            copied = {name: event[name] for name in ("type", "action", "datetime", "comment_id")}
            copied["author"] = speakers.name(event["author"])
            copied["title"] = None if event["title"] is None else texts[2 * at]
            copied["text"] = None if event["text"] is None else texts[2 * at + 1]
            said.append(copied)
        size = sum(len(one["title"] or "") + len(one["text"] or "") for one in said)
        self.bytes_out += size
        names = ("repo_name", "repo_id", "number", "is_pull", "event_count", "user_count")
        return {
            "row_id": row_id(self._dataset, row["thread_id"]),
            **{name: row[name] for name in names},
            "events": said,
            "text_size": size,
            "redactions": self._counted(counts),
        }

    def _commit(self, row: dict[str, Any]) -> dict[str, Any] | str:
        allowed = [one for one in row["holders"] if all_met(self._licences, one["licenses"])]
        if not allowed:
            return OUTSIDE if any(one["licenses"] for one in row["holders"]) else NO_LICENCE
        rests = all_met(self._licences, row["licenses"])
        if row["licenses"] and not rests:
            return HEADER
        fields = ("old_contents", "new_contents", "subject", "message", "old_file", "new_file")
        clean = self._clean([row[name] for name in fields])
        if clean is None:
            return PRIVATE
        texts, counts = clean
        self.bytes_out += len(texts[0]) + len(texts[1])
        places = {name for one in allowed for name in all_met(self._licences, one["licenses"])}
        return {
            "row_id": row_id(self._dataset, row["commit_id"]),
            "commit": row["commit_id"],
            **dict(zip(fields, texts, strict=True)),
            "lang": row["lang"],
            "licenses": list(rests or sorted(places)),
            "repos": [one["repo_name"] for one in allowed],
            "repo_ids": [one["repo_id"] for one in allowed],
            "date": row["author_date"],
            "redactions": self._counted(counts),
        }

    def _clean(self, texts: list[str]) -> tuple[list[str], Counter[str]] | None:
        """Texts of one row without private values: a value found in one goes from all."""
        counts: Counter[str] = Counter()
        held = list(texts)
        for _ in range(_ROUNDS):
            found = [at for at, text in enumerate(held) if self._private(text)]
            if not found:
                return held, counts
            for at in found:
                others = held[:at] + held[at + 1 :]
                clean = replace.redact_text(held[at], self._policy, self._secret, beside=others)
                if clean.drop:
                    return None
                counts.update(clean.counts)
                held = [*clean.beside[:at], clean.text, *clean.beside[at:]]
        return None

    def _private(self, text: str) -> bool:
        return bool(acted_on(text, detector_for(self._policy).detect(text), self._policy))

    def _counted(self, counts: Counter[str]) -> list[dict[str, Json]]:
        self.classes.update(counts)
        return [{"class": name, "count": count} for name, count in sorted(counts.items()) if count]


def _read(path: Path, within: writer.Within | None = None) -> Iterator[dict[str, Any]]:
    for batch in writer.read_batches(path, within=within, batch_rows=_BATCH):
        yield from batch.to_pylist()


def _tables(rows: list[dict[str, Any]], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    for at in range(0, len(rows), _BATCH):
        yield pa.RecordBatch.from_pylist(rows[at : at + _BATCH], schema)
