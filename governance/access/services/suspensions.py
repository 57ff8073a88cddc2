"""Keeping somebody out, and letting them in again: the verbs of suspension.

Nothing here shuts a door: the rule reads the suspension itself (`rules.judge`), and so does each
verb by which somebody acts (`Actor.require_standing`). Sessions and tokens live, and open nothing.
"""

from datetime import datetime

from django.contrib.auth import get_user_model
from django.db import transaction

from governance.access import selectors
from governance.access.models import RoleHeld, Suspension
from governance.audit import services as audit
from governance.audit.actors import HOUSE, Actor, Role
from governance.errors import InvalidError, MissingError, NotPermittedError, WrongStateError

LONGEST_REASON = 2000  # characters


def suspend(
    *, actor: Actor, person: int, reason: str, now: datetime, ends: datetime | None = None
) -> Suspension:
    """Keep somebody out of every tier and every act, at once, until `ends` or until it is lifted.

    They are told the reason. They may still sign in, see their account and what they have signed.

    Raises:
        NotPermittedError: `actor` is no admin of the whole site, or is the person.
        MissingError: there is no such person.
        WrongStateError: they are suspended already, or are the last admin.
        InvalidError: no reason, a long one, or an end that is past; `fields` says which.
    """
    with transaction.atomic():
        admins = _admins_locked(actor, now)
        if actor.user_id == person:
            raise NotPermittedError("Nobody suspends themselves: ask another admin.")
        kept = _checked(reason, ends, now)
        if not get_user_model().objects.filter(pk=person).exists():
            raise MissingError("There is no such person.")
        if admins == {person}:
            raise WrongStateError("This is the last admin: make another one first.")
        if _open(person, now) is not None:
            raise WrongStateError("This person is suspended already.")
        made = Suspension.objects.create(
            user_id=person, reason=kept, begins=now, ends=ends, by=actor.user_id
        )
        audit.person_suspended(
            actor=actor, suspension=made.pk, person=person, ends=ends, reason=kept, now=now
        )
    return made


def lift_suspension(*, actor: Actor, person: int, reason: str, now: datetime) -> Suspension:
    """Let somebody in again; what they held before, they hold again.

    Raises:
        NotPermittedError: `actor` is no admin of the whole site.
        WrongStateError: nobody suspended this person, or it has ended.
        InvalidError: no reason, or a long one.
    """
    with transaction.atomic():
        _admins_locked(actor, now)
        kept = _checked(reason, None, now)
        found = _open(person, now)
        if found is None:
            raise WrongStateError("This person is not suspended.")
        found.lifted_at, found.lifted_by, found.lifted_reason = now, actor.user_id, kept
        found.save(update_fields=["lifted_at", "lifted_by", "lifted_reason"])
        audit.suspension_lifted(
            actor=actor, suspension=found.pk, person=person, reason=kept, now=now
        )
    return found


def end_suspensions(*, now: datetime, at_most: int = 200) -> int:
    """Record the ends of suspensions that time has brought. Returns how many."""
    over = Suspension.objects.filter(lifted_at=None, ends__lte=now).values_list("pk", flat=True)
    return sum(_end(pk, now=now) for pk in list(over[:at_most]))


def _end(suspension_id: int, *, now: datetime) -> bool:
    with transaction.atomic():
        found = (
            Suspension.objects.select_for_update()
            .filter(pk=suspension_id, lifted_at=None, ends__lte=now)
            .first()
        )
        if found is None:
            return False
        found.lifted_at = found.ends
        found.save(update_fields=["lifted_at"])
        audit.suspension_ended(actor=HOUSE, suspension=found.pk, person=found.user_id, now=now)
    return True


def _admins_locked(actor: Actor, now: datetime) -> set[int]:
    """Admins who can act, after a look at `actor` behind the lock: two may suspend each other."""
    list(RoleHeld.objects.select_for_update().filter(role=Role.ADMIN, dataset=None).order_by("pk"))
    admins = selectors.admins(now=now)
    if actor.system:
        return admins
    actor.require_standing()
    if not actor.acts_as(Role.ADMIN) or actor.user_id not in admins:
        raise NotPermittedError("Only an admin of the whole site suspends people or lets them in.")
    return admins


def _open(person: int, now: datetime) -> Suspension | None:
    """The suspension in force; one whose end has come is closed on the way."""
    found = Suspension.objects.select_for_update().filter(user_id=person, lifted_at=None).first()
    if found is not None and found.ends is not None and found.ends <= now:
        _end(found.pk, now=now)
        return None
    return found


def _checked(reason: str, ends: datetime | None, now: datetime) -> str:
    fields = {}
    kept = reason.strip()
    if not kept:
        fields["reason"] = "Give a reason; the person reads it."
    elif len(kept) > LONGEST_REASON:
        fields["reason"] = f"Keep this under {LONGEST_REASON:,} characters."
    if ends is not None and ends <= now:
        fields["ends"] = "Choose an end that is still to come, or none."
    if fields:
        raise InvalidError("This can't be recorded like this.", fields=fields)
    return kept
