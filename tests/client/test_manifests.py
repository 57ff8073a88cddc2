"""A version's manifest, its signed note, and a folder held against both: with no server at all."""

import hashlib
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from client import checkpoint, cli, manifests, notes, rotation
from client.errors import CheckpointError, ClientError

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
ORIGIN = "data.example.org/record"
FILES = {"data/python/0000.parquet": b"PAR1 one", "data/c/0000.parquet": b"PAR1 two"}


def made(files=None, **changes):
    told = {
        "dataset": "lab/shelf",
        "version": "1.1",
        "artefacts": [
            {
                "tier": "processed",
                "path": path,
                "size": len(data),
                "sha256": hashlib.sha256(data).hexdigest(),
            }
            for path, data in (FILES if files is None else files).items()
        ],
    }
    return json.dumps(told | changes).encode()


@pytest.fixture
def folder(tmp_path):
    """A download as a researcher has it: files, manifest, note, and the pinned key."""
    root = tmp_path / "shelf"
    for path, data in FILES.items():
        (root / path).parent.mkdir(parents=True)
        (root / path).write_bytes(data)
    kept(root, made())
    (tmp_path / "log.key").write_text(f"{notes.verifier_of(KEY, ORIGIN)}\n")
    return root


def kept(root, data, key=KEY, **changes):
    told = {"dataset": "lab/shelf", "version": "1.1", "commit": "c" * 40}
    told |= {"sha256": hashlib.sha256(data).hexdigest()} | changes
    (root / "manifest.json").write_bytes(data)
    (root / "manifest.note").write_text(manifests.Statement(**told).signed(key, ORIGIN))


def verify(folder, capsys, *more):
    status = cli.main(["verify", str(folder), "--key", str(folder.parent / "log.key"), *more])
    told = capsys.readouterr()
    return status, told.out + told.err


def test_a_whole_download_is_right(folder, capsys):
    status, told = verify(folder, capsys)
    assert status == 0
    assert "lab/shelf 1.1" in told
    assert "2 right" in told


@pytest.mark.parametrize("data", [b"PAR1 0ne", b"PAR1 one and more", b""])
def test_a_changed_file_is_named(folder, capsys, data):
    (folder / "data/python/0000.parquet").write_bytes(data)
    status, told = verify(folder, capsys)
    assert status == 1
    assert "wrong   data/python/0000.parquet" in told


def test_a_missing_file_is_named_and_a_strange_one_changes_nothing(folder, capsys):
    (folder / "data/c/0000.parquet").rename(folder / "mine.parquet")
    status, told = verify(folder, capsys)
    assert status == 1
    assert "missing data/c/0000.parquet" in told
    assert "unknown mine.parquet" in told
    kept(folder, made({"data/python/0000.parquet": FILES["data/python/0000.parquet"]}))
    assert verify(folder, capsys)[0] == 0


def test_another_key_a_changed_manifest_or_note_is_not_trusted(folder, capsys):
    kept(folder, made(), key=Ed25519PrivateKey.generate())
    status, told = verify(folder, capsys)
    assert status == 2
    assert "not signed by a key that you trust" in told
    kept(folder, made())
    (folder / "manifest.json").write_bytes(made(next="x"))
    assert "sha256 is another" in verify(folder, capsys)[1]
    kept(folder, made())
    note = folder / "manifest.note"
    note.write_text(note.read_text().replace("\n1.1\n", "\n1.2\n"))
    assert "does not fit the text" in verify(folder, capsys)[1]


def test_a_note_of_another_version_does_not_cover_this_manifest(folder, capsys):
    kept(folder, made(version="1.0"))
    status, told = verify(folder, capsys)
    assert status == 2
    assert "another dataset or version" in told


@pytest.mark.parametrize("path", ["../secret", "/etc/passwd", "", "data"])
def test_a_name_that_leaves_the_folder_is_wrong(folder, capsys, path):
    (folder.parent / "secret").write_bytes(b"PAR1")
    kept(folder, made({path: b"PAR1"}))
    status, told = verify(folder, capsys, "--json")
    assert status == 1
    assert json.loads(told)["files"][0]["state"] in {"wrong", "missing"}


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b"\xff", b'{"artefacts": 1}', b"[" * 100_000])
def test_what_is_no_manifest_is_one_sentence(folder, capsys, data):
    kept(folder, data)
    status, told = verify(folder, capsys)
    assert status == 2
    assert told.count("\n") == 1


def test_a_note_is_never_taken_for_a_checkpoint_or_a_change_of_key():
    """One key signs all three: none can be read as another."""
    statement = manifests.Statement("lab/shelf", "1.1", "c" * 40, "d" * 64)
    with pytest.raises(CheckpointError):
        checkpoint.parse(statement.text)
    with pytest.raises(ClientError):
        rotation.parse(statement.text)
    point = checkpoint.Checkpoint(ORIGIN, 1, b"r" * 32)
    turned = rotation.Rotation(point, notes.verifier_of(KEY, ORIGIN))
    for text in (point.text, turned.text):
        with pytest.raises(ClientError):
            manifests.parse(text)


def test_the_note_reads_as_it_was_written():
    statement = manifests.Statement("lab/shelf", "1.1", "c" * 40, "d" * 64)
    assert manifests.parse(statement.text) == statement
