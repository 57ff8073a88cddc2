"""What sources give to planning: parts, put together into pieces of work."""

import hashlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pipeline.release.work import Json


class Part(NamedTuple):
    """Something that one piece of work reads, alone or with others."""

    key: str  # order, and for large sources the place among pieces
    label: str
    size: int  # bytes of text
    told: Json  # all that the output depends on
    where: Json  # where to find it: no part of the output's name


def in_order(parts: Iterable[Part], aim: int) -> Iterator[list[Part]]:
    """Neighbours together, as many as `aim` bytes hold; a group may end earlier by its next key.

    So a part that grows or comes new moves the ends of few groups, and not those of all after it.
    """
    group: list[Part] = []
    size = 0
    for part in parts:
        full = size + part.size > aim or (2 * size >= aim and _ends_before(part.key))
        if group and full:
            yield group
            group, size = [], 0
        group.append(part)
        size += part.size
    if group:
        yield group


def _ends_before(key: str) -> bool:
    """For one key in two."""
    return hashlib.sha256(key.encode()).digest()[0] < 128


def scattered(parts: Iterable[Part], aim: int) -> Iterator[list[Part]]:
    """Together by the hash of their keys: one part more or fewer changes one piece, not all after.

    Memory: the parts, without what they stand for.
    """
    held = sorted((hashlib.sha256(part.key.encode()).hexdigest(), part) for part in parts)
    total = sum(part.size for _, part in held)
    digits = 0
    while total > aim * 16**digits:
        digits += 1
    bucket: list[Part] = []
    prefix = ""
    for key, part in held:
        if bucket and key[:digits] != prefix:
            yield from in_order(bucket, aim)
            bucket = []
        prefix = key[:digits]
        bucket.append(part)
    yield from in_order(bucket, aim)
