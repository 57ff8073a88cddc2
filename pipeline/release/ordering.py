"""The keys of all rows of a version in the order of its files: in memory, or sorted on the disk.

Both give the same rows. The first is for versions of which the keys fit into a small part of a
worker's memory; the second needs as much memory for a thousand rows as for a billion.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.shards import writer

from . import keys, rowlists

ORDER = ["owner", "repo_name", "path", "row_id"]  # of rows within a file
IN_MEMORY = 300_000  # rows, at about 0.85 kB each while they are sorted
_AT_ONCE = 20_000  # rows of one table
_MEMORY = "256MB"  # of the sort on the disk

ROW = pa.schema(
    [
        *(keys.KEYS.field(name) for name in [*ORDER, "text_bytes", "digest"]),
        pa.field("slug", pa.string()),
        pa.field("file", pa.int64()),  # number of the redact output
        pa.field("position", pa.int64()),  # there
    ]
)


class Held(NamedTuple):
    """The keys of one redact output."""

    ref: str
    keys: pa.Table


def in_memory(
    outputs: Iterable[Held], slugs: Mapping[str, str], parent: pa.Table | None
) -> Iterator[pa.Table]:
    """Rows of ROW with `stood` (the parent's path of a row that stays, else null), new ones first.

    Raises ValueError when a row id stands twice.
    """
    rows = pa.concat_tables([ROW.empty_table(), *_rows(outputs, slugs)])
    _check_unique(rows.num_rows - pc.count_distinct(rows["row_id"]).as_py())
    rows = rows.append_column("stood", _stood(rows, parent))
    order = [(name, "ascending", "at_start") for name in ["stood", "slug", *ORDER]]
    rows = rows.take(pc.sort_indices(rows, order))
    for at in range(0, rows.num_rows, _AT_ONCE):
        yield rows.slice(at, _AT_ONCE)


def on_disk(
    outputs: Iterable[Held], slugs: Mapping[str, str], parent: Path | None, spill: Path
) -> Iterator[pa.Table]:
    """The same for any number of rows; `parent` is the row index of the version before."""
    spill.mkdir(parents=True, exist_ok=True)
    with rowlists.database(spill) as held:
        batches = (batch for table in _rows(outputs, slugs) for batch in table.to_batches())
        held.register("told", pa.RecordBatchReader.from_batches(ROW, batches))
        held.execute(f"SET memory_limit = '{_MEMORY}'")
        held.execute("SET threads = 1")  # each keeps a part of the rows that are sorted
        ((folder,),) = held.execute("SELECT current_setting('temp_directory')").fetchall()
        held.execute(f"ATTACH '{folder}/rows.db' AS disk")
        held.execute("CREATE TABLE disk.rows AS SELECT * FROM told")
        doubles = "SELECT count(*) - count(DISTINCT row_id) FROM disk.rows"
        ((twice,),) = held.execute(doubles).fetchall()
        _check_unique(twice)
        before = "(SELECT '' row_id, '' path WHERE false)"
        if parent is not None:
            before = f"read_parquet('{rowlists.quoted(parent)}')"
        found = held.sql(_SORTED.format(before=before)).to_arrow_reader(_AT_ONCE)
        for batch in found:
            yield pa.Table.from_batches([batch])


_SORTED = """
SELECT r.*, CASE WHEN starts_with(p.path, 'data/' || r.slug || '/') THEN p.path END AS stood
FROM disk.rows r LEFT JOIN {before} p ON p.row_id = r.row_id
ORDER BY stood NULLS FIRST, r.slug, r.owner, r.repo_name, r.path, r.row_id
"""


def index(path: Path) -> pa.Table:
    """Row ids and paths of a version, from its row index."""
    return writer.read_table(path, ["row_id", "path"])


def paths(path: Path) -> pa.Table:
    """The paths alone, each once. Memory: the paths."""
    found = {
        name
        for batch in writer.read_batches(path, ["path"], batch_rows=1 << 16)
        for name in pc.unique(batch.column("path")).to_pylist()
    }
    return pa.table({"path": pa.array(sorted(found), pa.string())})


def _rows(outputs: Iterable[Held], slugs: Mapping[str, str]) -> Iterator[pa.Table]:
    names = pa.array(list(slugs), pa.string())
    folders = pa.array(list(slugs.values()), pa.string())
    for number, output in enumerate(outputs):
        count = output.keys.num_rows
        slug = folders.take(pc.index_in(output.keys["lang"], value_set=names))
        if slug.null_count:
            raise ValueError(f"{output.ref} has rows of a language that select did not tell")
        table = output.keys.select([*ORDER, "text_bytes", "digest"])
        table = table.append_column("slug", slug)
        table = table.append_column("file", pa.array([number] * count, pa.int64()))
        yield table.append_column("position", pa.array(range(count), pa.int64())).cast(ROW)


def _check_unique(twice: int) -> None:
    if twice:
        raise ValueError(f"{twice} row ids stand more than once")


def _stood(rows: pa.Table, parent: pa.Table | None) -> pa.ChunkedArray:
    """The parent's path of each row; null for a new row and for one that changed its language."""
    if parent is None:
        return pa.chunked_array([pa.nulls(rows.num_rows, pa.string())])
    found = pc.index_in(rows["row_id"], value_set=parent["row_id"].combine_chunks())
    paths_of = parent["path"].take(found)
    folders = pc.binary_join_element_wise("data", rows["slug"], "", "/")
    stays = pc.equal(pc.replace_substring_regex(paths_of, "[^/]*$", ""), folders)
    return pc.if_else(stays, paths_of, pa.scalar(None, pa.string()))
