"""The one way in which Parquet files are written and streamed back.

Equal rows give equal bytes, however they come in: row groups are cut by rows and bytes of content
alone, never by the batches that a caller happened to make. The profile is recorded with a version,
so that a client with the same library can write the same file again.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.shards.hashes import sha256_file

ROWS_PER_GROUP = 5_000
BYTES_PER_GROUP = 32 * 1024 * 1024  # of `content`; bounds what a writer or reader holds

# Leaf columns with few distinct values. Others go plain: a dictionary of distinct values only
# doubles them, and it moves when one row goes, which spoils content-defined chunks.
_FEW_VALUES = [
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
) -> FileFacts:
    """Write rows in their order and tell size, digest and number of rows.

    `cut` names a string column: a new row group begins where its first character changes, so that
    a reader can fetch one prefix cheaply. Memory: one row group. The caller syncs the file.

    Raises:
        ValueError: a batch has other columns than the schema.
        OSError: the file cannot be written.
    """
    rows = 0
    with pq.ParquetWriter(
        path,
        schema,
        version=PROFILE["format"],
        data_page_version=PROFILE["data_page"],
        compression=PROFILE["compression"],
        compression_level=PROFILE["level"],
        use_dictionary=PROFILE["dictionary"],
        use_content_defined_chunking=PROFILE["content_defined_chunking"],
    ) as writer:
        for group in _groups(schema, batches, cut):
            writer.write_table(group, row_group_size=group.num_rows)
            rows += group.num_rows
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
        groups = [at for at in range(file.num_row_groups) if _may_hold(file, at, within)]
        wanted = list(columns) if columns is not None else file.schema_arrow.names
        read = wanted if within is None else list(dict.fromkeys([*wanted, within.column]))
        for batch in file.iter_batches(batch_rows, row_groups=groups, columns=read):
            kept = batch if within is None else _rows_within(batch, within)
            if kept.num_rows:
                yield kept.select(wanted)


def read_table(
    path: Path, columns: Sequence[str] | None = None, *, within: Within | None = None
) -> pa.Table:
    """The same in one piece, for files known to be small enough."""
    schema = pq.read_schema(path)
    if columns is not None:
        schema = pa.schema([schema.field(name) for name in columns])
    return pa.Table.from_batches(read_batches(path, columns, within=within), schema)


def _groups(
    schema: pa.Schema, batches: Iterable[pa.RecordBatch | pa.Table], cut: str | None
) -> Iterator[pa.Table]:
    """Row groups, cut by what stands in the rows and not by how they came."""
    held: list[pa.Table] = []
    rows = size = 0
    before = None
    for batch in batches:
        table = _conform(schema, batch)
        start = 0
        for at, (length, mark) in enumerate(zip(_weights(table), _marks(table, cut), strict=True)):
            if rows and (rows >= ROWS_PER_GROUP or size >= BYTES_PER_GROUP or mark != before):
                held.append(table.slice(start, at - start))
                yield pa.concat_tables(held).combine_chunks()
                held, start, rows, size = [], at, 0, 0
            rows, size, before = rows + 1, size + length, mark
        held.append(table.slice(start))
    if rows:
        yield pa.concat_tables(held).combine_chunks()


def _conform(schema: pa.Schema, batch: pa.RecordBatch | pa.Table) -> pa.Table:
    table = pa.Table.from_batches([batch]) if isinstance(batch, pa.RecordBatch) else batch
    if table.schema.names != schema.names:
        raise ValueError(f"these columns were promised: {', '.join(schema.names)}")
    return table.cast(schema)


def _weights(table: pa.Table) -> list[int]:
    if "content" not in table.column_names:
        return [0] * table.num_rows
    return pc.fill_null(pc.binary_length(table["content"]), 0).to_pylist()


def _marks(table: pa.Table, cut: str | None) -> list[str]:
    if cut is None:
        return [""] * table.num_rows
    return pc.utf8_slice_codeunits(table[cut], 0, 1).to_pylist()


def _may_hold(file: pq.ParquetFile, group: int, within: Within | None) -> bool:
    if within is None:
        return True
    stats = file.metadata.row_group(group).column(_leaf(file, within.column)).statistics
    if stats is None or not stats.has_min_max:
        return True
    return stats.min < within.high and stats.max >= within.low


def _leaf(file: pq.ParquetFile, column: str) -> int:
    for at in range(len(file.schema)):
        if file.schema.column(at).path == column:
            return at
    raise ValueError(f"no plain column {column} in the file")


def _rows_within(batch: pa.RecordBatch, within: Within) -> pa.RecordBatch:
    values = batch.column(within.column)
    inside = pc.and_(pc.greater_equal(values, within.low), pc.less(values, within.high))
    return batch.filter(inside)
