"""Commits that change one file, from a clone's own history.

Merges, roots and what stands at the edge of a shallow clone are left out: there is nothing to
compare them with. Contents come with their commits; a commit is named by its id wherever it stands.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import IO, NamedTuple

from pipeline.collect import paths, text, trees
from pipeline.collect.gitting import FAILED, Git, GitFailed, Limits

SEVERAL = "several-files"
NO_CHANGE = "no-text-change"  # a mode, a link, a submodule
NO_MESSAGE = "no-message"
UNREADABLE = "unreadable"
_NONE = "0" * 40
_LONGEST_MESSAGE = 64 * 1024  # bytes
_MOST_PATHS = 2  # a change of more is of several files, however many
_WINDOW = 200  # commits whose contents are asked for at once
_WHO = re.compile(rb"(.*?) ?<([^>]*)> ?(-?\d{1,12}) ([+-]\d{4})")
_FILE_MODES = ("100644", "100755", "100664")


class Change(NamedTuple):
    """One commit and the file that it changes."""

    commit: str
    old_file: str
    new_file: str
    old_oid: str  # "" for a file that was not there
    new_oid: str


class About(NamedTuple):
    """What a commit tells of itself."""

    subject: str
    message: str
    author_name: str
    author_email: str
    author_date: str
    committer_name: str
    committer_email: str
    committer_date: str


class Commit(NamedTuple):
    """A change with its texts."""

    change: Change
    about: About
    old_text: str
    new_text: str


class Left(NamedTuple):
    """A commit that was not taken."""

    commit: str
    reason: str


def commits(folder: Path, head: str, limits: Limits) -> Iterator[Commit | Left]:
    """The commits behind `head`, newest first, as far as the clone goes and `limits.depth`.

    Memory: the contents of `_WINDOW` commits. Raises GitFailed when it cannot be read on.
    """
    held: list[Change] = []
    for change in _changes(Git(folder, limits), head, limits.depth):
        if isinstance(change, Left):
            yield change
            continue
        held.append(change)
        if len(held) == _WINDOW:
            yield from _read(folder, held, limits)
            held = []
    if held:
        yield from _read(folder, held, limits)


def _changes(git: Git, head: str, most: int) -> Iterator[Change | Left]:
    """Commits with one parent, and what of them changes one file."""
    told = git.run(
        *("rev-list", "--no-merges", "--min-parents=1", f"--max-count={most}"),
        *("--end-of-options", head),
        most=64 << 20,
    )
    asked = (line + b"\n" for line in told.split())
    # Renames are told by our own look: git's would read contents that were left on the server.
    words = ("diff-tree", "--stdin", "-r", "-z", "--no-renames", "--no-ext-diff", "--no-textconv")
    with git.stream(*words, feed=asked) as out:
        parts: list[_Part] = []
        commit, fields = "", _fields(out)
        for field in fields:
            if field.startswith(b":"):
                path = next(fields, b"")
                if len(parts) <= _MOST_PATHS:
                    parts.append(_part(field, path))
            else:
                if commit:
                    yield _of_commit(commit, parts)
                commit, parts = field.decode("ascii").strip(), []
        if commit:
            yield _of_commit(commit, parts)


class _Part(NamedTuple):
    old_mode: str
    new_mode: str
    old_oid: str
    new_oid: str
    status: str
    path: bytes


def _part(field: bytes, path: bytes) -> _Part:
    about = field[1:].decode("ascii").split(" ")
    if len(about) != 5:
        raise GitFailed(FAILED, "its history cannot be read")
    old_mode, new_mode, old_oid, new_oid, status = about
    return _Part(old_mode, new_mode, old_oid, new_oid, status, path)


def _fields(out: IO[bytes]) -> Iterator[bytes]:
    rest = b""
    while part := out.read(1 << 16):
        *whole, rest = (rest + part).split(b"\x00")
        yield from whole
        if len(rest) > 1 << 20:
            raise GitFailed(FAILED, "a path without end")


def _of_commit(commit: str, parts: list[_Part]) -> Change | Left:
    """The change of one file, or of one that may have been renamed: one gone and one come."""
    old, new = parts[0], parts[-1]
    if len(parts) == 2:
        old, new = sorted(parts, key=lambda part: part.status != "D")
        if (old.status, new.status) != ("D", "A"):
            return Left(commit, SEVERAL)
    elif len(parts) > 2:
        return Left(commit, SEVERAL)
    elif new.status not in ("A", "M"):
        return Left(commit, NO_CHANGE)
    if new.new_mode not in _FILE_MODES or old.old_mode not in (*_FILE_MODES, "000000"):
        return Left(commit, NO_CHANGE)
    if old.old_oid == new.new_oid:
        return Left(commit, NO_CHANGE)
    try:
        old_file, new_file = old.path.decode("utf-8"), new.path.decode("utf-8")
    except UnicodeDecodeError:
        return Left(commit, paths.BAD_PATH)
    if paths.refuse(old_file) or paths.refuse(new_file):
        return Left(commit, paths.BAD_PATH)
    before = "" if old.old_oid == _NONE else old.old_oid
    return Change(commit, old_file, new_file, before, new.new_oid)


def _renamed(change: Change, old: str, new: str) -> bool:
    """Whether a file that went and one that came share half of their lines."""
    if change.old_file == change.new_file:
        return True
    before, after = set(old.splitlines()), set(new.splitlines())
    return 2 * len(before & after) >= max(len(before), len(after))


def _read(folder: Path, held: list[Change], limits: Limits) -> Iterator[Commit | Left]:
    """Messages and contents of some changes."""
    wanted = sorted({oid for one in held for oid in (one.old_oid, one.new_oid) if oid})
    texts = _texts(folder, wanted, limits)
    told = _objects(folder, [one.commit for one in held], limits, _LONGEST_MESSAGE)
    for change in held:
        about = _about(told.get(change.commit))
        if about is None:
            yield Left(change.commit, UNREADABLE)
            continue
        old = texts[change.old_oid] if change.old_oid else text.Text("", "utf-8")
        new = texts[change.new_oid]
        if isinstance(old, str) or isinstance(new, str):
            reason = old if isinstance(old, str) else new
            yield Left(change.commit, str(reason))
        elif not _renamed(change, old.text, new.text):
            yield Left(change.commit, SEVERAL)
        elif not about.message.strip():
            yield Left(change.commit, NO_MESSAGE)
        else:
            yield Commit(change, about, old.text, new.text)


def _texts(folder: Path, oids: list[str], limits: Limits) -> dict[str, text.Text | str]:
    """Texts by blob id, or why there is none."""
    found: dict[str, text.Text | str] = {}
    git = Git(folder, limits)
    sizes = trees.sizes(git, oids)
    small = [oid for oid in oids if 0 <= sizes[oid] <= limits.file_bytes]
    found.update(dict.fromkeys((oid for oid in oids if sizes[oid] > 0), text.TOO_LARGE))
    found.update(dict.fromkeys((oid for oid in oids if sizes[oid] < 0), trees.MISSING))
    entries = [trees.Entry("", oid, sizes[oid], "") for oid in small]
    for _, oid, data in trees.contents(folder, entries, limits):
        if data is None:
            found[oid] = trees.MISSING
        elif trees.is_pointer(data):
            found[oid] = trees.LFS
        else:
            found[oid] = text.decode(data, limit=limits.file_bytes) if data else _NOTHING
    return found


_NOTHING = text.Text("", "utf-8")


def _objects(folder: Path, oids: list[str], limits: Limits, longest: int) -> dict[str, bytes]:
    """Raw commits by id; those longer than a message may be are left out."""
    found = {}
    asked = (f"{oid}\n".encode("ascii") for oid in oids)
    with Git(folder, limits).stream("cat-file", "--batch", "--buffer", feed=asked) as out:
        for oid in oids:
            told = out.readline(1_024).split()
            if len(told) != 3 or told[1] != b"commit":
                raise GitFailed(FAILED, "a commit is not what it was")
            size = int(told[2])
            data = out.read(min(size, longest))
            left = size + 1 - len(data)
            while left:
                part = out.read(min(left, 1 << 16))
                if not part:
                    raise GitFailed(FAILED, "a commit ends too early")
                left -= len(part)
            if size <= longest:
                found[oid] = data
    return found


def _about(data: bytes | None) -> About | None:
    """The fields of a raw commit; its own encoding counts, what it cannot read is replaced."""
    if data is None:
        return None
    head, _, message = data.partition(b"\n\n")
    fields = dict(line.split(b" ", 1) for line in head.split(b"\n") if b" " in line[1:])
    encoding = fields.get(b"encoding", b"utf-8").decode("ascii", "replace")
    author, committer = (
        _who(fields.get(name, b""), encoding) for name in (b"author", b"committer")
    )
    if author is None or committer is None:
        return None
    told = _decoded(message, encoding).replace("\x00", "\ufffd").strip("\n")
    subject = " ".join(told.split("\n\n", 1)[0].split())[:1_000]
    return About(subject, told, *author, *committer)


def _who(line: bytes, encoding: str) -> tuple[str, str, str] | None:
    """Name, address and date with its offset."""
    found = _WHO.fullmatch(line)
    if found is None:
        return None
    name, address = _decoded(found[1], encoding), _decoded(found[2], encoding)
    offset = int(found[4][1:3]) * 60 + int(found[4][3:5])
    offset = -offset if found[4][:1] == b"-" else offset
    try:
        zone = timezone(timedelta(minutes=offset))
        date = datetime.fromtimestamp(int(found[3]), UTC).astimezone(zone).isoformat()
    except (ValueError, OverflowError, OSError):
        date = ""
    return name.replace("\x00", "\ufffd"), address.replace("\x00", "\ufffd"), date


def _decoded(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except (LookupError, UnicodeError, ValueError):
        return data.decode("utf-8", "replace")
