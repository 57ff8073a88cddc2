"""Parquet files written by a recorded profile, so that equal rows give equal bytes anywhere.

Row groups are cut by rows and by bytes of `content` alone, never by the batches that a caller
happened to make. The server writes with this, and a copy that is brought up to date is written with
it again. Needs pyarrow, which the rest of the package does not.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

Batch = pa.RecordBatch | pa.Table


def write(
    path: Path,
    schema: pa.Schema,
    batches: Iterable[Batch],
    profile: Mapping[str, Any],
    *,
    cut: str | None = None,
    digits: int = 1,
) -> int:
    """Write rows in their order by a profile and return their number.

    `cut` names a string column: a new row group begins where its first `digits` characters
    change, so that a reader can fetch one prefix cheaply. Memory: one row group. The caller syncs
    the file.

    Raises:
        ValueError: a batch has other columns than the schema.
        OSError: the file cannot be written.
    """
    rows = 0
    with pq.ParquetWriter(
        path,
        schema,
        version=profile["format"],
        data_page_version=profile["data_page"],
        compression=profile["compression"],
        compression_level=profile["level"],
        use_dictionary=profile["dictionary"],
        use_content_defined_chunking=profile["content_defined_chunking"],
    ) as writer:
        for group in _groups(schema, batches, (cut, digits), profile):
            writer.write_table(group, row_group_size=group.num_rows)
            rows += group.num_rows
    return rows


def schema_of(file: pq.ParquetFile) -> pa.Schema:
    """The schema that a file was written with: reading adds numbers of fields as metadata."""
    return pa.schema([_plain(field) for field in file.schema_arrow])


def _plain(field: pa.Field) -> pa.Field:
    kind = field.type
    if pa.types.is_list(kind):
        kind = pa.list_(_plain(kind.value_field).type)  # whose name is "item" in what is written
    elif pa.types.is_struct(kind):
        kind = pa.struct([_plain(part) for part in kind])
    return pa.field(field.name, kind, field.nullable)


def _groups(
    schema: pa.Schema,
    batches: Iterable[Batch],
    cut: tuple[str | None, int],
    profile: Mapping[str, Any],
) -> Iterator[pa.Table]:
    """Row groups, cut by what stands in the rows and not by how they came."""
    most_rows, most_bytes = profile["rows_per_group"], profile["bytes_per_group"]
    held: list[pa.Table] = []
    rows = size = 0
    before = None
    for batch in batches:
        table = _conform(schema, batch)
        lengths, marks = _weights(table), _marks(table, *cut)
        total = pc.sum(lengths).as_py() or 0
        if rows + table.num_rows <= most_rows and size + total < most_bytes and marks is None:
            # Nothing is cut within: no need to look at each row.
            held.append(table)
            rows, size = rows + table.num_rows, size + total
            continue
        told = marks if marks is not None else [before] * table.num_rows
        start = 0
        for at, (length, mark) in enumerate(zip(lengths.to_pylist(), told, strict=True)):
            if rows and (rows >= most_rows or size >= most_bytes or mark != before):
                held.append(table.slice(start, at - start))
                yield pa.concat_tables(held).combine_chunks()
                held, start, rows, size = [], at, 0, 0
            rows, size, before = rows + 1, size + length, mark
        held.append(table.slice(start))
    if rows:
        yield pa.concat_tables(held).combine_chunks()


def _conform(schema: pa.Schema, batch: Batch) -> pa.Table:
    table = pa.Table.from_batches([batch]) if isinstance(batch, pa.RecordBatch) else batch
    if table.schema.names != schema.names:
        raise ValueError(f"these columns were promised: {', '.join(schema.names)}")
    return table.cast(schema)


def _weights(table: pa.Table) -> pa.ChunkedArray:
    if "content" not in table.column_names:
        return pa.chunked_array([pa.repeat(pa.scalar(0, pa.int64()), table.num_rows)])
    return pc.fill_null(pc.binary_length(table["content"]), 0)


def _marks(table: pa.Table, cut: str | None, digits: int) -> list[str] | None:
    """What a new row group begins with a change of; None when nothing is cut by it."""
    if cut is None:
        return None
    return pc.utf8_slice_codeunits(table[cut], 0, digits).to_pylist()
