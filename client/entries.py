"""The canonical bytes of an entry, and the commitment that stands for its personal part.

What is sealed is the *leaf*: canonical JSON, as RFC 8785 writes it for values without fractions
(keys sorted, no blanks, UTF-8). Who acted, from where and for which purpose stands apart, with a
random salt; the leaf holds only `commitment = HMAC-SHA256(salt, canonical personal fields)`. When
salt and personal part are erased the leaf and every root stay valid, and nobody can test a guess.
"""

import hmac
import json
from collections.abc import Mapping
from typing import TypeGuard

from .errors import EntryError

VERSION = 1
SALT_SIZE = 32  # bytes; a fixed length, as HMAC fills shorter keys up with zeros
MAX_PART = 65_535  # bytes of a leaf (the limit of entry bundles) and of a personal part
MAX_DEPTH = 16
MAX_INTEGER = 2**53 - 1  # what every reader of JSON keeps exactly

_dump = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False, check_circular=False
).encode
_HEX = frozenset("0123456789abcdef")


def canonical(value: object) -> bytes:
    """Canonical JSON of strings, integers, booleans, None, and lists and dicts of these.

    Raises `EntryError` for anything else: fractions, keys that are not ASCII, integers beyond
    2**53, lone surrogates, depth over 16.
    """
    _check(value, MAX_DEPTH)
    try:
        return _dump(value).encode()
    except UnicodeEncodeError:
        raise EntryError("An entry holds text that is not Unicode.") from None


def leaf_bytes(entry: Mapping[str, object]) -> bytes:
    """The bytes that are sealed for an entry: its fields, and `v: 1`.

    Two fields must be there: `index`, the place in the log from 0 on (an entry that was moved then
    says so itself), and `commitment`: 64 hex digits, or None for an entry without a personal part.
    Neither `personal` nor `salt` may. Raises `EntryError`, also over 65,535 bytes.
    """
    leaf = {**entry, "v": entry.get("v", VERSION)}
    if leaf["v"] != VERSION or isinstance(leaf["v"], bool):
        raise EntryError(f"The version of an entry is {VERSION}.")
    if not is_index(leaf.get("index")):
        raise EntryError("A leaf needs its index, its place in the log from 0 on.")
    if not leaf.keys().isdisjoint(("personal", "salt")):
        raise EntryError("A leaf holds the commitment, never the personal part or its salt.")
    if "commitment" not in leaf or not (leaf["commitment"] is None or is_hash(leaf["commitment"])):
        raise EntryError("A leaf needs a commitment: 64 hex digits, or null.")
    return _bounded(canonical(leaf), "An entry")


def personal_bytes(personal: Mapping[str, object]) -> bytes:
    """The canonical personal part. Raises `EntryError`, also over 65,535 bytes."""
    return _bounded(canonical(dict(personal)), "The personal part of an entry")


def commitment(salt: bytes, personal: Mapping[str, object]) -> str:
    """What the leaf holds for a personal part: HMAC-SHA256 under the salt, 64 hex digits."""
    if len(salt) != SALT_SIZE:
        raise EntryError(f"A salt has {SALT_SIZE} bytes.")
    return hmac.digest(salt, personal_bytes(personal), "sha256").hex()


def check_opens(leaf: Mapping[str, object], salt: bytes, personal: Mapping[str, object]) -> None:
    """Accept when salt and personal part are those of the leaf; else raise `EntryError`."""
    if leaf.get("commitment") != commitment(salt, personal):
        raise EntryError("The personal part or its salt is not the one that was sealed.")


def is_hash(value: object) -> TypeGuard[str]:
    """Whether this is a SHA-256 in the one spelling used here: 64 small hex digits."""
    return isinstance(value, str) and len(value) == 64 and _HEX.issuperset(value)


def is_index(value: object) -> TypeGuard[int]:
    """Whether this is the number of an entry."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_INTEGER


def _bounded(data: bytes, what: str) -> bytes:
    if len(data) > MAX_PART:
        raise EntryError(f"{what} has {len(data)} bytes, over the limit of {MAX_PART}.")
    return data


def _check(value: object, depth: int) -> None:
    if depth < 0:
        raise EntryError(f"An entry is nested deeper than {MAX_DEPTH}.")
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str) or not key.isascii():
                raise EntryError("The keys of an entry are ASCII text.")
            if item.__class__ is not str and item is not None:  # most are: a fifth of the time
                _check(item, depth - 1)
    elif isinstance(value, list):
        for item in value:
            _check(item, depth - 1)
    else:
        _check_plain(value)


def _check_plain(value: object) -> None:
    if value is None or isinstance(value, str):
        return
    if not isinstance(value, int):
        raise EntryError(f"An entry cannot hold a {type(value).__name__}.")
    if not -MAX_INTEGER <= value <= MAX_INTEGER:
        raise EntryError("An integer of an entry is beyond 2**53.")
