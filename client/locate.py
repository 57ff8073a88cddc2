"""Find where a log was changed, when entries and the hashes beside them were rewritten together.

Then every line fits itself and only the root tells that something is wrong. What else was signed
narrows it down: older checkpoints to a range, a mirror of the public tiles to the very entry.
"""

from collections.abc import Iterable
from pathlib import Path

from . import scan, tiles, tree
from .errors import TileError
from .scan import Fault


def bracket(sizes_right: Iterable[int], sizes_wrong: Iterable[int]) -> tuple[int, int]:
    """The entries among which the first change lies.

    The first `n` entries make the root that was signed for them for every `n` in `sizes_right`,
    and another one for every `n` in `sizes_wrong`, of which there is one at least.
    """
    end = min(sizes_wrong)
    return max((size for size in sizes_right if size < end), default=0), end - 1


def by_tiles(path: Path, folder: Path, size: int, root: bytes) -> list[Fault]:
    """Entries of the export that are not those of the tiles, by number.

    The tiles are not trusted: they must make the signed root. Raises `TileError` when they do not,
    or when one is missing. The entries must stand in order from 0 on; the export may end early.
    """
    reader = tiles.Reader(size, tiles.folder(folder))
    mirror, tile = tree.Frontier(), b""
    faults: list[Fault] = []
    found = scan.content_hashes(path)
    for index in range(size):
        within = index % tiles.WIDTH * tree.HASH_SIZE
        if within == 0:
            tile = reader.hashes(0, index // tiles.WIDTH)
            mirror.extend(tile)
        content = next(found, None)  # None: no entry there, which is told elsewhere
        if content not in (None, tile[within : within + tree.HASH_SIZE]):
            scan.add_fault(faults, Fault("unlike_tiles", index, index))
    if mirror.root() != root:
        raise TileError("The tiles do not make the signed root, so they cannot tell what changed.")
    return faults
