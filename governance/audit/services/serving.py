"""What is handed out, and what is refused."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network

from django.db import connection, transaction

from governance.audit import leaves
from governance.audit.actors import HOUSE, Actor
from governance.audit.models import Entry, Outcome, Strangers
from governance.audit.services.entry import Place, write
from governance.audit.writing import Beside


def ticket_issued(
    *,
    actor: Actor,
    place: Place,
    terms_version: str,
    grant: int | None,
    size: int,
    now: datetime,
    beside: Beside | None = None,
) -> Entry:
    """Someone is let to one artefact; written before any byte or address leaves.

    `beside` are the rows by which they hold a copy from now on.
    """
    return write(
        "ticket.issue",
        actor=actor,
        now=now,
        place=place,
        outcome=Outcome.ALLOWED,
        terms_version=terms_version,
        grant=grant,
        detail={"size": size},
        wake=False,
        alone=True,
        beside=beside,
    )


def access_refused(
    *, actor: Actor, place: Place, action: str, reasons: Sequence[str], now: datetime
) -> Entry:
    """A signed-in person is refused; `reasons` are the codes of the missing steps, in order."""
    return write(
        f"{action}.refuse",
        actor=actor,
        now=now,
        place=place,
        outcome=Outcome.REFUSED,
        reasons=list(reasons),
        wake=False,
        alone=True,
    )


def act_refused(*, actor: Actor, what: str, reason_code: str, now: datetime) -> Entry:
    """A signed-in person asked for an act or a page of the staff that they have no right to."""
    return write(
        "act.refuse",
        actor=actor,
        now=now,
        outcome=Outcome.REFUSED,
        subject=f"route:{what}"[:200],
        reasons=[reason_code],
        wake=False,
        alone=True,
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
            write(
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
