"""Lists of repositories: names, addresses, or tables with what is known of each.

A line is an address or `owner/name` (of github.com). A table (CSV, JSON lines, Parquet; JSON lines
and CSV also as .gz) has a column `url` or `name`, and may have `host`, `id`, `owner_id`, `stars`,
`forks`, `issues`, `fork_of`, `licence` and `aliases` (former names, separated by blanks).
"""

import csv
import gzip
import io
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from pipeline.shards import writer

GITHUB = "github.com"
LOCAL = "local"  # the host of repositories that lie in a folder
_NAME = re.compile(r"[\w.~+-]{1,100}(?:/[\w.~+-]{1,100}){1,6}")
_LONGEST_LINE = 64 * 1024  # characters
_SUFFIXES = (".txt", ".csv", ".json", ".jsonl", ".parquet", ".gz")
_NUMBERS = ("id", "owner_id", "stars", "forks", "issues")


class Wanted(NamedTuple):
    """A repository to collect; what a list does not tell is None or empty."""

    url: str
    host: str
    name: str  # owner/name
    id: int | None = None
    owner_id: int | None = None
    stars: int | None = None
    forks: int | None = None
    issues: int | None = None
    fork_of: str = ""
    licence: str = ""  # the host's label
    aliases: tuple[str, ...] = ()

    @property
    def owner(self) -> str:
        return self.name.split("/", 1)[0]


class BadEntry(ValueError):  # noqa: N818  it is an answer, not a fault
    """A line that names no repository."""


def read(source: str) -> Iterator[Wanted | BadEntry]:
    """The repositories of a list, or the one that `source` itself names; bad lines are told.

    Raises:
        OSError: the list cannot be read.
    """
    path = Path(source)
    if "://" in source or path.is_dir() or not (path.is_file() or path.suffix in _SUFFIXES):
        yield _from_line(source)
        return
    suffixes = [suffix for suffix in path.suffixes[-2:] if suffix != ".gz"]
    kind = suffixes[-1] if suffixes else ""
    if kind == ".parquet":
        for batch in writer.read_batches(path):
            yield from map(_from_row, batch.to_pylist())
        return
    with _opened(path) as file:
        if kind == ".csv":
            yield from map(_from_row, csv.DictReader(file))
        else:
            for line in iter(lambda: file.readline(_LONGEST_LINE), ""):
                told = line.strip()
                if told and not told.startswith("#"):
                    yield _from_json(told) if kind in (".jsonl", ".json") else _from_line(told)


def name_in(url: str) -> tuple[str, str]:
    """Host and owner/name of an address; of a folder its last two parts.

    Raises BadEntry.
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").casefold().removeprefix("www.") or LOCAL
    names = [name for name in unquote(parts.path).split("/") if name]
    if host == LOCAL:
        names = names[-2:]
    name = "/".join(names).removesuffix(".git")
    if not _NAME.fullmatch(name):
        raise BadEntry(f"{url[:200]!r} names no repository")
    return host, name


def _opened(path: Path) -> io.TextIOBase:
    if path.suffix == ".gz":
        return io.TextIOWrapper(gzip.open(path), "utf-8", "replace")
    return path.open(encoding="utf-8", errors="replace")


def _from_line(line: str) -> Wanted | BadEntry:
    try:
        if "://" in line or line.startswith("/"):
            return Wanted(line, *name_in(line))
        name = line.removesuffix(".git")
        if name.count("/") != 1 or not _NAME.fullmatch(name):
            raise BadEntry(f"{line[:200]!r} names no repository")
        return Wanted(f"https://{GITHUB}/{name}.git", GITHUB, name)
    except BadEntry as bad:
        return bad
    except ValueError:
        return BadEntry(f"{line[:200]!r} names no repository")


def _from_json(line: str) -> Wanted | BadEntry:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return BadEntry("a line that is no JSON")
    return _from_row(row) if isinstance(row, dict) else BadEntry("a line that is no object")


def _from_row(row: Mapping[str, Any]) -> Wanted | BadEntry:
    told = _from_line(str(row.get("url") or row.get("name") or ""))
    if isinstance(told, BadEntry):
        return told
    try:
        numbers = {key: _number(row.get(key)) for key in _NUMBERS}
    except (ValueError, TypeError):
        return BadEntry(f"{told.name}: a number is none")
    name = str(row.get("name") or told.name)
    if not _NAME.fullmatch(name):
        return BadEntry(f"{name[:200]!r} names no repository")
    aliases = row.get("aliases") or ()
    former = aliases.split() if isinstance(aliases, str) else [str(one) for one in aliases]
    return told._replace(
        name=name,
        host=str(row.get("host") or told.host).casefold(),
        fork_of=str(row.get("fork_of") or ""),
        licence=str(row.get("licence") or "")[:100],
        aliases=tuple(sorted(one for one in former if _NAME.fullmatch(one))),
        **numbers,
    )


def _number(value: object) -> int | None:
    if value is None or value == "":
        return None
    number = int(str(value))
    if not 0 <= number < 1 << 63:
        raise ValueError("out of range")
    return number
