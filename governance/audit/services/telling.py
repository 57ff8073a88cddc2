"""What people are told: webhooks, addresses that give mail back, choices, follows."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from governance.audit.actors import Actor
from governance.audit.models import Entry
from governance.audit.services.entry import Place, write


def hook_changed(
    *,
    actor: Actor,
    verb: str,
    hook: int,
    now: datetime,
    detail: Mapping[str, Any] | None = None,
) -> Entry:
    """Its owner made, changed, paused, started or removed a webhook or gave it a new secret:
    `verb` says which. Its address stands with the webhook alone."""
    return write(
        f"hook.{verb}",
        actor=actor,
        now=now,
        subject=f"hook:{hook}",
        detail=dict(detail or {}),
        wake=False,
    )


def hook_disabled(
    *, actor: Actor, hook: int, owner: int, name: str, why: str, now: datetime
) -> Entry:
    """A webhook was switched off: it answered nothing good for days, or said that it is gone."""
    return write(
        "hook.disable",
        actor=actor,
        now=now,
        subject=f"hook:{hook}",
        concerns=owner,
        purpose=name,
        detail={"why": why},
    )


def address_failed(*, actor: Actor, concerns: int | None, why: str, now: datetime) -> Entry:
    """An address gave mail back; notices are not mailed to it until it is confirmed again."""
    return write("address.fail", actor=actor, now=now, concerns=concerns, detail={"why": why})


def address_confirmed(*, actor: Actor, concerns: int | None, now: datetime) -> Entry:
    """Mail reaches an address again: its owner opened a link that was mailed to it."""
    return write("address.confirm", actor=actor, now=now, concerns=concerns, wake=False)


def notices_chosen(
    *, actor: Actor, topic: str, channel: str, wanted: bool, how: str, now: datetime
) -> Entry:
    """Somebody wants to be told of a topic on a channel, or no longer: on the page, by the API or
    by the link of a mail (`how`)."""
    return write(
        "notices.choose",
        actor=actor,
        now=now,
        subject=f"topic:{topic}",
        detail={"channel": channel, "wanted": wanted, "how": how},
        wake=False,
    )


def dataset_followed(*, actor: Actor, place: Place, verb: str, now: datetime) -> Entry:
    """Somebody wants to be told of new versions (`begin`), or no longer (`end`)."""
    return write(f"follow.{verb}", actor=actor, now=now, place=place, wake=False)
