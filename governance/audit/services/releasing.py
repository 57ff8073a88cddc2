"""What people judge before a version comes out, and what is said of it."""

from datetime import datetime

from governance.audit.actors import Actor
from governance.audit.models import Entry
from governance.audit.services.entry import Place, write


def difference_reviewed(
    *, actor: Actor, place: Place, digest: str, reason: str, now: datetime
) -> Entry:
    """Somebody looked at what a version changes: at the difference with this sha256."""
    return write(
        "version.review",
        actor=actor,
        now=now,
        place=place,
        privileged=True,
        reason=reason,
        detail={"difference_sha256": digest},
    )


def unmeasured_accepted(
    *, actor: Actor, place: Place, item: str, act: str, reason: str, now: datetime
) -> Entry:
    """A version may come out although a line of its checklist was not measured. `act` is approve
    or publish: two people say so, each with a reason."""
    return write(
        "version.accept-unmeasured",
        actor=actor,
        now=now,
        place=place,
        privileged=True,
        reason=reason,
        detail={"item": item, "act": act},
    )


def notes_changed(*, actor: Actor, place: Place, sha256: str, reason: str, now: datetime) -> Entry:
    """The release notes of a version that is not out yet were edited; the text has this sha256."""
    return write(
        "version.notes",
        actor=actor,
        now=now,
        place=place,
        privileged=True,
        reason=reason,
        detail={"sha256": sha256},
    )
