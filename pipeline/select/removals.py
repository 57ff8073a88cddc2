"""What a removal takes out: every place of an account or a repository, or a content everywhere.

A selector is `{"kind": "account" | "repository" | "blob" | "commit" | "issue", "value": ...}`, with

    host        where only one host is meant
    aliases     further names of the same account or repository
    everywhere  true: whatever stands at a removed place goes wherever else it stands, too
    cause       "report" when an accepted report asks for it; else it is a removal

Names are compared without case. `id:123` is the host's number, which a rename keeps. A blob is a
git blob id or a SWHID. A commit is 40 hex digits, an issue `owner/name#12`; both name rows of their
own configurations and no file.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

KINDS = ("account", "repository", "blob", "commit", "issue")
HOLDER = ("repo_host", "repo_id", "repo_name", "owner_id", "owner")
COLUMNS = ("hexsha", *HOLDER)
REMOVED, REPORTED = "removed", "reported"  # reasons under which places are counted
_CAUSES = {"": REMOVED, "removal": REMOVED, "report": REPORTED}
_GONE = pa.schema([("hexsha", pa.string()), ("reason", pa.string())])
_BLOB = re.compile(r"(?:swh:1:cnt:)?([0-9a-f]{40})")
_COMMIT = re.compile(r"(?:swh:1:rev:)?([0-9a-f]{40})")
_ISSUE = re.compile(r"[^\s/#]+/[^\s/#]+#[0-9]{1,19}|id:[0-9]{1,19}(#[0-9]{1,19})?")

Holder = Sequence[Any]  # values of HOLDER


class Selector(NamedTuple):
    """One removal, in the form in which it is compared."""

    kind: str
    value: str
    host: str = ""  # "" is any
    everywhere: bool = False
    reason: str = REMOVED

    @property
    def key(self) -> "Key":
        return Key(self.kind, self.value, self.host)

    def as_json(self) -> dict[str, Any]:
        """The form of a brief and of a work's parameters."""
        told: dict[str, Any] = {"kind": self.kind, "value": self.value}
        if self.host:
            told["host"] = self.host
        if self.everywhere:
            told["everywhere"] = True
        if self.reason == REPORTED:
            told["cause"] = "report"
        return told


class Key(NamedTuple):
    """What a place is compared by."""

    kind: str
    value: str
    host: str = ""


class Kept(NamedTuple):
    """Places that stay, and how many were taken; each is counted under one reason."""

    rows: pa.Table
    taken: dict[str, int]  # reason -> rows
    by_holder: int  # of those, how many since their account or repository is removed
    by_blob: int  # the others
    gone: pa.Table  # `hexsha` and `reason` of each place that was taken


def parse(removals: Iterable[Mapping[str, Any]]) -> frozenset[Selector]:
    """The selectors of a brief. Raises ValueError with a sentence for one that means nothing."""
    return frozenset(one for removal in removals for one in _parse(removal))


def widened(selectors: Iterable[Selector], holders: Iterable[Holder]) -> frozenset[Selector]:
    """The selectors, and for each that names a holder the host's number of it.

    So a removal by name reaches what was collected under an earlier or later name.
    """
    wanted = frozenset(selectors)
    by_key: dict[Key, list[Selector]] = {}
    for one in wanted:
        by_key.setdefault(one.key, []).append(one)
    found = set(wanted)
    for holder in holders:
        host, repo_id, _, owner_id, _ = holder
        for key in covering(holder):
            for one in by_key.get(key, ()):
                number = repo_id if one.kind == "repository" else owner_id
                found.add(one._replace(value=f"id:{number}", host=host.casefold()))
    return frozenset(found)


def drop_removed(places: pa.Table, selectors: Iterable[Selector]) -> Kept:
    """Return the places that no selector covers, in their order and schema.

    Args:
        places: n rows with at least `COLUMNS`, without nulls in them.
        selectors: of any kinds; those that match nothing change nothing.

    Returns:
        `Kept`, where `rows.num_rows + sum(taken.values()) == n`.

    Raises:
        ValueError: a key column is absent or has nulls; a null would match no removal and stay.

    Memory: a few masks of n bits, one text a row, and the output.
    """
    wanted = frozenset(selectors)
    check(places)
    if not wanted:
        return Kept(places, {}, 0, 0, _GONE.empty_table())
    held, taken = _masks(places, wanted)
    gone = _any(taken.values(), places.num_rows)
    counts, before, lost = {}, pa.array([False] * places.num_rows), []
    for reason in (REMOVED, REPORTED):
        mine = pc.and_not(taken[reason], before)
        counts[reason] = pc.sum(mine).as_py() or 0
        before = pc.or_(before, mine)
        hexshas = places["hexsha"].filter(mine)
        lost.append(pa.table([hexshas, pa.array([reason] * len(hexshas), pa.string())], _GONE))
    by_holder = pc.sum(held).as_py() or 0
    return Kept(
        places.filter(pc.invert(gone)),
        {reason: count for reason, count in counts.items() if count},
        by_holder,
        sum(counts.values()) - by_holder,
        pa.concat_tables(lost),
    )


def check(places: pa.Table) -> None:
    """Raise ValueError unless every place tells who holds it."""
    for name in COLUMNS:
        if name not in places.column_names or places[name].null_count:
            raise ValueError(f"column {name} must be there, without nulls")


def matching(
    selectors: Iterable[Selector], holders: Iterable[Holder], prefix: str = ""
) -> list[Selector]:
    """The selectors that may cover a place of `holders` or a content under `prefix`, in order."""
    wanted = frozenset(selectors)
    if not wanted:
        return []
    keys = {key for holder in holders for key in covering(holder)}
    return sorted(
        one
        for one in wanted
        if one.key in keys or (one.kind == "blob" and one.value.startswith(prefix))
    )


def covering(holder: Holder) -> frozenset[Key]:
    """All keys of selectors that cover the places of a holder."""
    host, repo_id, repo_name, owner_id, owner = holder
    names = {
        "account": (owner.casefold(), f"id:{owner_id}"),
        "repository": (repo_name.casefold(), f"id:{repo_id}"),
    }
    return frozenset(
        Key(kind, value, where)
        for kind, values in names.items()
        for value in values
        for where in ("", host.casefold())
    )


def _masks(places: pa.Table, wanted: frozenset[Selector]) -> tuple[pa.Array, dict[str, pa.Array]]:
    """Which places a removed holder has, and which go under each reason (some under both)."""
    which, holders = _holders(places)
    keys = [covering(holder) for holder in holders]
    held = pa.array([False] * places.num_rows)
    taken = {}
    for reason in (REMOVED, REPORTED):
        mine = [one for one in wanted if one.reason == reason]
        named = {one.key for one in mine}
        thorough = {one.key for one in mine if one.everywhere}
        by_holder = _at([not named.isdisjoint(one) for one in keys], which)
        spread = places["hexsha"].filter(_at([not thorough.isdisjoint(one) for one in keys], which))
        blobs = [one.value for one in mine if one.kind == "blob"]
        hexshas = pa.concat_arrays([pa.array(blobs, pa.string()), pc.unique(spread)])
        by_blob = pc.is_in(places["hexsha"], value_set=hexshas).combine_chunks()
        taken[reason] = pc.or_(by_holder, by_blob)
        held = pc.or_(held, by_holder)
    return held, taken


def _holders(places: pa.Table) -> tuple[pa.Array, list[Holder]]:
    """For each place the number of its holder, and the distinct holders."""
    told = pc.binary_join_element_wise(
        *(places[name].cast(pa.string()) for name in HOLDER), "\x1f"
    ).combine_chunks()
    coded = told.dictionary_encode()
    first = pc.index_in(coded.dictionary, value_set=told)
    columns = (places[name].take(first).to_pylist() for name in HOLDER)
    return coded.indices, list(zip(*columns, strict=True))


def _at(answers: list[bool], which: pa.Array) -> pa.Array:
    return pa.array(answers, pa.bool_()).take(which)


def _any(masks: Iterable[pa.Array], length: int) -> pa.Array:
    found = pa.array([False] * length)
    for mask in masks:
        found = pc.or_(found, mask)
    return found


def _parse(removal: Mapping[str, Any]) -> Iterator[Selector]:
    kind = removal.get("kind", "")
    if kind not in KINDS:
        raise ValueError(f"A removal of kind {kind!r} is not known; there are: {', '.join(KINDS)}.")
    cause = removal.get("cause", "")
    if cause not in _CAUSES:
        raise ValueError(f"A removal has the cause removal or report, not {cause!r}.")
    host = removal.get("host", "").strip().casefold()
    everywhere = bool(removal.get("everywhere")) and kind in ("account", "repository")
    for value in (removal.get("value", ""), *removal.get("aliases", ())):
        read = _value(kind, value.strip().casefold())
        yield Selector(kind, read, host, everywhere, _CAUSES[cause])


def _value(kind: str, value: str) -> str:
    if kind == "blob":
        found = _BLOB.fullmatch(value)
        if not found:
            raise ValueError(f"{value!r} is no git blob id (40 hex digits) and no SWHID of one.")
        return found[1]
    if kind == "commit":
        found = _COMMIT.fullmatch(value)
        if not found:
            raise ValueError(f"{value!r} is no commit id (40 hex digits) and no SWHID of one.")
        return found[1]
    if kind == "issue":
        if not _ISSUE.fullmatch(value):
            raise ValueError(f"{value!r} names no issue; write owner/name#NUMBER or id:NUMBER.")
        return value
    if not value or (kind == "repository" and "/" not in value and not value.startswith("id:")):
        raise ValueError(f"{value!r} names no {kind}; write a name, owner/name or id:NUMBER.")
    return value
