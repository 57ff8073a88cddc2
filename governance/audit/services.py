"""Writing the record: one verb an action, so that the shape of an entry is fixed by a signature.

Every verb must be called inside the transaction of what it tells; outside of one it raises. So an
entry exists if and only if the act does, and an act whose entry can't be written does not happen.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from celery import current_app
from django.db import transaction

from governance.audit.actors import Actor
from governance.audit.models import Entry, Outcome, Person


class OutsideTransactionError(RuntimeError):
    """An entry was to be written outside a transaction: a bug, never a refusal."""


class Place(NamedTuple):
    """What an entry is about. Empty where it does not apply."""

    dataset: str = ""
    version: str = ""
    tier: str = ""
    artefact: str = ""


def _write(
    action: str,
    *,
    actor: Actor,
    now: datetime,
    place: Place = Place(),  # noqa: B008  a frozen value
    outcome: Outcome = Outcome.RECORDED,
    purpose: str = "",
    privileged: bool = False,
    wake: bool = True,
    **told: Any,
) -> Entry:
    if not transaction.get_connection().in_atomic_block:
        raise OutsideTransactionError(f"{action} must be recorded inside its own transaction")
    entry = Entry.objects.create(
        at=now,
        action=action,
        outcome=outcome,
        privileged=privileged,
        request_id=actor.request_id,
        **place._asdict(),
        **told,
    )
    Person.objects.create(
        entry=entry,
        user_id=actor.user_id,
        email=actor.email,
        name=actor.name,
        token=actor.token.name if actor.token else "",
        purpose=purpose,
        address=actor.address,
        agent=actor.agent[:300],
    )
    if wake:
        # Only a bell: who is told is read from the record, and a beat reads it anyway.
        ring = partial(current_app.send_task, "governance.notices.tasks.sweep")
        transaction.on_commit(ring, robust=True)
    return entry


# ------------------------------------------------------------------ bytes


def ticket_issued(
    *, actor: Actor, place: Place, terms_version: str, grant: int | None, size: int, now: datetime
) -> Entry:
    """Someone is let to one artefact; written before any byte or address leaves."""
    return _write(
        "ticket.issue",
        actor=actor,
        now=now,
        place=place,
        outcome=Outcome.ALLOWED,
        terms_version=terms_version,
        grant=grant,
        detail={"size": size},
        wake=False,
    )


def access_refused(
    *, actor: Actor, place: Place, action: str, reasons: Sequence[str], now: datetime
) -> Entry:
    """A signed-in person is refused; `reasons` are the codes of the missing steps, in order."""
    return _write(
        f"{action}.refuse",
        actor=actor,
        now=now,
        place=place,
        outcome=Outcome.REFUSED,
        reasons=list(reasons),
        wake=False,
    )


# ------------------------------------------------------------------ people


def terms_accepted(
    *,
    actor: Actor,
    place: Place,
    terms_version: str,
    number: str,
    text_sha256: str,
    purpose: str,
    now: datetime,
) -> Entry:
    return _write(
        "terms.accept",
        actor=actor,
        now=now,
        place=place,
        purpose=purpose,
        terms_version=terms_version,
        subject=f"acceptance:{number}",
        detail={"text_sha256": text_sha256},
    )


def application_submitted(*, actor: Actor, place: Place, number: str, now: datetime) -> Entry:
    return _write(
        "application.submit", actor=actor, now=now, place=place, subject=f"application:{number}"
    )


def application_withdrawn(*, actor: Actor, place: Place, number: str, now: datetime) -> Entry:
    return _write(
        "application.withdraw", actor=actor, now=now, place=place, subject=f"application:{number}"
    )


def application_approved(
    *,
    actor: Actor,
    place: Place,
    number: str,
    applicant: int,
    grant: int,
    ends: datetime,
    reason: str,
    now: datetime,
) -> Entry:
    return _write(
        "application.approve",
        actor=actor,
        now=now,
        place=place,
        privileged=True,
        reason=reason,
        subject=f"application:{number}",
        subject_id=applicant,
        grant=grant,
        detail={"ends": ends.isoformat()},
    )


def application_rejected(
    *, actor: Actor, place: Place, number: str, applicant: int, reason: str, now: datetime
) -> Entry:
    return _write(
        "application.reject",
        actor=actor,
        now=now,
        place=place,
        privileged=True,
        reason=reason,
        subject=f"application:{number}",
        subject_id=applicant,
    )


def application_expired(
    *, actor: Actor, place: Place, number: str, applicant: int, now: datetime
) -> Entry:
    """Nobody answered in time: the application ends without a grant."""
    return _write(
        "application.expire",
        actor=actor,
        now=now,
        place=place,
        subject=f"application:{number}",
        subject_id=applicant,
    )


def grant_ended(*, actor: Actor, place: Place, grant: int, holder: int, now: datetime) -> Entry:
    return _write(
        "grant.end",
        actor=actor,
        now=now,
        place=place,
        subject=f"grant:{grant}",
        subject_id=holder,
        grant=grant,
    )


def grant_revoked(
    *, actor: Actor, place: Place, grant: int, holder: int, reason: str, now: datetime
) -> Entry:
    return _write(
        "grant.revoke",
        actor=actor,
        now=now,
        place=place,
        privileged=True,
        reason=reason,
        subject=f"grant:{grant}",
        subject_id=holder,
        grant=grant,
    )


def role_given(
    *, actor: Actor, role: str, person: int, dataset: str, reason: str, now: datetime
) -> Entry:
    return _write(
        "role.give",
        actor=actor,
        now=now,
        place=Place(dataset=dataset),
        privileged=True,
        reason=reason,
        subject=f"role:{role}",
        subject_id=person,
    )


def token_made(
    *, actor: Actor, name: str, dataset: str, ends: datetime, owner: int, now: datetime
) -> Entry:
    return _write(
        "token.make",
        actor=actor,
        now=now,
        place=Place(dataset=dataset),
        subject=f"token:{name}",
        subject_id=owner,
        detail={"ends": ends.isoformat()},
    )


def token_revoked(*, actor: Actor, name: str, now: datetime) -> Entry:
    return _write("token.revoke", actor=actor, now=now, subject=f"token:{name}")


# ------------------------------------------------------------------ rules and versions


def dataset_made(*, actor: Actor, place: Place, reason: str, now: datetime) -> Entry:
    return _write("dataset.make", actor=actor, now=now, place=place, privileged=True, reason=reason)


def source_named(*, actor: Actor, place: Place, kind: str, reason: str, now: datetime) -> Entry:
    return _write(
        "dataset.source",
        actor=actor,
        now=now,
        place=place,
        privileged=True,
        reason=reason,
        detail={"kind": kind},
    )


def terms_published(
    *, actor: Actor, place: Place, terms_version: str, text_sha256: str, reason: str, now: datetime
) -> Entry:
    return _write(
        "terms.publish",
        actor=actor,
        now=now,
        place=place,
        privileged=True,
        reason=reason,
        terms_version=terms_version,
        detail={"text_sha256": text_sha256},
    )


def build_started(
    *, actor: Actor, place: Place, build: int, reason: str, brief_sha256: str, now: datetime
) -> Entry:
    return _write(
        "build.start",
        actor=actor,
        now=now,
        place=place,
        privileged=True,
        reason=reason,
        subject=f"build:{build}",
        detail={"brief_sha256": brief_sha256},
    )


def build_cancelled(*, actor: Actor, place: Place, build: int, reason: str, now: datetime) -> Entry:
    return _write(
        "build.cancel",
        actor=actor,
        now=now,
        place=place,
        privileged=True,
        reason=reason,
        subject=f"build:{build}",
    )


def build_failed(*, actor: Actor, place: Place, build: int, cause: str, now: datetime) -> Entry:
    return _write(
        "build.fail",
        actor=actor,
        now=now,
        place=place,
        subject=f"build:{build}",
        detail={"cause": cause},
    )


def version_made(
    *, actor: Actor, place: Place, manifest_sha256: str, build: int, now: datetime
) -> Entry:
    """A build ended well: the version is a candidate."""
    return _write(
        "version.make",
        actor=actor,
        now=now,
        place=place,
        subject=f"build:{build}",
        detail={"manifest_sha256": manifest_sha256},
    )


def version_moved(
    *,
    actor: Actor,
    place: Place,
    verb: str,
    reason: str,
    now: datetime,
    detail: Mapping[str, Any] | None = None,
) -> Entry:
    """`verb` is a move of `catalogue.states`: approve, reject, publish, supersede, withdraw."""
    return _write(
        f"version.{verb}",
        actor=actor,
        now=now,
        place=place,
        privileged=True,
        reason=reason,
        detail=dict(detail or {}),
    )


def removal_recorded(
    *, actor: Actor, place: Place, removal: int, reason: str, now: datetime
) -> Entry:
    """A selector enters the removal ledger. The entry names the ledger's row, never the subject."""
    return _write(
        "removal.record",
        actor=actor,
        now=now,
        place=place,
        privileged=True,
        reason=reason,
        subject=f"removal:{removal}",
    )


def annotations_imported(
    *, actor: Actor, place: Place, sha256: str, rows: int, reason: str, now: datetime
) -> Entry:
    return _write(
        "annotations.import",
        actor=actor,
        now=now,
        place=place,
        privileged=True,
        reason=reason,
        detail={"sha256": sha256, "rows": rows},
    )


def record_searched(*, actor: Actor, terms: Mapping[str, str], found: int, now: datetime) -> Entry:
    """An auditor looked: what for (field names and values as typed) and how much was found."""
    return _write(
        "record.search",
        actor=actor,
        now=now,
        privileged=True,
        reason="search of the record",
        detail={"fields": dict(terms), "found": found},
    )
