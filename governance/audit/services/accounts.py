"""Accounts and tokens."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from governance.audit.actors import Actor
from governance.audit.models import Entry
from governance.audit.services.entry import Place, write


def token_made(
    *,
    actor: Actor,
    name: str,
    dataset: str,
    ends: datetime,
    owner: int,
    now: datetime,
    scope: str = "read",
    second_factor: bool = False,
) -> Entry:
    """A token was made; `owner` is another person when an operator made it."""
    return write(
        "token.make",
        actor=actor,
        now=now,
        place=Place(dataset=dataset),
        subject=f"token:{name}",
        concerns=owner,
        detail={"ends": ends.isoformat(), "scope": scope, "second_factor": second_factor},
    )


def token_revoked(*, actor: Actor, name: str, now: datetime) -> Entry:
    """A token was ended by its owner."""
    return write("token.revoke", actor=actor, now=now, subject=f"token:{name}")


def account_changed(
    *, actor: Actor, verb: str, now: datetime, detail: Mapping[str, Any] | None = None
) -> Entry:
    """Somebody changed how they sign in; `verb` is password, factor-add, address-change and such.

    `detail` is sealed for ever: kinds and counts, never an address or a name.
    """
    return write(f"account.{verb}", actor=actor, now=now, detail=dict(detail or {}))


def factors_reset(
    *,
    actor: Actor,
    person: int,
    kinds: Sequence[str],
    factors: int,
    sessions: int,
    tokens: int,
    reason: str,
    now: datetime,
) -> Entry:
    """Second factors of these kinds were taken off a person, by an admin or the operator; how many,
    and how many sessions and tokens ended with them."""
    return write(
        "person.reset-factors",
        actor=actor,
        now=now,
        privileged=True,
        reason=reason,
        concerns=person,
        detail={
            "kinds": list(kinds), "factors": factors, "sessions": sessions, "tokens": tokens,
        },
    )  # fmt: skip
