"""What holders of copies declare."""

from datetime import datetime

from governance.audit.actors import Actor
from governance.audit.models import Entry
from governance.audit.services.entry import Place, write


def copy_attested(
    *, actor: Actor, place: Place, number: str, how: str, statement: str, now: datetime
) -> Entry:
    """A holder declares what became of a copy: `how` is replaced or deleted."""
    return write(
        "copy.attest",
        actor=actor,
        now=now,
        place=place,
        subject=f"attestation:{number}",
        detail={"how": how, "statement": statement},
        wake=False,
    )
