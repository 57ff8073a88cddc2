"""Tiles: paths, what growth writes, and proofs that read few of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client import tiles, tree
from client.errors import TileError
from client.tiles import Tile


def made(first: int, last: int) -> bytes:
    return b"".join(tree.leaf_hash(str(number).encode()) for number in range(first, last))


def stored(*sizes: int) -> dict[str, bytes]:
    """The files of a log that was sealed at each of these sizes."""
    files: dict[str, bytes] = {}
    old = 0
    for size in sizes:
        for tile, data in tiles.grow(old, made(old, size), files.__getitem__):
            files[tile.path] = data
        old = size
    return files


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 0), "tile/0/000"),
        (Tile(0, 999), "tile/0/999"),
        (Tile(0, 1000), "tile/0/x001/000"),
        (Tile(3, 1234067), "tile/3/x001/x234/067"),
        (Tile(0, 1234067, 8), "tile/0/x001/x234/067.p/8"),
        (Tile(63, 5, 255), "tile/63/005.p/255"),
        (Tile("entries", 1234067, 1), "tile/entries/x001/x234/067.p/1"),
    ],
)
def test_paths_are_those_of_the_specification(tile, path):
    assert tile.path == path
    assert Tile.parse(path) == tile


@given(
    st.one_of(st.integers(0, 63), st.just("entries")), st.integers(0, 2**63), st.integers(1, 256)
)
def test_every_path_can_be_read_back(level, index, width):
    tile = Tile(level, index, width)
    assert Tile.parse(tile.path) == tile


@pytest.mark.parametrize(
    "path",
    [
        "",
        "tile",
        "tile/0",
        "tile/00/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/0/0",
        "tile/0/x000/001",
        "tile/0/001/067",
        "tile/0/x001/x067",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/000.p/",
        "tile/0/000/",
        "tile/0/../000",
        "tile/entry/000",
        "/tile/0/000",
        "tile/0/\u0660\u0660\u0660",
        "tile/0/" + "x001/" * 500 + "000",
    ],
)
def test_no_other_spelling_is_a_path(path):
    with pytest.raises(TileError):
        Tile.parse(path)


def test_the_tiles_of_a_tree_of_70000_leaves():
    """The specification's own example."""
    found = list(tiles.tiles_of(70_000))
    full = [tile for tile in found if tile.width == 256]
    assert [sum(tile.level == level for tile in full) for level in (0, 1, 2)] == [273, 1, 0]
    partial = [tile for tile in found if tile.width < 256]
    assert partial == [Tile(0, 273, 112), Tile(1, 1, 17), Tile(2, 0, 1)]
    assert list(tiles.tiles_of(256)) == [Tile(0, 0), Tile(1, 0, 1)]


@given(st.lists(st.integers(0, 700), min_size=1, max_size=4).map(sorted))
def test_growth_writes_what_it_says_and_proofs_can_be_made_from_it(sizes):
    files: dict[str, bytes] = {}
    old = 0
    for size in sizes:
        grown = list(tiles.grow(old, made(old, size), files.__getitem__))
        assert [tile for tile, _ in grown] == list(tiles.written(old, size))
        files.update((tile.path, data) for tile, data in grown)
        old = size
    for size in sizes:
        reader = tiles.Reader(size, files.__getitem__)
        assert reader.root() == tree.root_of(made(0, size))
        assert reader.frontier().root() == reader.root()


def test_a_deep_tree_has_the_same_root():
    files = stored(100, 256, 66_000)
    reader = tiles.Reader(66_000, files.__getitem__)
    assert reader.root() == tree.root_of(made(0, 66_000))
    assert max(Tile.parse(path).level for path in files) == 2


def test_a_partial_tile_that_was_deleted_is_read_from_the_full_one():
    files = stored(300, 600)
    old = tiles.Reader(300, files.__getitem__).root()
    del files["tile/0/001.p/44"]
    assert tiles.Reader(300, files.__getitem__).root() == old
    del files["tile/0/001"]
    with pytest.raises(TileError, match="001"):
        tiles.Reader(300, files.__getitem__).root()


def test_a_tile_of_another_length_is_refused():
    files = stored(300)
    files["tile/0/001.p/44"] = files["tile/0/001.p/44"][:-1]
    with pytest.raises(TileError, match="44 hashes"):
        tiles.Reader(300, files.__getitem__).root()


@pytest.mark.parametrize("node", [(0, 300), (9, 0), (0, -1), (-1, 0), (3, 37)])
def test_a_node_that_the_tree_has_not_is_refused(node):
    reader = tiles.Reader(300, stored(300).__getitem__)
    with pytest.raises(TileError):
        reader.node(*node)


def test_a_proof_at_ten_million_reads_few_tiles():
    size, index = 10_000_019, 7_654_321
    read: list[str] = []

    def fetch(path: str) -> bytes:
        read.append(path)
        return tree.leaf_hash(path.encode()) * Tile.parse(path).width

    reader = tiles.Reader(size, fetch)
    proof = tree.inclusion_proof(index, size, reader.node)
    assert len(proof) == 24
    assert len(read) == len(set(read)) <= 6


def test_tiles_of_a_folder(tmp_path):
    for path, data in stored(300).items():
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    assert tiles.Reader(300, tiles.folder(tmp_path)).root() == tree.root_of(made(0, 300))


@given(st.lists(st.binary(max_size=300), max_size=256))
def test_bundles_can_be_read_back(entries):
    assert tiles.read_bundle(tiles.bundle(entries)) == entries


def test_bundles_have_bounds():
    assert tiles.bundle([b"ab", b""]) == b"\x00\x02ab\x00\x00"
    for wrong in ([b"x" * 65_536], [b""] * 257):
        with pytest.raises(TileError):
            tiles.bundle(wrong)
    for cut in (b"\x00", b"\x00\x02a", b"\x00\x00" * 257):
        with pytest.raises(TileError):
            tiles.read_bundle(cut)
    assert list(tiles.bundles_written(250, 600)) == [
        Tile("entries", 0),
        Tile("entries", 1),
        Tile("entries", 2, 88),
    ]


@pytest.mark.parametrize("sizes", [(5, 4), (-1, 4), (0, 2**63)])
def test_absurd_growth_is_refused(sizes):
    with pytest.raises(TileError):
        next(tiles.written(*sizes))
