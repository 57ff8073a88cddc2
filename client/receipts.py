"""Receipts: what a person keeps to show that an entry about them stands in the record.

A receipt is JSON:

    {"format": "gatehouse-receipt/1", "origin": TEXT, "index": N, "leaf": {...},
     "personal": {...} or null, "salt": HEX or null, "proof": [BASE64, ...],
     "checkpoint": NOTE, "rotations": [NOTE, ...]}

`proof` leads from the leaf to the root in the checkpoint (RFC 9162, 2.1.3). Salt and personal part
are the owner's own. It proves what was recorded, not that a byte arrived.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from . import checkpoint, entries, export, notes, rotation, tree
from .checkpoint import Checkpoint
from .errors import ClientError, EntryError, ProofError, ReceiptError
from .notes import Verifier

FORMAT = "gatehouse-receipt/1"
MAX_RECEIPT = 4 * 1024 * 1024  # bytes
_KEYS = {
    "format": str,
    "origin": str,
    "index": int,
    "leaf": dict,
    "proof": list,
    "checkpoint": str,
}


@dataclass(frozen=True, slots=True)
class Checked:
    """A receipt that holds, and what it proves."""

    index: int
    leaf: Mapping[str, object]
    leaf_hash: bytes
    checkpoint: Checkpoint
    note: str  # the signed checkpoint
    sentences: tuple[str, ...]


def make(
    *,
    leaf: Mapping[str, object],
    personal: Mapping[str, object] | None,
    salt: bytes | None,
    proof: Sequence[bytes],
    note: str,
    rotations: Sequence[str] = (),
) -> dict[str, object]:
    """A receipt, ready for JSON. `proof` is of `leaf["index"]` in the signed checkpoint `note`."""
    return {
        "format": FORMAT,
        "origin": checkpoint.unverified(note).origin,
        "index": leaf["index"],
        "leaf": dict(leaf),
        "personal": None if personal is None else dict(personal),
        "salt": None if salt is None else salt.hex(),
        "proof": [notes.to_base64(value) for value in proof],
        "checkpoint": note,
        "rotations": list(rotations),
    }


def parse(data: bytes) -> dict[str, Any]:
    """The JSON of a receipt; raises `ReceiptError`."""
    if len(data) > MAX_RECEIPT:
        raise ReceiptError(f"A receipt has at most {MAX_RECEIPT} bytes.")
    try:
        return export.load_object(data)
    except ClientError as error:
        raise ReceiptError(f"The receipt cannot be read: {error}") from None


def check(
    receipt: Mapping[str, Any],
    verifiers: Verifier | Iterable[Verifier],
    *,
    origin: str | None = None,
) -> Checked:
    """Check a receipt under pinned keys, following its statements about new keys.

    With `origin`, a receipt of another log is refused. Raises `ReceiptError`; its code says what
    fails: receipt_format, receipt_key, receipt_origin, receipt_leaf, receipt_personal or
    receipt_inclusion.
    """
    _check_form(receipt)
    note = str(receipt["checkpoint"])
    at, signer = _opened(note, verifiers, _texts(receipt.get("rotations", [])))
    if at.origin != receipt["origin"] or origin not in (None, at.origin):
        raise ReceiptError(
            f"The receipt is of the log {at.origin}, not of {origin or receipt['origin']}.",
            code="receipt_origin",
        )
    leaf, index = receipt["leaf"], receipt["index"]
    digest = _leaf_hash(leaf, index)
    about = _check_personal(leaf, receipt.get("personal"), receipt.get("salt"))
    _check_inclusion(digest, index, at, receipt["proof"])
    sentences = (
        f"Entry {index} of {at.origin} is recorded exactly as this receipt shows it.",
        about,
        f"The log of {at.size} entries that holds it is signed by the key {signer}.",
    )
    return Checked(index, leaf, digest, at, note, sentences)


def _check_form(receipt: Mapping[str, object]) -> None:
    if receipt.get("format") != FORMAT:
        raise _malformed(f"it does not name the format {FORMAT}")
    for key, kind in _KEYS.items():
        if not isinstance(receipt.get(key), kind):
            raise _malformed(f"its field `{key}` is missing or of another kind")
    if not entries.is_index(receipt["index"]):
        raise _malformed("its index is not the number of an entry")


def _opened(
    note: str, verifiers: Verifier | Iterable[Verifier], rotations: Sequence[str]
) -> tuple[Checkpoint, str]:
    try:
        ring = rotation.verify_chain(verifiers, rotations)
        at = ring.open(note)
        signer = notes.read(note, [term.verifier for term in ring.terms]).signers[0]
    except ClientError as error:
        why = f"The checkpoint of the receipt fails: {error}"
        raise ReceiptError(why, code="receipt_key") from None
    return at, f"{signer.name}+{signer.key_id.hex()}"


def _leaf_hash(leaf: Mapping[str, object], index: int) -> bytes:
    try:
        digest = tree.leaf_hash(entries.leaf_bytes(leaf))
    except EntryError as error:
        raise ReceiptError(f"The receipt's entry fails: {error}", code="receipt_leaf") from None
    if leaf["index"] != index:
        raise ReceiptError(
            f"The receipt is for entry {index}, but shows entry {leaf['index']}.",
            code="receipt_leaf",
        )
    return digest


def _check_personal(leaf: Mapping[str, object], personal: object, salt: object) -> str:
    if personal is None and salt is None:
        return "It was checked without a personal part."
    refusal = ReceiptError(
        "The personal part of the receipt is not the one that was sealed.", code="receipt_personal"
    )
    if not isinstance(personal, dict) or not entries.is_hash(salt):
        raise refusal
    try:
        entries.check_opens(leaf, bytes.fromhex(str(salt)), personal)
    except EntryError:
        raise refusal from None
    return "Its personal part is the one that was sealed with it."


def _check_inclusion(digest: bytes, index: int, at: Checkpoint, proof: object) -> None:
    hashes = [notes.from_base64(text) for text in _texts(proof)]
    if None in hashes:
        raise _malformed("a hash of its proof is not base 64")
    path = [value for value in hashes if value is not None]
    try:
        tree.verify_inclusion(leaf=digest, index=index, size=at.size, proof=path, root=at.root)
    except ProofError as error:
        raise ReceiptError(
            f"Entry {index} as shown is not in the signed log: {error}", code="receipt_inclusion"
        ) from None


def _texts(value: object) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise _malformed("a list in it does not hold texts")
    return value


def _malformed(why: str) -> ReceiptError:
    return ReceiptError(f"This is not a receipt: {why}.", code="receipt_format")
