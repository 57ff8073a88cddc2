"""Questions about roles and invitations: who holds what, until when."""

import hashlib
from datetime import datetime

from django.db.models import F, Q, QuerySet

from governance.access import selectors
from governance.access.models import RoleHeld, RoleInvitation
from governance.audit.actors import Actor, Role
from governance.errors import MissingError

UNUSABLE = (
    "This invitation can't be used: it was used or withdrawn, has ended, or never was. "
    "Ask whoever invited you for a new one."
)


def digest_of(secret: str) -> str:
    """A random secret of 256 bits needs no salt and no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


def in_force(*, now: datetime) -> QuerySet[RoleHeld]:
    return RoleHeld.objects.filter(Q(ends=None) | Q(ends__gt=now), begins__lte=now)


def there_is_an_admin(*, now: datetime) -> bool:
    """Whether anybody is admin of the whole site."""
    return in_force(now=now).filter(role=Role.ADMIN, dataset=None).exists()


def admins(*, now: datetime) -> int:
    """How many people are admin of the whole site."""
    return in_force(now=now).filter(role=Role.ADMIN, dataset=None, user__is_active=True).count()


def others(role: Role, *, user_id: int | None, now: datetime) -> bool:
    """Whether somebody else holds a role, anywhere."""
    return in_force(now=now).filter(role=role).exclude(user=user_id).exists()


def is_last_admin(user_id: int, *, now: datetime) -> bool:
    """Whether this is the only admin of the whole site whose role has no end."""
    lasting = RoleHeld.objects.filter(
        role=Role.ADMIN, dataset=None, ends=None, begins__lte=now, user__is_active=True
    )
    holders = set(lasting.values_list("user_id", flat=True))
    return holders & selectors.admins(now=now) == {user_id}


def every(*, now: datetime) -> QuerySet[RoleHeld]:
    """All roles in force, with person and dataset loaded; those of the whole site first."""
    return (
        in_force(now=now)
        .select_related("user", "dataset")
        .order_by(F("dataset_id").asc(nulls_first=True), "role", "user__email", "pk")
    )


def held(actor: Actor, *, now: datetime) -> QuerySet[RoleHeld]:
    """Those that this admin looks after."""
    return every(now=now).filter(_administered(actor))


def _administered(actor: Actor) -> Q:
    """All for an admin of the whole site; else those of the datasets that they administer."""
    if actor.acts_as(Role.ADMIN):
        return Q()
    own = [at for role, at in actor.roles if role is Role.ADMIN and actor.acts_as(role, at)]
    return Q(dataset__in=[at for at in own if at is not None])


def one(held_id: int, *, actor: Actor, now: datetime) -> RoleHeld:
    """One role in force that this admin looks after; else as if there were none."""
    found = held(actor, now=now).filter(pk=held_id).first()
    if found is None:
        raise MissingError("There is no such role.")
    return found


def of(user_id: int, *, now: datetime) -> QuerySet[RoleHeld]:
    """Roles in force of one person, with the dataset loaded."""
    return in_force(now=now).filter(user=user_id).select_related("dataset").order_by("role", "pk")


# ------------------------------------------------------------------ invitations


def every_invitation(*, now: datetime) -> QuerySet[RoleInvitation]:
    """All open invitations, newest first."""
    found = RoleInvitation.objects.filter(accepted_at=None, withdrawn_at=None, good_until__gt=now)
    return found.select_related("dataset")


def invitations(actor: Actor, *, now: datetime) -> QuerySet[RoleInvitation]:
    """Those that this admin looks after."""
    return every_invitation(now=now).filter(_administered(actor))


def is_backed(found: RoleInvitation, *, now: datetime) -> bool:
    """Whether whoever invited could still give this role: their link ends with their own role."""
    by = found.made_by
    if by is None:  # an operator
        return True
    roles = selectors.roles_of(by, now=now)
    admin = {(Role.ADMIN, None), (Role.ADMIN, found.dataset_id)} & roles
    return bool(admin) and selectors.suspended(user_id=by, now=now) is None


def invitation(secret: str, *, now: datetime) -> RoleInvitation:
    """The invitation of a link.

    Raises:
        MissingError: it was used or withdrawn, has ended, or never was; one answer for all.
    """
    found = (
        RoleInvitation.objects.select_related("dataset")
        .filter(digest=digest_of(secret), accepted_at=None, withdrawn_at=None, good_until__gt=now)
        .first()
    )
    if found is None or (found.ends is not None and found.ends <= now):
        raise MissingError(UNUSABLE)
    if not is_backed(found, now=now):
        raise MissingError(UNUSABLE)
    return found
