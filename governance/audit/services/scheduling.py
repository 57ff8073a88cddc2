"""When versions are begun without anybody asking."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from governance.audit.actors import Actor
from governance.audit.models import Entry
from governance.audit.services.entry import Place, write


def schedule_changed(
    *,
    actor: Actor,
    place: Place,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    reason: str,
    now: datetime,
) -> Entry:
    """On or off, months, day, or what many removals lead to: those that were changed."""
    return write(
        "schedule.change",
        actor=actor,
        now=now,
        place=place,
        privileged=True,
        reason=reason,
        detail={"before": dict(before), "after": dict(after)},
    )


def run_started(
    *,
    actor: Actor,
    place: Place,
    due: str,
    kind: str,
    late: bool,
    build: int,
    reason: str,
    now: datetime,
) -> Entry:
    """The schedule began a version; `late` when its date was missed and it is caught up."""
    return write(
        "schedule.start",
        actor=actor,
        now=now,
        place=place,
        reason=reason,
        detail={"due": due, "kind": kind, "late": late, "build": build},
    )


def run_delayed(*, actor: Actor, place: Place, due: str, reason: str, now: datetime) -> Entry:
    """A version that is due can't be begun yet; written once a cause, not once an attempt."""
    return write(
        "schedule.wait", actor=actor, now=now, place=place, reason=reason, detail={"due": due}
    )


def run_missed(*, actor: Actor, place: Place, due: str, reason: str, now: datetime) -> Entry:
    """Nothing is begun for a date any more: a later one came, or the schedule was turned off."""
    return write(
        "schedule.miss", actor=actor, now=now, place=place, reason=reason, detail={"due": due}
    )
