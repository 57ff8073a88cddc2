"""From events to threads: what was said of one issue or pull request, in order of time.

Where the opening event is missing (the archive has gaps, and before 2015 comments came alone) it is
made again from what a later event tells of it. What machines wrote is left out; a comment or a
thread that was deleted is left out with all that was said in it before.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any, NamedTuple

from pipeline.collect.events import HOST
from pipeline.shards.hashes import made_id

SNAPSHOT = "told-again"  # what a later event repeats of the opening
REPEATED = "repeated-event"
MACHINE = "machine"
BY_MACHINE = "opened-by-machine"
DELETED = "deleted"
NO_TEXT = "no-text"
GROUPED = "grouped"  # every further event of a thread that is kept
LONGEST = 5_000  # events of a thread; what comes later is left out
TOO_LONG = "too-long-thread"
_OPENS = ("issue", "pull")
_TOLD = ("type", "action", "datetime", "author", "author_id", "comment_id", "title", "text")


class Known(NamedTuple):
    """What is known of a repository: its newest name, and the number of its owner."""

    name: str
    owner_id: int | None


def threads(
    events: Iterable[Mapping[str, Any]], known: Mapping[int, Known], dropped: Counter[str]
) -> Iterator[dict[str, Any]]:
    """Rows of ISSUE from rows of EVENT, which come by thread, time and event.

    `dropped` counts each event that makes no row, under one reason.
    """
    for thread, group in groupby(events, key=lambda event: event["thread_id"]):
        held = _distinct(group, dropped)
        if not held:
            continue
        row = _thread(thread, held, known, dropped)
        if row is not None:
            dropped[GROUPED] += len(row["events"]) - 1
            yield row


def _distinct(group: Iterable[Mapping[str, Any]], dropped: Counter[str]) -> list[Mapping[str, Any]]:
    seen: set[tuple[str, str]] = set()
    held: list[Mapping[str, Any]] = []
    for event in group:
        key = (event["event_id"], event["type"])
        if key in seen:
            dropped[REPEATED] += 1
        elif len(held) >= LONGEST:
            dropped[TOO_LONG] += 1
        else:
            seen.add(key)
            held.append(event)
    return held


def _thread(
    thread: str,
    held: list[Mapping[str, Any]],
    known: Mapping[int, Known],
    dropped: Counter[str],
) -> dict[str, Any] | None:
    snapshots = [event for event in held if event["type"] == "snapshot"]
    told = [event for event in held if event["type"] != "snapshot"]
    opened = [event for event in told if _opens(event)]
    opening = "seen" if opened else "rebuilt" if snapshots else "missing"
    first = opened[0] if opened else snapshots[0] if snapshots else None
    reason = _against(told, first)
    if reason:
        dropped[reason] += len(held)
        return None
    if opening == "rebuilt":
        type_ = "pull" if first["is_pull"] else "issue"  # type: ignore[index]
        told = [{**first, "type": type_}, *told]  # type: ignore[dict-item]
        dropped[SNAPSHOT] += len(snapshots) - 1
    else:
        dropped[SNAPSHOT] += len(snapshots)
    kept = _spoken(told, dropped)
    size = sum(len(event["title"] or "") + len(event["text"] or "") for event in kept)
    if not size:
        dropped[NO_TEXT] += len(kept)
        return None
    machines = sum(bool(event["by_machine"]) for event in told)
    return _row(thread, kept, held, known) | {
        "opening": opening,
        "bot_events": machines,
        "text_size": size,
    }


def _against(told: list[Mapping[str, Any]], first: Mapping[str, Any] | None) -> str:
    """Why a thread is left out as a whole, or ""."""
    if any(event["action"] == "deleted" and event["type"] in _OPENS for event in told):
        return DELETED
    if first is not None and first["by_machine"]:
        return BY_MACHINE
    return ""


def _spoken(told: list[Mapping[str, Any]], dropped: Counter[str]) -> list[Mapping[str, Any]]:
    """Without machines, deleted comments and second openings; in order of time."""
    gone = {e["comment_id"] for e in told if e["action"] == "deleted" and e["comment_id"]}
    kept: list[Mapping[str, Any]] = []
    opened = False
    for event in told:
        if event["by_machine"]:
            dropped[MACHINE] += 1
        elif event["comment_id"] in gone or event["action"] == "deleted":
            dropped[DELETED] += 1
        elif _opens(event) and opened:
            dropped[REPEATED] += 1
        else:
            opened = opened or _opens(event)
            kept.append(event)
    kept.sort(key=_place)
    return kept


def _place(event: Mapping[str, Any]) -> tuple[bool, str, int, str]:
    """First the opening, then by time; of one second by the host's numbers, which grow."""
    number = event["event_id"]
    return (not _opens(event), event["datetime"], len(number), number)


def _opens(event: Mapping[str, Any]) -> bool:
    return event["type"] in _OPENS and event["action"] == "opened"


def _row(
    thread: str,
    kept: list[Mapping[str, Any]],
    held: list[Mapping[str, Any]],
    known: Mapping[int, Known],
) -> dict[str, Any]:
    repo_id = held[0]["repo_id"]
    newest = max(held, key=lambda event: (event["datetime"], event["repo_name"]))["repo_name"]
    about = known.get(repo_id, Known(newest, None))
    owner = about.name.split("/", 1)[0]
    return {
        "thread_id": thread,
        "repo_host": HOST,
        "repo_id": repo_id,
        "repo_name": about.name,
        "owner_id": about.owner_id or made_id(HOST, owner),
        "owner": owner,
        "number": held[0]["number"],
        "is_pull": any(event["is_pull"] for event in held),
        "events": [{name: event[name] for name in _TOLD} for event in kept],
        "event_count": len(kept),
        "user_count": len({event["author_id"] for event in kept}),
        "source": "gharchive",
    }
