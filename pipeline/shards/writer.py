"""The one way in which Parquet files are written and streamed back.

Equal rows give equal bytes, however they come in: row groups are cut by rows and bytes of content
alone, never by the batches that a caller happened to make. The profile is recorded with a version,
so that a client with the same library can write the same file again.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from client import parquet
from pipeline.shards.hashes import sha256_file

ROWS_PER_GROUP = 5_000
BYTES_PER_GROUP = 32 * 1024 * 1024  # of `content`; bounds what a writer or reader holds

# Leaf columns with few distinct values. Others go plain: a dictionary of distinct values only
# doubles them, and it moves when one row goes, which spoils content-defined chunks.
_FEW_VALUES = [
    *("fork_of", "branch", "type", "action", "author", "committer_name", "author_name"),
    *("events.list.element.type", "events.list.element.action", "events.list.element.author"),
    *(f"holders.list.element.{name}" for name in ("repo_host", "repo_name", "owner", "source")),
    *("encoding", "ext", "lang", "language", "repo_host", "repo_name", "owner", "head", "source"),
    *("class", "rule", "labelled_by", "licenses.list.element"),
    *(f"license_evidence.list.element.{name}" for name in ("kind", "where", "found")),
    *("redactions.list.element.class", "spans.list.element.class"),
]
_FEW_VALUES += [
    f"max_{by}_repo_{column}"
    for by in ("stars", "issues", "forks")
    for column in ("name", "head_hexsha", "licenses.list.element")
]

PROFILE: dict[str, Any] = {
    "writer": f"pyarrow {pa.__version__}",
    "format": "2.6",
    "data_page": "1.0",
    "compression": "zstd",
    "level": 3,
    "content_defined_chunking": {
        "min_chunk_size": 256 * 1024,
        "max_chunk_size": 1024 * 1024,
        "norm_level": 0,
    },
    "dictionary": sorted(_FEW_VALUES),
    "rows_per_group": ROWS_PER_GROUP,
    "bytes_per_group": BYTES_PER_GROUP,
}

# Of files that later stages read and nobody downloads: two thirds of the time, a tenth more bytes.
WORK: dict[str, Any] = PROFILE | {"level": 1, "content_defined_chunking": False}


class FileFacts(NamedTuple):
    """What a manifest says about a file."""

    size: int  # bytes
    sha256: str
    rows: int


class Within(NamedTuple):
    """Rows of a string column with `low <= value < high`; row groups outside are not read."""

    column: str
    low: str
    high: str


def starting_with(column: str, prefix: str) -> Within:
    """The range of values that begin with a non-empty prefix."""
    return Within(column, prefix, prefix[:-1] + chr(ord(prefix[-1]) + 1))


def write(
    path: Path,
    schema: pa.Schema,
    batches: Iterable[pa.RecordBatch | pa.Table],
    *,
    cut: str | None = None,
    digits: int = 1,
    profile: Mapping[str, Any] = PROFILE,
) -> FileFacts:
    """Write rows in their order and tell size, digest and number of rows.

    `cut` names a string column: a new row group begins where its first `digits` characters change,
    so that a reader can fetch one prefix cheaply. Memory: one row group. The caller syncs the file.

    Raises:
        ValueError: a batch has other columns than the schema.
        OSError: the file cannot be written.
    """
    rows = parquet.write(path, schema, batches, {**profile, **_bounds()}, cut=cut, digits=digits)
    return facts(path, rows)


def facts(path: Path, rows: int) -> FileFacts:
    """What a manifest says about a file that holds `rows` rows."""
    return FileFacts(path.stat().st_size, sha256_file(path), rows)


def read_batches(
    path: Path,
    columns: Sequence[str] | None = None,
    *,
    within: Within | None = None,
    batch_rows: int = 1_000,
) -> Iterator[pa.RecordBatch]:
    """Stream a file in its order; `columns` keeps some of them, `within` some of the rows.

    Row groups whose statistics lie outside `within` are not read.
    """
    with pq.ParquetFile(path, pre_buffer=False) as file:
        yield from _batches(file, columns, within, batch_rows)


def read_table(
    path: Path, columns: Sequence[str] | None = None, *, within: Within | None = None
) -> pa.Table:
    """The same in one piece, for files known to be small enough."""
    with pq.ParquetFile(path, pre_buffer=False) as file:
        schema = file.schema_arrow
        if columns is not None:
            schema = pa.schema([schema.field(name) for name in columns])
        return pa.Table.from_batches(_batches(file, columns, within, _TABLE_ROWS), schema)


_TABLE_ROWS = 1 << 16  # a batch, when all of them are held anyway


def _batches(
    file: pq.ParquetFile, columns: Sequence[str] | None, within: Within | None, batch_rows: int
) -> Iterator[pa.RecordBatch]:
    groups = _holding(file, within)
    if not groups:
        return
    wanted = list(columns) if columns is not None else file.schema_arrow.names
    read = wanted if within is None else list(dict.fromkeys([*wanted, within.column]))
    for batch in file.iter_batches(batch_rows, row_groups=groups, columns=read):
        kept = batch if within is None else _rows_within(batch, within)
        if kept.num_rows:
            yield kept.select(wanted)


def _bounds() -> dict[str, int]:
    return {"rows_per_group": ROWS_PER_GROUP, "bytes_per_group": BYTES_PER_GROUP}


def _holding(file: pq.ParquetFile, within: Within | None) -> list[int]:
    """The row groups that may hold rows within a range, by their statistics."""
    if within is None:
        return list(range(file.num_row_groups))
    leaf = _leaf(file, within.column)
    found = []
    for group in range(file.num_row_groups):
        stats = file.metadata.row_group(group).column(leaf).statistics
        unknown = stats is None or not stats.has_min_max
        if unknown or (stats.min < within.high and stats.max >= within.low):
            found.append(group)
    return found


def _leaf(file: pq.ParquetFile, column: str) -> int:
    for at in range(len(file.schema)):
        if file.schema.column(at).path == column:
            return at
    raise ValueError(f"no plain column {column} in the file")


def _rows_within(batch: pa.RecordBatch, within: Within) -> pa.RecordBatch:
    values = batch.column(within.column)
    inside = pc.and_(pc.greater_equal(values, within.low), pc.less(values, within.high))
    return batch.filter(inside)
