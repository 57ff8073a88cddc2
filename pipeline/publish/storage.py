"""Storage of finished artefacts, in classes that can't be confused.

    gated    files of tiers: handed out only against a ticket
    private  what no address is ever made for (imports, legal holds)

A key names its tier and the content's sha256, so equal content in two tiers is two objects and a
change of one tier's policy touches no bytes.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote, urlsplit
from uuid import uuid4

from django.conf import settings

BLOCK = 1 << 20


class MissingObjectError(OSError):
    """A key that storage does not hold."""


def artefact_key(dataset: str, tier: str, sha256: str) -> str:
    return f"gated/{dataset}/{tier}/{sha256[:2]}/{sha256}"


class FileStore:
    """Objects as files below a folder; never changed once there."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, key: str) -> Path:
        """Where an object lies. Keys come from us alone; one that climbs out is a bug."""
        path = (self.root / key).resolve()
        if not path.is_relative_to(self.root.resolve()):
            raise ValueError("a storage key leaves the storage")
        return path

    def put(self, key: str, source: Path) -> None:
        """Keep a finished file under a key; again is no work. A link where the disk allows."""
        target = self.path(key)
        if target.exists() and target.stat().st_size == source.stat().st_size:
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_name(f".{target.name}-{uuid4().hex[:8]}")
        try:
            os.link(source, draft)
        except OSError:
            shutil.copyfile(source, draft)
            with draft.open("rb") as written:
                os.fsync(written.fileno())
        draft.replace(target)

    def open(self, key: str) -> BinaryIO:
        try:
            return self.path(key).open("rb", buffering=0)
        except FileNotFoundError as error:
            raise MissingObjectError(f"storage holds no object {key}") from error

    def size(self, key: str) -> int:
        try:
            return self.path(key).stat().st_size
        except FileNotFoundError as error:
            raise MissingObjectError(f"storage holds no object {key}") from error

    def check(self) -> None:
        """Raise OSError when nothing can be written."""
        self.root.mkdir(parents=True, exist_ok=True)
        probe = self.root / f".probe-{uuid4().hex[:8]}"
        probe.touch()
        probe.unlink()


def blocks(stream: BinaryIO, start: int, length: int) -> Iterator[bytes]:
    """`length` bytes from `start`, in blocks of 1 MiB; closes the stream."""
    try:
        stream.seek(start)
        left = length
        while left > 0:
            block = stream.read(min(BLOCK, left))
            if not block:
                return
            left -= len(block)
            yield block
    finally:
        stream.close()


def store() -> FileStore:
    return FileStore(Path(unquote(urlsplit(settings.STORAGE_URL).path)))
