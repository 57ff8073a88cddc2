"""Every question about access. Reads only; takes `now`, never asks the clock."""

from datetime import UTC, datetime

from django.conf import settings
from django.db.models import Q, QuerySet

from governance.access.deciding import (
    TierStanding,
    decide,
    decide_tier,
    facts_for,
    is_open,
    is_served,
    open_application,
    standing,
    standings,
    wound_down,
)
from governance.access.models import Grant, RoleHeld, Suspension
from governance.access.visible import current_tiers_open_to, tiers_open_to, visible_to
from governance.audit.actors import Actor, Role, Suspended
from governance.errors import NotPermittedError
from governance.prepared import Prepared

__all__ = [
    "TierStanding",
    "admins",
    "current_tiers_open_to",
    "decide",
    "decide_tier",
    "facts_for",
    "grant_state",
    "holders_of",
    "is_served",
    "open_application",
    "require",
    "role_unproved",
    "roles_of",
    "standing",
    "standings",
    "suspended",
    "suspensions",
    "tiers_open_to",
    "visible_to",
    "wound_down",
]

_ROLES = Prepared(
    lambda user_id, now: RoleHeld.objects.filter(
        Q(ends=None) | Q(ends__gt=now), user_id=user_id, begins__lte=now
    ).values_list("role", "dataset_id"),
    user_id=998877665544332211,
    now=datetime(1901, 2, 3, 4, 5, 6, 789, tzinfo=UTC),
)


def roles_of(user_id: int, *, now: datetime) -> frozenset[tuple[Role, int | None]]:
    """Roles in force: (role, dataset id or None for everywhere). One query."""
    held = _ROLES.rows(user_id=user_id, now=now)
    return frozenset((Role(role), dataset) for role, dataset in held)


def holders_of(role: Role, dataset_id: int | None, *, now: datetime) -> list[int]:
    """Ids of the people who hold a role on this dataset or everywhere, and can use it."""
    held = RoleHeld.objects.filter(
        Q(ends=None) | Q(ends__gt=now),
        Q(dataset=None) | Q(dataset=dataset_id),
        role=role,
        begins__lte=now,
    ).exclude(user__in=suspensions(now=now).values("user"))
    return sorted(set(held.values_list("user_id", flat=True)))


def admins(*, now: datetime) -> set[int]:
    """Ids of the admins of the whole site who are not suspended: one of them must stay."""
    return set(holders_of(Role.ADMIN, None, now=now))


def suspensions(*, now: datetime) -> QuerySet[Suspension]:
    """Suspensions in force, in no order."""
    return Suspension.objects.filter(
        Q(ends=None) | Q(ends__gt=now), lifted_at=None, begins__lte=now
    ).order_by()


def suspended(*, user_id: int, now: datetime) -> Suspended | None:
    """Why and until when this person is kept out; None for everyone else. One query."""
    found = suspensions(now=now).filter(user=user_id).first()
    return Suspended(found.reason, settings.CONTACT_EMAIL, found.ends) if found else None


def require(actor: Actor, *roles: Role, dataset_id: int | None = None) -> None:
    """Raise unless one of the roles can be used now; the sentence says which is missing."""
    actor.require_standing()
    if any(actor.acts_as(role, dataset_id) for role in roles):
        return
    if any(actor.holds(role, dataset_id) for role in roles):
        raise role_unproved(actor)
    raise NotPermittedError(f"Only {' or '.join(f'{_one(role)}' for role in roles)} may do this.")


def role_unproved(actor: Actor) -> NotPermittedError:
    """What is said to somebody who holds the role and can't use it now."""
    if not actor.verified:
        return NotPermittedError("Confirm your e-mail address first: roles rest on it.")
    return NotPermittedError("This asks for your second factor: sign in with it.")


def _one(role: Role) -> str:
    return f"an {role}" if role[0] in "aeiou" else f"a {role}"


# ------------------------------------------------------------------ grants


def grant_state(grant: Grant, *, now: datetime) -> str:
    """`open`, `later` (not begun), `ended` or `revoked`: what a list of grants shows."""
    if grant.revoked_at:
        return "revoked"
    if is_open(grant, now):
        return "open"
    return "later" if now < grant.begins else "ended"
