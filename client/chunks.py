"""Chunk manifests: where a file is cut by its content, and a digest of each piece.

A file that was changed in few places shares most pieces with the one before, wherever they moved
to, so a client that could not make the new file byte for byte fetches only the pieces that it
lacks. The cuts are those of a Gear hash over 32 bytes: about one in 64 KiB, 8 to 128 KiB apart.

A manifest is `GHCHUNK1`, then for each piece its length (4 bytes, little-endian) and the first 16
bytes of its sha256. Needs numpy, which comes with pyarrow.
"""

import hashlib
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from .errors import PatchError

MAGIC = b"GHCHUNK1"
LEAST, MOST = 8 << 10, 128 << 10  # bytes
_BITS = 16  # of the hash that must be zero: a cut in 64 KiB on average
_WINDOW = 32  # bytes that a cut looks back on
_BLOCK = 1 << 20  # bytes hashed at once, few enough for a cache; memory is about ten times that
_ENTRY = struct.Struct("<I16s")
_MOST_CHUNKS = 50_000_000


class Chunk(NamedTuple):
    """One piece of a file."""

    start: int
    length: int
    digest: bytes  # 16 bytes


def chunks(path: Path) -> list[Chunk]:
    """The pieces of a file, in order. Memory does not grow with the file."""
    found = []
    with path.open("rb") as file:
        start = 0
        for end in _ends(path):
            data = file.read(end - start)
            found.append(Chunk(start, end - start, hashlib.sha256(data).digest()[:16]))
            start = end
    return found


def dump(pieces: list[Chunk]) -> bytes:
    """The manifest of a file."""
    return MAGIC + b"".join(_ENTRY.pack(piece.length, piece.digest) for piece in pieces)


def load(data: bytes) -> list[Chunk]:
    """The pieces that a manifest tells. Raises PatchError for what is none."""
    body = data[len(MAGIC) :]
    count, rest = divmod(len(body), _ENTRY.size)
    if not data.startswith(MAGIC) or rest or count > _MOST_CHUNKS:
        raise PatchError("This is no chunk manifest, or it is cut short.")
    found, start = [], 0
    for length, digest in _ENTRY.iter_unpack(body):
        if not 0 < length <= MOST:
            raise PatchError("A chunk manifest names a piece of an impossible length.")
        found.append(Chunk(start, length, digest))
        start += length
    return found


def missing(wanted: list[Chunk], *held: list[Chunk]) -> list[Chunk]:
    """The pieces that none of the files at hand has."""
    there = {piece.digest for pieces in held for piece in pieces}
    return [piece for piece in wanted if piece.digest not in there]


def _ends(path: Path) -> Iterator[int]:
    """Where pieces end: at cuts that are far enough from the last one, else after MOST bytes."""
    size, last = path.stat().st_size, 0
    for cut in _cuts(path):
        while cut - last > MOST:
            last += MOST
            yield last
        if cut - last >= LEAST:
            last = cut
            yield last
    while size - last > MOST:
        last += MOST
        yield last
    if size > last:
        yield size


def _cuts(path: Path) -> Iterator[int]:
    """Every place where the hash of the bytes before it ends in zeros."""
    import pyarrow as pa
    import pyarrow.compute as pc

    told = (hashlib.sha256(b"gatehouse gear %d" % byte).digest()[:4] for byte in range(256))
    gear = pa.array([int.from_bytes(four, "little") for four in told], pa.uint32())
    with path.open("rb") as file:
        start, tail = 0, b""
        while block := file.read(_BLOCK):
            data = tail + block
            values = pa.Array.from_buffers(pa.uint8(), len(data), [None, pa.py_buffer(data)])
            rolling, step = gear.take(values), 1
            while step < _WINDOW:  # each pass doubles how far back a value looks
                before = [pa.repeat(pa.scalar(0, pa.uint32()), min(step, len(data)))]
                before.append(rolling.slice(0, max(len(data) - step, 0)))
                back = pc.shift_left(pa.concat_arrays(before), pa.scalar(step, pa.uint32()))
                rolling = pc.add(rolling, back)  # without a carry: it wraps
                step *= 2
            high = pc.shift_right(rolling, pa.scalar(32 - _BITS, pa.uint32()))
            hits = pc.indices_nonzero(pc.equal(high, 0)).to_pylist()
            base = start - len(tail)
            yield from (base + hit + 1 for hit in hits if hit >= len(tail))
            start += len(block)
            tail = data[-(_WINDOW - 1) :]
