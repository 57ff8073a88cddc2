"""Stage redact: what identifies a person or opens a door goes out of the text.

One shard a select shard. Writes `rows.parquet` (SELECTED, redacted), `keys.parquet` (KEYS, what
later stages plan with) and `sample.parquet` (ANNOTATION, surrogates for values).
"""

import hashlib
import heapq
import hmac
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from pipeline.redact import detector as detectors
from pipeline.redact import policy as policies
from pipeline.redact import replace
from pipeline.redact.spans import Span
from pipeline.shards import schemas, writer

from . import keys
from .work import Context, Files, Json, Report, Stage, Work

SAMPLE = 200  # annotated rows of a version, unless the brief says otherwise
PRIVATE = "private-information"
BATCH_ROWS = 512
ROUNDS = 3  # a replacement can lay bare another value beside it; more rounds than this never helped

# Columns beside the text that may hold a value found in it.
_BESIDE = [
    f"max_{by}_repo_{what}"
    for by in ("stars", "issues", "forks")
    for what in ("path", "name", "head_hexsha")
]


def plan(context: Context) -> list[Work]:
    """One shard for every select shard, named by the content of its rows.

    So a shard in which a new removal list changes nothing is not scanned again.
    """
    brief = context.brief
    works = []
    for done in context.done["select"]:
        params = {
            "dataset": brief.dataset,  # whose secret makes the surrogates
            "rows": done.report.files["rows.parquet"]["sha256"],
            "policy": brief.redaction,
            "sample": sample_size(brief.options),
        }
        works.append(Work("redact", done.number, done.label, params, {"select": done.ref}))
    return works


def sample_size(options: Json) -> int:
    """How many machine-labelled rows a version carries."""
    return int(options.get("annotation_sample", SAMPLE))


def run(work: Work, files: Files, folder: Path, secret: bytes) -> Report:
    """Redact one select shard in batches; the report counts redactions by class and by rule."""
    source = files.path(work.inputs["select"], "rows.parquet")
    shard = _Shard(work.params["policy"], secret, _Sample(work.params["sample"], secret))
    rows = writer.write(folder / "rows.parquet", schemas.SELECTED, shard.batches(source))
    held = writer.write(folder / "keys.parquet", keys.KEYS, iter(shard.keys))
    report = Report(
        rows_in=shard.rows_in,
        rows_out=rows.rows,
        bytes_in=shard.bytes_in,
        bytes_out=shard.bytes_out,
        dropped=dict(sorted(shard.dropped.items())),
        files={"rows.parquet": rows._asdict(), "keys.parquet": held._asdict()},
        counts={
            "classes": dict(sorted(shard.classes.items())),
            "rules": dict(sorted(shard.rules.items())),
            "rows_redacted": shard.rows_redacted,
        },
    )
    sample = shard.sample.batch()
    if sample.num_rows:
        facts = writer.write(folder / "sample.parquet", schemas.ANNOTATION, iter([sample]))
        report.files["sample.parquet"] = facts._asdict()
    return report


class Clean(NamedTuple):
    """A text without private values. `drop`: the row must go instead."""

    text: str
    counts: dict[str, int]  # class -> spans replaced
    rules: dict[str, int]
    values: frozenset[str]  # what was taken out; never written anywhere
    drop: bool


def clean(text: str, spans: list[Span], policy: Json, key: bytes) -> Clean:
    """Replace `spans`, look again, and replace what the first replacement laid bare.

    A text in which something private is still found after some rounds is to be dropped: no
    version is published on the hope that a detector was wrong.
    """
    counts: Counter[str] = Counter()
    rules: Counter[str] = Counter()
    values: set[str] = set()
    for _ in range(ROUNDS):
        active = acted_on(spans, policy)
        if not active:
            return Clean(text, dict(counts), dict(rules), frozenset(values), drop=False)
        values.update(text[span.start : span.end] for span in active)
        rules.update(span.rule for span in active)
        redacted = replace.redact(text, spans, policy, key)
        counts.update(redacted.counts)
        if redacted.drop:
            return Clean("", {}, {}, frozenset(), drop=True)
        text = redacted.text
        spans = detectors.default_detector().detect(text)
    left = bool(acted_on(spans, policy))
    return Clean(text, dict(counts), dict(rules), frozenset(values), drop=left)


def acted_on(spans: list[Span], policy: Json) -> list[Span]:
    """The spans whose class the policy does not leave."""
    return [span for span in spans if policies.action(policy, span.cls) != policies.LEAVE]


@dataclass
class _Shard:
    """Counters of one shard, and the stream that fills them."""

    policy: Json
    secret: bytes
    sample: "_Sample"
    rows_in: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    rows_redacted: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    classes: Counter[str] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)
    keys: list[pa.RecordBatch] = field(default_factory=list)

    def batches(self, source: Path) -> Iterator[pa.RecordBatch]:
        for batch in writer.read_batches(source):
            for start in range(0, batch.num_rows, BATCH_ROWS):
                rows = self._redacted(batch.slice(start, BATCH_ROWS))
                held = keys.of_rows(rows)
                self.keys.append(held)
                self.bytes_out += sum(held.column("text_bytes").to_pylist())
                yield rows

    def _redacted(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        detector = detectors.default_detector()
        texts, redactions, kept = [], [], []
        for row, text in enumerate(rows.column("content").to_pylist()):
            self.rows_in += 1
            self.bytes_in += len(text.encode())
            spans = detector.detect(text)
            done = clean(text, spans, self.policy, self.secret) if spans else None
            if done is not None and self._must_go(rows, row, done):
                continue
            kept.append(row)
            texts.append(done.text if done else text)
            redactions.append(self._told(done))
            if spans:
                self.sample.offer(rows, row, spans)
        return _with(rows.take(pa.array(kept, pa.int64())), texts, redactions)

    def _must_go(self, rows: pa.RecordBatch, row: int, done: Clean) -> bool:
        if done.drop:
            self.dropped[PRIVATE] += 1
            return True
        beside = [rows.column(name)[row].as_py() or "" for name in _BESIDE]
        if any(value in text for value in done.values for text in beside):
            self.dropped[f"{PRIVATE}-in-path"] += 1  # the whole of a value nowhere in the row
            return True
        return False

    def _told(self, done: Clean | None) -> list[dict[str, Json]]:
        if done is None or not done.counts:
            return []
        self.rows_redacted += 1
        self.classes.update(done.counts)
        self.rules.update(done.rules)
        return [{"class": name, "count": count} for name, count in sorted(done.counts.items())]


def _with(
    rows: pa.RecordBatch, texts: list[str], redactions: list[list[dict[str, Json]]]
) -> pa.RecordBatch:
    columns = {name: rows.column(name) for name in schemas.SELECTED.names}
    columns["content"] = pa.array(texts, pa.large_string())
    columns["redactions"] = pa.array(redactions, schemas.REDACTIONS)
    return pa.record_batch(list(columns.values()), schema=schemas.SELECTED)


class _Sample:
    """The rows of the lowest keyed hash among those with a span: the same ones in any order.

    The hash is also the id of an annotated row, so merging shards needs no second look.
    """

    def __init__(self, size: int, secret: bytes) -> None:
        self.size = size
        self.secret = secret
        self.heap: list[tuple[int, str, dict[str, Json]]] = []  # highest hash first

    def offer(self, rows: pa.RecordBatch, row: int, spans: list[Span]) -> None:
        row_id = rows.column("row_id")[row].as_py()
        told = b"annotation-sample\0" + row_id.encode()
        name = hmac.new(self.secret, told, hashlib.sha256).hexdigest()[:32]
        rank = -int(name, 16)
        if not self.size or (len(self.heap) == self.size and rank <= self.heap[0][0]):
            return
        found = {
            "id": name,
            "content": rows.column("content")[row].as_py(),
            "language": rows.column("lang")[row].as_py(),
            "spans": spans,
            "labelled_by": "machine",
            "hexsha": rows.column("hexsha")[row].as_py(),
            "repo_id": rows.column("repo_id")[row].as_py(),
        }
        heapq.heappush(self.heap, (rank, name, found))
        if len(self.heap) > self.size:
            heapq.heappop(self.heap)

    def batch(self) -> pa.RecordBatch:
        """The sample by id, every value replaced by a surrogate."""
        found = [row for _, _, row in sorted(self.heap, key=lambda kept: kept[1])]
        for row in found:
            row["content"], row["spans"] = replace.obfuscate(
                row["content"], row["spans"], self.secret
            )
        return pa.RecordBatch.from_pylist(found, schema=schemas.ANNOTATION)


STAGE = Stage("redact", 1, plan, run)
