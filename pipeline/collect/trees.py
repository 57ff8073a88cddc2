"""What stands in a commit, read from a bare repository without a checkout.

Whoever made the repository chose its paths, its modes and its sizes: lists are streamed and
bounded, contents are asked for only when their size is known, and nothing is written anywhere.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, NamedTuple

from pipeline.collect import paths, text
from pipeline.collect.gitting import FAILED, Git, GitFailed, Limits

TOO_MANY = "too-many-files"
LINK = "link"
SUBMODULE = "submodule"
MISSING = "missing"
LFS = "lfs-pointer"
_LONGEST_ENTRY = 64 * 1024  # bytes; a deep path may be long, and is then refused by itself
_POINTER = b"version https://git-lfs.github.com/spec/"
_LONGEST_POINTER = 1_024


class Entry(NamedTuple):
    """One file of a tree. `reason` is "" for one that may be read, else why not."""

    path: str
    oid: str  # 40 hex digits
    size: int  # bytes, 0 where there is a reason
    reason: str


class Content(NamedTuple):
    """A file of a tree and its bytes; `data` is None where it cannot be had."""

    path: str
    oid: str
    data: bytes | None


def listed(folder: Path, commit: str, limits: Limits) -> list[Entry]:
    """Every entry of a commit's tree, by path in git's order.

    Raises:
        GitFailed: more than `limits.files`, or a tree that cannot be read.
    """
    git = Git(folder, limits)
    found: list[tuple[str, str, str]] = []
    with git.stream("ls-tree", "-r", "-z", "--full-tree", "--end-of-options", commit) as out:
        for line in _entries(out):
            about, _, name = line.partition(b"\t")
            mode, _, oid = about.decode("ascii").split(" ")
            found.append((*_named(name, mode), oid))
            if len(found) > limits.files:
                raise GitFailed(TOO_MANY, f"more than {limits.files} files")
    told = sizes(git, sorted({oid for _, reason, oid in found if not reason}))
    return [
        Entry(path, oid, max(told.get(oid, 0), 0), _why(reason, told, oid))
        for path, reason, oid in found
    ]


def contents(folder: Path, entries: Sequence[Entry], limits: Limits) -> Iterator[Content]:
    """The bytes of entries, in their order; each has passed `listed` and has no reason.

    Memory: one content. Raises GitFailed when the repository cannot be read on.
    """
    asked = (f"{entry.oid}\n".encode("ascii") for entry in entries)
    with Git(folder, limits).stream("cat-file", "--batch", "--buffer", feed=asked) as out:
        for entry in entries:
            yield Content(entry.path, entry.oid, _next(out, entry.size))


def one(folder: Path, oid: str, size: int, limits: Limits) -> bytes | None:
    """The bytes of one object of at most `size` bytes. Raises GitFailed."""
    entry = Entry("", oid, size, "")
    return next(iter(list(contents(folder, [entry], limits)))).data


def is_pointer(data: bytes) -> bool:
    """Whether the bytes stand for a file that git-lfs keeps elsewhere."""
    return len(data) <= _LONGEST_POINTER and data.startswith(_POINTER)


def _entries(out: IO[bytes]) -> Iterator[bytes]:
    """Lines that end with NUL."""
    rest = b""
    while part := out.read(1 << 16):
        *whole, rest = (rest + part).split(b"\x00")
        yield from whole
        if len(rest) > _LONGEST_ENTRY:
            raise GitFailed(FAILED, "a path without end")


def _named(name: bytes, mode: str) -> tuple[str, str]:
    """The path as text, and why it cannot be taken or ""."""
    try:
        path = name.decode("utf-8")
    except UnicodeDecodeError:
        return name.decode("utf-8", "backslashreplace"), paths.BAD_PATH
    if mode == "160000":
        return path, SUBMODULE
    if mode == "120000":
        return path, LINK
    # Whoever unpacks rows into files must not be given a repository's settings.
    inner = any(part.casefold().rstrip(". ") in (".git", "git~1") for part in path.split("/"))
    return path, (paths.BAD_PATH if inner else paths.refuse(path) or "")


def sizes(git: Git, oids: Sequence[str]) -> dict[str, int]:
    """Bytes of each blob, -1 for one that is not there."""
    found = {}
    asked = (f"{oid}\n".encode("ascii") for oid in oids)
    words = ("cat-file", "--batch-check=%(objecttype) %(objectsize)", "--buffer")
    with git.stream(*words, feed=asked) as out:
        for oid in oids:
            told = out.readline(1_024).split()
            if len(told) != 2:
                raise GitFailed(FAILED, "its objects cannot be listed")
            found[oid] = int(told[1]) if told[0] == b"blob" else -1
    return found


def _why(reason: str, told: dict[str, int], oid: str) -> str:
    """Contents above the limit are not there: they were left on the server."""
    return reason or (text.TOO_LARGE if told[oid] < 0 else "")


def _next(out: IO[bytes], most: int) -> bytes | None:
    """One answer of `cat-file --batch`."""
    told = out.readline(1_024).split()
    if len(told) == 2 and told[1] == b"missing":
        return None
    if len(told) != 3 or told[1] != b"blob" or int(told[2]) > most:
        raise GitFailed(FAILED, "an object is not what it was")
    size = int(told[2])
    data = out.read(size)
    if len(data) != size or out.read(1) != b"\n":
        raise GitFailed(FAILED, "an object ends too early")
    return data
