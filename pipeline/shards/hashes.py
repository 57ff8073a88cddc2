"""Names made from content: git blob ids, SWHIDs, row ids, and numbers for hosts that give none."""

import base64
import hashlib
from pathlib import Path


def git_blob_id(data: bytes) -> str:
    """The id git gives to these bytes: 40 hex digits, lower case.

    Source: git's object format, `blob LENGTH NUL` before the content.

    >>> git_blob_id(b"")
    'e69de29bb2d1d6434b8b29ae775ad8c2e48c5391'
    """
    told = hashlib.sha1(b"blob %d\x00" % len(data), usedforsecurity=False)
    told.update(data)
    return told.hexdigest()


def sha256_file(path: Path) -> str:
    """sha256 of a file, 64 hex digits; the file is streamed."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def swhid(hexsha: str) -> str:
    """The Software Heritage identifier of a blob (SWHID 1.1, ISO/IEC 18670)."""
    return f"swh:1:cnt:{hexsha}"


def made_id(*parts: str) -> int:
    """A number for a thing whose host gives none: 1 to 2**63 - 1, equal for equal parts.

    Case does not count, as hosts' names do not differ by case alone.
    """
    told = hashlib.sha256("\x00".join(part.casefold() for part in parts).encode()).digest()
    return int.from_bytes(told[:8], "big") >> 1 or 1


def row_id(dataset: str, hexsha: str) -> str:
    """The lasting name of a row: 20 characters of lower-case base32 (100 bits).

    Made from the dataset's name and the blob id, so it is the same in every version and tells
    nothing about the place of the row.
    """
    told = hashlib.sha256(f"row\x00{dataset}\x00{hexsha}".encode()).digest()
    return base64.b32encode(told)[:20].decode().lower()
