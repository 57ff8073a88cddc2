"""The record itself: looks into it, its key, what is erased of it."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from governance.audit.actors import Actor
from governance.audit.models import Entry
from governance.audit.services.entry import write


def record_searched(*, actor: Actor, terms: Mapping[str, str], found: int, now: datetime) -> Entry:
    """An auditor looked: what for (field names and values as typed) and how much was found.

    A name or address that was typed (`person`) stands in the personal part, as the purpose.
    """
    return write(
        "record.search",
        actor=actor,
        now=now,
        privileged=True,
        reason="search of the record",
        purpose=terms.get("person", ""),
        detail={"fields": _sealable(terms), "found": found},
    )


def _sealable(terms: Mapping[str, str]) -> dict[str, str]:
    """The terms of a search that may stand in the log for ever."""
    return {name: value for name, value in terms.items() if name != "person"}


def record_exported(
    *, actor: Actor, terms: Mapping[str, str], found: int, form: str, now: datetime
) -> Entry:
    """Entries left the house as a file: which search, how many, in which form.

    A typed `person` stands in the personal part, as for a search.
    """
    return write(
        "record.export",
        actor=actor,
        now=now,
        privileged=True,
        reason="export of the record",
        purpose=terms.get("person", ""),
        detail={"fields": _sealable(terms), "found": found, "form": form},
    )


def key_changed(*, actor: Actor, how: str, key: str, reason: str, now: datetime) -> Entry:
    """The key that signs checkpoints was made, rotated or replaced after a loss."""
    return write(
        f"key.{how}",
        actor=actor,
        now=now,
        privileged=True,
        reason=reason,
        detail={"key": key},
    )


def personal_erased(
    *, actor: Actor, kind: str, count: int, first: int, last: int, reason: str, now: datetime
) -> Entry:
    """The personal part of `count` entries, ids `first` to `last`, was erased; roots stay valid."""
    return write(
        "person.erase",
        actor=actor,
        now=now,
        privileged=True,
        reason=reason,
        detail={"kind": kind, "count": count, "first": first, "last": last},
        wake=False,
    )


def volume_noticed(
    *,
    actor: Actor,
    person: int,
    day: date,
    tickets: int,
    limit: int,
    datasets: Sequence[str],
    now: datetime,
) -> Entry:
    """Somebody was let to far more files in a day than they used to be, and than others."""
    return write(
        "volume.notice",
        actor=actor,
        now=now,
        concerns=person,
        detail={
            "day": day.isoformat(),
            "tickets": tickets,
            "limit": limit,
            "datasets": list(datasets),
        },
    )
