"""What of an entry is sealed: canonical bytes, made once, when the entry is written.

The bytes hold the entry's place in the log, which is not known yet; so they are kept as what
stands before and after it. The format is that of `client.entries`, which verifies it offline.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from client import entries

FIELDS = (
    "action",
    "outcome",
    "reasons",
    "privileged",
    "reason",
    "subject",
    "dataset",
    "version",
    "tier",
    "artefact",
    "terms_version",
    "grant",
    "detail",
    "request_id",
    "commitment",
)
PERSONAL = ("user_id", "email", "name", "token", "purpose", "concerns", "address", "agent")
PLACE = "index"
_SIMPLE = frozenset((str, int, bool, type(None)))
_MARK = f',"{PLACE}":0,'


class Halves(NamedTuple):
    head: str
    tail: str

    def at(self, place: int) -> bytes:
        """The bytes of the leaf at a place of the log."""
        return f"{self.head}{place}{self.tail}".encode()


def iso(at: datetime) -> str:
    """UTC with microseconds, always in the same width: `2026-11-23T14:00:00.000000Z`."""
    return f"{at.astimezone(UTC).isoformat(timespec='microseconds')[:26]}Z"


def leaf_of(entry: Any) -> dict[str, Any]:
    """The sealed fields of an `Entry`, without its place."""
    return sealed({name: getattr(entry, name) for name in ("at", *FIELDS)})


def sealed(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The same of the fields of an entry by their names, no other among them."""
    return {**fields, "v": entries.VERSION, "at": iso(fields["at"])}


def personal_of(person: Any) -> dict[str, Any]:
    """The fields of a `Person` that the commitment covers."""
    return {name: getattr(person, name) for name in PERSONAL}


def halves(leaf: Mapping[str, Any]) -> Halves:
    """Cut the canonical bytes of a leaf where its place will stand."""
    whole = entries.canonical({**leaf, PLACE: 0}).decode()
    # Inside of a text every quote has a backslash before it, and objects stand in `detail` alone,
    # which comes before: the last one is the leaf's own.
    head, _, tail = whole.rpartition(_MARK)
    return Halves(f"{head}{_MARK[:-2]}", f",{tail}")


def commitment(salt: bytes, person: Any) -> str:
    return entries.commitment(salt, personal_of(person))


def plain(value: Any) -> Any:
    """What a leaf can hold of a JSON value: fractions become text, all else stays."""
    if isinstance(value, dict) and all(each.__class__ in _SIMPLE for each in value.values()):
        return value
    return json.loads(json.dumps(value), parse_float=str)
