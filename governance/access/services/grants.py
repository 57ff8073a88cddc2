"""What becomes of a grant before its end."""

from datetime import datetime

from django.db import transaction

from governance.access.models import Application, Grant
from governance.access.services.shared import must_keep, place_of, row, shut
from governance.access.states import State, step
from governance.audit import services as audit
from governance.audit.actors import Actor
from governance.errors import MissingError, NotPermittedError, WrongStateError


def revoke_grant(*, grant_id: int, actor: Actor, reason: str, now: datetime) -> Grant:
    """End a grant at once, with a reason that the holder reads.

    The lead's grant carries the group: with it the application is revoked and every grant of it.

    Raises:
        NotPermittedError: `actor` is no steward or admin of the dataset.
        WrongStateError: it was revoked, is over, or no reason was given.
    """
    with transaction.atomic():
        # The application before its grants, as everywhere: two who end a group wait in turn.
        row(Grant.objects.filter(pk=grant_id).values_list("application", flat=True).first() or 0)
        grant = _locked(grant_id)
        must_keep(actor, grant.tier)
        if grant.revoked_at:
            raise WrongStateError("This grant was revoked already.")
        if grant.ends <= now:
            raise WrongStateError("This grant has ended already.")
        if not reason.strip():
            raise WrongStateError("Give a reason; the holder reads it.")
        application = row(grant.application_id) if grant.application_id else None
        if application is not None and application.applicant_id == grant.holder_id:
            _revoke_application(application, actor=actor, reason=reason.strip(), now=now)
            grant.refresh_from_db()
        else:
            _revoke(grant, actor=actor, reason=reason.strip(), now=now)
    return grant


def revoke_application(
    *, application_id: int, actor: Actor, reason: str, now: datetime
) -> Application:
    """End all that came of an approval: the applicant's grant and those of the group."""
    with transaction.atomic():
        found = row(application_id)
        if found is None or found.submitted_at is None:
            raise MissingError("There is no such application.")
        must_keep(actor, found.tier)
        if found.applicant_id == actor.user_id:
            raise NotPermittedError("Another steward revokes your own application.")
        _revoke_application(found, actor=actor, reason=reason.strip(), now=now)
    return found


def _revoke_application(
    application: Application, *, actor: Actor, reason: str, now: datetime
) -> None:
    application.state = step(application.state, "revoke", reason=reason)
    application.save(update_fields=["state"])
    audit.application_revoked(
        actor=actor,
        place=place_of(application.tier),
        number=application.number,
        applicant=application.applicant_id,
        reason=reason,
        now=now,
    )
    grants = Grant.objects.select_for_update(of=("self",)).select_related("tier__dataset")
    for each in grants.filter(application=application, revoked_at=None, ends__gt=now):
        _revoke(each, actor=actor, reason=reason, now=now)


def _revoke(grant: Grant, *, actor: Actor, reason: str, now: datetime) -> None:
    shut(grant, reason=reason, now=now)
    audit.grant_revoked(
        actor=actor,
        place=place_of(grant.tier),
        grant=grant.pk,
        holder=grant.holder_id,
        reason=reason,
        now=now,
    )


def _locked(grant_id: int) -> Grant:
    found = (
        Grant.objects.select_for_update(of=("self",))
        .select_related("tier__dataset")
        .filter(pk=grant_id)
        .first()
    )
    if found is None:
        raise MissingError("There is no such grant.")
    return found


def end_all_of(*, user_id: int, actor: Actor, now: datetime) -> None:
    """Before an account goes: withdraw what waits, end what was granted, also to a group it led.

    Raises:
        NotPermittedError: somebody else asks.
    """
    if not (actor.system or actor.user_id == user_id):
        raise NotPermittedError("Only the person ends their own.")
    with transaction.atomic():
        mine = Application.objects.filter(applicant=user_id)
        for pk in mine.filter(state__in=["submitted", "returned", "draft"]).values_list("pk"):
            _withdraw(pk[0], actor=actor, now=now)
        list(mine.select_for_update().order_by("pk"))  # nobody joins a group of theirs meanwhile
        grants = Grant.objects.select_for_update(of=("self",)).select_related("tier__dataset")
        led = grants.filter(application__applicant=user_id) | grants.filter(holder=user_id)
        for each in led.filter(revoked_at=None, ends__gt=now):
            reason = "the account was deleted"
            if each.holder_id != user_id:
                reason = "the account of the group's lead was deleted"
            _revoke(each, actor=actor, reason=reason, now=now)
        mine.filter(state=State.APPROVED).update(state=State.REVOKED)


def _withdraw(application_id: int, *, actor: Actor, now: datetime) -> None:
    found = row(application_id)
    if found is None:
        return
    was_sent = found.submitted_at is not None
    found.state, found.decided_at = step(found.state, "withdraw"), now
    found.save(update_fields=["state", "decided_at"])
    if was_sent:
        audit.application_withdrawn(
            actor=actor, place=place_of(found.tier), number=found.number, now=now
        )
