"""Removed subjects go from what was fetched, too: clones, hours of events, histories.

A clone of a removed repository is erased and never fetched again; of an hour, the messages of
removed repositories, threads and people go. Names and numbers stay: they are what a removal is
found by. Files that a steward brought (exports, Parquet of The Stack) are theirs: they stay, and no
version takes from them what is removed.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.collect import clones, hours
from pipeline.collect.events import HOST
from pipeline.select import people, removals
from pipeline.select.removals import Key
from pipeline.shards import writer
from pipeline.shards.hashes import made_id

from . import aliases
from .sources import commits
from .work import Json

_BATCH = 2_000  # rows


def forget(
    sources: Iterable[Json],
    removed: Iterable[Mapping[str, Any]],
    held: Iterable[Mapping[str, Any]] = (),
) -> dict[str, int]:
    """Erase what removals cover from the folders of sources; `held` ones stay untouched.

    Returns how many `clones` and `messages` went. Doing it again finds nothing left.
    """
    spared = {one.key for one in removals.parse(held)}
    wanted = frozenset(one for one in removals.parse(removed) if one.key not in spared)
    told = {"clones": 0, "messages": 0}
    folders = {source["kind"]: Path(source.get("folder", "")) for source in sources}
    if not wanted:
        return told
    names = folders.get("gharchive", Path("/nowhere")) / aliases.ALIASES
    wide = people.by_number(wanted, aliases.named([names] if names.is_file() else [], wanted))
    keys = {one.key for one in wide}
    if "git" in folders:
        told["clones"] = clones.forget(folders["git"], lambda facts: _covers(facts, keys))
    if "commits" in folders:
        _histories(folders["commits"], keys)
    if "gharchive" in folders:
        root = folders["gharchive"] / "hours"
        told["messages"] = sum(_hour(path, keys) for path in sorted(root.glob("*/events.parquet")))
    return told


def _covers(told: Mapping[str, Any], keys: set[Key]) -> bool:
    """Whether a repository, under any name it had, is removed."""
    for name in (told["name"], *told.get("aliases", ())):
        owner = name.split("/", 1)[0]
        host = told["host"]
        repo_id = told.get("id") or made_id(host, told["name"])
        owner_id = told.get("owner_id") or made_id(host, owner)
        here = owner if name == told["name"] else ""  # a former owner has no say
        holder = (host, repo_id, name, owner_id if here else -1, here)
        if not keys.isdisjoint(removals.covering(holder)):
            return True
    return False


def _histories(root: Path, keys: set[Key]) -> None:
    path = root / commits.HISTORIES
    if not path.exists():
        return
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if not _covers(json.loads(line)["told"], keys)]
    if len(kept) < len(lines):
        draft = path.with_name(f".{path.name}.part")
        draft.write_text("".join(kept), encoding="utf-8")
        draft.replace(path)


def _hour(path: Path, keys: set[Key]) -> int:
    """Rewrite an hour without the messages of removed subjects; how many went.

    Its report keeps the digest of the hour as it was read: that names it, and what was made of the
    untouched part of it stays.
    """
    gone = sum(_removed(row, keys) for row in _rows(path))
    if gone:
        draft = path.with_name(f".{path.name}.part")
        writer.write(draft, hours.EVENT, _kept(path, keys), cut="thread_id", digits=hours.DIGITS)
        draft.replace(path)
    return gone


def _kept(path: Path, keys: set[Key]) -> Iterator[pa.RecordBatch]:
    held: list[dict[str, Any]] = []
    for row in _rows(path):
        if not _removed(row, keys):
            held.append(row)
        if len(held) == _BATCH:
            yield pa.RecordBatch.from_pylist(held, hours.EVENT)
            held = []
    if held:
        yield pa.RecordBatch.from_pylist(held, hours.EVENT)


def _removed(row: Mapping[str, Any], keys: set[Key]) -> bool:
    """By its repository, its owner's name, its thread or its author."""
    name = row["repo_name"]
    holder = (HOST, row["repo_id"], name, -1, name.split("/", 1)[0])
    mine = set(removals.covering(holder)) | people.account_keys(
        HOST, row["author_id"], row["author"]
    )
    mine |= {
        Key("issue", f"{one}#{row['number']}", where)
        for one in (name.casefold(), f"id:{row['repo_id']}")
        for where in ("", HOST)
    }
    return not keys.isdisjoint(mine)


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    for batch in writer.read_batches(path, batch_rows=_BATCH):
        yield from batch.to_pylist()


def touched(about: Mapping[str, Json], selectors: Sequence[removals.Selector]) -> bool:
    """Whether a collected piece of threads or commits (its `about.json`) holds a subject."""
    for told in about.values():
        holders = [tuple(one) for one in told["holders"]]
        wide = people.by_number(selectors, holders)
        if people.touching(wide, holders, told["people"]):
            return True
    return False
