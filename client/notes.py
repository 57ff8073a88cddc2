"""Signed notes with Ed25519, as the C2SP specification signed-note describes them.

A note is a text that ends in a newline, an empty line, and one line a signature. Only a text
whose signature was verified by a key that the reader pinned beforehand means anything.
"""

import base64
import binascii
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from .errors import BadSignatureError, NoteError, UnknownSignerError

MAX_NOTE = 1_000_000  # characters, signatures included
MAX_SIGNATURES = 100
_ED25519 = b"\x01"
_PRIVATE = "PRIVATE+KEY+"
_DASH = "\u2014 "


class Verifier(NamedTuple):
    """A public key under its name. Its text, `name+id+base64`, is what people pin."""

    name: str
    public: bytes  # 32 bytes, RFC 8032

    @property
    def key_id(self) -> bytes:
        """Four bytes that tell keys of one name apart; no protection by themselves."""
        return sha256(self.name.encode() + b"\n" + _ED25519 + self.public).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{to_base64(_ED25519 + self.public)}"

    @classmethod
    def parse(cls, text: str) -> "Verifier":
        """Read a verifier key; raises `NoteError` when its parts do not fit."""
        name, _, rest = text.strip().partition("+")
        shown, _, key = rest.partition("+")
        data = from_base64(key)
        found = cls(name, data[1:]) if is_name(name) and data and data[:1] == _ED25519 else None
        if found is None or len(found.public) != 32 or found.key_id.hex() != shown:
            raise NoteError("This is not a verifier key of the form name+id+base64.")
        return found

    def verify(self, text: str, signature: bytes) -> bool:
        key = Ed25519PublicKey.from_public_bytes(self.public)
        try:
            key.verify(signature, text.encode())
        except InvalidSignature:
            return False
        return True


class Signature(NamedTuple):
    name: str
    key_id: bytes
    data: bytes


class Opened(NamedTuple):
    """A text, and the keys whose signatures on it were verified."""

    text: str
    signers: tuple[Verifier, ...]


def verifier_of(private_key: Ed25519PrivateKey, name: str) -> Verifier:
    """The public half of a key, under its name; raises `NoteError` for a name with blanks or +."""
    if not is_name(name):
        raise NoteError("The name of a key is not empty, and has neither blanks nor a plus sign.")
    return Verifier(name, private_key.public_key().public_bytes_raw())


def private_key_text(private_key: Ed25519PrivateKey, name: str) -> str:
    """The private key in the form that other tools for notes read. Keep it out of the database."""
    verifier = verifier_of(private_key, name)
    seed = to_base64(_ED25519 + private_key.private_bytes_raw())
    return f"{_PRIVATE}{name}+{verifier.key_id.hex()}+{seed}"


def read_private_key(text: str) -> tuple[Ed25519PrivateKey, str]:
    """The private key and its name. The error never repeats what was given."""
    refusal = NoteError("This is not a private key of the form PRIVATE+KEY+name+id+base64.")
    name, _, rest = text.strip().removeprefix(_PRIVATE).partition("+")
    shown, _, seed = rest.partition("+")
    data = from_base64(seed)
    if not text.strip().startswith(_PRIVATE) or not is_name(name):
        raise refusal
    if data is None or len(data) != 33 or data[:1] != _ED25519:
        raise refusal
    key = Ed25519PrivateKey.from_private_bytes(data[1:])
    if verifier_of(key, name).key_id.hex() != shown:
        raise refusal
    return key, name


def sign(text: str, private_key: Ed25519PrivateKey, name: str) -> str:
    """The text as a note with one signature. Ed25519: the same input gives the same note."""
    _check_text(text)
    verifier = verifier_of(private_key, name)
    signature = to_base64(verifier.key_id + private_key.sign(text.encode()))
    return f"{text}\n{_DASH}{name} {signature}\n"


def open(note: str, verifiers: Iterable[Verifier]) -> str:
    """The text of a note that at least one of these keys signed; see `read`."""
    return read(note, verifiers).text


def read(note: str, verifiers: Iterable[Verifier]) -> Opened:
    """The text of a note, and which of these keys signed it.

    Raises:
        BadSignatureError: a signature in the name of one of the keys does not verify.
        UnknownSignerError: none of the keys signed; other signatures are passed over.
        NoteError: it is no note, or over the limits.
    """
    text, signatures = split(note)
    known = {(verifier.name, verifier.key_id): verifier for verifier in verifiers}
    signers = []
    for signature in signatures:
        verifier = known.pop((signature.name, signature.key_id), None)
        if verifier is None:
            continue
        if not verifier.verify(text, signature.data):
            raise BadSignatureError(f"The signature of {verifier.name} does not fit the text.")
        signers.append(verifier)
    if not signers:
        raise UnknownSignerError("The note is not signed by a key that you trust.")
    return Opened(text, tuple(signers))


def split(note: str) -> tuple[str, list[Signature]]:
    """Text and signatures, none of them verified."""
    if len(note) > MAX_NOTE:
        raise NoteError(f"A note of {len(note)} characters is over the limit of {MAX_NOTE}.")
    cut = note.rfind("\n\n")
    if cut < 0 or not note.endswith("\n") or len(note) == cut + 2:
        raise NoteError("The note has no signature lines after an empty line.")
    text, lines = note[: cut + 1], note[cut + 2 : -1].split("\n")
    _check_text(text)
    if len(lines) > MAX_SIGNATURES:
        raise NoteError(f"The note has more than {MAX_SIGNATURES} signatures.")
    return text, [_signature(line) for line in lines]


def read_keys(path: Path) -> list[Verifier]:
    """The verifier keys of a file, one a line; empty lines and lines after `#` are passed over."""
    with path.open("rb") as file:
        data = file.read(MAX_NOTE + 1)
    try:
        lines = data.decode().splitlines()
    except UnicodeDecodeError:
        raise NoteError(f"{path.name} is not a file of verifier keys.") from None
    kept = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
    if not kept or len(data) > MAX_NOTE:
        raise NoteError(f"{path.name} holds no verifier key of the form name+id+base64.")
    return [Verifier.parse(line) for line in kept]


def to_base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def from_base64(text: str) -> bytes | None:
    """Standard base 64 in its one spelling; None for anything else."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if to_base64(data) == text else None


def is_name(name: str) -> bool:
    """Whether a key can be called so."""
    blank = any(sign.isspace() or sign < " " for sign in name)
    return bool(name) and not blank and "+" not in name and _encodes(name)


def _signature(line: str) -> Signature:
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    data = from_base64(encoded)
    if not line.startswith(_DASH) or not is_name(name) or data is None or len(data) < 5:
        raise NoteError("A signature line of the note is malformed.")
    return Signature(name, data[:4], data[4:])


def _check_text(text: str) -> None:
    control = any(sign < " " and sign != "\n" for sign in text)
    if not text.endswith("\n") or control or not _encodes(text) or len(text) > MAX_NOTE:
        raise NoteError("The text of a note ends in a newline and has no control characters.")


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
