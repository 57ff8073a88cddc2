"""Grants, roles, and people who are kept out."""

from datetime import datetime

from governance.audit import leaves
from governance.audit.actors import Actor
from governance.audit.models import Entry
from governance.audit.services.entry import Place, write


def grant_warned(
    *, actor: Actor, place: Place, grant: int, holder: int, days: int, ends: datetime, now: datetime
) -> Entry:
    """The holder is told that the end is near, and nothing follows."""
    return write(
        "grant.warn",
        actor=actor,
        now=now,
        place=place,
        subject=f"grant:{grant}",
        concerns=holder,
        grant=grant,
        detail={"days": days, "ends": leaves.iso(ends)},
    )


def grant_ended(*, actor: Actor, place: Place, grant: int, holder: int, now: datetime) -> Entry:
    """The time of a grant was over. The grant itself shut at its end, told or not."""
    return write(
        "grant.end",
        actor=actor,
        now=now,
        place=place,
        subject=f"grant:{grant}",
        concerns=holder,
        grant=grant,
    )


def grant_revoked(
    *, actor: Actor, place: Place, grant: int, holder: int, reason: str, now: datetime
) -> Entry:
    """A grant was ended early."""
    return write(
        "grant.revoke",
        actor=actor,
        now=now,
        place=place,
        privileged=True,
        reason=reason,
        subject=f"grant:{grant}",
        concerns=holder,
        grant=grant,
    )


def role_given(
    *,
    actor: Actor,
    role: str,
    person: int,
    dataset: str,
    reason: str,
    now: datetime,
    ends: datetime | None = None,
) -> Entry:
    """A role begins, in place of the same one given before; `dataset` empty: everywhere."""
    return write(
        "role.give",
        actor=actor,
        now=now,
        place=Place(dataset=dataset),
        privileged=True,
        reason=reason,
        subject=f"role:{role}",
        concerns=person,
        detail={"ends": leaves.iso(ends) if ends else None},
    )


def person_suspended(
    *,
    actor: Actor,
    suspension: int,
    person: int,
    ends: datetime | None,
    reason: str,
    now: datetime,
) -> Entry:
    """Somebody is kept out of everything until `ends`, or until it is lifted."""
    return write(
        "suspension.begin",
        actor=actor,
        now=now,
        privileged=True,
        reason=reason,
        subject=f"suspension:{suspension}",
        concerns=person,
        detail={"ends": leaves.iso(ends) if ends else None},
    )


def suspension_lifted(
    *, actor: Actor, suspension: int, person: int, reason: str, now: datetime
) -> Entry:
    """An admin lets somebody in again."""
    return write(
        "suspension.lift",
        actor=actor,
        now=now,
        privileged=True,
        reason=reason,
        subject=f"suspension:{suspension}",
        concerns=person,
    )


def suspension_ended(*, actor: Actor, suspension: int, person: int, now: datetime) -> Entry:
    """The end of a suspension came by itself. The door opened at that end, told or not."""
    return write(
        "suspension.end",
        actor=actor,
        now=now,
        subject=f"suspension:{suspension}",
        concerns=person,
    )


def role_ended(
    *, actor: Actor, role: str, person: int, dataset: str, reason: str, now: datetime
) -> Entry:
    """A role was ended early; `dataset` empty: everywhere."""
    return write(
        "role.end",
        actor=actor,
        now=now,
        place=Place(dataset=dataset),
        privileged=True,
        reason=reason,
        subject=f"role:{role}",
        concerns=person,
    )


def role_ends_soon(
    *, actor: Actor, role: str, person: int, dataset: str, ends: datetime, now: datetime
) -> Entry:
    """The end of a role is near: the person is told, and who may prolong it."""
    return write(
        "role.warn",
        actor=actor,
        now=now,
        place=Place(dataset=dataset),
        subject=f"role:{role}",
        concerns=person,
        detail={"ends": leaves.iso(ends)},
    )


def role_invited(
    *,
    actor: Actor,
    role: str,
    email: str,
    dataset: str,
    invitation: int,
    ends: datetime | None,
    reason: str,
    now: datetime,
) -> Entry:
    """Somebody without an account is invited to a role. The address stands in the personal part."""
    return write(
        "role.invite",
        actor=actor,
        now=now,
        place=Place(dataset=dataset),
        privileged=True,
        reason=reason,
        purpose=email,
        subject=f"role:{role}",
        detail={"invitation": invitation, "ends": leaves.iso(ends) if ends else None},
    )


def role_accepted(
    *,
    actor: Actor,
    role: str,
    dataset: str,
    invitation: int,
    ends: datetime | None,
    reason: str,
    now: datetime,
) -> Entry:
    """A role begins for somebody who was invited to it; `reason` is that of the invitation."""
    return write(
        "role.accept",
        actor=actor,
        now=now,
        place=Place(dataset=dataset),
        privileged=True,
        reason=reason,
        subject=f"role:{role}",
        concerns=actor.user_id,
        detail={"invitation": invitation, "ends": leaves.iso(ends) if ends else None},
    )


def invitation_withdrawn(
    *,
    actor: Actor,
    role: str,
    email: str,
    dataset: str,
    invitation: int,
    reason: str,
    now: datetime,
) -> Entry:
    """The link of an invitation opens nothing any more."""
    return write(
        "role.uninvite",
        actor=actor,
        now=now,
        place=Place(dataset=dataset),
        privileged=True,
        reason=reason,
        purpose=email,
        subject=f"role:{role}",
        detail={"invitation": invitation},
    )
