"""Removals where people speak: threads of issues, and commits.

A removed repository or its owner takes its threads and its commits. A removed account takes the
threads that it opened, its words in the threads of others, and the commits that it wrote, as far as
its address tells (`12+name@users.noreply.github.com`). An issue or a commit can be named by itself.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from pipeline.select.removals import (
    REMOVED,
    REPORTED,
    Holder,
    Key,
    Selector,
    covering,
    widened,
)

_NOREPLY = re.compile(
    r"(?:(\d{1,19})\+)?([\w.\[\]-]{1,100})@users\.noreply\.(github\.com|gitlab\.com)"
)
_OPENS = ("issue", "pull")
_ISSUE = re.compile(r"(.+)#(\d+)")


class Kept(NamedTuple):
    """A row that stays, or why it goes; `events` counts words of removed people that went."""

    row: dict[str, Any] | None
    reason: str = ""
    events: int = 0


Wanted = Mapping[Key, str]  # what is removed, and under which reason


def wanted(selectors: Iterable[Selector]) -> Wanted:
    """A table of selectors; a removal comes before a report."""
    found: dict[Key, str] = {}
    for one in selectors:
        if found.get(one.key) != REMOVED:
            found[one.key] = one.reason
    return found


def holders_of_aliases(aliases: Iterable[Mapping[str, Any]]) -> list[Holder]:
    """Rows of ALIAS as holders, so that a name leads to the number that had it at any time."""
    found: list[Holder] = []
    for alias in aliases:
        if alias["kind"] == "repository":
            found.append((alias["host"], alias["id"], alias["name"], -1, ""))
        else:
            found.append((alias["host"], -1, "", alias["id"], alias["name"]))
    return found


def by_number(selectors: Iterable[Selector], holders: Sequence[Holder]) -> frozenset[Selector]:
    """The selectors, and those that say the same by the hosts' numbers, issues among them."""
    found = set(widened(selectors, holders))
    names: dict[str, set[tuple[str, int]]] = {}
    for host, repo_id, repo_name, _, _ in holders:
        if repo_name:
            names.setdefault(repo_name.casefold(), set()).add((host.casefold(), repo_id))
    for one in list(found):
        told = _ISSUE.fullmatch(one.value) if one.kind == "issue" else None
        for host, repo_id in names.get(told[1], ()) if told else ():
            if not one.host or one.host == host:
                found.add(one._replace(value=f"id:{repo_id}#{told[2]}", host=host))  # type: ignore[index]
    return frozenset(found)


def touching(
    selectors: Iterable[Selector], holders: Iterable[Holder], people: Iterable[Sequence[Any]] = ()
) -> list[Selector]:
    """The selectors that may cover a thread or commit of these holders and people, in order."""
    keys: set[Key] = set()
    repositories: set[tuple[str, str]] = set()
    for holder in holders:
        keys |= covering(holder)
        host, repo_id, name = holder[0].casefold(), f"id:{holder[1]}", holder[2].casefold()
        repositories |= {(where, who) for where in ("", host) for who in (repo_id, name)}
    for host, number, login in people:
        keys |= account_keys(host, number, login)
    return sorted(
        one
        for one in selectors
        if one.key in keys
        or one.kind == "commit"
        or (one.kind == "issue" and (one.host, one.value.partition("#")[0]) in repositories)
    )


def account_keys(host: str, number: int | None, login: str) -> set[Key]:
    """Keys of selectors that name an account."""
    values = [login.casefold()] + ([f"id:{number}"] if number is not None else [])
    return {Key("account", value, where) for value in values for where in ("", host.casefold())}


def of_thread(row: dict[str, Any], removed: Wanted) -> Kept:
    """A thread without what removals take; a row of ISSUE."""
    host, repo_id = row["repo_host"], row["repo_id"]
    holder = (host, repo_id, row["repo_name"], row["owner_id"], row["owner"])
    names = (row["repo_name"].casefold(), f"id:{repo_id}")
    keys = set(covering(holder)) | {
        Key("issue", f"{name}#{row['number']}", where)
        for name in names
        for where in ("", host.casefold())
    }
    events = row["events"]
    opening = [event for event in events if event["type"] in _OPENS and event["action"] == "opened"]
    for event in opening:
        keys |= account_keys(host, event["author_id"], event["author"])
    reason = _reason(keys, removed)
    if reason:
        return Kept(None, reason, len(events))
    staying = [
        event
        for event in events
        if not _reason(account_keys(host, event["author_id"], event["author"]), removed)
    ]
    if len(staying) == len(events):
        return Kept(row)
    size = sum(len(event["title"] or "") + len(event["text"] or "") for event in staying)
    if not size:
        return Kept(None, REMOVED, len(events))
    told = {
        "events": staying,
        "event_count": len(staying),
        "user_count": len({event["author_id"] for event in staying}),
        "text_size": size,
    }
    return Kept(row | told, "", len(events) - len(staying))


def of_commit(row: dict[str, Any], removed: Wanted) -> Kept:
    """A commit without the holders that removals take; a row of COMMIT."""
    keys = {Key("commit", row["commit_id"], where) for where in ("", *_hosts(row))}
    for host, number, login in people_of_commit(row):
        keys |= account_keys(host, number, login)
    reason = _reason(keys, removed)
    if reason:
        return Kept(None, reason)
    staying, reasons = [], []
    for one in row["holders"]:
        holder = (one["repo_host"], one["repo_id"], one["repo_name"], one["owner_id"], one["owner"])
        found = _reason(covering(holder), removed)
        if found:
            reasons.append(found)
        else:
            staying.append(one)
    if not staying:
        return Kept(None, REMOVED if REMOVED in reasons else REPORTED)
    return Kept(row | {"holders": staying}) if reasons else Kept(row)


def people_of_commit(row: Mapping[str, Any]) -> list[tuple[str, int | None, str]]:
    """Accounts that the addresses of a commit name: host, number or None, login."""
    found = set()
    for name in ("author_email", "committer_email"):
        told = _NOREPLY.fullmatch((row[name] or "").strip().casefold())
        if told:
            found.add((told[3], int(told[1]) if told[1] else None, told[2]))
    return sorted(found, key=str)


def _hosts(row: Mapping[str, Any]) -> set[str]:
    return {one["repo_host"].casefold() for one in row["holders"]}


def _reason(keys: Iterable[Key], removed: Wanted) -> str:
    found = {removed[key] for key in keys if key in removed}
    return REMOVED if REMOVED in found else REPORTED if found else ""
