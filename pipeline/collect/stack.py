"""Parquet files in the layouts of The Stack: v1.x with its texts, v2 with ids of texts.

Of v1.x a row names up to three repositories that hold a text; each is a place. Of v2 a row (or each
file of a row's list) is a place, and the text lies elsewhere under its id. Ids are not believed: a
text is taken under the id that its bytes have.
"""

import codecs
import gzip
import hashlib
import json
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.collect import paths, text
from pipeline.shards.hashes import git_blob_id

HOST = "github.com"
INDEX = "stack.json"
MALFORMED = "malformed-row"
MISSING = "missing-content"
WRONG = "wrong-content"  # the bytes under an id have another one
_FOOTER = 8 << 20  # bytes of a file's end that its digest covers, at most
_ID = re.compile(r"[0-9a-f]{40}")
_NAME = re.compile(r"[\w.~+-]{1,100}/[\w./~+-]{1,200}")
_BY = ("stars", "issues", "forks")
_CODECS = (
    "utf-8",
    "utf-8-sig",
    "cp1252",
    "iso8859-1",
    "utf-16-le",
    "utf-16-be",
    "gb18030",
    "cp1251",
)
_THREADS = 16


class File(NamedTuple):
    """A Parquet file, named by what its footer says."""

    name: str
    path: str
    size: int  # bytes
    footer: str  # digest
    groups: tuple[int, ...]  # uncompressed bytes of each row group
    layout: str  # v1 | v2 | v2-files


class Place(NamedTuple):
    """Where a text stands."""

    repo_name: str
    path: str
    head: str
    licences: tuple[str, ...]
    stars: int | None = None
    issues: int | None = None
    forks: int | None = None
    repo_id: int | None = None
    fork_of: str | None = None
    branch: str | None = None
    language: str = ""
    generated: bool | None = None
    vendored: bool | None = None


class Row(NamedTuple):
    """A text or its id, and its places."""

    given: str  # the id that the row has
    size: int  # bytes, as the row says
    encoding: str  # as the row says, "" when it does not
    content: str | None  # None where the text lies elsewhere
    places: tuple[Place, ...]


class Taken(NamedTuple):
    """A text that was taken."""

    row: Row
    hexsha: str
    size: int
    encoding: str
    text: str


class Left(NamedTuple):
    """A file that was not."""

    reason: str
    where: str


class Contents(Protocol):
    """Where the texts of v2 lie."""

    def read(self, blob_id: str, limit: int) -> bytes | None:
        """The bytes under an id, decompressed; None when there are none."""


def look(path: Path, name: str) -> File:
    """A file and its layout.

    Raises:
        ValueError: it is no Parquet file, or one of another layout.
    """
    try:
        with pq.ParquetFile(path, pre_buffer=False) as file:
            names = set(file.schema_arrow.names)
            about = file.metadata
            groups = tuple(
                about.row_group(at).total_byte_size for at in range(about.num_row_groups)
            )
    except (OSError, pa.ArrowInvalid) as error:
        raise ValueError(f"{name} is no Parquet file: {error}") from error
    if {"hexsha", "content", "max_stars_repo_name", "max_stars_repo_path"} <= names:
        layout = "v1"
    elif {"blob_id", "path", "repo_name"} <= names:
        layout = "v2"
    elif {"repo_name", "files"} <= names:
        layout = "v2-files"
    else:
        raise ValueError(f"{name} has not the columns of The Stack v1.x or v2.")
    size = path.stat().st_size
    with path.open("rb") as raw:
        raw.seek(max(0, size - _FOOTER))
        footer = hashlib.sha256(raw.read()).hexdigest()[:32]
    return File(name, str(path), size, footer, groups, layout)


def rows(path: Path, layout: str, first: int, last: int) -> Iterator[Row | Left]:
    """The rows of some row groups. Memory: a batch of rows."""
    with pq.ParquetFile(path, pre_buffer=False) as file:
        wanted = range(first, min(last, file.num_row_groups))
        for batch in file.iter_batches(200, row_groups=list(wanted)):
            for row in batch.to_pylist():
                yield from _READERS[layout](row)


def taken(
    found: Iterator[Row | Left], contents: Contents | None, limit: int
) -> Iterator[Taken | Left]:
    """The texts of rows; those that lie elsewhere are read side by side."""
    held: list[Row] = []
    with ThreadPoolExecutor(_THREADS) as pool:
        for row in found:
            if isinstance(row, Left):
                yield row
            elif row.content is not None:
                yield _inline(row, limit)
            else:
                held.append(row)
                if len(held) == 4 * _THREADS:
                    yield from pool.map(lambda one: _fetched(one, contents, limit), held)
                    held = []
        yield from pool.map(lambda one: _fetched(one, contents, limit), held)


def contents_at(location: str) -> Contents | None:
    """Where texts of v2 lie: a folder, or `s3://bucket/prefix`; None for no place."""
    if not location:
        return None
    parts = urlsplit(location)
    if parts.scheme == "s3":
        return _Bucket(parts.netloc, parts.path.lstrip("/"))
    return _Folder(Path(location))


def write_index(root: Path, files: Sequence[File], contents: str) -> None:
    """Note the files that a build reads; each time texts may have been added to `contents`."""
    root.mkdir(parents=True, exist_ok=True)
    before = read_index(root)["run"] if (root / INDEX).exists() else 0
    told = {"files": [one._asdict() for one in files], "contents": contents, "run": before + 1}
    draft = root / f".{INDEX}.part"
    draft.write_text(json.dumps(told, sort_keys=True), encoding="utf-8")
    draft.replace(root / INDEX)


def read_index(root: Path) -> dict[str, Any]:
    """What `write_index` noted. Raises FileNotFoundError."""
    found: dict[str, Any] = json.loads((root / INDEX).read_text(encoding="utf-8"))
    return found


def _v1(row: Mapping[str, Any]) -> Iterator[Row | Left]:
    told: dict[tuple[str, str], Place] = {}
    for by in _BY:
        name, path = row.get(f"max_{by}_repo_name"), row.get(f"max_{by}_repo_path")
        if _good(name, path):
            key = (str(name), str(path))
            head = str(row.get(f"max_{by}_repo_head_hexsha") or "")
            licences = _names(row.get(f"max_{by}_repo_licenses"))
            place = told.get(key) or Place(
                *key, head, licences, language=str(row.get("lang") or "")
            )
            count = {by: _count(row.get(f"max_{by}_count"))}
            told[key] = Place(**(place._asdict() | count))
    given, content = str(row.get("hexsha") or ""), row.get("content")
    if not told or not isinstance(content, str):
        yield Left(MALFORMED, given[:40])
        return
    yield Row(given, 0, "", content, tuple(told[key] for key in sorted(told)))


def _v2(row: Mapping[str, Any]) -> Iterator[Row | Left]:
    given = str(row.get("blob_id") or row.get("content_id") or "")
    name, path = row.get("repo_name"), str(row.get("path") or "").lstrip("/")
    if not _good(name, path) or not _ID.fullmatch(given):
        yield Left(MALFORMED, given[:40])
        return
    place = Place(
        str(name),
        path,
        str(row.get("revision_id") or row.get("commit_id") or ""),
        _names(row.get("detected_licenses")) or _names([row.get("gha_license_id")]),
        stars=_count(row.get("star_events_count")),
        forks=_count(row.get("fork_events_count")),
        repo_id=_count(row.get("github_id")) or None,
        branch=str(row.get("branch_name") or "").removeprefix("refs/heads/") or None,
        language=str(row.get("language") or ""),
        generated=_flag(row.get("is_generated")),
        vendored=_flag(row.get("is_vendor")),
    )
    content = row.get("content")
    yield Row(
        given,
        _count(row.get("length_bytes")) or 0,
        str(row.get("src_encoding") or ""),
        content if isinstance(content, str) else None,
        (place,),
    )


def _v2_files(row: Mapping[str, Any]) -> Iterator[Row | Left]:
    shared = {key: value for key, value in row.items() if key != "files"}
    for file in row.get("files") or ():
        if isinstance(file, dict):
            yield from _v2(shared | {k: v for k, v in file.items() if v is not None})
        else:
            yield Left(MALFORMED, "")


_READERS = {"v1": _v1, "v2": _v2, "v2-files": _v2_files}


def _inline(row: Row, limit: int) -> Taken | Left:
    told = row.content or ""
    where = f"{row.places[0].repo_name}: {row.places[0].path}"
    if not told:
        return Left(text.EMPTY, where)
    if "\x00" in told:
        return Left(text.BINARY, where)
    for encoding in dict.fromkeys([row.encoding.lower(), *_CODECS]):
        data = _encoded(told, encoding)
        if data is not None and git_blob_id(data) == row.given:
            return _sized(row, data, told, encoding, limit, where)
    data = told.encode("utf-8", "replace")  # no known bytes have that id: its own then
    return _sized(row, data, data.decode("utf-8"), "utf-8", limit, where)


def _sized(row: Row, data: bytes, told: str, encoding: str, limit: int, where: str) -> Taken | Left:
    if len(data) > limit:
        return Left(text.TOO_LARGE, where)
    return Taken(row, git_blob_id(data), len(data), encoding, told)


def _fetched(row: Row, contents: Contents | None, limit: int) -> Taken | Left:
    where = f"{row.places[0].repo_name}: {row.places[0].path}"
    if row.size > limit:
        return Left(text.TOO_LARGE, where)
    data = contents.read(row.given, limit) if contents else None
    if data is None:
        return Left(MISSING, where)
    if len(data) > limit:
        return Left(text.TOO_LARGE, where)
    sha1 = hashlib.sha1(data, usedforsecurity=False).hexdigest()
    if row.given not in (sha1, git_blob_id(data)):
        return Left(WRONG, where)
    read_as = text.decode(data, limit=limit, hint=row.encoding)
    if isinstance(read_as, str):
        return Left(read_as, where)
    return Taken(row, git_blob_id(data), len(data), read_as.encoding, read_as.text)


class _Folder:
    """Texts as files: `ID` or `ID.gz`, also in folders by the first two digits."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def read(self, blob_id: str, limit: int) -> bytes | None:
        for folder in (self._root, self._root / blob_id[:2]):
            for name in (blob_id, f"{blob_id}.gz"):
                try:
                    with (folder / name).open("rb") as file:
                        return _unpacked(file.read(limit + 1), limit)
                except (FileNotFoundError, NotADirectoryError):
                    continue
        return None


class _Bucket:
    """Texts as objects `PREFIX/ID`, compressed or not. Credentials as boto3 finds them, or none."""

    def __init__(self, bucket: str, prefix: str) -> None:
        import boto3
        from botocore import UNSIGNED
        from botocore.config import Config

        found = boto3.Session().get_credentials()
        config = Config(
            signature_version=None if found else UNSIGNED,
            max_pool_connections=_THREADS,
            retries={"max_attempts": 5, "mode": "adaptive"},
            s3={"addressing_style": "path"},
        )
        region = boto3.Session().region_name or "us-east-1"
        self._client = boto3.client("s3", config=config, region_name=region)
        self._bucket, self._prefix = bucket, f"{prefix.rstrip('/')}/" if prefix else ""

    def read(self, blob_id: str, limit: int) -> bytes | None:
        try:
            found = self._client.get_object(Bucket=self._bucket, Key=self._prefix + blob_id)
        except self._client.exceptions.NoSuchKey:
            return None
        with found["Body"] as body:
            return _unpacked(body.read(limit + 1), limit)


def _unpacked(data: bytes, limit: int) -> bytes | None:
    """Without gzip, at most one byte more than the limit."""
    if not data.startswith(b"\x1f\x8b"):
        return data
    try:
        return zlib.decompressobj(wbits=31).decompress(data, limit + 1)
    except (zlib.error, gzip.BadGzipFile):
        return None


def _encoded(told: str, encoding: str) -> bytes | None:
    try:
        name = codecs.lookup(encoding).name
        return told.encode(name) if text.is_safe(name) else None
    except (LookupError, UnicodeError, ValueError):
        return None


def _good(name: object, path: object) -> bool:
    return (
        isinstance(name, str)
        and isinstance(path, str)
        and bool(_NAME.fullmatch(name))
        and not paths.refuse(path)
    )


def _names(told: object) -> tuple[str, ...]:
    names = told if isinstance(told, list) else []
    return tuple(sorted({str(name)[:200] for name in names if name}))


def _count(told: object) -> int | None:
    if isinstance(told, bool) or not isinstance(told, int | float) or told != told:
        return None
    return int(told) if 0 <= told < 1 << 62 else None


def _flag(told: object) -> bool | None:
    return told if isinstance(told, bool) else None
