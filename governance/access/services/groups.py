"""A lead applies for a group; each member accepts, leaves or is removed, for themselves."""

from collections.abc import Sequence
from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from governance.access import applied, selectors
from governance.access.models import Application, Grant, Member, MemberState
from governance.access.services.shared import (
    ONLY_READS,
    own,
    place_of,
    refuse_blocked,
    row,
    shut,
)
from governance.access.states import State
from governance.audit import services as audit
from governance.audit.actors import HOUSE, Actor
from governance.catalogue import selectors as catalogue
from governance.errors import (
    InvalidError,
    MissingError,
    NotPermittedError,
    RefusedError,
    WrongStateError,
)

MOST_MEMBERS = 50
NO_INVITATION = "There is no such invitation."
# What is no step of a member: the grant is what accepting makes, the others have their own time.
NOT_THEIRS = {"grant", "served", "token"}


def name_members(
    application: Application, emails: Sequence[str], *, lead: Actor, now: datetime
) -> None:
    """Set the group of an application. Must run inside the caller's transaction."""
    wanted = _addresses(emails, lead)
    application.members.exclude(email__in=wanted).delete()
    known = set(application.members.values_list("email", flat=True))
    Member.objects.bulk_create(
        Member(application=application, email=each, changed_at=now)
        for each in wanted
        if each not in known
    )


def _addresses(emails: Sequence[str], lead: Actor) -> list[str]:
    wanted = list(dict.fromkeys(each.strip().lower() for each in emails if each.strip()))
    told = ""
    if len(wanted) > MOST_MEMBERS:
        told = f"A group has at most {MOST_MEMBERS} members beside its lead."
    elif lead.email.lower() in wanted:
        told = "Leave yourself out: you lead the group, and are in it."
    else:
        wrong = next((each for each in wanted if not _is_address(each)), "")
        told = f"'{wrong[:80]}' is no e-mail address: one a line." if wrong else ""
    if told:
        raise InvalidError(told, fields={"members": told})
    return wanted


def _is_address(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return len(text) <= 254


def invite_members(application: Application, *, now: datetime) -> None:
    """Ask every named member. Must run inside the transaction that approves."""
    named = list(application.members.filter(state=MemberState.NAMED))
    application.members.filter(state=MemberState.NAMED).update(
        state=MemberState.INVITED, changed_at=now
    )
    for each in named:
        audit.member_invited(
            actor=HOUSE,
            place=place_of(application.tier),
            number=application.number,
            member=each.pk,
            email=each.email,
            now=now,
        )


def accept_invitation(*, member_id: int, actor: Actor, now: datetime) -> Grant:
    """Join a group: a grant of one's own, with the end of the lead's.

    Raises:
        MissingError: no such invitation to this person's confirmed address.
        RefusedError: what the tier asks of everyone (terms, second factor) is not met yet.
        WrongStateError: it was answered, or the group's grant is over.
    """
    with transaction.atomic():
        member = _invitation(member_id, actor)
        if member.state != MemberState.INVITED:
            raise WrongStateError(f"This invitation was {member.state} already.")
        application = member.application
        led = applied.grant_of(application)
        if led is None or led.revoked_at is not None or led.ends <= now:
            raise WrongStateError("The grant of this group is over: there is nothing to join.")
        refuse_blocked([actor.email], actor.user_id, application.tier, now)
        _must_meet(actor, application, now=now)
        grant = Grant.objects.create(
            holder_id=actor.user_id,
            tier=application.tier,
            application=application,
            begins=max(now, led.begins),
            ends=led.ends,
        )
        _change(member, MemberState.ACCEPTED, now=now, user_id=actor.user_id)
        audit.member_accepted(
            actor=actor,
            place=place_of(application.tier),
            number=application.number,
            member=member.pk,
            grant=grant.pk,
            begins=grant.begins,
            ends=grant.ends,
            now=now,
        )
    return grant


def _must_meet(actor: Actor, application: Application, *, now: datetime) -> None:
    """The rule itself says what is missing, but for the grant that accepting makes."""
    tier = application.tier
    current = catalogue.current(tier.dataset)
    decision = selectors.decide_tier(actor, tier, current, "download", now)
    missing = [each for each in decision.missing_steps if each.code not in NOT_THEIRS]
    if missing:
        raise RefusedError(missing)


def decline_invitation(*, member_id: int, actor: Actor, now: datetime) -> Member:
    """Say no to an invitation; the lead is told."""
    with transaction.atomic():
        member = _invitation(member_id, actor)
        if member.state != MemberState.INVITED:
            raise WrongStateError(f"This invitation was {member.state} already.")
        _change(member, MemberState.DECLINED, now=now, user_id=actor.user_id)
        audit.member_declined(
            actor=actor,
            place=place_of(member.application.tier),
            number=member.application.number,
            member=member.pk,
            now=now,
        )
    return member


def leave_group(*, member_id: int, actor: Actor, now: datetime) -> Member:
    """Leave a group; one's grant ends at once."""
    with transaction.atomic():
        member = _invitation(member_id, actor)
        if member.state != MemberState.ACCEPTED:
            raise WrongStateError("You are not in this group.")
        grant = _end_grant_of(member, reason="left the group", now=now)
        _change(member, MemberState.LEFT, now=now, user_id=actor.user_id)
        audit.member_left(
            actor=actor,
            place=place_of(member.application.tier),
            number=member.application.number,
            member=member.pk,
            grant=grant,
            now=now,
        )
    return member


def remove_member(*, application_id: int, member_id: int, actor: Actor, now: datetime) -> Member:
    """The lead takes somebody out of an approved group; their grant ends at once."""
    with transaction.atomic():
        application = own(application_id, actor)
        member = application.members.select_for_update().filter(pk=member_id).first()
        if member is None:
            raise MissingError("There is no such member.")
        if application.state != State.APPROVED:
            raise WrongStateError("Change the group in the application itself.")
        if member.state not in {MemberState.INVITED, MemberState.ACCEPTED}:
            raise WrongStateError(f"This member has {member.state} already.")
        member.application = application
        grant = _end_grant_of(member, reason="removed from the group by its lead", now=now)
        _change(member, MemberState.REMOVED, now=now, user_id=member.user_id)
        audit.member_removed(
            actor=actor,
            place=place_of(application.tier),
            number=application.number,
            member=member.pk,
            person=member.user_id,
            grant=grant,
            now=now,
        )
    return member


def _invitation(member_id: int, actor: Actor) -> Member:
    """One's own invitation, locked; anyone else's is as if it were not there.

    Its application is locked first, as by whoever ends a group: nobody joins behind their back.
    """
    row(Member.objects.filter(pk=member_id).values_list("application", flat=True).first() or 0)
    member = (
        Member.objects.select_for_update(of=("self",))
        .select_related("application__tier__dataset")
        .filter(pk=member_id)
        .exclude(state=MemberState.NAMED)
        .first()
    )
    if member is None or not actor.signed_in:
        raise MissingError(NO_INVITATION)
    by_address = member.user_id is None and actor.verified and member.email == actor.email.lower()
    if not (by_address or member.user_id == actor.user_id):
        raise MissingError(NO_INVITATION)
    actor.require_standing()
    if not actor.may_act(member.application.tier.dataset.slug):
        raise NotPermittedError(ONLY_READS)
    return member


def _change(member: Member, state: MemberState, *, now: datetime, user_id: int | None) -> None:
    member.state, member.changed_at, member.user_id = state, now, user_id
    member.save(update_fields=["state", "changed_at", "user"])


def _end_grant_of(member: Member, *, reason: str, now: datetime) -> int | None:
    if member.user_id is None:
        return None
    grant = (
        Grant.objects.select_for_update()
        .filter(application=member.application, holder=member.user_id, revoked_at=None)
        .first()
    )
    if grant is None:
        return None
    shut(grant, reason=reason, now=now)
    return grant.pk
