"""Python distributions that are installed in a folder, as a source of files.

The metadata folder of each names the project, its links, what it says about its licence, and (in
RECORD) its files. All of it was written by strangers: sizes are bounded, nothing is executed, no
path leads outside, and whatever cannot be read has a reason.

Formats: the specifications "core metadata" and "recording installed projects" of the Python
Packaging Authority.
"""

import csv
import hashlib
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from email.message import Message
from functools import lru_cache
from importlib.metadata import Distribution
from pathlib import Path
from typing import NamedTuple

from pipeline.collect import paths, repositories, text
from pipeline.collect.reading import Folder, Refused
from pipeline.collect.repositories import Repository
from pipeline.collect.telling import names_licence
from pipeline.shards.hashes import git_blob_id

BROKEN = "broken-distribution"
_METADATA_LIMIT = 4 * 1024 * 1024  # bytes; long descriptions stay far below
_RECORD_LIMIT = 64 * 1024 * 1024
_NAME = re.compile(r"[^\s/\\\x00-\x1f]{1,200}")


class Broken(Exception):  # noqa: N818  it is an answer, not a fault
    """A distribution whose metadata cannot be used; the sentence says why."""


class Found(NamedTuple):
    """A distribution as the list shows it, before its files are read."""

    name: str
    version: str  # "" when the metadata is broken
    folder: str
    info: str  # name of its metadata folder
    about: str  # a digest of its metadata and licence files
    names: Sequence[str]  # its files as in `listed`, or those of the part that was asked for
    sizes: Sequence[int]  # bytes of each
    fault: str = ""  # why it is broken

    def digest(self, first: int, last: int) -> str:
        """Changes when metadata, licence files, or names or sizes of files of a part change."""
        told = hashlib.sha256(self.about.encode())
        for path, size in zip(self.names[first:last], self.sizes[first:last], strict=True):
            told.update(f"{path}\x00{size}\n".encode(errors="surrogatepass"))
        return told.hexdigest()[:32]


class Declared(NamedTuple):
    """What a distribution says about itself."""

    name: str
    version: str
    repository: Repository
    expression: str  # License-Expression, "" without
    licence: str  # the free-text field License
    classifiers: Sequence[str]  # those that begin with `License ::`
    licence_files: Sequence[tuple[str, str]]  # path and text; text is "" when it cannot be read
    inner_licence_files: Sequence[tuple[str, str]]  # the same, of files that govern their folder


class Taken(NamedTuple):
    """A file and its text."""

    path: str
    hexsha: str
    size: int  # bytes
    text: str
    encoding: str


class Left(NamedTuple):
    """A file that was not taken."""

    path: str
    reason: str


def find(folders: Iterable[Path]) -> list[Found]:
    """All distributions of the folders, by name; a second copy of the same version is left out."""
    found: dict[tuple[str, str], Found] = {}
    for folder in folders:
        infos = [*folder.glob("*.dist-info"), *folder.glob("*.egg-info")]
        for info in sorted(infos):
            one = look(folder, info)
            found.setdefault((_canonical(one.name), one.version), one)
    return [found[key] for key in sorted(found)]


def look(folder: Path, info: Path, first: int = 0, last: int | None = None) -> Found:
    """One distribution, by its metadata folder; broken ones have `fault`, nothing is raised.

    With `first` and `last` names and sizes are those of that part of its files.
    """
    inside = Folder(folder)
    try:
        about = _metadata(info)
        names = listed(folder, info.name)[first:last]
        licences = [path for group in _licence_files(folder, info.name, about) for path in group]
    except Broken as broken:
        stem = info.name.rsplit(".", 1)[0]
        digest = hashlib.sha256(f"{info.name} {broken}".encode(errors="replace")).hexdigest()
        return Found(stem, "", str(folder), info.name, digest[:32], (), (), str(broken))
    refuse, size = paths.refuse, inside.size
    sizes = [0 if refuse(path) else size(path) for path in names]
    told = hashlib.sha256(_metadata_file(info).read_bytes())
    for path in licences:
        told.update(f"{path}\x00{inside.size(path)}\n".encode(errors="surrogatepass"))
    digest = told.hexdigest()[:32]
    return Found(about["Name"], about["Version"], str(folder), info.name, digest, names, sizes)


def read(folder: Path, info: str) -> Declared:
    """Read what a distribution declares.

    Raises:
        Broken: its metadata or its list of files cannot be used.
    """
    inside = Folder(folder)
    about = _metadata(folder / info)
    name, version = about["Name"], about["Version"]
    links = [_pair(line) for line in about.get_all("Project-URL", [])]
    if about.get("Home-page"):
        links.append(("home", about["Home-page"]))
    own, inner = _licence_files(folder, info, about)
    return Declared(
        name,
        version,
        repositories.from_links(links) or Repository("pypi", f"pypi/{_canonical(name)}"),
        about.get("License-Expression") or "",
        about.get("License") or "",
        [line for line in about.get_all("Classifier", []) if line.startswith("License ::")],
        [(path, _text(inside, path)) for path in own],
        [(path, _text(inside, path)) for path in inner],
    )


def listed(folder: Path, info: str) -> list[str]:
    """Paths of the source files that the distribution lists, in order, as they are listed.

    Left out without a word, as they are no sources: byte code and the metadata folder itself.

    Raises:
        Broken: there is no list, or it cannot be read.
    """
    return sorted({path for path in _record(folder, info) if not _no_source(path, info)})


def files(folder: Path, names: Iterable[str], *, limit: int = text.LIMIT) -> Iterator[Taken | Left]:
    """Read files one after the other; memory: one file of at most `limit` bytes."""
    inside = Folder(folder)
    for path in names:
        reason = paths.refuse(path)
        if reason:
            yield Left(path, reason)
            continue
        try:
            data = inside.read(path, limit=limit)
        except Refused as refused:
            yield Left(path, refused.reason)
            continue
        read_as = text.decode(data, limit=limit)
        if isinstance(read_as, str):
            yield Left(path, read_as)
        else:
            yield Taken(path, git_blob_id(data), len(data), *read_as)


def _metadata(info: Path) -> Message:
    """The parsed METADATA or PKG-INFO, with a name and a version."""
    try:
        if not 0 < _metadata_file(info).stat().st_size <= _METADATA_LIMIT:
            raise Broken("its metadata is empty or too large")
        about = Distribution.at(info).metadata
    except (OSError, UnicodeError, ValueError, LookupError, AttributeError) as error:
        raise Broken(f"its metadata cannot be read: {type(error).__name__}") from error
    for field in ("Name", "Version"):
        if not _NAME.fullmatch(about.get(field) or ""):
            raise Broken(f"its metadata names no proper {field}")
    return about


def _metadata_file(info: Path) -> Path:
    """The file that `importlib.metadata` reads; it need not be there."""
    if info.is_file():
        return info
    return next(
        (p for p in (info / "METADATA", info / "PKG-INFO") if p.is_file()), info / "METADATA"
    )


def _record(folder: Path, info: str) -> list[str]:
    """All listed paths; RECORD is parsed here since line ends inside quotes must not get lost."""
    record = folder / info / "RECORD"
    try:
        if not record.is_file():
            return _older_list(folder / info)
        facts = record.stat()
        if facts.st_size > _RECORD_LIMIT:
            raise Broken("its list of files is too large")
        return _rows(str(record), (facts.st_ino, facts.st_size, facts.st_mtime_ns))
    except (OSError, UnicodeError, csv.Error) as error:
        raise Broken(f"its list of files cannot be read: {type(error).__name__}") from error


@lru_cache(maxsize=2)  # it is asked for a few times in a row
def _rows(record: str, version: tuple[int, ...]) -> list[str]:  # noqa: ARG001  of the file
    told = Path(record).read_bytes().decode("utf-8")
    return [row[0] for row in csv.reader(io.StringIO(told, newline="")) if row and row[0]]


def _older_list(info: Path) -> list[str]:
    """The list of an egg-info folder."""
    listing = Distribution.at(info).files
    if listing is None:
        raise Broken("it has no list of files")
    return [str(path) for path in listing]


def _no_source(path: str, info: str) -> bool:
    first = path.split("/", 1)[0]
    return path.endswith((".pyc", ".pyo")) or "__pycache__" in path.split("/") or first == info


def _licence_files(folder: Path, info: str, about: Message) -> tuple[list[str], list[str]]:
    """Paths of licence files: those of the whole distribution, and those inside its packages."""
    own, inner = set(), set()
    for name in about.get_all("License-File", []):
        for path in (f"{info}/licenses/{name}", f"{info}/{name}"):
            if not paths.refuse(path) and (folder / path).is_file() and names_licence(path):
                own.add(path)
    for path in _record(folder, info):
        if names_licence(path) and not paths.refuse(path):
            (own if path.startswith(f"{info}/") else inner).add(path)
    return sorted(own), sorted(inner)


def _text(inside: Folder, path: str) -> str:
    try:
        read_as = text.decode(inside.read(path))
    except Refused:
        return ""
    return "" if isinstance(read_as, str) else read_as.text


def _pair(line: str) -> tuple[str, str]:
    label, _, url = line.partition(",")
    return label.strip(), url.strip()


def _canonical(name: str) -> str:
    """PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()
