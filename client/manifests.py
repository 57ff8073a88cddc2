"""The signed note of a version's manifest, and the check of a folder against both. Offline.

The text of the note:

    gatehouse-manifest/1
    <dataset>
    <version>
    <commit>
    sha256:<of the manifest file, 64 hex digits>

It is signed with the key of the site's record. Its second line is no number and its first none of
a log's, so no reader of checkpoints or rotation statements can take it for one of those.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from . import notes
from .errors import ManifestError
from .notes import Verifier

KIND = "gatehouse-manifest/1"
MAX_MANIFEST = 512 * 1024 * 1024  # bytes
_BLOCK = 1 << 20
_HEX = frozenset("0123456789abcdef")


@dataclass(frozen=True, slots=True)
class Statement:
    """That this version of this dataset is what the manifest with this digest says."""

    dataset: str  # NS/NAME
    version: str
    commit: str  # 40 hex digits
    sha256: str  # of the manifest, 64 hex digits

    @property
    def text(self) -> str:
        lines = (KIND, self.dataset, self.version, self.commit, f"sha256:{self.sha256}")
        return "\n".join(lines) + "\n"

    def signed(self, private_key: Ed25519PrivateKey, name: str) -> str:
        """The statement as a signed note."""
        return notes.sign(self.text, private_key, name)


def parse(text: str) -> Statement:
    """Read the text of a note, without its signatures; raises `ManifestError`."""
    lines = text.split("\n")
    if len(lines) != 6 or lines[0] != KIND or lines[5] or not all(lines[:5]):
        raise ManifestError("This is not the note of a version's manifest.")
    kind, _, digest = lines[4].partition(":")
    if kind != "sha256" or len(digest) != 64 or not _HEX.issuperset(digest):
        raise ManifestError("The note names no sha256 of a manifest.")
    return Statement(lines[1], lines[2], lines[3], digest)


def open_note(note: str, verifiers: Iterable[Verifier]) -> Statement:
    """What a note says, once one of these keys has verified it.

    Raises:
        NoteError: none of the keys signed it, or a signature does not fit.
        ManifestError: it is the note of something else.
    """
    return parse(notes.open(note, verifiers))


def check_manifest(data: bytes, statement: Statement) -> dict[str, Any]:
    """The manifest, once it is the one that the note is about; raises `ManifestError`."""
    if hashlib.sha256(data).hexdigest() != statement.sha256:
        raise ManifestError("The manifest is not the one that was signed: its sha256 is another.")
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or not isinstance(found.get("artefacts"), list):
        raise ManifestError("The manifest can't be read.")
    told = (found.get("dataset"), found.get("version"))
    if told != (statement.dataset, statement.version):
        raise ManifestError("The manifest is of another dataset or version than its note says.")
    return found


@dataclass(frozen=True, slots=True)
class Checked:
    """How a file of a folder compares with the manifest."""

    path: str
    state: str  # right | wrong | missing | unknown (not in the manifest)


def check_folder(manifest: dict[str, Any], folder: Path, tier: str) -> Iterator[Checked]:
    """Every file of a tier as the folder holds it, then files that the manifest does not know.

    Files are read in blocks. A name of the manifest that would leave the folder is `wrong`.
    """
    root = folder.resolve()
    known = set()
    for each in manifest["artefacts"]:
        if each.get("tier") != tier:
            continue
        path = str(each.get("path", ""))
        known.add(path)
        yield Checked(path, _state(root, path, each))
    for found in sorted(root.rglob("*.parquet")):
        path = found.relative_to(root).as_posix()
        if path not in known and found.is_file():
            yield Checked(path, "unknown")


def _state(root: Path, path: str, told: dict[str, Any]) -> str:
    target = (root / path).resolve()
    if not path or not target.is_relative_to(root):
        return "wrong"
    try:
        if target.stat().st_size != told.get("size"):
            return "wrong"
        digest = hashlib.sha256()
        with target.open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        return "missing"
    return "right" if digest.hexdigest() == told.get("sha256") else "wrong"
