"""Ranges of RFC 9110, section 14: one range of bytes, else the whole."""

import re
from typing import NamedTuple

ONE = re.compile(r"bytes=(?:(\d{1,18})-(\d{1,18})?|-(\d{1,18}))")


class Slice(NamedTuple):
    """`length` bytes from `start`."""

    start: int
    length: int


class UnsatisfiableError(ValueError):
    """The range begins past the end."""


def parse(header: str, size: int) -> Slice | None:
    """The slice that a Range header asks of `size` bytes; None means the whole.

    Several ranges, another unit and a malformed header are ignored, as the RFC allows.

    >>> parse("bytes=0-9", 100)
    Slice(start=0, length=10)
    >>> parse("bytes=-5", 100)
    Slice(start=95, length=5)
    >>> parse("bytes=90-", 100)
    Slice(start=90, length=10)
    >>> parse("bytes=0-1,5-6", 100) is None
    True

    Raises:
        UnsatisfiableError: the range begins at or past the end, or asks for the last 0 bytes.
    """
    found = ONE.fullmatch(header.strip())
    if found is None:
        return None
    first, last, suffix = found.groups()
    if suffix is not None:
        length = min(int(suffix), size)
        if not length:
            raise UnsatisfiableError
        return Slice(size - length, length)
    start = int(first)
    end = min(int(last), size - 1) if last is not None else size - 1
    if last is not None and int(last) < start:
        return None  # malformed, so ignored
    if start >= size:
        raise UnsatisfiableError
    return Slice(start, end - start + 1)
