"""What a removal takes out: every place of an account or a repository, or a content everywhere.

A selector is `{"kind": "account" | "repository" | "blob", "value": ...}`, with `"host"` where only
one host is meant. Names are compared without case. `id:123` is the host's number, which a rename
keeps. A blob is a git blob id or a SWHID.
"""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

KINDS = ("account", "repository", "blob")
COLUMNS = ("hexsha", "repo_host", "repo_id", "repo_name", "owner_id", "owner")
_BLOB = re.compile(r"(?:swh:1:cnt:)?([0-9a-f]{40})")


class Selector(NamedTuple):
    """One removal, in the form in which it is compared."""

    kind: str
    value: str
    host: str = ""  # "" is any

    def as_json(self) -> dict[str, str]:
        """The form of a brief and of a work's parameters."""
        told = {"kind": self.kind, "value": self.value}
        return {**told, "host": self.host} if self.host else told


class Kept(NamedTuple):
    """Occurrences that stay, and how many rows each cause took; a row is counted once."""

    rows: pa.Table
    by_holder: int  # of a removed account or repository
    by_blob: int  # of a removed content, and not counted above


def parse(removals: Iterable[Mapping[str, str]]) -> frozenset[Selector]:
    """The selectors of a brief. Raises ValueError with a sentence for one that means nothing."""
    return frozenset(_parse_one(removal) for removal in removals)


def drop_removed(occurrences: pa.Table, selectors: Iterable[Selector]) -> Kept:
    """Return the occurrences that no selector covers, in their order and schema.

    Args:
        occurrences: n rows with at least `COLUMNS`, without nulls in them.
        selectors: of any kinds; those that match nothing change nothing.

    Returns:
        `Kept`, where `rows.num_rows + by_holder + by_blob == n`.

    Raises:
        ValueError: a key column is absent or has nulls; a null would match no removal and stay.

    Memory: two masks of n bits and the output.
    """
    wanted = frozenset(selectors)
    by_holder = pa.array(
        [not wanted.isdisjoint(keys) for keys in _holders(occurrences)], pa.bool_()
    )
    hexshas = pa.array(sorted(one.value for one in wanted if one.kind == "blob"), pa.string())
    by_blob = pc.and_not(pc.is_in(occurrences["hexsha"], value_set=hexshas), by_holder)
    kept = occurrences.filter(pc.invert(pc.or_(by_holder, by_blob)))
    return Kept(kept, pc.sum(by_holder).as_py() or 0, pc.sum(by_blob).as_py() or 0)


def matching(occurrences: pa.Table, selectors: Iterable[Selector]) -> list[Selector]:
    """The selectors that cover at least one of the occurrences, in order."""
    wanted = frozenset(selectors)
    found = {one for keys in _holders(occurrences) for one in wanted & keys} if wanted else set()
    blobs = {one for one in wanted if one.kind == "blob"}
    if blobs:
        there = set(occurrences["hexsha"].to_pylist())
        found |= {one for one in blobs if one.value in there}
    return sorted(found)


def _parse_one(removal: Mapping[str, str]) -> Selector:
    kind, value = removal.get("kind", ""), removal.get("value", "").strip().casefold()
    if kind not in KINDS:
        raise ValueError(f"A removal of kind {kind!r} is not known; there are: {', '.join(KINDS)}.")
    if kind == "blob":
        found = _BLOB.fullmatch(value)
        if not found:
            raise ValueError(f"{value!r} is no git blob id (40 hex digits) and no SWHID of one.")
        return Selector(kind, found[1])
    if not value or (kind == "repository" and "/" not in value and not value.startswith("id:")):
        raise ValueError(f"{value!r} names no {kind}; write a name, owner/name or id:NUMBER.")
    return Selector(kind, value, removal.get("host", "").strip().casefold())


def _holders(occurrences: pa.Table) -> list[frozenset[Selector]]:
    """For each occurrence, all selectors that would cover it by its account or repository."""
    for name in COLUMNS:
        if name not in occurrences.column_names or occurrences[name].null_count:
            raise ValueError(f"column {name} must be there, without nulls")
    known: dict[tuple, frozenset[Selector]] = {}
    columns = [occurrences[name].to_pylist() for name in COLUMNS[1:]]
    found = []
    for holder in zip(*columns, strict=True):
        if holder not in known:
            known[holder] = _covering(*holder)
        found.append(known[holder])
    return found


def _covering(
    host: str, repo_id: int, repo_name: str, owner_id: int, owner: str
) -> frozenset[Selector]:
    names = {
        "account": (owner.casefold(), f"id:{owner_id}"),
        "repository": (repo_name.casefold(), f"id:{repo_id}"),
    }
    return frozenset(
        Selector(kind, value, where)
        for kind, values in names.items()
        for value in values
        for where in ("", host.casefold())
    )
