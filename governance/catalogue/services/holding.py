"""Legal holds: they delay the purge of a version, never its closing."""

from datetime import datetime, timedelta

from django.db import transaction

from governance.audit import services as audit
from governance.audit.actors import Actor, Role
from governance.bells import ring
from governance.catalogue.models import Hold, Purge, Version
from governance.catalogue.services.rows import locked, place
from governance.catalogue.states import PUBLIC
from governance.errors import InvalidError, MissingError, NotPermittedError, WrongStateError

LONGEST = timedelta(days=5 * 366)


def place_hold(
    *, actor: Actor, version_id: int, reason: str, until: datetime, now: datetime
) -> Hold:
    """Keep the bytes of a version for a legal matter until a moment; nothing of it is served more
    for that.

    Raises:
        NotPermittedError: `actor` is no admin of the dataset.
        WrongStateError: it was never published, its bytes are gone, or a hold is in force.
        InvalidError: no reason, or an end that has passed or is over five years away.
    """
    with transaction.atomic():
        version = locked(version_id)
        check_keeper(actor, version)
        fields = {}
        if not reason.strip():
            fields["reason"] = "Name the matter: it stays in the record."
        if not now < until <= now + LONGEST:
            fields["until"] = "A hold ends in the future, and within five years."
        if fields:
            raise InvalidError("This hold can't be placed.", fields=fields)
        if version.state not in PUBLIC:
            raise WrongStateError("Only a version that was published can be held.")
        purge = Purge.objects.filter(version=version).first()
        if purge is not None and purge.state == Purge.State.DONE:
            raise WrongStateError("Its bytes are gone already: there is nothing to hold.")
        if Hold.objects.filter(version=version, lifted_at=None, until__gt=now).exists():
            raise WrongStateError("A hold is in force: lift it before another is placed.")
        hold = Hold.objects.create(
            version=version,
            reason=reason.strip(),
            until=until,
            placed_at=now,
            placed_by=actor.user_id,
            placed_by_name=actor.name or actor.email,
        )
        audit.version_held(
            actor=actor,
            place=place(version),
            hold=hold.pk,
            until=until,
            reason=hold.reason,
            now=now,
        )
    return hold


def lift_hold(*, actor: Actor, hold_id: int, reason: str, now: datetime) -> Hold:
    """End a hold before its time; a purge that waited for it goes on.

    Raises:
        NotPermittedError: `actor` is no admin of the dataset.
        WrongStateError: it is not in force, or no reason was given.
    """
    with transaction.atomic():
        known = Hold.objects.filter(pk=hold_id).first()
        if known is None:
            raise MissingError("There is no such hold.")
        version = locked(known.version_id)
        hold = Hold.objects.select_for_update(of=("self",)).get(pk=hold_id)
        check_keeper(actor, version)
        if hold.lifted_at is not None or hold.until <= now:
            raise WrongStateError("This hold has ended already.")
        if not reason.strip():
            raise InvalidError("Give a reason.", fields={"reason": "It stays in the record."})
        hold.lifted_at, hold.lifted_by, hold.lifted_reason = now, actor.user_id, reason.strip()
        hold.save(update_fields=["lifted_at", "lifted_by", "lifted_reason"])
        Purge.objects.filter(version=version, state=Purge.State.HELD).update(next_at=now)
        audit.version_unheld(
            actor=actor, place=place(version), hold=hold.pk, reason=hold.lifted_reason, now=now
        )
        ring("pipeline.engine.tasks.purge")
    return hold


def check_keeper(actor: Actor, version: Version) -> None:
    """Raise NotPermittedError unless `actor` may place and lift holds on it."""
    if not actor.acts_as(Role.ADMIN, version.dataset_id):
        raise NotPermittedError("Only an admin of the dataset places and lifts a legal hold.")
