"""Versions and datasets that close: holds, purges, winding down."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from governance.audit.actors import Actor
from governance.audit.models import Entry
from governance.audit.services.entry import Place, write


def version_held(
    *, actor: Actor, place: Place, hold: int, until: datetime, reason: str, now: datetime
) -> Entry:
    """The bytes of a version stay for a legal matter until a moment."""
    return write(
        "version.hold",
        actor=actor,
        now=now,
        place=place,
        privileged=True,
        reason=reason,
        subject=f"hold:{hold}",
        detail={"until": until.isoformat()},
    )


def version_unheld(*, actor: Actor, place: Place, hold: int, reason: str, now: datetime) -> Entry:
    """A hold was ended before its time."""
    return write(
        "version.unhold",
        actor=actor,
        now=now,
        place=place,
        privileged=True,
        reason=reason,
        subject=f"hold:{hold}",
    )


def version_purged(*, actor: Actor, place: Place, told: Mapping[str, Any], now: datetime) -> Entry:
    """The bytes of a closed version are gone, and were looked for once more: what was found."""
    return write("version.purge", actor=actor, now=now, place=place, detail=dict(told))


def wind_down_proposed(
    *, actor: Actor, place: Place, winding: int, expires: datetime, reason: str, now: datetime
) -> Entry:
    """An admin asks another to confirm that a dataset ends; nothing has changed yet."""
    return write(
        "dataset.wind-down-propose",
        actor=actor,
        now=now,
        place=place,
        privileged=True,
        reason=reason,
        subject=f"winding:{winding}",
        detail={"expires": expires.isoformat()},
    )


def wind_down_confirmed(
    *,
    actor: Actor,
    place: Place,
    winding: int,
    terms_version: str,
    erase_by: datetime,
    reason: str,
    now: datetime,
) -> Entry:
    """A second admin confirmed: the dataset is closed, under restricted terms. The reason is that
    of the proposal."""
    return write(
        "dataset.wind-down-confirm",
        actor=actor,
        now=now,
        place=place,
        privileged=True,
        reason=reason,
        subject=f"winding:{winding}",
        terms_version=terms_version,
        detail={"erase_by": erase_by.isoformat()},
    )


def wind_down_cancelled(
    *, actor: Actor, place: Place, winding: int, reason: str, now: datetime
) -> Entry:
    """A proposal to wind a dataset down was taken back."""
    return write(
        "dataset.wind-down-cancel",
        actor=actor,
        now=now,
        place=place,
        privileged=True,
        reason=reason,
        subject=f"winding:{winding}",
    )
