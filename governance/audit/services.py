"""Writing the record: one verb an action, so that the shape of an entry is fixed by a signature.

Every verb must be called inside the transaction of what it tells; outside of one it raises. So an
entry exists if and only if the act does, and an act whose entry can't be written does not happen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from ipaddress import ip_address, ip_network
from typing import Any, NamedTuple

from django.db import connection, transaction

from governance.audit import leaves, writing
from governance.audit.actors import HOUSE, Actor
from governance.audit.models import Entry, Outcome, Person, Strangers, new_salt
from governance.bells import ring


class OutsideTransactionError(RuntimeError):
    """An entry was to be written outside a transaction: a bug, never a refusal."""


class Place(NamedTuple):
    """What an entry is about. Empty where it does not apply."""

    dataset: str = ""
    version: str = ""
    tier: str = ""
    artefact: str = ""


LONGEST = 4000  # characters of a reason or a purpose


def _write(
    action: str,
    *,
    actor: Actor,
    now: datetime,
    place: Place = Place(),  # noqa: B008  a frozen value
    outcome: Outcome = Outcome.RECORDED,
    purpose: str = "",
    concerns: int | None = None,
    wake: bool = True,
    **told: Any,
) -> Entry:
    if not transaction.get_connection().in_atomic_block:
        raise OutsideTransactionError(f"{action} must be recorded inside its own transaction")
    person = Person(
        salt=new_salt(),
        user_id=actor.user_id,
        email=actor.email,
        name=actor.name,
        token=actor.token.name if actor.token else "",
        purpose=purpose[:LONGEST],
        concerns=concerns,
        address=actor.address,
        agent=actor.agent[:300],
    )
    told["reason"] = told.get("reason", "")[:LONGEST]
    told["detail"] = leaves.plain(told.get("detail", {}))
    entry = Entry(
        at=now,
        action=action,
        outcome=outcome,
        request_id=actor.request_id,
        commitment=leaves.commitment(person.salt, person),
        **place._asdict(),
        **told,
    )
    writing.insert(entry, person, leaves.halves(leaves.leaf_of(entry)))
    if wake:
        # Only a bell: who is told is read from the record, and a beat reads it anyway.
        ring("governance.notices.tasks.sweep")
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


def stranger_refused(*, address: str, dataset: str, now: datetime) -> None:
    """Count a refusal of a stranger; `strangers_told` writes the sums.

    One statement, so that nothing is lost between processes that count and one that tells.
    """
    minute = connection.ops.adapt_datetimefield_value(now.replace(second=0, microsecond=0))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_strangers (minute, prefix, dataset, refusals) "
            "VALUES (%s, %s, %s, 1) ON CONFLICT (minute, prefix, dataset) "
            "DO UPDATE SET refusals = audit_strangers.refusals + 1",
            [minute, prefix_of(address), dataset],
        )


def prefix_of(address: str) -> str:
    """The network of an address, wide enough not to name a person: /24 of IPv4, /48 of IPv6."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return ""
    return str(ip_network((parsed, 24 if parsed.version == 4 else 48), strict=False))


def strangers_told(*, now: datetime, at_most: int = 500) -> int:
    """Write one entry for each minute, address prefix and dataset that is over."""
    over = Strangers.objects.filter(minute__lt=now - timedelta(minutes=1)).order_by("minute")
    told = 0
    for count in list(over[:at_most]):
        with transaction.atomic():
            if not Strangers.objects.filter(pk=count.pk, refusals=count.refusals).delete()[0]:
                continue  # it grew, or another process told it
            _write(
                "strangers.refuse",
                actor=replace(HOUSE, address=count.prefix),
                now=now,
                place=Place(dataset=count.dataset),
                outcome=Outcome.REFUSED,
                detail={"refusals": count.refusals, "minute": leaves.iso(count.minute)},
                wake=False,
            )
        told += 1
    return told


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
    """A person agreed to a text, known by its sha256; `number` is that of the acceptance."""
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
    """Somebody asks for a tier that is open to approved people."""
    return _write(
        "application.submit", actor=actor, now=now, place=place, subject=f"application:{number}"
    )


def application_withdrawn(*, actor: Actor, place: Place, number: str, now: datetime) -> Entry:
    """The applicant took it back."""
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
    """A steward said yes: a grant begins, and ends at `ends`."""
    return _write(
        "application.approve",
        actor=actor,
        now=now,
        place=place,
        privileged=True,
        reason=reason,
        subject=f"application:{number}",
        concerns=applicant,
        grant=grant,
        detail={"ends": ends.isoformat()},
    )


def application_rejected(
    *, actor: Actor, place: Place, number: str, applicant: int, reason: str, now: datetime
) -> Entry:
    """A steward said no; the reason is the one that the applicant reads."""
    return _write(
        "application.reject",
        actor=actor,
        now=now,
        place=place,
        privileged=True,
        reason=reason,
        subject=f"application:{number}",
        concerns=applicant,
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
        concerns=applicant,
    )


def grant_ended(*, actor: Actor, place: Place, grant: int, holder: int, now: datetime) -> Entry:
    """The time of a grant was over. The grant itself shut at its end, told or not."""
    return _write(
        "grant.end",
        actor=actor,
        now=now,
        place=place,
        subject=f"grant:{grant}",
        concerns=holder,
        grant=grant,
    )


def grant_revoked(
    *, actor: Actor, place: Place, grant: int, holder: int, reason: str, now: datetime
) -> Entry:
    """A grant was ended early."""
    return _write(
        "grant.revoke",
        actor=actor,
        now=now,
        place=place,
        privileged=True,
        reason=reason,
        subject=f"grant:{grant}",
        concerns=holder,
        grant=grant,
    )


def role_given(
    *,
    actor: Actor,
    role: str,
    person: int,
    dataset: str,
    reason: str,
    now: datetime,
    ends: datetime | None = None,
) -> Entry:
    """A role begins, in place of the same one given before; `dataset` empty: everywhere."""
    return _write(
        "role.give",
        actor=actor,
        now=now,
        place=Place(dataset=dataset),
        privileged=True,
        reason=reason,
        subject=f"role:{role}",
        concerns=person,
        detail={"ends": leaves.iso(ends) if ends else None},
    )


def token_made(
    *, actor: Actor, name: str, dataset: str, ends: datetime, owner: int, now: datetime
) -> Entry:
    """A token was made; `owner` is another person when an operator made it."""
    return _write(
        "token.make",
        actor=actor,
        now=now,
        place=Place(dataset=dataset),
        subject=f"token:{name}",
        concerns=owner,
        detail={"ends": ends.isoformat()},
    )


def token_revoked(*, actor: Actor, name: str, now: datetime) -> Entry:
    """A token was ended by its owner."""
    return _write("token.revoke", actor=actor, now=now, subject=f"token:{name}")


# ------------------------------------------------------------------ rules and versions


def dataset_made(*, actor: Actor, place: Place, reason: str, now: datetime) -> Entry:
    """A dataset exists from now on, with the policies of its tiers."""
    return _write("dataset.make", actor=actor, now=now, place=place, privileged=True, reason=reason)


def source_named(*, actor: Actor, place: Place, kind: str, reason: str, now: datetime) -> Entry:
    """What a dataset is collected from was changed; `kind` of source, never an address."""
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
    *,
    actor: Actor,
    place: Place,
    terms_version: str,
    text_sha256: str,
    effective: datetime,
    reason: str,
    now: datetime,
) -> Entry:
    """A text of terms is in force from `effective`."""
    return _write(
        "terms.publish",
        actor=actor,
        now=now,
        place=place,
        privileged=True,
        reason=reason,
        terms_version=terms_version,
        detail={"text_sha256": text_sha256, "effective": leaves.iso(effective)},
    )


def build_started(
    *, actor: Actor, place: Place, build: int, reason: str, brief_sha256: str, now: datetime
) -> Entry:
    """A build of a version began, from a brief of this sha256."""
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
    """Somebody ended a build."""
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
    """A build ended without a version."""
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
    """What people labelled was taken in: a file of this sha256, so many rows."""
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
    """An auditor looked: what for (field names and values as typed) and how much was found.

    A name or address that was typed (`person`) stands in the personal part, as the purpose.
    """
    return _write(
        "record.search",
        actor=actor,
        now=now,
        privileged=True,
        reason="search of the record",
        purpose=terms.get("person", ""),
        detail={"fields": _sealable(terms), "found": found},
    )


def _sealable(terms: Mapping[str, str]) -> dict[str, str]:
    """The terms of a search that may stand in the log for ever."""
    return {name: value for name, value in terms.items() if name != "person"}


# ------------------------------------------------------------------ the record itself


def record_exported(
    *, actor: Actor, terms: Mapping[str, str], found: int, form: str, now: datetime
) -> Entry:
    """Entries left the house as a file: which search, how many, in which form.

    A typed `person` stands in the personal part, as for a search.
    """
    return _write(
        "record.export",
        actor=actor,
        now=now,
        privileged=True,
        reason="export of the record",
        purpose=terms.get("person", ""),
        detail={"fields": _sealable(terms), "found": found, "form": form},
    )


def key_changed(*, actor: Actor, how: str, key: str, reason: str, now: datetime) -> Entry:
    """The key that signs checkpoints was made, rotated or replaced after a loss."""
    return _write(
        f"key.{how}",
        actor=actor,
        now=now,
        privileged=True,
        reason=reason,
        detail={"key": key},
    )


def personal_erased(
    *, actor: Actor, kind: str, count: int, first: int, last: int, reason: str, now: datetime
) -> Entry:
    """The personal part of `count` entries, ids `first` to `last`, was erased; roots stay valid."""
    return _write(
        "person.erase",
        actor=actor,
        now=now,
        privileged=True,
        reason=reason,
        detail={"kind": kind, "count": count, "first": first, "last": last},
        wake=False,
    )


def volume_noticed(
    *,
    actor: Actor,
    person: int,
    day: date,
    tickets: int,
    limit: int,
    datasets: Sequence[str],
    now: datetime,
) -> Entry:
    """Somebody was let to far more files in a day than they used to be, and than others."""
    return _write(
        "volume.notice",
        actor=actor,
        now=now,
        concerns=person,
        detail={
            "day": day.isoformat(),
            "tickets": tickets,
            "limit": limit,
            "datasets": list(datasets),
        },
    )
