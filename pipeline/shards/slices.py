"""Tables that later stages read a slice of, many times: Arrow files, mapped into memory.

A slice is a run of rows with one mark (the first digits of an id, the ref of a home); the footer
tells where each lies. Opening such a file and taking a slice costs a tenth of what it costs in
Parquet, and it is done once for each pair of a piece and a prefix. These files are never
artefacts, and what they hold is small beside the texts.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import ipc

from pipeline.shards.writer import FileFacts, facts

_FOOTER = b"slices"
_Cut = tuple[str, int, int]  # mark, first row, number of rows


class Slice(NamedTuple):
    """Rows that stand together, and the number of the first in the file."""

    rows: pa.Table
    start: int


def write(
    path: Path,
    schema: pa.Schema,
    rows: pa.Table,
    marks: pa.Array | pa.ChunkedArray | None = None,
) -> FileFacts:
    """Write rows in their order. Equal marks stand together; without marks all is one slice.

    Equal rows give equal bytes. Memory: the rows, twice. The caller syncs the file.

    Raises:
        ValueError: a mark comes back after another one.
    """
    held = rows.select(schema.names).cast(schema)
    cuts = _cuts(marks, rows.num_rows)
    told = json.dumps(cuts, separators=(",", ":"), ensure_ascii=False).encode()
    # Copied, so that no bit of what stood beside them stays in what is written.
    whole = held.take(pa.array(range(rows.num_rows), pa.int64())).combine_chunks()
    with ipc.new_file(str(path), schema, metadata={_FOOTER: told}) as file:
        file.write_table(whole, max_chunksize=max(rows.num_rows, 1))
    return facts(path, rows.num_rows)


def digits(ids: pa.Array | pa.ChunkedArray, count: int = 1) -> pa.Array | pa.ChunkedArray:
    """Marks of rows that are sorted by an id: its first characters."""
    return pc.utf8_slice_codeunits(ids, 0, count)


def read(path: Path, columns: Sequence[str] | None = None, *, mark: str | None = None) -> pa.Table:
    """All rows, or those of one mark; none when the mark is not there."""
    with _opened(path) as (file, cuts):
        if mark is None:
            table = file.read_all()
        else:
            mine = [number for number, cut in enumerate(cuts) if cut[0] == mark]
            table = _part(file, cuts, mine)
    return table if columns is None else table.select(columns)


def under(path: Path, prefix: str, columns: Sequence[str] | None = None) -> Slice:
    """The rows whose id begins with a prefix, of a file sorted by id and marked by `digits` of it.

    The id is the first column of the file.
    """
    with _opened(path) as (file, cuts):
        mine = [number for number, (name, _, _) in enumerate(cuts) if _meet(name, prefix)]
        table = _part(file, cuts, mine)
    start = cuts[mine[0]][1] if mine else 0
    if any(len(cuts[number][0]) < len(prefix) for number in mine):
        inside = pc.starts_with(table[0], prefix)
        first = max(pc.index(inside, pa.scalar(value=True)).as_py(), 0)
        table, start = table.slice(first, pc.sum(inside).as_py() or 0), start + first
    return Slice(table if columns is None else table.select(columns), start)


def _part(file: ipc.RecordBatchFileReader, cuts: Sequence[_Cut], mine: Sequence[int]) -> pa.Table:
    """Neighbouring slices."""
    if not mine or not file.num_record_batches:
        return file.schema.empty_table()
    start = cuts[mine[0]][1]
    rows = sum(cuts[number][2] for number in mine)
    return pa.Table.from_batches([file.get_batch(0).slice(start, rows)], file.schema)


def marks(path: Path) -> list[str]:
    """The marks of a file, in order."""
    with _opened(path) as (_, cuts):
        return [mark for mark, _, _ in cuts]


def _meet(mark: str, prefix: str) -> bool:
    return mark.startswith(prefix) or prefix.startswith(mark)


def _cuts(marks: pa.Array | pa.ChunkedArray | None, rows: int) -> list[_Cut]:
    if marks is None:
        return [("", 0, rows)]
    held = marks.combine_chunks() if isinstance(marks, pa.ChunkedArray) else marks
    coded, found, start = pc.run_end_encode(held), [], 0
    for mark, end in zip(coded.values.to_pylist(), coded.run_ends.to_pylist(), strict=True):
        found.append((mark, start, end - start))
        start = end
    if len({mark for mark, _, _ in found}) < len(found):
        raise ValueError("rows of one mark do not stand together")
    return found


@contextmanager
def _opened(path: Path) -> Iterator[tuple[ipc.RecordBatchFileReader, list[_Cut]]]:
    """An open file and its slices. What is read stays mapped for as long as it is used."""
    with pa.memory_map(str(path)) as source:
        file = ipc.open_file(source)
        yield file, json.loads(file.metadata[_FOOTER])
