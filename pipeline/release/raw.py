"""Raw rows as a steward reads them: what is removed is hidden from the moment it is recorded.

The files of a version are as old as the version; the removals are those of now. Who reads raw rows
reads them here, so a removed row is hidden before any file is written anew. A search for a legal
matter shows the rows of the removals that are held for it, and of those alone.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.select import removals
from pipeline.shards import writer

from . import reports
from .rawing import CONTENTS
from .selecting import RAW_PLACES
from .work import Files, Json

MOST = 1_000  # rows of one answer


def places(
    files: Files,
    manifest: Json,
    hidden: Iterable[Mapping[str, Any]],
    shown: Iterable[Mapping[str, Any]] = (),
) -> Iterator[pa.Table]:
    """The places of the raw tier that may be seen, file by file.

    `hidden` are the removals in force, `shown` those that are held for the matter of a search.
    """
    wanted, held = removals.parse(hidden), removals.parse(shown)
    tables = [
        writer.read_table(files.path(one["ref"], one["file"]))
        for one in manifest["artefacts"]
        if one["tier"] == "raw" and one["file"] == RAW_PLACES
    ]
    holders = {
        tuple(row.values())
        for table in tables
        for row in table.select(removals.HOLDER).group_by(removals.HOLDER).aggregate([]).to_pylist()
    }
    wanted, held = removals.widened(wanted, holders), removals.widened(held, holders)
    spread = _spread(tables, wanted)
    for table in tables:
        kept = removals.drop_removed(table, {*wanted, *spread}).rows
        if held:
            rest = removals.drop_removed(table, held).rows
            stays = pc.is_in(_names(table), value_set=_names(rest))
            kept = pa.concat_tables([kept, table.filter(pc.invert(stays))])
        yield kept


def contents(
    files: Files,
    manifest: Json,
    hexshas: Iterable[str],
    hidden: Iterable[Mapping[str, Any]],
    shown: Iterable[Mapping[str, Any]] = (),
) -> list[Json]:
    """Contents by id, of those that stand at a place that may be seen; MOST at most."""
    asked = pa.array(sorted(set(hexshas))[:MOST], pa.string())
    seen = [
        pc.unique(table["hexsha"]).filter(pc.is_in(pc.unique(table["hexsha"]), value_set=asked))
        for table in places(files, manifest, hidden, shown)
    ]
    wanted = pa.concat_arrays([pa.array([], pa.string()), *(_whole(one) for one in seen)])
    if not len(wanted):
        return []
    return [
        row
        for one in manifest["artefacts"]
        if one["tier"] == "raw" and one["file"] == CONTENTS
        for batch in writer.read_batches(files.path(one["ref"], CONTENTS))
        for row in batch.filter(pc.is_in(batch.column("hexsha"), value_set=wanted)).to_pylist()
    ]


def read_manifest(files: Files, card: str) -> Json:
    """The manifest of a version, by the ref of its card."""
    return reports.read_json(files.path(card, "manifest.json"))


def _spread(tables: list[pa.Table], wanted: frozenset[removals.Selector]) -> set[removals.Selector]:
    """Contents of the subjects that go wherever they stand, as selectors: files are by prefix."""
    thorough = [one for one in wanted if one.everywhere]
    if not thorough:
        return set()
    found: set[removals.Selector] = set()
    for table in tables:
        rest = removals.drop_removed(table, thorough).rows
        gone = {*table["hexsha"].to_pylist()} - {*rest["hexsha"].to_pylist()}
        found |= {removals.Selector("blob", hexsha) for hexsha in gone}
    return found


_KEY = ("hexsha", "repo_host", "repo_name", "path", "source", "head")


def _names(table: pa.Table) -> pa.Array:
    """One text for each place."""
    columns = [pc.fill_null(table[name].cast(pa.string()), "") for name in _KEY]
    return _whole(pc.binary_join_element_wise(*columns, "\x1f"))


def _whole(values: Any) -> pa.Array:
    return values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
