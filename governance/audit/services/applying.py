"""Applications, their groups, and who may not apply."""

from datetime import datetime

from governance.audit import leaves
from governance.audit.actors import Actor
from governance.audit.models import Entry
from governance.audit.services.entry import Place, write


def application_submitted(
    *,
    actor: Actor,
    place: Place,
    number: str,
    now: datetime,
    kind: str = "first",
    members: int = 0,
) -> Entry:
    """Somebody asks for a tier that is open to approved people, alone or for a group."""
    return write(
        "application.submit",
        actor=actor,
        now=now,
        place=place,
        subject=f"application:{number}",
        detail={"kind": kind, "members": members},
    )


def application_withdrawn(*, actor: Actor, place: Place, number: str, now: datetime) -> Entry:
    """The applicant took it back."""
    return write(
        "application.withdraw", actor=actor, now=now, place=place, subject=f"application:{number}"
    )


def application_approved(
    *,
    actor: Actor,
    place: Place,
    number: str,
    applicant: int,
    grant: int,
    ends: datetime,
    reason: str,
    now: datetime,
    begins: datetime | None = None,
) -> Entry:
    """The last yes that was needed: a grant begins (now, or later for a renewal), until `ends`."""
    return write(
        "application.approve",
        actor=actor,
        now=now,
        place=place,
        privileged=True,
        reason=reason,
        subject=f"application:{number}",
        concerns=applicant,
        grant=grant,
        detail={"begins": leaves.iso(begins or now), "ends": ends.isoformat()},
    )


def application_rejected(
    *, actor: Actor, place: Place, number: str, applicant: int, reason: str, now: datetime
) -> Entry:
    """A steward said no; the reason is the one that the applicant reads."""
    return write(
        "application.reject",
        actor=actor,
        now=now,
        place=place,
        privileged=True,
        reason=reason,
        subject=f"application:{number}",
        concerns=applicant,
    )


def application_expired(
    *,
    actor: Actor,
    place: Place,
    number: str,
    applicant: int,
    waited_for: str = "steward",
    now: datetime,
) -> Entry:
    """Nobody answered in time, steward or applicant: it ends without a grant."""
    return write(
        "application.expire",
        actor=actor,
        now=now,
        place=place,
        subject=f"application:{number}",
        concerns=applicant,
        detail={"waited_for": waited_for},
    )


def application_returned(
    *, actor: Actor, place: Place, number: str, applicant: int, reason: str, now: datetime
) -> Entry:
    """A steward sent it back with questions, which are the reason."""
    return write(
        "application.return",
        actor=actor,
        now=now,
        place=place,
        privileged=True,
        reason=reason,
        subject=f"application:{number}",
        concerns=applicant,
    )


def application_answered(*, actor: Actor, place: Place, number: str, now: datetime) -> Entry:
    """The applicant answered what was asked; it waits for the stewards again."""
    return write(
        "application.answer",
        actor=actor,
        now=now,
        place=place,
        subject=f"application:{number}",
    )


def application_endorsed(
    *,
    actor: Actor,
    place: Place,
    number: str,
    applicant: int,
    needed: int,
    reason: str,
    now: datetime,
) -> Entry:
    """A reviewer said yes where more than one has to."""
    return write(
        "application.endorse",
        actor=actor,
        now=now,
        place=place,
        privileged=True,
        reason=reason,
        subject=f"application:{number}",
        concerns=applicant,
        detail={"needed": needed},
    )


def application_taken(
    *, actor: Actor, place: Place, number: str, before: int | None, now: datetime
) -> Entry:
    """A steward looks after it, in place of `before` where that is somebody."""
    return write(
        "application.take",
        actor=actor,
        now=now,
        place=place,
        subject=f"application:{number}",
        concerns=before,
    )


def application_handed_on(
    *, actor: Actor, place: Place, number: str, to: int, now: datetime
) -> Entry:
    """Somebody gave it to another steward to look after."""
    return write(
        "application.hand",
        actor=actor,
        now=now,
        place=place,
        subject=f"application:{number}",
        concerns=to,
    )


def application_given_back(*, actor: Actor, place: Place, number: str, now: datetime) -> Entry:
    """The steward who looked after it does so no longer."""
    return write(
        "application.release",
        actor=actor,
        now=now,
        place=place,
        subject=f"application:{number}",
    )


def application_noted(*, actor: Actor, place: Place, number: str, now: datetime) -> Entry:
    """A note between reviewers; its words stand in no entry."""
    return write(
        "application.note",
        actor=actor,
        now=now,
        place=place,
        subject=f"application:{number}",
    )


def application_file_read(
    *, actor: Actor, place: Place, number: str, applicant: int | None, file: int, now: datetime
) -> Entry:
    """Somebody who reviews an application saved a file that came with it."""
    return write(
        "application.read-file",
        actor=actor,
        now=now,
        place=place,
        privileged=True,
        reason=f"to review application {number}",
        subject=f"application:{number}",
        concerns=applicant,
        detail={"file": file},
    )


def application_nudged(*, actor: Actor, place: Place, number: str, now: datetime) -> Entry:
    """The applicant reminds the stewards."""
    return write(
        "application.nudge",
        actor=actor,
        now=now,
        place=place,
        subject=f"application:{number}",
    )


def application_escalated(
    *, actor: Actor, place: Place, number: str, applicant: int, now: datetime
) -> Entry:
    """It waits past the promised day: the admins are told."""
    return write(
        "application.escalate",
        actor=actor,
        now=now,
        place=place,
        subject=f"application:{number}",
        concerns=applicant,
    )


def application_revoked(
    *, actor: Actor, place: Place, number: str, applicant: int, reason: str, now: datetime
) -> Entry:
    """All that came of an approval was ended early; each grant has its own entry."""
    return write(
        "application.revoke",
        actor=actor,
        now=now,
        place=place,
        privileged=True,
        reason=reason,
        subject=f"application:{number}",
        concerns=applicant,
    )


def member_invited(
    *, actor: Actor, place: Place, number: str, member: int, email: str, now: datetime
) -> Entry:
    """Somebody whom the lead named is asked to join; the address stands in the personal part."""
    return write(
        "group.invite",
        actor=actor,
        now=now,
        place=place,
        subject=f"application:{number}",
        purpose=email,
        detail={"member": member},
    )


def member_accepted(
    *,
    actor: Actor,
    place: Place,
    number: str,
    member: int,
    grant: int,
    begins: datetime,
    ends: datetime,
    now: datetime,
) -> Entry:
    """A member joined for themselves: a grant of their own begins."""
    return write(
        "group.accept",
        actor=actor,
        now=now,
        place=place,
        subject=f"application:{number}",
        concerns=actor.user_id,
        grant=grant,
        detail={"member": member, "begins": leaves.iso(begins), "ends": leaves.iso(ends)},
    )


def member_declined(
    *, actor: Actor, place: Place, number: str, member: int, now: datetime
) -> Entry:
    """A member said no."""
    return write(
        "group.decline",
        actor=actor,
        now=now,
        place=place,
        subject=f"application:{number}",
        concerns=actor.user_id,
        detail={"member": member},
    )


def member_left(
    *, actor: Actor, place: Place, number: str, member: int, grant: int | None, now: datetime
) -> Entry:
    """A member left: their grant ended."""
    return write(
        "group.leave",
        actor=actor,
        now=now,
        place=place,
        subject=f"application:{number}",
        concerns=actor.user_id,
        grant=grant,
        detail={"member": member},
    )


def member_removed(
    *,
    actor: Actor,
    place: Place,
    number: str,
    member: int,
    person: int | None,
    grant: int | None,
    now: datetime,
) -> Entry:
    """The lead took a member out: their grant ended."""
    return write(
        "group.remove",
        actor=actor,
        now=now,
        place=place,
        subject=f"application:{number}",
        concerns=person,
        grant=grant,
        detail={"member": member},
    )


def block_added(
    *,
    actor: Actor,
    place: Place,
    block: int,
    kind: str,
    value: str,
    person: int | None,
    ends: datetime,
    reason: str,
    now: datetime,
) -> Entry:
    """Applications are refused for a time; of whom stands in the personal part."""
    return write(
        "block.add",
        actor=actor,
        now=now,
        place=place,
        privileged=True,
        reason=reason,
        purpose=value,
        subject=f"block:{block}",
        concerns=person,
        detail={"kind": kind, "ends": leaves.iso(ends)},
    )


def block_lifted(
    *, actor: Actor, place: Place, block: int, person: int | None, reason: str, now: datetime
) -> Entry:
    """A block ended before its time."""
    return write(
        "block.lift",
        actor=actor,
        now=now,
        place=place,
        privileged=True,
        reason=reason,
        subject=f"block:{block}",
        concerns=person,
    )
