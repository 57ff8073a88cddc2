"""One hourly file of GHArchive, taken apart into tables sorted for grouping.

    events.parquet         EVENT, by thread: what an event adds to an issue or a pull request
    repositories.parquet   NAMES_OF_REPOSITORIES: each number and name once, with what was stated
    accounts.parquet       NAMES_OF_ACCOUNTS

Events are spread by the first digit of their thread into files beside each other while the archive
is read, so memory does not grow with the hour.
"""

import gzip
import hashlib
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from pipeline.collect import events
from pipeline.collect.events import HOST, Seen
from pipeline.shards import writer
from pipeline.shards.hashes import made_id

TRUNCATED = "truncated-file"
TOO_LONG = "too-long-line"
SNAPSHOT_AGAIN = "snapshot-again"
DIGITS = 2  # of the thread's name, by which row groups are cut
_HELD = 16 << 20  # characters of text that wait before they are spread
_BATCH = 1_000  # rows

EVENT = pa.schema(
    [
        ("thread_id", pa.string()),  # 32 hex digits
        ("datetime", pa.string()),
        ("event_id", pa.string()),
        ("repo_id", pa.int64()),
        ("repo_name", pa.string()),
        ("number", pa.int64()),
        ("is_pull", pa.bool_()),
        ("type", pa.string()),
        ("action", pa.string()),
        ("author", pa.string()),
        ("author_id", pa.int64()),
        ("by_machine", pa.bool_()),
        ("comment_id", pa.int64()),
        ("title", pa.string()),
        ("text", pa.large_string()),
    ]
)
_SPAN = [("first_seen", pa.string()), ("last_seen", pa.string())]
_COUNTED = ("stars", "forks", "issues")
NAMES_OF_REPOSITORIES = pa.schema(
    [
        ("id", pa.int64()),
        ("name", pa.string()),
        *_SPAN,
        *((f"{what}_seen", pa.int64()) for what in _COUNTED),  # events
        *((f"{what}_first", pa.string()) for what in _COUNTED),
        *((f"{what}_last", pa.string()) for what in _COUNTED),
        *((what, pa.int64()) for what in _COUNTED),  # as stated last
        ("stated_at", pa.string()),
        ("fork_of", pa.string()),
        ("licence", pa.string()),
        ("branch", pa.string()),
        ("created", pa.string()),
    ]
)
NAMES_OF_ACCOUNTS = pa.schema([("id", pa.int64()), ("name", pa.string()), *_SPAN])


def thread_id(repo_id: int, number: int, host: str = HOST) -> str:
    """The name of a thread: 32 hex digits from its host, its repository's number and its own."""
    told = f"{host}\x00{repo_id}\x00{number}".encode()
    return hashlib.sha256(told).hexdigest()[:32]


def take_apart(
    source: IO[bytes], folder: Path, tell: Callable[[int], None] = lambda _: None
) -> dict[str, Any]:
    """Read a compressed hour and write its three tables; tell lines, bytes and what was left out.

    A file that breaks off gives what stands before the break, and counts as truncated.
    """
    hour = _Hour(folder)
    try:
        for line in _lines(source, hour.dropped):
            hour.lines += 1
            hour.bytes += len(line)
            for seen in events.read(line):
                hour.add(seen)
            if hour.lines % 10_000 == 0:
                tell(hour.bytes)
    except (EOFError, OSError, zlib.error):
        hour.dropped[TRUNCATED] += 1
    return hour.write()


def _lines(source: IO[bytes], dropped: Counter[str]) -> Iterator[bytes]:
    with gzip.GzipFile(fileobj=source) as file:
        while line := file.readline(events.LONGEST):
            if len(line) == events.LONGEST and not line.endswith(b"\n"):
                dropped[TOO_LONG] += 1
                while part := file.readline(events.LONGEST):
                    if part.endswith(b"\n"):
                        break
            elif line.strip():
                yield line


class _Hour:
    """What was read so far; texts wait in files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lines = self.bytes = self.events = self.kept = self.text = 0
        self.dropped: Counter[str] = Counter()
        self._waiting: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self._held = 0
        self._spread: dict[str, pa.RecordBatchStreamWriter] = {}
        self._snapshots: set[str] = set()
        self._repositories: dict[tuple[int, str], dict[str, Any]] = {}
        self._accounts: dict[tuple[int, str], list[str]] = {}

    def add(self, seen: Seen | str) -> None:
        if isinstance(seen, str):
            self.dropped[seen] += 1
            return
        self.events += 1
        if not seen.repo_name:
            self.dropped[seen.reason] += 1
            return
        repo_id = seen.repo_id or made_id(HOST, seen.repo_name)
        self._name(repo_id, seen)
        if seen.reason:
            self.dropped[seen.reason] += 1
        for message in seen.messages:
            thread = thread_id(repo_id, message.number)
            if message.type == "snapshot":
                if thread in self._snapshots:
                    continue
                self._snapshots.add(thread)
            row = message._asdict()
            author = row.pop("author")
            row |= {
                "thread_id": thread,
                "repo_id": repo_id,
                "repo_name": seen.repo_name,
                "author": author.login,
                "author_id": author.id or made_id(HOST, author.login),
            }
            self._wait(row)

    def write(self) -> dict[str, Any]:
        self._flush()
        for spread in self._spread.values():
            spread.close()
        facts = {
            "events.parquet": writer.write(
                self.folder / "events.parquet",
                EVENT,
                self._sorted(),
                cut="thread_id",
                digits=DIGITS,
            ),
            "repositories.parquet": self._table("repositories", NAMES_OF_REPOSITORIES),
            "accounts.parquet": self._table("accounts", NAMES_OF_ACCOUNTS),
        }
        return {
            "lines": self.lines,
            "bytes": self.bytes,
            "events": self.events,
            "rows": self.kept,
            "text": self.text,
            "dropped": dict(sorted(self.dropped.items())),
            "files": {name: each._asdict() for name, each in facts.items()},
        }

    def _name(self, repo_id: int, seen: Seen) -> None:
        key = (repo_id, seen.repo_name)
        row = self._repositories.get(key)
        when = seen.datetime
        if row is None:
            row = self._repositories[key] = dict.fromkeys(NAMES_OF_REPOSITORIES.names)
            row |= {"id": repo_id, "name": seen.repo_name, "first_seen": when, "last_seen": when}
            row |= {f"{what}_seen": 0 for what in _COUNTED}
        _widen(row, "first_seen", "last_seen", when)
        if seen.fact:
            row[f"{seen.fact}_seen"] += 1
            _widen(row, f"{seen.fact}_first", f"{seen.fact}_last", when)
        if seen.facts and when >= (row["stated_at"] or ""):
            row |= seen.facts
            row["stated_at"] = when
        for account in seen.accounts:
            if account.id is not None:
                span = self._accounts.setdefault((account.id, account.login), [when, when])
                span[0], span[1] = min(span[0], when), max(span[1], when)

    def _wait(self, row: dict[str, Any]) -> None:
        self._waiting[row["thread_id"][0]].append(row)
        size = len(row["text"] or "") + len(row["title"] or "")
        self.kept += 1
        self.text += size
        self._held += size + 500
        if self._held > _HELD:
            self._flush()

    def _flush(self) -> None:
        for digit, rows in self._waiting.items():
            if digit not in self._spread:
                path = self.folder / f"spread-{digit}.arrow"
                options = pa.ipc.IpcWriteOptions(compression="zstd")
                self._spread[digit] = pa.ipc.new_stream(path, EVENT, options=options)
            self._spread[digit].write_batch(pa.RecordBatch.from_pylist(rows, EVENT))
        self._waiting.clear()
        self._held = 0

    def _sorted(self) -> Iterator[pa.Table]:
        """All rows by thread and time, one first digit after the other."""
        for digit in sorted(self._spread):
            path = self.folder / f"spread-{digit}.arrow"
            with pa.OSFile(str(path)) as file, pa.ipc.open_stream(file) as spread:
                table = spread.read_all()
            order = [(name, "ascending") for name in ("thread_id", "datetime", "event_id", "type")]
            table = table.sort_by(order)
            for start in range(0, table.num_rows, _BATCH):
                yield table.slice(start, _BATCH)
            path.unlink()

    def _table(self, name: str, schema: pa.Schema) -> writer.FileFacts:
        if name == "repositories":
            rows = [self._repositories[key] for key in sorted(self._repositories)]
        else:
            rows = [
                dict(zip(schema.names, (*key, *self._accounts[key]), strict=True))
                for key in sorted(self._accounts)
            ]
        batches = (
            pa.RecordBatch.from_pylist(rows[at : at + _BATCH], schema)
            for at in range(0, len(rows), _BATCH)
        )
        return writer.write(self.folder / f"{name}.parquet", schema, batches)


def _widen(row: dict[str, Any], first: str, last: str, when: str) -> None:
    row[first] = min(row[first] or when, when)
    row[last] = max(row[last] or when, when)
