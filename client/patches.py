"""Row patches: what turns a file of one version into that of the next, without its removed values.

A patch is gzipped JSON: `removed` (row ids), `replaced` (row id -> column -> new value, or of a
text `[[start, length, instead]]` in code points) and `moved` (row id -> the row that it follows
now, "" for the first). Applying it and writing by the profile gives the new file byte for byte, if
the library is of the recorded version; a digest tells.
"""

import gzip
import json
import os
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .errors import PatchError

FORMAT = "gatehouse-row-patch 1"
_MOST = 1 << 30  # bytes of JSON

Edit = tuple[int, int, str]  # start, length, instead: of the old text, in code points


@dataclass(frozen=True, slots=True)
class Patch:
    """The change of one file between two versions."""

    path: str
    old_sha256: str
    new_sha256: str
    new_rows: int
    removed: Sequence[str] = ()
    replaced: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    edited: Mapping[str, Mapping[str, Sequence[Edit]]] = field(default_factory=dict)
    moved: Mapping[str, str] = field(default_factory=dict)

    def dump(self) -> bytes:
        """The bytes of a patch; equal patches have equal bytes."""
        told = {name: getattr(self, name) for name in self.__slots__} | {"format": FORMAT}
        text = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return gzip.compress(text.encode(), 6, mtime=0)


def load(data: bytes) -> Patch:
    """Read a patch. Raises PatchError for what is none."""
    try:
        unpacked = zlib.decompressobj(31)
        text = unpacked.decompress(data, _MOST)
        told = json.loads(text) if unpacked.eof else {}
        if told.pop("format", None) != FORMAT:
            raise PatchError("This is no row patch, or one of a format that this release lacks.")
        return Patch(**told)
    except (zlib.error, ValueError, TypeError, AttributeError) as error:
        raise PatchError("This is no row patch, or it is cut short.") from error


def apply(table: Any, patch: Patch) -> Any:
    """The rows (a pyarrow table) as the patch leaves them.

    Raises PatchError when the patch is of other rows.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    gone = pa.array(list(patch.removed), pa.string())
    kept = table.filter(pc.invert(pc.is_in(table["row_id"], value_set=gone)))
    if table.num_rows - kept.num_rows != len(patch.removed) or kept.num_rows != patch.new_rows:
        raise PatchError(f"The patch of {patch.path} is of other rows than this file holds.")
    names = kept["row_id"].to_pylist()
    at = {row_id: number for number, row_id in enumerate(names)}
    if not {*patch.replaced, *patch.edited, *patch.moved} <= {*at}:
        raise PatchError(f"The patch of {patch.path} is of other rows than this file holds.")
    for column in sorted(_columns(patch)):
        values = kept[column].to_pylist()
        for row_id, changed in patch.replaced.items():
            if column in changed:
                values[at[row_id]] = changed[column]
        for row_id, edits in patch.edited.items():
            if column in edits:
                values[at[row_id]] = _edited(values[at[row_id]], edits[column])
        number = kept.schema.get_field_index(column)
        field_ = kept.schema.field(column)
        kept = kept.set_column(number, field_, pa.array(values, field_.type))
    return kept.take(_order(names, at, patch.moved)) if patch.moved else kept


def rewrite(old: Path, patches: Iterable[Patch], new: Path, profile: Mapping[str, Any]) -> bool:
    """Write `new` from `old` and the patches since; is it the file that the last one promises?

    `new` is there in any case, as a source of pieces.
    """
    import pyarrow.parquet as pq

    from . import parquet

    with pq.ParquetFile(old, pre_buffer=False) as file:
        schema, table = parquet.schema_of(file), file.read()
    promised = ""
    for patch in patches:
        table, promised = apply(table, patch), patch.new_sha256
    parquet.write(new, schema, [table], profile)
    return digest(new) == promised


def assemble(
    target: Path, pieces: Sequence[Any], sources: Mapping[bytes, tuple[Path, int]]
) -> None:
    """Put a file together from pieces that lie in others.

    `pieces` are `chunks.Chunk` in order, `sources` tells for each digest a file and an offset.
    """
    with target.open("wb") as out:
        for piece in pieces:
            path, start = sources[piece.digest]
            with path.open("rb") as source:
                source.seek(start)
                data = source.read(piece.length)
            if len(data) != piece.length:
                raise PatchError(f"{path.name} ended before a piece of it did.")
            out.write(data)
        out.flush()
        os.fsync(out.fileno())


def digest(path: Path) -> str:
    """sha256 of a file, 64 hex digits."""
    import hashlib

    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def edit(before: str, after: str) -> list[Edit]:
    """The one edit that turns a text into another: what they share at both ends stays."""
    start, most = 0, min(len(before), len(after))
    while start < most and before[start] == after[start]:
        start += 1
    most = min(len(before), len(after)) - start
    end = 0
    while end < most and before[-1 - end] == after[-1 - end]:
        end += 1
    return [(start, len(before) - end - start, after[start : len(after) - end])]


def _columns(patch: Patch) -> set[str]:
    return {
        column
        for changes in (patch.replaced, patch.edited)
        for changed in changes.values()
        for column in changed
    }


def _edited(text: str, edits: Sequence[Edit]) -> str:
    for start, length, instead in sorted(edits, reverse=True):
        if not 0 <= start <= start + length <= len(text):
            raise PatchError("An edit of a patch is outside of its text.")
        text = text[:start] + instead + text[start + length :]
    return text


def _order(names: Sequence[str], at: Mapping[str, int], moved: Mapping[str, str]) -> list[int]:
    """Positions in their new order: a moved row comes behind the one that it is said to follow."""
    followers = {after: row_id for row_id, after in moved.items()}
    order: list[int] = []
    staying = ["", *(name for name in names if name not in moved)]
    for name in staying:
        if name:
            order.append(at[name])
        while (name := followers.get(name, "")) != "":
            order.append(at[name])
    if len(order) != len(names):
        raise PatchError("A patch moves a row behind one that is not there.")
    return order
