"""One entry of the record: what every verb writes, and where it may be written."""

from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction

from governance.audit import leaves, writing
from governance.audit.actors import Actor
from governance.audit.models import Entry, Outcome
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


def write(
    action: str,
    *,
    actor: Actor,
    now: datetime,
    place: Place = Place(),  # noqa: B008  a frozen value
    outcome: Outcome = Outcome.RECORDED,
    purpose: str = "",
    concerns: int | None = None,
    wake: bool = True,
    alone: bool = False,
    beside: writing.Beside | None = None,
    **told: Any,
) -> Entry:
    """`alone`: nothing else changes with it but what stands `beside` it, so it may be a
    transaction of its own."""
    if not alone and not transaction.get_connection().in_atomic_block:
        raise OutsideTransactionError(f"{action} must be recorded inside its own transaction")
    personal = {
        "user_id": actor.user_id,
        "email": actor.email,
        "name": actor.name,
        "token": actor.token.name if actor.token else "",
        "purpose": purpose[:LONGEST],
        "concerns": concerns,
        "address": actor.address,
        "agent": actor.agent[:300],
    }
    told |= place._asdict() | {
        "at": now,
        "action": action,
        "outcome": str(outcome),
        "request_id": actor.request_id,
        "reason": told.get("reason", "")[:LONGEST],
        "detail": leaves.plain(told.get("detail", {})),
    }
    entry = writing.insert(told, personal, beside=beside)
    if wake:
        # Only a bell: who is told is read from the record, and a beat reads it anyway.
        ring("governance.notices.tasks.sweep")
    return entry
