"""Row patches and chunk manifests, as a client reads them."""

import random

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from client import chunks, patches
from client.errors import PatchError
from pipeline.shards import patching, schemas, writer


def row(name, text, **changes):
    told = dict.fromkeys(schemas.PROCESSED.names)
    told |= {"row_id": name, "content": text, "hexsha": name, "redactions": [], "licenses": ["MIT"]}
    return told | changes


def write(path, rows):
    table = pa.Table.from_pylist(rows, schema=schemas.PROCESSED)
    writer.write(path, schemas.PROCESSED, [table])
    return path


def updated(tmp_path, old, new):
    """The new file as a client makes it from the old one and the patch."""
    before, after = write(tmp_path / "old", old), write(tmp_path / "new", new)
    patch = patches.load(patching.between("data/x/0000.parquet", before, after).dump())
    same = patches.rewrite(before, [patch], tmp_path / "made", writer.PROFILE)
    assert same == ((tmp_path / "made").read_bytes() == after.read_bytes())
    return same, patch


ROWS = [row(f"r{n:03}", f"text of {n}\n" * 9, stars=None) for n in range(60)]
ROWS = [{name: each[name] for name in schemas.PROCESSED.names} for each in ROWS]


def test_removed_changed_and_moved_rows_give_the_new_file_byte_for_byte(tmp_path):
    new = [each for each in ROWS if each["row_id"] not in ("r007", "r030")]
    mail = [{"class": "EMAIL", "count": 1}]
    new[3] = new[3] | {
        "content": "text <EMAIL> of 3\n",
        "redactions": mail,
        "alphanum_fraction": 0.1,
    }
    new.insert(40, new.pop(10))
    same, patch = updated(tmp_path, ROWS, new)
    assert same
    assert list(patch.removed) == ["r007", "r030"]


def test_a_patch_holds_nothing_of_what_was_removed(tmp_path):
    old = [row("a", "who = 'ada@lovelace.example'\n"), row("b", "gone = 'a secret word'\n")]
    new = [row("a", "who = '<EMAIL>'\n")]
    _, patch = updated(tmp_path, old, new)
    import gzip

    told = gzip.decompress(patch.dump()).decode()
    assert "lovelace" not in told
    assert "secret" not in told
    assert "<EMAIL>" in told


ids = st.integers(0, 59)


@settings(max_examples=25, deadline=None)
@given(gone=st.sets(ids, max_size=20), changed=st.dictionaries(ids, st.text(max_size=40)), seed=ids)
def test_any_change_is_carried(tmp_path_factory, gone, changed, seed):
    new = [
        each | ({"content": changed[n].encode("utf-8", "replace").decode()} if n in changed else {})
        for n, each in enumerate(ROWS)
        if n not in gone
    ]
    if seed % 2:
        random.Random(seed).shuffle(new)
    assert updated(tmp_path_factory.mktemp("files"), ROWS, new)[0]


def test_new_rows_do_not_belong_into_old_files(tmp_path):
    with pytest.raises(ValueError, match="rows that it had not"):
        updated(tmp_path, ROWS[:2], ROWS[:3])


def test_a_patch_of_another_file_is_refused(tmp_path):
    _, patch = updated(tmp_path, ROWS, ROWS[1:])
    with pytest.raises(PatchError, match="other rows"):
        patches.apply(pa.Table.from_pylist(ROWS[5:], schema=schemas.PROCESSED), patch)


@pytest.mark.parametrize("data", [b"", b"{}", b"\x1f\x8b", b"GHCHUNK1xx", b"\x1f\x8b" * 40])
def test_what_is_none_is_refused(data):
    with pytest.raises(PatchError):
        patches.load(data)
    with pytest.raises(PatchError):
        chunks.load(data)


def test_chunks_cover_the_file_and_find_themselves_again(tmp_path):
    data = random.Random(4).randbytes(3_000_000)
    (tmp_path / "old").write_bytes(data)
    (tmp_path / "new").write_bytes(data[:1_000_000] + b"some bytes more" + data[1_000_100:])
    old, new = chunks.chunks(tmp_path / "old"), chunks.chunks(tmp_path / "new")
    for pieces in (old, new):
        assert chunks.load(chunks.dump(pieces)) == pieces
        assert all(piece.length <= chunks.MOST for piece in pieces)
    assert sum(piece.length for piece in new) == (tmp_path / "new").stat().st_size
    assert 0 < sum(piece.length for piece in chunks.missing(new, old)) < 2 * chunks.MOST
    where = {p.digest: (tmp_path / "old", p.start) for p in old}
    where |= {p.digest: (tmp_path / "new", p.start) for p in chunks.missing(new, old)}
    patches.assemble(tmp_path / "made", new, where)
    assert (tmp_path / "made").read_bytes() == (tmp_path / "new").read_bytes()


def test_cuts_do_not_depend_on_how_much_is_read_at_once(tmp_path, monkeypatch):
    (tmp_path / "a").write_bytes(random.Random(5).randbytes(900_000))
    whole = chunks.chunks(tmp_path / "a")
    monkeypatch.setattr(chunks, "_BLOCK", 100_003)
    assert chunks.chunks(tmp_path / "a") == whole
    assert len(whole) > 5


@pytest.mark.parametrize("size", [0, 1, 31, 32, 8 << 10, 200_000])
def test_small_and_monotonous_files_have_chunks_too(tmp_path, size):
    (tmp_path / "a").write_bytes(b"x" * size)
    assert sum(piece.length for piece in chunks.chunks(tmp_path / "a")) == size
