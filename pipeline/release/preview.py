"""A hundred rows of the processed tier that a page may show: drawn by hash, spread by language."""

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.shards import writer

from . import reports
from .doing import do
from .work import Context, Files, Json, Report, Stage, Work

ROWS = 100
LINES = 60
CHARACTERS = 8_000  # a minified file is one line
_BATCH = 1 << 16  # rows of the index looked at together

_COLUMNS = {
    "row_id": "row_id",
    "path": "max_stars_repo_path",
    "repo_name": "max_stars_repo_name",
    "language": "lang",
    "licenses": "licenses",
    "size": "size",
    "redactions": "redactions",
}


def choose(index: Path, rows: int = ROWS) -> dict[str, list[str]]:
    """Row ids to show, by artefact path: one of each language in turn, the largest first.

    Row ids are hashes, so the lowest are drawn by lot: the same rows in any order of the index, and
    mostly the same from version to version.
    """
    lowest: dict[str, list[tuple[str, str]]] = defaultdict(list)
    counted: Counter[str] = Counter()
    for batch in writer.read_batches(index, ["row_id", "lang", "path"], batch_rows=_BATCH):
        counted.update(dict(_pairs(pc.value_counts(batch.column("lang")))))
        table = pa.Table.from_batches([batch]).sort_by("row_id")
        for language in pc.unique(table["lang"]).to_pylist():
            mine = table.filter(pc.equal(table["lang"], language)).slice(0, rows)
            pairs = zip(mine["row_id"].to_pylist(), mine["path"].to_pylist(), strict=True)
            lowest[language] = heapq.nsmallest(rows, [*lowest[language], *pairs])
    order = sorted(counted, key=lambda name: (-counted[name], name))
    chosen: dict[str, list[str]] = defaultdict(list)
    for row_id, path in _in_turn([lowest[language] for language in order], rows):
        chosen[path].append(row_id)
    return dict(sorted(chosen.items()))


def _pairs(counts: pa.StructArray) -> Iterator[tuple[str, int]]:
    return zip(counts.field("values").to_pylist(), counts.field("counts").to_pylist(), strict=True)


def read(
    chosen: Mapping[str, list[str]], places: Mapping[str, tuple[str, str]], files: Files
) -> list[Json]:
    """The chosen rows as plain data, by language, repository and path. Nothing is escaped.

    `places` maps artefact paths to the work that left the file and its name there. The text is the
    redacted one, cut to its first lines. What one file shows is work of its own, and found again.
    """
    found: list[Json] = []
    for path, row_ids in chosen.items():
        ref, name = places[path]
        work = Work("show", 0, path, {"ref": ref, "name": name, "rows": sorted(row_ids)})
        do(SHOW, work, files, b"")
        found += reports.read_json(files.path(work.name(SHOW.version), _FILE))
    key = ("language", "repo_name", "path", "row_id")
    return sorted(found, key=lambda row: tuple(row[name] for name in key))


def _show(work: Work, files: Files, folder: Path, secret: bytes) -> Report:  # noqa: ARG001
    """Some rows of one file."""
    wanted = pa.array(work.params["rows"], pa.string())
    path = files.path(work.params["ref"], work.params["name"])
    found: list[Json] = []
    for batch in writer.read_batches(path, [*_COLUMNS.values(), "content"]):
        mine = batch.filter(pc.is_in(batch.column("row_id"), value_set=wanted))
        found += [_shown(row) for row in mine.to_pylist()]
    reports.write_json(folder / _FILE, found)
    return Report(rows_in=len(found), rows_out=len(found))


def _no_plan(context: Context) -> list[Work]:  # noqa: ARG001  asked for by card alone
    return []


SHOW = Stage("show", 1, _no_plan, _show)
_FILE = "rows.json"


def _shown(row: Json) -> Json:
    lines = row["content"].split("\n")
    text = "\n".join(lines[:LINES])[:CHARACTERS]
    shown = {name: row[column] for name, column in _COLUMNS.items()}
    return shown | {"content": text, "cut": len(text) < len(row["content"])}


def _in_turn(queues: list[list[tuple[str, str]]], rows: int) -> Iterator[tuple[str, str]]:
    """One of each queue, round and round, until `rows` are taken."""
    taken = 0
    for turn in range(max(map(len, queues), default=0)):
        for queue in queues:
            if turn < len(queue) and taken < rows:
                taken += 1
                yield queue[turn]
