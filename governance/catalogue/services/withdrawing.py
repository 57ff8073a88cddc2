"""A version is no longer served: withdrawn by an admin, or closed when its time is over.

Either way nothing of it is handed out from the commit on (the rule looks at the state), and the
erasing of its bytes is asked for in the same transaction.
"""

from datetime import datetime, timedelta

from django.db import transaction

from governance import dates
from governance.audit import services as audit
from governance.audit.actors import HOUSE, Actor, Role
from governance.bells import ring
from governance.catalogue.models import Purge, Version
from governance.catalogue.services.rows import locked, place
from governance.catalogue.states import OPEN, State, step
from governance.errors import InvalidError, NotPermittedError

ERASE_WITHIN = timedelta(days=14)  # what holders have to erase their copies, unless told otherwise
LONGEST = timedelta(days=366)


def withdraw_version(
    *,
    version_id: int,
    actor: Actor,
    reason: str,
    now: datetime,
    erase_by: datetime | None = None,
    successor: str | None = None,
) -> Version:
    """Stop serving a version at once, on every surface. Its record stays, its bytes go.

    `erase_by` is the deadline for who holds a copy (ERASE_WITHIN from now unless given);
    `successor` the number of the version to take in its place: the current one unless another is
    named, none when "" is given or there is no other. Withdrawing the only version succeeds.

    Raises:
        NotPermittedError: `actor` is no admin of the dataset.
        WrongStateError: it is not handed out anyway, or no reason was given.
        InvalidError: a deadline that has passed or is over a year away, a successor that can't be
            had.
    """
    with transaction.atomic():
        version = locked(version_id)
        if not actor.acts_as(Role.ADMIN, version.dataset_id):
            raise NotPermittedError("Only an admin withdraws a version.")
        version.state = step(version.state, "withdraw", reason=reason)
        version.erase_by = _deadline(erase_by, now)
        version.successor = _successor(version, successor, now)
        version.withdrawn_at, version.withdrawn_reason = now, reason.strip()
        version.save(
            update_fields=["state", "withdrawn_at", "withdrawn_reason", "erase_by", "successor"]
        )
        ask_for_purge(version, now=now)
        audit.version_moved(
            actor=actor,
            place=place(version),
            verb="withdraw",
            reason=reason.strip(),
            now=now,
            detail={
                "erase_by": version.erase_by.isoformat(),
                "successor": version.successor.number if version.successor else "",
            },
        )
    return version


def _deadline(given: datetime | None, now: datetime) -> datetime:
    if given is None:
        return now + ERASE_WITHIN
    if not now < given <= now + LONGEST:
        told = "The deadline must lie ahead, and within a year."
        raise InvalidError(told, fields={"erase_by": told})
    return given


def _successor(version: Version, number: str | None, now: datetime) -> Version | None:
    others = Version.objects.filter(dataset=version.dataset_id, state__in=OPEN).exclude(
        pk=version.pk
    )
    if number is None:
        return others.filter(state=State.PUBLISHED).first()
    if not number:
        return None
    found = others.filter(number=number).first()
    if found is None or (found.serve_until is not None and found.serve_until <= now):
        told = f"Version {number[:20]} can't be had, so it can't take the place of another."
        raise InvalidError(told, fields={"successor": told})
    return found


def close_over(*, now: datetime, dataset_id: int | None = None, at_most: int = 100) -> int:
    """Close superseded versions whose time is over, and ask for their purge. Returns how many.

    They are refused from that moment anyway; this only brings the state in line.
    """
    over = Version.objects.filter(state=State.SUPERSEDED, serve_until__lte=now)
    if dataset_id is not None:
        over = over.filter(dataset=dataset_id)
    return sum(_close(each, now=now) for each in list(over.values_list("pk", flat=True)[:at_most]))


def _close(version_id: int, *, now: datetime) -> bool:
    with transaction.atomic():
        version = locked(version_id)
        until = version.serve_until
        if version.state != State.SUPERSEDED or until is None or until > now:
            return False  # somebody else was faster
        version.state = step(version.state, "close")
        version.withdrawn_at, version.erase_by = now, until
        version.withdrawn_reason = f"superseded, and served until {dates.day(until)}"
        version.successor = Version.objects.filter(
            dataset=version.dataset_id, state=State.PUBLISHED
        ).first()
        version.save(
            update_fields=["state", "withdrawn_at", "withdrawn_reason", "erase_by", "successor"]
        )
        ask_for_purge(version, now=now)
        audit.version_moved(
            actor=HOUSE,
            place=place(version),
            verb="close",
            reason=version.withdrawn_reason,
            now=now,
            detail={"successor": version.successor.number if version.successor else ""},
        )
    return True


def ask_for_purge(version: Version, *, now: datetime) -> Purge:
    """Its bytes are to go. In the transaction that closes it; again is no change."""
    asked, _ = Purge.objects.get_or_create(
        version=version, defaults={"asked_at": now, "next_at": now}
    )
    ring("pipeline.engine.tasks.purge")
    return asked
