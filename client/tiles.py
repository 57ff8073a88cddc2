"""Tiles of a Merkle tree, as the C2SP specification tlog-tiles lays them out.

A tile holds up to 256 consecutive hashes of level `8 * L` of the tree, 32 bytes each. A full tile
never changes. A partial one (`.p/<W>`) stands at the right edge, is never hashed into the level
above, and may be deleted once the full one exists; so whoever reads falls back to the full tile.

`fetch(path) -> bytes` brings a tile by its path, and raises `LookupError` or `FileNotFoundError`
when there is none. What it brings is not trusted: the root made from it must be compared.
"""

import re
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from . import tree
from .errors import TileError

WIDTH = 256  # hashes or entries in a full tile
HEIGHT = 8  # levels of the tree between two levels of tiles
MAX_LEVEL = 63
MAX_ENTRY = 65_535  # bytes: the length stands in 16 bits
ENTRIES = "entries"

Fetch = Callable[[str], bytes]

_PATH = re.compile(
    r"tile/(\d{1,2}|entries)/((?:x\d{3}/){0,7}\d{3})(?:\.p/([1-9]\d{0,2}))?", re.ASCII
)
_CACHED_TILES = 64  # half a megabyte; a proof reads no more than nine


@dataclass(frozen=True, slots=True)
class Tile:
    """Tile `index` of a level, `width` hashes wide. With level `entries`: a bundle of entries."""

    level: int | str
    index: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """Where it stands below the log's prefix, e.g. `tile/0/x001/067.p/8`."""
        groups = [f"{self.index % 1000:03d}"]
        rest = self.index // 1000
        while rest:
            groups.insert(0, f"x{rest % 1000:03d}")
            rest //= 1000
        partial = "" if self.width == WIDTH else f".p/{self.width}"
        return f"tile/{self.level}/{'/'.join(groups)}{partial}"

    @property
    def full(self) -> "Tile":
        return replace(self, width=WIDTH)

    @classmethod
    def parse(cls, path: str) -> "Tile":
        """Read a path; anything but the one spelling of a tile raises `TileError`."""
        found = _PATH.fullmatch(path)
        if found is None:
            raise TileError("This is not the path of a tile.")
        level, groups, width = found.groups()
        index = int(groups.replace("x", "").replace("/", ""))
        tile = cls(level if level == ENTRIES else int(level), index, int(width or WIDTH))
        if tile.path != path or tile.width > WIDTH or (level != ENTRIES and int(level) > MAX_LEVEL):
            raise TileError("This is not the path of a tile.")
        return tile


def tiles_of(size: int) -> Iterator[Tile]:
    """Every hash tile of a tree of `size` leaves: full ones, and the partial ones at its edge."""
    return written(0, size)


def written(old: int, new: int) -> Iterator[Tile]:
    """The hash tiles that growth from `old` to `new` leaves writes, the lowest level first."""
    if not 0 <= old <= new <= tree.MAX_SIZE:
        raise TileError(f"A log does not grow from {old} to {new} entries.")
    level = 0
    while new >> (HEIGHT * level):
        before, after = old >> (HEIGHT * level), new >> (HEIGHT * level)
        if before != after:
            for index in range(before // WIDTH, after // WIDTH):
                yield Tile(level, index)
            if after % WIDTH:
                yield Tile(level, after // WIDTH, after % WIDTH)
        level += 1


def bundles_written(old: int, new: int) -> Iterator[Tile]:
    """The entry bundles that growth from `old` to `new` entries writes."""
    for tile in written(old, new):
        if tile.level != 0:
            return
        yield replace(tile, level=ENTRIES)


def grow(size: int, hashes: bytes, fetch: Fetch) -> Iterator[tuple[Tile, bytes]]:
    """Tiles to write when leaf `hashes` are appended to a tree of `size` leaves, with content.

    `fetch` brings the partial tiles at the old edge (one a level at most). Full tiles come before
    what stands on them; the same arguments give the same bytes, so that a writer may begin again.
    """
    if len(hashes) % tree.HASH_SIZE:
        raise TileError("The hashes of leaves must have 32 bytes each.")
    old, added, level = size, hashes, 0
    while added or old:
        begun = old % WIDTH
        edge = _get(Tile(level, old // WIDTH, begun), fetch) if begun and added else b""
        content, first, above = edge + added, old // WIDTH, []
        for at in range(0, len(content) if added else 0, WIDTH * tree.HASH_SIZE):
            data = content[at : at + WIDTH * tree.HASH_SIZE]
            tile = Tile(level, first, len(data) // tree.HASH_SIZE)
            yield tile, data
            first += 1
            if tile.width == WIDTH:
                above.append(tree.perfect_root(data))
        old, added, level = old // WIDTH, b"".join(above), level + 1


class Reader:
    """A stored tree of `size` leaves, read through `fetch`; keeps the tiles used last in memory."""

    def __init__(self, size: int, fetch: Fetch) -> None:
        if not 0 <= size <= tree.MAX_SIZE:
            raise TileError(f"No tree has {size} leaves.")
        self.size = size
        self._fetch = fetch
        self._cache: OrderedDict[tuple[int, int], bytes] = OrderedDict()

    def node(self, level: int, index: int) -> bytes:
        """The hash of a node; a `GetNode` of `client.tree`. Raises `TileError`."""
        if level < 0 or index < 0 or (index + 1) << level > self.size:
            raise TileError(f"A tree of {self.size} leaves has no node {index} at level {level}.")
        upper, inside = divmod(level, HEIGHT)
        hashes = self.hashes(upper, index >> (HEIGHT - inside))
        begin = ((index << inside) % WIDTH) * tree.HASH_SIZE
        return tree.perfect_root(hashes[begin : begin + (tree.HASH_SIZE << inside)])

    def hashes(self, level: int, index: int) -> bytes:
        """The content of a tile, as wide as it is in a tree of this size."""
        key = (level, index)
        if key not in self._cache:
            there = (self.size >> (HEIGHT * level)) - index * WIDTH
            if there < 1:
                raise TileError(f"A tree of {self.size} leaves has no tile {index} there.")
            self._cache[key] = _get(Tile(level, index, min(there, WIDTH)), self._fetch)
            if len(self._cache) > _CACHED_TILES:
                self._cache.popitem(last=False)
        self._cache.move_to_end(key)
        return self._cache[key]

    def root(self) -> bytes:
        return tree.tree_root(self.size, self.node)

    def frontier(self) -> tree.Frontier:
        """The right edge, to go on appending from."""
        hashes, first = [], 0
        for level in reversed(range(self.size.bit_length())):
            if self.size >> level & 1:
                hashes.append(self.node(level, first >> level))
                first += 1 << level
        return tree.Frontier(self.size, hashes)


def bundle(entries: Iterable[bytes]) -> bytes:
    """Entries of one tile, each after its length in 16 bits, big-endian. For the private store."""
    parts = []
    for entry in entries:
        if len(entry) > MAX_ENTRY:
            raise TileError(f"An entry of {len(entry)} bytes is over the limit of {MAX_ENTRY}.")
        parts += [len(entry).to_bytes(2, "big"), entry]
    if len(parts) > 2 * WIDTH:
        raise TileError(f"A bundle holds at most {WIDTH} entries.")
    return b"".join(parts)


def read_bundle(data: bytes) -> list[bytes]:
    """The entries of a bundle; raises `TileError` when it is cut off or too long."""
    entries, at = [], 0
    while at < len(data):
        begin = at + 2
        at = begin + int.from_bytes(data[at:begin], "big")
        if begin > len(data) or at > len(data):
            raise TileError("A bundle of entries is cut off.")
        entries.append(data[begin:at])
        if len(entries) > WIDTH:
            raise TileError(f"A bundle holds at most {WIDTH} entries.")
    return entries


def folder(root: Path) -> Fetch:
    """Tiles in a folder that holds `tile/...`, e.g. a public mirror copied to disk."""

    def fetch(path: str) -> bytes:
        with (root / path).open("rb") as file:
            return file.read(WIDTH * tree.HASH_SIZE + 1)

    return fetch


def _get(tile: Tile, fetch: Fetch) -> bytes:
    """The content of a hash tile, from the full one when the partial one is gone."""
    wanted = tile.width * tree.HASH_SIZE
    for candidate in (tile, tile.full):
        try:
            data = fetch(candidate.path)
        except (LookupError, FileNotFoundError):
            continue
        if len(data) != candidate.width * tree.HASH_SIZE:
            raise TileError(f"{candidate.path} has not {candidate.width} hashes of 32 bytes.")
        return data[:wanted]
    raise TileError(f"{tile.path} is missing.")
