"""What a piece of threads or commits tells to planning, so that no text is read for it."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pipeline.select.people import people_of_commit
from pipeline.select.removals import HOLDER

ABOUT = "about.json"
DIGITS = 2  # of a commit's id


class About:
    """Who stands in a piece, by prefix of its rows; a piece of threads is one prefix."""

    def __init__(self) -> None:
        self._told: dict[str, Any] = {}
        self._holders: dict[str, set[tuple]] = {}
        self._people: dict[str, set[tuple]] = {}

    def add_thread(self, row: Mapping[str, Any]) -> None:
        holder = tuple(row[name] for name in HOLDER)
        people = {(row["repo_host"], e["author_id"], e["author"]) for e in row["events"]}
        self._add("", row["thread_id"], [holder], people)

    def add_commit(self, row: Mapping[str, Any]) -> None:
        holders = [tuple(one[name] for name in HOLDER) for one in row["holders"]]
        told = f"{row['commit_id']} {holders} {[one['licenses'] for one in row['holders']]}"
        self._add(row["commit_id"][:DIGITS], told, holders, people_of_commit(row))

    def write(self, folder: Path) -> None:
        told = {
            prefix: {
                "digest": digest.hexdigest()[:32],
                "holders": sorted(map(list, self._holders[prefix])),
                "people": sorted(map(list, self._people[prefix]), key=str),
            }
            for prefix, digest in sorted(self._told.items())
        }
        (folder / ABOUT).write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")

    def _add(
        self, prefix: str, told: str, holders: Iterable[tuple], people: Iterable[tuple]
    ) -> None:
        self._told.setdefault(prefix, hashlib.sha256()).update(told.encode() + b"\n")
        self._holders.setdefault(prefix, set()).update(holders)
        self._people.setdefault(prefix, set()).update(people)
