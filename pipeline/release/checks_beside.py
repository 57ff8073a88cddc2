"""Proofs over threads and commits, read as a stranger would; see `checks`."""

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pipeline.redact import scan
from pipeline.redact.policy import acted_on
from pipeline.select import people, removals
from pipeline.shards import writer

from .work import Json

_OF_COMMIT = ("old_contents", "new_contents", "subject", "message", "old_file", "new_file")


def private(path: Path, kind: str, policy: Json) -> list[str]:
    """No detector finds a span of a class that the policy does not leave."""
    left: Counter[str] = Counter()
    detector = scan.detector_for(policy)
    for row in _rows(path):
        for text in _texts(row, kind):
            left.update(span.cls for span in acted_on(text, detector.detect(text), policy))
    if not left:
        return []
    return ["left unredacted: " + ", ".join(f"{n} {cls}" for cls, n in sorted(left.items()))]


def subjects(path: Path, kind: str, selectors: Iterable[removals.Selector]) -> list[str]:
    """No removed subject is a holder, a speaker or an author of any raw row.

    `selectors` are those of the brief with all numbers that their names ever had.
    """
    keys = {one.key for one in selectors}
    found = sum(not keys.isdisjoint(_keys(row, kind)) for row in _rows(path))
    return [f"{found} traces of a removed subject"] if found else []


def twins(path: Path, raw: Path, kind: str) -> list[str]:
    """Every processed row stands on a raw one, and none stands twice."""
    wrong = []
    seen: set[str] = set()
    twice = 0
    for row in _rows(path, ["row_id"]):
        twice += row["row_id"] in seen
        seen.add(row["row_id"])
    if twice:
        wrong.append(f"{twice} row ids stand more than once")
    name = "thread_id" if kind == "issues" else "commit_id"
    if len({row[name] for row in _rows(raw, [name])}) < len(seen):
        wrong.append("rows without a source in the raw tier")
    return wrong


def _texts(row: dict[str, Any], kind: str) -> Iterator[str]:
    if kind == "commits":
        yield from (row[name] or "" for name in _OF_COMMIT)
        return
    for event in row["events"]:
        yield event["title"] or ""
        yield event["text"] or ""


def _keys(row: dict[str, Any], kind: str) -> Iterator[removals.Key]:
    """All that a selector could name of a raw row."""
    if kind == "commits":
        yield removals.Key("commit", row["commit_id"])
        for one in row["holders"]:
            yield from removals.covering([one[name] for name in removals.HOLDER])
        for host, number, login in people.people_of_commit(row):
            yield from people.account_keys(host, number, login)
        return
    host = row["repo_host"].casefold()
    yield from removals.covering([row[name] for name in removals.HOLDER])
    for name in (row["repo_name"].casefold(), f"id:{row['repo_id']}"):
        for where in ("", host):
            yield removals.Key("issue", f"{name}#{row['number']}", where)
    for event in row["events"]:
        yield from people.account_keys(row["repo_host"], event["author_id"], event["author"])


def _rows(path: Path, columns: list[str] | None = None) -> Iterator[dict[str, Any]]:
    for batch in writer.read_batches(path, columns, batch_rows=200):
        yield from batch.to_pylist()
