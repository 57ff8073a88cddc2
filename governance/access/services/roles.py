"""Who holds which role, on one dataset or on all of them."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q

from governance.access import selectors
from governance.access.models import RoleHeld
from governance.audit import services as audit
from governance.audit.actors import HOUSE, Actor, Role
from governance.catalogue.models import Dataset
from governance.errors import InvalidError, MissingError, NotPermittedError, WrongStateError

WARN_BEFORE = (30, 7)  # days before the end of a role, longest first
LAST_ADMIN = (
    "This is the last admin of the whole site whose role has no end: "
    "give that role to somebody else first."
)


def give_role(
    *,
    actor: Actor,
    person: int,
    role: Role,
    dataset: Dataset | None,
    ends: datetime | None,
    reason: str,
    now: datetime,
) -> RoleHeld:
    """Give somebody a role, on one dataset or everywhere. Nobody gives one to themselves.

    Given again, it begins anew and has the new end.

    Raises:
        NotPermittedError: `actor` is no admin, or is the person.
        WrongStateError: no reason was given, or the last admin would get an end.
        InvalidError: `ends` is not in the future.
    """
    check_giving(actor=actor, dataset=dataset, ends=ends, reason=reason, now=now)
    if actor.user_id == person:
        raise NotPermittedError("Nobody gives a role to themselves.")
    with transaction.atomic():
        return _given(actor, person, role, dataset, ends, reason, now)


def check_giving(
    *, actor: Actor, dataset: Dataset | None, ends: datetime | None, reason: str, now: datetime
) -> None:
    """What giving a role and inviting to one ask alike."""
    actor.require_standing()
    if not (actor.system or actor.acts_as(Role.ADMIN, dataset.pk if dataset else None)):
        raise NotPermittedError("Only an admin gives roles.")
    if ends is not None and ends <= now:
        raise InvalidError("A role ends in the future.", fields={"ends": "Choose a later day."})
    if not reason.strip():
        raise WrongStateError("Give a reason for the role.")


def _given(
    actor: Actor,
    person: int,
    role: Role,
    dataset: Dataset | None,
    ends: datetime | None,
    reason: str,
    now: datetime,
) -> RoleHeld:
    lasting = _admins_in_turn(now=now)
    before = RoleHeld.objects.filter(user=person, role=role, dataset=dataset).first()
    if before is not None and ends is not None:
        _keep_an_admin(before, lasting)
    held = put(person, role, dataset, ends=ends, given_by=actor.user_id, reason=reason, now=now)
    audit.role_given(
        actor=actor,
        role=role,
        person=person,
        dataset=dataset.slug if dataset else "",
        ends=ends,
        reason=reason.strip(),
        now=now,
    )
    return held


def put(
    person: int,
    role: Role,
    dataset: Dataset | None,
    *,
    ends: datetime | None,
    given_by: int | None,
    reason: str,
    now: datetime,
) -> RoleHeld:
    """Write the row. Must run inside the transaction of its entry."""
    held, _ = RoleHeld.objects.update_or_create(
        user_id=person,
        role=role,
        dataset=dataset,
        defaults={
            "begins": now,
            "ends": ends,
            "given_by": given_by,
            "reason": reason.strip(),
            "warned": None,
        },
    )
    return held


def end_role(*, actor: Actor, held_id: int, reason: str, now: datetime) -> RoleHeld:
    """End a role at once; one's own, too, but for the last admin.

    Raises:
        MissingError: no such role, or one that `actor` may not know of.
        WrongStateError: it has ended already, is the last admin's, or no reason was given.
    """
    with transaction.atomic():
        lasting = _admins_in_turn(now=now)
        held = _locked(held_id, actor, now=now)
        if not reason.strip():
            raise WrongStateError("Give a reason; the person reads it.")
        _keep_an_admin(held, lasting)
        held.ends = now
        held.save(update_fields=["ends"])
        audit.role_ended(
            actor=actor,
            role=held.role,
            person=held.user_id,
            dataset=held.dataset.slug if held.dataset else "",
            reason=reason.strip(),
            now=now,
        )
    return held


def change_end(
    *, actor: Actor, held_id: int, ends: datetime | None, reason: str, now: datetime
) -> RoleHeld:
    """Give a role another end, or none; never one's own.

    Raises as `give_role`, and MissingError for a role that has ended or that `actor` may not see.
    """
    with transaction.atomic():
        _admins_in_turn(now=now)
        held = _locked(held_id, actor, now=now)
        check_giving(actor=actor, dataset=held.dataset, ends=ends, reason=reason, now=now)
        if held.user_id == actor.user_id:
            raise NotPermittedError("Nobody changes the end of their own role.")
        return _given(actor, held.user_id, Role(held.role), held.dataset, ends, reason, now)


def _locked(held_id: int, actor: Actor, *, now: datetime) -> RoleHeld:
    held = (
        RoleHeld.objects.select_for_update(of=("self",))
        .select_related("dataset")
        .filter(pk=held_id)
        .first()
    )
    if held is None or not (actor.system or actor.acts_as(Role.ADMIN, held.dataset_id)):
        raise MissingError("There is no such role.")
    if held.ends is not None and held.ends <= now:
        raise WrongStateError("This role has ended already.")
    return held


def _admins_in_turn(*, now: datetime) -> list[int]:
    """Ids of the whole site's admins without an end, their rows locked in one order.

    Whoever changes a role comes here first: two admins can't end each other at once.
    """
    admins = RoleHeld.objects.select_for_update(of=("self",)).filter(
        role=Role.ADMIN, dataset=None, ends=None, begins__lte=now, user__is_active=True
    )
    able = selectors.admins(now=now)  # without those who are suspended
    return [each.user_id for each in admins.order_by("pk") if each.user_id in able]


def _keep_an_admin(held: RoleHeld, lasting: list[int]) -> None:
    """Raise if nobody else would be left who is admin of the whole site without an end."""
    if held.role != Role.ADMIN or held.dataset_id is not None or held.ends is not None:
        return
    if not set(lasting) - {held.user_id}:
        raise WrongStateError(LAST_ADMIN)


def warn_of_role_ends(*, now: datetime, at_most: int = 200) -> int:
    """Record roles that end within 30 and within 7 days, each once; the people are told.

    Returns how many.
    """
    told = 0
    for days in sorted(WARN_BEFORE):
        soon = RoleHeld.objects.filter(
            Q(warned=None) | Q(warned__gt=days),
            # A role that was short from the start needs no warning.
            Q(ends__gt=F("begins") + timedelta(days=days)),
            ends__gt=now,
            ends__lte=now + timedelta(days=days),
        )
        for pk in list(soon.values_list("pk", flat=True)[:at_most]):
            told += _warned(pk, days, now=now)
    return told


def _warned(held_id: int, days: int, *, now: datetime) -> bool:
    with transaction.atomic():
        fresh = RoleHeld.objects.filter(Q(warned=None) | Q(warned__gt=days), pk=held_id)
        if not fresh.update(warned=days):
            return False
        held = RoleHeld.objects.select_related("dataset").get(pk=held_id)
        audit.role_ends_soon(
            actor=HOUSE,
            role=held.role,
            person=held.user_id,
            dataset=held.dataset.slug if held.dataset else "",
            ends=held.ends or now,
            now=now,
        )
    return True
