"""Commits that change one file: from the history of clones, and from exports.

A piece leaves `commits.parquet` (COMMIT, by id). A commit that several repositories have stands in
each piece that meets it, with the holders met there; the next stage puts them together.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.collect import clones, exports, history, text
from pipeline.collect.gitting import GitFailed, Limits
from pipeline.collect.history import Commit, Left
from pipeline.release.sources import git
from pipeline.release.sources.about import About
from pipeline.release.sources.parts import Part, scattered
from pipeline.release.work import Files, Json, Report, Work
from pipeline.select import languages, licences
from pipeline.shards import schemas, writer
from pipeline.shards.hashes import made_id, sha256_file

KIND = "commits"
COMMITS = "commits.parquet"
HISTORIES, EXPORTS = "histories.jsonl", "exports.jsonl"
_BYTES = 24_000_000  # of text in a piece, as far as the trees tell
_BATCH = 100  # rows
_HOST = "github.com"


def works(sources: Sequence[Json], options: Json, archives: Sequence[Path]) -> Iterator[Work]:
    """Pieces of repositories by the hash of their names, and a piece for each export.

    Raises:
        ValueError: nothing was collected into a folder yet.
    """
    limit = int(options.get("max_file_bytes", text.LIMIT))
    for source in sources:
        root = Path(source["folder"])
        if not ((root / HISTORIES).exists() or (root / EXPORTS).exists()):
            raise ValueError(f"No commits were collected into {root}: run collect commits again.")
        aim = int(options.get("commit_bytes", _BYTES))
        for parts in scattered(_parts(root, archives), aim):
            more = f" and {len(parts) - 1} more" if len(parts) > 1 else ""
            params = {"kind": KIND, "limit": limit, "parts": [part.told for part in parts]}
            where = {"folders": [part.where for part in parts]}
            yield Work("collect", 0, f"commits of {parts[0].label}{more}", params, where)
        for told in _lines(root / EXPORTS):
            params = {"kind": KIND, "limit": limit, "export": told["sha256"]}
            yield Work("collect", 0, f"commits of {Path(told['path']).name}", params, told)


def run(work: Work, files: Files, folder: Path) -> Report:  # noqa: ARG001
    """Read the commits of a piece. Memory: their texts.

    Raises:
        ValueError: an export is not what it was when the work was planned.
    """
    taken = _Taken(work.params["limit"])
    if "export" in work.params:
        path = Path(work.inputs["path"])
        if sha256_file(path) != work.params["export"]:
            raise ValueError(f"{path.name} has changed since this was planned; collect it again.")
        for row in exports.rows(path, limit=work.params["limit"]):
            taken.add_exported(row)
    else:
        for told, where in zip(work.params["parts"], work.inputs["folders"], strict=True):
            taken.add_repository(told, Path(where))
    return taken.write(folder)


def note_export(path: Path) -> Json:
    """A line of `exports.jsonl`."""
    return {"path": str(path), "sha256": sha256_file(path)}


def note_history(facts: clones.Facts, head: str, depth: int, root: Path) -> Json:
    """A line of `histories.jsonl`: the repository as its clone is, and what is read of it."""
    names = ("host", "name", "head", *git.FACTS)
    told = {name: getattr(facts, name) for name in names}
    return {
        "told": told | {"history": head, "depth": depth},
        "bytes": facts.bytes,
        "folder": str(root / facts.folder),
    }


def _parts(root: Path, archives: Sequence[Path]) -> Iterator[Part]:
    lines = list(_lines(root / HISTORIES))
    known = git.known_of(((one["told"]["host"], one["told"]["name"]) for one in lines), archives)
    for line in lines:
        told = git.completed(line["told"], known)
        key = f"{told['host']}/{told['name']}".casefold()
        yield Part(key, told["name"], max(line["bytes"], 1), told, line["folder"])


def _lines(path: Path) -> Iterator[Json]:
    if path.exists():
        with path.open(encoding="utf-8") as file:
            yield from map(json.loads, file)


class _Taken:
    """Commits once each, with their holders."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._rows: dict[str, dict[str, Any]] = {}
        self._dropped: Counter[str] = Counter()
        self._seen = self._bytes = 0

    def add_repository(self, told: Mapping[str, Json], folder: Path) -> None:
        """A history that breaks off counts as one commit, and nothing of it is kept."""
        limits = Limits(file_bytes=self._limit, depth=told["depth"])
        try:
            holder = git.holder_of(told, folder, limits)
            found = list(history.commits(folder, told["history"], limits))
        except GitFailed as failed:
            self._drop(failed.reason)
            return
        for one in found:
            if isinstance(one, Left):
                self._drop(one.reason)
                continue
            place = holder.at(one.change.new_file)
            held = {name: place[name] for name in ("repo_host", "repo_id", "repo_name")}
            held |= {name: place[name] for name in ("owner_id", "owner", "licenses")}
            self._add(one, [held | {"source": "git"}])

    def add_exported(self, row: exports.Exported | Left) -> None:
        if isinstance(row, Left):
            self._drop(row.reason)
            return
        spdx = licences.of_host(licences.NOTHING, row.licence).licences
        self._add(row.commit, [_exported(name, spdx) for name in row.repos])

    def write(self, folder: Path) -> Report:
        order = sorted(self._rows)
        about = About()
        for one in order:
            about.add_commit(self._rows[one])
        about.write(folder)
        batches = (
            pa.RecordBatch.from_pylist([self._rows[one] for one in part], schemas.COMMIT)
            for at in range(0, len(order), _BATCH)
            for part in [order[at : at + _BATCH]]
        )
        facts = writer.write(folder / COMMITS, schemas.COMMIT, batches, cut="commit_id", digits=2)
        return Report(
            rows_in=self._seen,
            rows_out=facts.rows,
            bytes_in=self._bytes,
            bytes_out=self._bytes,
            dropped=dict(sorted(self._dropped.items())),
            files={COMMITS: facts._asdict()},
        )

    def _drop(self, reason: str) -> None:
        self._seen += 1
        self._dropped[reason] += 1

    def _add(self, commit: Commit, holders: list[dict[str, Any]]) -> None:
        self._seen += 1
        change, about, old_text, new_text = commit
        before = self._rows.get(change.commit)
        if before is not None:
            self._dropped["duplicate"] += 1
            holders = [*before["holders"], *holders]
        else:
            self._bytes += len(old_text) + len(new_text) + len(about.message)
            found = licences.joined(licences.of_header(old_text), licences.of_header(new_text))
            before = self._rows[change.commit] = {
                "commit_id": change.commit,
                "old_file": change.old_file,
                "new_file": change.new_file,
                "old_hexsha": change.old_oid,
                "new_hexsha": change.new_oid,
                "old_contents": old_text,
                "new_contents": new_text,
                **about._asdict(),
                "ext": languages.extension(change.new_file),
                "lang": languages.language(change.new_file, new_text),
                "licenses": list(found.licences),
                "license_evidence": [one._asdict() for one in found.evidence],
            }
        before["holders"] = distinct(holders)


def distinct(holders: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each repository once, by host and name."""
    found = {
        (one["repo_host"], one["repo_name"].casefold(), one["repo_id"]): one for one in holders
    }
    return [found[key] for key in sorted(found)]


def _exported(name: str, spdx: Sequence[str]) -> dict[str, Any]:
    owner = name.split("/", 1)[0]
    return {
        "repo_host": _HOST,
        "repo_id": made_id(_HOST, name),
        "repo_name": name,
        "owner_id": made_id(_HOST, owner),
        "owner": owner,
        "licenses": list(spdx),
        "source": "bigquery",
    }
