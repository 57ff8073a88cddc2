"""The export of a log for its auditor: JSON lines, plain or gzipped.

The first line is the header:

    {"checkpoint": NOTE, "format": "gatehouse-audit-export/1", "older": [NOTE, ...],
     "origin": TEXT, "rotations": [NOTE, ...], "size": N}

Each further line is an entry, in the order of the log:

    {"hash": HEX, "index": N, "leaf": {...}, "personal": {...} or null, "salt": HEX or null}

`hash` is the leaf hash that was sealed. Personal part and salt are null together, when they were
erased or are not for this reader. Lines are written in canonical JSON, so that a verifier can hash
the bytes as they stand; lines in another spelling of the same values are accepted too, slowly.
Nothing in the file is trusted: all of it is compared with what a pinned key signed.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeGuard

from . import checkpoint, entries
from .errors import ClientError, EntryError, ExportError

FORMAT = "gatehouse-audit-export/1"
MAX_HEADER = 16 * 1024 * 1024  # bytes
MAX_LINE = 160 * 1024  # bytes: a leaf and a personal part at their limits
MAX_OLDER = 10_000

_LINE_KEYS = {"hash", "index", "leaf", "personal", "salt"}


class Header(NamedTuple):
    origin: str
    size: int
    checkpoint: str  # a signed note
    rotations: tuple[str, ...] = ()
    older: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """One entry of an export. `index` is what the line says; the sealed leaf says it as well."""

    index: int
    sealed: bytes  # the hash beside the entry
    leaf: Mapping[str, object]
    leaf_bytes: bytes
    personal: Mapping[str, object] | None
    salt: bytes | None


def header_line(note: str, *, rotations: Sequence[str] = (), older: Sequence[str] = ()) -> bytes:
    """The first line of an export up to the signed checkpoint `note`."""
    at = checkpoint.unverified(note)
    fields = {
        "checkpoint": note,
        "format": FORMAT,
        "older": list(older),
        "origin": at.origin,
        "rotations": list(rotations),
        "size": at.size,
    }
    return entries.canonical(fields) + b"\n"


def entry_line(
    index: int,
    *,
    sealed: bytes,
    leaf: bytes,
    personal: Mapping[str, object] | None,
    salt: bytes | None,
) -> bytes:
    """One line of an export. `leaf` is what `entries.leaf_bytes` gave, `sealed` its stored hash."""
    part = b"null" if personal is None else entries.personal_bytes(personal)
    shown = b"null" if salt is None else b'"%s"' % salt.hex().encode()
    head = b'{"hash":"%s","index":%d,"leaf":' % (sealed.hex().encode(), index)
    return b'%s%s,"personal":%s,"salt":%s}\n' % (head, leaf, part, shown)


def parse_header(line: bytes) -> Header:
    """Read the first line; raises `ExportError`."""
    if len(line) > MAX_HEADER:
        raise ExportError(f"The header of the export is over the limit of {MAX_HEADER} bytes.")
    try:
        value = load_object(line)
    except ExportError as error:
        raise ExportError(f"The first line of the export is not its header: {error}") from None
    if value.get("format") != FORMAT:
        raise ExportError(f"The first line of the export does not name the format {FORMAT}.")
    origin, size, note = value.get("origin"), value.get("size"), value.get("checkpoint")
    rotations, older = value.get("rotations"), value.get("older")
    refusal = ExportError("The header of the export lacks origin, size, checkpoint or its lists.")
    if not isinstance(origin, str) or not isinstance(note, str) or not entries.is_index(size):
        raise refusal
    if not _is_texts(rotations) or not _is_texts(older):
        raise refusal
    return Header(origin, size, note, tuple(rotations), tuple(older))


def parse_line(line: bytes) -> Line:
    """Read the line of an entry, in any spelling; raises `ExportError` with what is wrong."""
    if len(line) > MAX_LINE:
        raise ExportError(f"The line has {len(line)} bytes, over the limit of {MAX_LINE}.")
    value = load_object(line)
    if value.keys() != _LINE_KEYS:
        raise ExportError("The line has not the fields hash, index, leaf, personal and salt.")
    index, sealed, leaf = value["index"], value["hash"], value["leaf"]
    personal, salt = value["personal"], value["salt"]
    if not entries.is_index(index) or not entries.is_hash(sealed) or not isinstance(leaf, dict):
        raise ExportError("The line has no proper index, hash or leaf.")
    if not (personal is None or isinstance(personal, dict)):
        raise ExportError("The personal part is neither an object nor null.")
    if not (salt is None or entries.is_hash(salt)):
        raise ExportError("The salt is neither 64 hex digits nor null.")
    try:
        data = entries.canonical(leaf)
    except EntryError as error:
        raise ExportError(error.sentence) from None
    return Line(index, bytes.fromhex(sealed), leaf, data, personal, _unhex(salt))


def load_object(data: bytes) -> dict[str, Any]:
    """A JSON object, each key once. Raises `ExportError`; depth and numbers have bounds."""
    try:
        value = json.loads(data, object_pairs_hook=_once)
    except UnicodeDecodeError:
        raise ExportError("This is not text in UTF-8.") from None
    except RecursionError:
        raise ExportError("This is nested too deeply.") from None
    except ClientError:
        raise
    except ValueError:  # also an integer of thousands of digits
        raise ExportError("This is not JSON, or it is cut off.") from None
    if not isinstance(value, dict):
        raise ExportError("This is JSON, but not an object.")
    return value


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ExportError("A key stands twice in one object.")
    return value


def _is_texts(value: object) -> TypeGuard[list[str]]:
    return (
        isinstance(value, list)
        and len(value) <= MAX_OLDER
        and all(isinstance(item, str) for item in value)
    )


def _unhex(text: object) -> bytes | None:
    return bytes.fromhex(text) if isinstance(text, str) else None
