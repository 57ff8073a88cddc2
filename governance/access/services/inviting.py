"""Roles for people who have no account yet: a link by mail, good once and for a time."""

import secrets
from datetime import datetime, timedelta

from django.db import transaction

from governance.access.holding import UNUSABLE, digest_of, is_backed
from governance.access.models import RoleHeld, RoleInvitation
from governance.access.services.roles import check_giving, put
from governance.audit import services as audit
from governance.audit.actors import Actor, Role
from governance.catalogue.models import Dataset
from governance.errors import InvalidError, MissingError, NotPermittedError

GOOD_FOR = timedelta(days=14)


def invite_to_role(
    *,
    actor: Actor,
    email: str,
    role: Role,
    dataset: Dataset | None,
    ends: datetime | None,
    reason: str,
    now: datetime,
) -> tuple[RoleInvitation, str]:
    """Invite the holder of an address to a role; returns the invitation and the link's secret.

    An open invitation of the same address to the same role is withdrawn: one link is good.

    Raises:
        NotPermittedError: `actor` is no admin, or it is their own address.
        InvalidError: `ends` is not in the future, or the address is missing.
        WrongStateError: no reason was given.
    """
    check_giving(actor=actor, dataset=dataset, ends=ends, reason=reason, now=now)
    email = email.strip().lower()
    if "@" not in email:
        raise InvalidError("Give an e-mail address.", fields={"email": "Give an e-mail address."})
    if email == actor.email.lower():
        raise NotPermittedError("Nobody gives a role to themselves.")
    secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        open_ones = RoleInvitation.objects.filter(accepted_at=None, withdrawn_at=None)
        open_ones.filter(email=email, role=role, dataset=dataset).update(withdrawn_at=now)
        made = RoleInvitation.objects.create(
            email=email,
            role=role,
            dataset=dataset,
            ends=ends,
            reason=reason.strip(),
            digest=digest_of(secret),
            made_at=now,
            made_by=actor.user_id,
            good_until=now + GOOD_FOR,
        )
        audit.role_invited(
            actor=actor,
            role=role,
            email=email,
            dataset=dataset.slug if dataset else "",
            invitation=made.pk,
            ends=ends,
            reason=reason.strip(),
            now=now,
        )
    return made, secret


def accept_role(*, actor: Actor, secret: str, now: datetime) -> RoleHeld:
    """Take the role that one was invited to, signed in under the address that was invited.

    Raises:
        MissingError: the link was used or withdrawn, has ended, or never was.
        NotPermittedError: `actor` has another address, or theirs is not confirmed.
    """
    actor.require_standing()
    with transaction.atomic():
        found = (
            RoleInvitation.objects.select_for_update(of=("self",))
            .select_related("dataset")
            .filter(digest=digest_of(secret), accepted_at=None, withdrawn_at=None)
            .first()
        )
        if found is None or found.good_until <= now:
            raise MissingError(UNUSABLE)
        if (found.ends is not None and found.ends <= now) or not is_backed(found, now=now):
            raise MissingError(UNUSABLE)
        if not actor.verified or actor.token or actor.email.lower() != found.email:
            raise NotPermittedError("Sign in under the address that was invited.")
        found.accepted_at = now
        found.save(update_fields=["accepted_at"])
        return _taken(found, actor, now=now)


def _taken(found: RoleInvitation, actor: Actor, *, now: datetime) -> RoleHeld:
    """A role that the person holds already is never made shorter by an invitation."""
    before = RoleHeld.objects.filter(
        user=actor.user_id, role=found.role, dataset=found.dataset
    ).first()
    ends = found.ends
    if before is not None and ends is not None:
        ends = None if before.ends is None else max(ends, before.ends)
    held = put(
        actor.user_id or 0,
        Role(found.role),
        found.dataset,
        ends=ends,
        given_by=found.made_by,
        reason=found.reason,
        now=now,
    )
    audit.role_accepted(
        actor=actor,
        role=found.role,
        dataset=found.dataset.slug if found.dataset else "",
        invitation=found.pk,
        ends=ends,
        reason=found.reason,
        now=now,
    )
    return held


def withdraw_invitation(
    *, actor: Actor, invitation_id: int, reason: str, now: datetime
) -> RoleInvitation:
    """Take an invitation back: its link opens nothing any more."""
    with transaction.atomic():
        found = (
            RoleInvitation.objects.select_for_update(of=("self",))
            .select_related("dataset")
            .filter(pk=invitation_id, accepted_at=None, withdrawn_at=None)
            .first()
        )
        if found is None or not actor.acts_as(Role.ADMIN, found.dataset_id):
            raise MissingError("There is no such invitation.")
        found.withdrawn_at = now
        found.save(update_fields=["withdrawn_at"])
        audit.invitation_withdrawn(
            actor=actor,
            role=found.role,
            email=found.email,
            dataset=found.dataset.slug if found.dataset else "",
            invitation=found.pk,
            reason=reason.strip() or "withdrawn",
            now=now,
        )
    return found
