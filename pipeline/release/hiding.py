"""Which raw files and shown rows of a version hold what was removed since it was made.

The files of a version are as old as the version, the removals are those of now. A file of the raw
or the annotations tier that holds one removed row is named here, and nobody is given it any more.
The files are read as a stranger would read them, by the columns that tell whose a row is.
"""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.select import people, removals
from pipeline.shards import writer

from . import annotating, beside, checks_beside
from .work import Json

File = tuple[str, str]  # tier and path
Local = Callable[[File], Path]  # a readable local file
PLACES, CONTENTS = "occurrences/", "blobs/"


class Touched(NamedTuple):
    files: set[File]
    row_ids: list[str]  # of the rows shown, in order


def touched(
    files: Iterable[File],
    local: Local,
    removed: Iterable[Mapping[str, Any]],
    names: Iterable[removals.Holder] = (),
    shown: Iterable[Mapping[str, Any]] = (),
) -> Touched:
    """Files that hold a removed row, and those of the `shown` rows that were removed.

    Args:
        files: all of the raw and annotations tiers of one version.
        removed: the removals in force.
        names: holders by the names that they had before (`aliases.named`).
        shown: rows of a preview, each with row_id, repo_name and, where known, hexsha, repo_id and
            owner_id.

    Reads the holders and ids of all places once, and of contents the ids alone. Memory: the ids
    that go, the distinct holders and one file of places.
    """
    selectors = removals.parse(removed)
    if not selectors:
        return Touched(set(), [])
    held = sorted(files)
    places = [one for one in held if one[0] == "raw" and one[1].startswith(PLACES)]
    threads = [one for one in held if one[0] == "raw" and _kind(one) in beside.KINDS]
    holders = {*map(tuple, names)}
    for one in places:
        table = writer.read_table(local(one), list(removals.HOLDER))
        holders |= _distinct(table)
    for one in threads:
        holders |= _speaking(local(one), _kind(one))
    wide = people.by_number(selectors, sorted(holders, key=str))
    labelled = {one: _labels(local(one)) for one in held if one[0] == "annotations"}
    gone, found, there = _gone(places, local, wide, labelled.values())
    found |= {one for one in threads if checks_beside.subjects(local(one), _kind(one), wide)}
    found |= {
        one
        for one in held
        if gone and one[0] == "raw" and one[1].startswith(CONTENTS) and _holds(local(one), gone)
    }
    found |= {one for one, table in labelled.items() if not all(annotating.sourced(table, there))}
    return Touched(found, _unshown(shown, wide, gone))


def _kind(file: File) -> str:
    return file[1].partition("/")[0]


def _distinct(table: pa.Table) -> set[tuple[Any, ...]]:
    groups = table.group_by(list(removals.HOLDER)).aggregate([])
    return set(zip(*(groups[name].to_pylist() for name in removals.HOLDER), strict=True))


def _speaking(path: Path, kind: str) -> set[tuple[Any, ...]]:
    """Holders of threads or commits."""
    columns = ["holders"] if kind == "commits" else list(removals.HOLDER)
    found: set[tuple[Any, ...]] = set()
    for batch in writer.read_batches(path, columns):
        rows = batch.to_pylist()
        told = [one for row in rows for one in row["holders"]] if kind == "commits" else rows
        found |= {tuple(one[name] for name in removals.HOLDER) for one in told}
    return found


def _labels(path: Path) -> pa.Table:
    return writer.read_table(path, ["hexsha", "repo_id"])


def _gone(
    places: Iterable[File],
    local: Local,
    selectors: frozenset[removals.Selector],
    labelled: Iterable[pa.Table],
) -> tuple[set[str], set[File], set[tuple[Any, Any]]]:
    """Contents of which no place stays, files of places that lose one, sources of labels left."""
    asked = [table["hexsha"].combine_chunks() for table in labelled]
    wanted = pa.concat_arrays([pa.array([], pa.string()), *asked])
    gone: set[str] = set()
    found: set[File] = set()
    there: set[tuple[Any, Any]] = set()
    for one in places:
        table = writer.read_table(local(one), list(removals.COLUMNS))
        kept = removals.drop_removed(table, selectors).rows
        standing = kept.filter(pc.is_in(kept["hexsha"], value_set=wanted))
        there |= set(
            zip(standing["hexsha"].to_pylist(), standing["repo_id"].to_pylist(), strict=True)
        )
        if kept.num_rows < table.num_rows:
            found.add(one)
            gone |= {*table["hexsha"].to_pylist()} - {*kept["hexsha"].to_pylist()}
    return gone, found, there


def _holds(path: Path, gone: set[str]) -> bool:
    return any(
        not gone.isdisjoint(batch.column("hexsha").to_pylist())
        for batch in writer.read_batches(path, ["hexsha"])
    )


def _unshown(
    shown: Iterable[Mapping[str, Any]], selectors: frozenset[removals.Selector], gone: set[str]
) -> list[str]:
    keys = {one.key for one in selectors}
    return [row["row_id"] for row in shown if row.get("hexsha") in gone or _covered(row, keys)]


def _covered(row: Mapping[str, Any], keys: set[removals.Key]) -> bool:
    name = row["repo_name"] or ""
    owner = name.partition("/")[0]
    holder = ("", row.get("repo_id"), name, row.get("owner_id"), owner)
    # A shown row does not tell the host: what is removed on any is not shown.
    mine = {(key.kind, key.value) for key in removals.covering(holder)}
    return any((key.kind, key.value) in mine for key in keys)


def with_sources(shown: Iterable[Json], index: Path) -> list[Json]:
    """Rows of a preview with the content and numbers that the index of rows tells of them."""
    rows = list(shown)
    wanted = pa.array([row["row_id"] for row in rows], pa.string())
    columns = ["row_id", "hexsha", "repo_id", "owner_id"]
    told = {
        one["row_id"]: one
        for batch in writer.read_batches(index, columns)
        for one in batch.filter(pc.is_in(batch.column("row_id"), value_set=wanted)).to_pylist()
    }
    return [row | told.get(row["row_id"], {}) for row in rows]
