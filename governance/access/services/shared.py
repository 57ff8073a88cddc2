"""What the verbs of applications and grants share. Must run inside a caller's transaction."""

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.db.models import F

from governance.access import applied, selectors
from governance.access.models import Application, Grant, Numbering
from governance.audit.actors import Actor, Role
from governance.audit.services import Place
from governance.catalogue.models import Tier
from governance.errors import MissingError, NotPermittedError

NOT_THERE = "There is no such application."
ONLY_READS = "This token only reads: make one that may act for you, or sign in."


def place_of(tier: Tier) -> Place:
    return Place(dataset=tier.dataset.slug, tier=tier.name)


def row(application_id: int) -> Application | None:
    """The application, locked: two people may press at once."""
    return (
        Application.objects.select_for_update(of=("self",))
        .select_related("tier__dataset")
        .filter(pk=application_id)
        .first()
    )


def own(application_id: int, actor: Actor) -> Application:
    """One's own application, locked; anyone else's is as if it were not there."""
    found = row(application_id)
    if found is None or not actor.signed_in or found.applicant_id != actor.user_id:
        raise MissingError(NOT_THERE)
    actor.require_standing()
    if not actor.may_act(found.tier.dataset.slug):
        raise NotPermittedError(ONLY_READS)
    return found


def sent(application_id: int, actor: Actor) -> Application:
    """An application that stewards know of, locked, for a steward of its dataset."""
    found = row(application_id)
    if found is None or found.submitted_at is None:
        raise MissingError(NOT_THERE)
    must_review(actor, found.tier)
    return found


def reviewable(application_id: int, actor: Actor) -> Application:
    """As `sent`, for somebody who may decide it: they have no part in it themselves."""
    found = sent(application_id, actor)
    if found.applicant_id == actor.user_id:
        raise NotPermittedError("Nobody decides their own application.")
    if applied.is_named_in(found, actor):
        raise NotPermittedError("Nobody decides the application of a group that they are in.")
    return found


def must_review(actor: Actor, tier: Tier) -> None:
    """Raise unless the steward's role can be used on this dataset now."""
    actor.require_standing()
    slug = tier.dataset.slug
    if actor.may_review(slug, tier.dataset_id):
        return
    if not actor.holds(Role.STEWARD, tier.dataset_id):
        raise NotPermittedError("Only a steward may do this.")
    if actor.token is not None and actor.verified:
        raise NotPermittedError(
            f"This token can't review {slug}: make one of scope review with your second factor."
        )
    raise selectors.role_unproved(actor)


def must_keep(actor: Actor, tier: Tier) -> None:
    """Raise unless `actor` may end grants of this dataset: a steward, or an admin."""
    if not actor.acts_as(Role.ADMIN, tier.dataset_id):
        must_review(actor, tier)


def next_number(now: datetime) -> str:
    """`GH-2026-0042`. The year's row is locked until the transaction ends."""
    Numbering.objects.get_or_create(year=now.year, defaults={"last": 0})
    Numbering.objects.filter(year=now.year).update(last=F("last") + 1)
    return f"GH-{now.year}-{Numbering.objects.get(year=now.year).last:04d}"


def refuse_blocked(emails: Iterable[str], user_id: int | None, tier: Tier, now: datetime) -> None:
    """Raise when one of these addresses, or the person, is blocked here now."""
    if applied.block_on(emails, user_id, tier.dataset_id, now=now) is None:
        return
    contact = tier.dataset.contact or settings.CONTACT_EMAIL
    raise NotPermittedError(
        f"Applications of yours for {tier.dataset.slug} are not taken at present. "
        f"If you think that this is wrong, write to {contact}."
    )


def shut(grant: Grant, *, reason: str, now: datetime) -> None:
    """End a grant at once. The caller writes the entry."""
    grant.revoked_at, grant.revoked_reason = now, reason
    grant.save(update_fields=["revoked_at", "revoked_reason"])
