"""Storage of finished artefacts, in classes that can't be confused.

    public   what anybody may read (cards, checkpoints)
    gated    files of tiers: handed out only against a ticket
    private  what no address is ever made for (imports, work of a build, legal holds)

A key names its tier and the content's sha256, so equal content in two tiers is two objects and a
change of one tier's policy touches no bytes.
"""

import hashlib
import os
import shutil
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote, urlsplit
from uuid import uuid4

from django.conf import settings

from pipeline.publish.objects import (
    BLOCK,
    MissingObjectError,
    Store,
    WrongObjectError,
    digest_in,
)

__all__ = [
    "BLOCK", "FileStore", "MissingObjectError", "Store", "WrongObjectError", "artefact_key",
    "blocks", "store",
]  # fmt: skip


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
        """Keep a finished file under a key; again is no work. A link where the disk allows.

        Raises WrongObjectError when its bytes are not those that the key names.
        """
        target = self.path(key)
        if target.exists() and target.stat().st_size == source.stat().st_size:
            return
        _check(source, key)
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_name(f".{target.name}-{uuid4().hex[:8]}")
        try:
            try:
                os.link(source, draft)
            except OSError:
                shutil.copyfile(source, draft)
                with draft.open("rb") as written:
                    os.fsync(written.fileno())
            draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)  # a disk that is full leaves no half of a file

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

    def fetch(self, key: str, target: Path) -> None:
        """Write an object into a file. Raises MissingObjectError, WrongObjectError."""
        with self.open(key) as source, target.open("wb") as out:
            shutil.copyfileobj(source, out, BLOCK)
        try:
            _check(target, key)
        except WrongObjectError:
            target.unlink()
            raise

    def keys(self, prefix: str) -> Iterator[str]:
        """All keys that begin with a prefix, in order."""
        folder = self.path(prefix.rpartition("/")[0])
        for path in sorted(folder.rglob("*")):
            key = path.relative_to(self.root.resolve()).as_posix()
            if path.is_file() and key.startswith(prefix) and not path.name.startswith("."):
                yield key

    def delete(self, key: str) -> None:
        """Take an object away; again is no work."""
        self.path(key).unlink(missing_ok=True)

    def purge(self, key: str) -> None:
        """Take an object away for good, with what an interrupted `put` of it left; again is no
        work."""
        path = self.path(key)
        for left in (path, *self._drafts(path)):
            left.unlink(missing_ok=True)
        if path.parent.is_dir():
            handle = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(handle)  # gone also after a power cut
            finally:
                os.close(handle)

    def remains(self, key: str) -> list[str]:
        """What is left of a purged key, in words; empty when nothing is."""
        path = self.path(key)
        found = ["the file"] if path.exists() else []
        return found + [f"an unfinished file {each.name}" for each in self._drafts(path)]

    def _drafts(self, path: Path) -> list[Path]:
        return sorted(path.parent.glob(f".{path.name}-*")) if path.parent.is_dir() else []

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


def store() -> Store:
    """The store that STORAGE_URL names: `file:///folder` or `s3://bucket/prefix`."""
    return _store(settings.STORAGE_URL)


@lru_cache(maxsize=4)
def _store(url: str) -> Store:
    if url.startswith("s3://"):
        from pipeline.publish.s3 import S3Store

        return S3Store(url)
    return FileStore(Path(unquote(urlsplit(url).path)))


def _check(path: Path, key: str) -> None:
    told = digest_in(key)
    if told:
        with path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != told:
                raise WrongObjectError(f"{path.name} is not the file that its key names")
