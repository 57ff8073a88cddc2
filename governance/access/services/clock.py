"""What time alone brings to applications and grants. Run again, it changes nothing.

Nothing here opens or shuts a door: `decide` looks at the dates itself.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from governance.access.models import Application, Grant
from governance.access.services.shared import place_of, row
from governance.access.states import State, step
from governance.audit import services as audit
from governance.audit.actors import HOUSE

WARN_DAYS = (7, 30)  # before a grant's end; the nearer one first, it takes the other's place


def expire_old(*, now: datetime, at_most: int = 200) -> int:
    """Record ends that time has brought: silent applications expire, grants are over.

    Returns how many.
    """
    silent = Application.objects.filter(
        Q(state=State.SUBMITTED, expires_at__lte=now) | Q(state=State.RETURNED, answer_by__lte=now)
    )
    over = Grant.objects.filter(ends__lte=now, end_told=False, revoked_at=None)
    return _each(silent, _expire, now, at_most) + _each(over, _end_grant, now, at_most)


def escalate_late(*, now: datetime, at_most: int = 200) -> int:
    """Tell the admins, once, of applications that wait past the promised day."""
    late = Application.objects.filter(
        state=State.SUBMITTED, target_at__lt=now, expires_at__gt=now, escalated_at=None
    )
    return _each(late, _escalate, now, at_most)


def warn_of_ends(*, now: datetime, at_most: int = 200) -> int:
    """Tell holders 30 and 7 days before the end of a grant that nothing follows."""
    return sum(_each(_ending(days, now), _WARN[days], now, at_most) for days in WARN_DAYS)


def _ending(days: int, now: datetime) -> QuerySet[Grant]:
    follows = Grant.objects.filter(
        holder=OuterRef("holder"), tier=OuterRef("tier"), revoked_at=None, ends__gt=OuterRef("ends")
    )
    return Grant.objects.filter(
        ~Exists(follows),
        revoked_at=None,
        ends__gt=now,
        ends__lte=now + timedelta(days=days),
        **{f"told_{days}": False},
    )


def _each(
    found: QuerySet, verb: Callable[[int, datetime], bool], now: datetime, at_most: int
) -> int:
    keys = list(found.order_by("pk").values_list("pk", flat=True)[:at_most])
    return sum(verb(key, now) for key in keys)


def _expire(application_id: int, now: datetime) -> bool:
    with transaction.atomic():
        found = row(application_id)
        if found is None:
            return False
        unanswered = found.state == State.SUBMITTED and _is_over(found.expires_at, now)
        unreplied = found.state == State.RETURNED and _is_over(found.answer_by, now)
        if not (unanswered or unreplied):
            return False  # somebody was quicker
        found.state, found.decided_at = step(found.state, "expire"), now
        found.save(update_fields=["state", "decided_at"])
        audit.application_expired(
            actor=HOUSE,
            place=place_of(found.tier),
            number=found.number,
            applicant=found.applicant_id,
            waited_for="steward" if unanswered else "applicant",
            now=now,
        )
    return True


def _is_over(at: datetime | None, now: datetime) -> bool:
    return at is not None and at <= now


def _escalate(application_id: int, now: datetime) -> bool:
    with transaction.atomic():
        won = Application.objects.filter(
            pk=application_id, state=State.SUBMITTED, escalated_at=None
        ).update(escalated_at=now)
        found = row(application_id) if won else None
        if found is None:
            return False
        audit.application_escalated(
            actor=HOUSE,
            place=place_of(found.tier),
            number=found.number,
            applicant=found.applicant_id,
            now=now,
        )
    return True


def _warn(grant_id: int, now: datetime, *, days: int) -> bool:
    marks = {f"told_{each}": True for each in WARN_DAYS if each >= days}
    with transaction.atomic():
        won = Grant.objects.filter(
            pk=grant_id, revoked_at=None, ends__gt=now, **{f"told_{days}": False}
        ).update(**marks)
        if won:
            grant = Grant.objects.select_related("tier__dataset").get(pk=grant_id)
            audit.grant_warned(
                actor=HOUSE,
                place=place_of(grant.tier),
                grant=grant_id,
                holder=grant.holder_id,
                days=days,
                ends=grant.ends,
                now=now,
            )
    return bool(won)


_WARN: dict[int, Callable[[int, datetime], bool]] = {
    7: lambda pk, now: _warn(pk, now, days=7),
    30: lambda pk, now: _warn(pk, now, days=30),
}


def _end_grant(grant_id: int, now: datetime) -> bool:
    with transaction.atomic():
        won = Grant.objects.filter(pk=grant_id, end_told=False, revoked_at=None).update(
            end_told=True
        )
        if won:
            grant = Grant.objects.select_related("tier__dataset").get(pk=grant_id)
            audit.grant_ended(
                actor=HOUSE,
                place=place_of(grant.tier),
                grant=grant_id,
                holder=grant.holder_id,
                now=now,
            )
            _end_application(grant)
    return bool(won)


def _end_application(grant: Grant) -> None:
    """The application says what the grant says; `applied.with_state` said so already."""
    found = row(grant.application_id) if grant.application_id else None
    if found and found.applicant_id == grant.holder_id and found.state == State.APPROVED:
        found.state = step(found.state, "end")
        found.save(update_fields=["state"])
