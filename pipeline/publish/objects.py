"""What every store of artefacts shares: its contract, its errors, how a key names its content."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Protocol

BLOCK = 1 << 20
_DIGEST = re.compile(r"(?:^|/)([0-9a-f]{64})$")


class MissingObjectError(OSError):
    """A key that storage does not hold."""


class WrongObjectError(OSError):
    """Bytes that are not those of their key, or that broke off."""


class Store(Protocol):
    """Objects by key; there whole or not at all, never changed once there."""

    def put(self, key: str, source: Path) -> None: ...

    def open(self, key: str) -> BinaryIO: ...

    def size(self, key: str) -> int: ...

    def fetch(self, key: str, target: Path) -> None: ...

    def keys(self, prefix: str) -> Iterator[str]: ...

    def delete(self, key: str) -> None: ...

    def purge(self, key: str) -> None: ...

    def remains(self, key: str) -> list[str]: ...

    def check(self) -> None: ...


def digest_in(key: str) -> str:
    """The sha256 that a key ends with, "" when it names none."""
    found = _DIGEST.search(key)
    return found[1] if found else ""
