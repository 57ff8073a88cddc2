"""Commits that were exported from a warehouse, as Parquet or JSON lines.

Columns as the query in docs/collecting.md gives them; an export of others' making works if it has
`commit`, `new_contents`, `old_contents`, `new_file`, `message` and `repos` (a list, or names with
commas between).
"""

import contextlib
import gzip
import io
import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow.parquet as pq

from pipeline.collect import history, paths, text
from pipeline.collect.history import About, Change, Commit, Left
from pipeline.shards.hashes import git_blob_id

MALFORMED = "malformed-row"
_ID = re.compile(r"[0-9a-f]{40}")
_NAME = re.compile(r"[\w.-]{1,100}/[\w.-]{1,100}")
_LONGEST_LINE = 16 << 20  # characters
_MOST_REPOS = 10_000


class Exported(NamedTuple):
    """A commit and the repositories that have it, with the licence that the export names."""

    commit: Commit
    repos: tuple[str, ...]
    licence: str


def files(source: str) -> list[Path]:
    """The files of an export: a file, or all in a folder. Raises ValueError when there are none."""
    path = Path(source).expanduser()
    found = sorted(path.iterdir()) if path.is_dir() else [path]
    held = [one.resolve() for one in found if one.is_file() and _kind(one)]
    if not held:
        raise ValueError(f"{source} holds no export (.parquet, .jsonl or .jsonl.gz).")
    return held


def rows(path: Path, *, limit: int = text.LIMIT) -> Iterator[Exported | Left]:
    """Every row of a file. Memory: a batch of rows.

    Raises:
        OSError, ValueError: the file as a whole cannot be read.
    """
    if _kind(path) == ".parquet":
        with pq.ParquetFile(path, pre_buffer=False) as file:
            for batch in file.iter_batches(200):
                yield from (_row(row, limit) for row in batch.to_pylist())
        return
    with (
        contextlib.closing(gzip.open(path) if path.suffix == ".gz" else path.open("rb")) as raw,
        io.TextIOWrapper(raw, "utf-8", "replace") as lines,  # type: ignore[arg-type]
    ):
        while line := lines.readline(_LONGEST_LINE):
            if line.strip():
                yield _from_json(line, limit)


def _kind(path: Path) -> str:
    name = path.name.removesuffix(".gz")
    return next((end for end in (".parquet", ".jsonl", ".json") if name.endswith(end)), "")


def _from_json(line: str, limit: int) -> Exported | Left:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return Left("", MALFORMED)
    return _row(row, limit) if isinstance(row, dict) else Left("", MALFORMED)


def _row(row: Mapping[str, Any], limit: int) -> Exported | Left:
    commit = str(row.get("commit") or "")
    repos = _repos(row.get("repos"))
    old, new = _text(row.get("old_contents")), _text(row.get("new_contents"))
    file = str(row.get("new_file") or "")
    before = str(row.get("old_file") or file)
    message = _text(row.get("message")).strip("\n")
    if not _ID.fullmatch(commit) or not repos or not file:
        return Left(commit, MALFORMED)
    if paths.refuse(file) or paths.refuse(before):
        return Left(commit, paths.BAD_PATH)
    if max(len(old), len(new)) > limit:
        return Left(commit, text.TOO_LARGE)
    if not new or old == new:
        return Left(commit, history.NO_CHANGE)
    if not message.strip():
        return Left(commit, history.NO_MESSAGE)
    change = Change(
        commit, before, file, git_blob_id(old.encode()) if old else "", git_blob_id(new.encode())
    )
    subject = _text(row.get("subject")) or message.split("\n", 1)[0]
    about = About(
        subject[:1_000],
        message,
        _text(row.get("author_name")),
        _text(row.get("author_email")),
        _date(row.get("author_date")),
        _text(row.get("committer_name")),
        _text(row.get("committer_email")),
        _date(row.get("committer_date")),
    )
    return Exported(Commit(change, about, old, new), repos, _text(row.get("license"))[:100])


def _repos(told: object) -> tuple[str, ...]:
    names = told.split(",") if isinstance(told, str) else told if isinstance(told, list) else []
    plain = (str(name).strip() for name in names[:_MOST_REPOS])
    return tuple(sorted({name for name in plain if _NAME.fullmatch(name)}))


def _text(told: object) -> str:
    if not isinstance(told, str):
        return ""
    return told.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")


def _date(told: object) -> str:
    """ISO 8601; numbers are seconds since 1970."""
    if isinstance(told, datetime):
        return (told if told.tzinfo else told.replace(tzinfo=UTC)).isoformat()
    if isinstance(told, int | float) and not isinstance(told, bool):
        try:
            return datetime.fromtimestamp(told, UTC).isoformat()
        except (ValueError, OverflowError, OSError):
            return ""
    return str(told)[:40] if isinstance(told, str) else ""
