"""Webhooks: made, changed, given a new secret, tried, switched on and off by their owner."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from django.conf import settings
from django.db import transaction

from governance.audit import leaves
from governance.audit import services as audit
from governance.audit.actors import Actor
from governance.bells import ring
from governance.errors import InvalidError, MissingError, NotPermittedError, WrongStateError
from governance.notices import signing
from governance.notices.models import Channel, Hook, Message, State
from governance.notices.topics import TOPICS
from network.addresses import LONGEST, ODD

MOST = 10  # webhooks of one person
BOTH_HOLD = timedelta(hours=24)  # the old secret signs as well
TRY_FOR = timedelta(days=3)
TEST = "webhook.test"
BELL = "governance.notices.tasks.call"


def make_hook(
    *, actor: Actor, name: str, url: str, topics: Sequence[str], now: datetime
) -> tuple[Hook, str]:
    """Make a webhook and return it with its secret, which is shown this once.

    Raises:
        NotPermittedError: a stranger, an address that is not confirmed, or a token that does not
            act for its owner.
        InvalidError: name, address or topics can't be used; `fields` says which.
        WrongStateError: there are MOST of them already.
    """
    _require_own(actor)
    given = _checked(name=name, url=url, topics=topics)
    secret = signing.new_secret()
    with transaction.atomic():
        if Hook.objects.filter(user_id=actor.user_id).count() >= MOST:
            raise WrongStateError(f"There are {MOST} webhooks already: remove one first.")
        hook = Hook.objects.create(
            user_id=actor.user_id, secret=signing.seal(secret), next_at=now, made_at=now, **given
        )
        _recorded(actor, "make", hook, now, topics=given["topics"])
    return hook, secret


def change_hook(
    *, actor: Actor, hook_id: int, name: str, url: str, topics: Sequence[str], now: datetime
) -> Hook:
    """Change what it is called, where it is and what it is told. Another address is tried anew."""
    _require_own(actor)
    given = _checked(name=name, url=url, topics=topics)
    with transaction.atomic():
        hook = _own(actor, hook_id)
        moved = hook.url != given["url"]
        if moved:
            given |= {"failures": 0, "failing_since": None, "next_at": now}
        for field, value in given.items():
            setattr(hook, field, value)
        hook.save(update_fields=list(given))
        _recorded(actor, "change", hook, now, topics=given["topics"], moved=moved)
    return hook


def rotate_hook(*, actor: Actor, hook_id: int, now: datetime) -> tuple[Hook, str]:
    """A new secret, shown this once. The one before signs as well for BOTH_HOLD."""
    _require_own(actor)
    secret = signing.new_secret()
    with transaction.atomic():
        hook = _own(actor, hook_id)
        hook.old_secret, hook.old_until = hook.secret, now + BOTH_HOLD
        hook.secret = signing.seal(secret)
        hook.save(update_fields=["secret", "old_secret", "old_until"])
        _recorded(actor, "rotate", hook, now)
    return hook, secret


def set_hook_state(*, actor: Actor, hook_id: int, active: bool, now: datetime) -> Hook:
    """Pause it, or start it (again): what still waits for it is told then."""
    _require_own(actor)
    with transaction.atomic():
        hook = _own(actor, hook_id)
        if (hook.state == Hook.State.ACTIVE) == active:
            return hook
        hook.state = Hook.State.ACTIVE if active else Hook.State.PAUSED
        hook.why, hook.failures, hook.failing_since, hook.next_at = "", 0, None, now
        hook.save(update_fields=["state", "why", "failures", "failing_since", "next_at"])
        _recorded(actor, "start" if active else "pause", hook, now)
        ring(BELL)
    return hook


def remove_hook(*, actor: Actor, hook_id: int, now: datetime) -> None:
    """It is told nothing from now on; its log goes with it."""
    _require_own(actor)
    with transaction.atomic():
        hook = _own(actor, hook_id)
        _recorded(actor, "remove", hook, now)
        hook.delete()


def test_hook(*, actor: Actor, hook_id: int, now: datetime) -> Message:
    """Send a test event, also to one that is paused or switched off."""
    _require_own(actor)
    body: dict[str, Any] = {
        "type": TEST,
        "timestamp": leaves.iso(now),
        "data": {"subject": "A test", "text": ["Your webhook works."], "url": ""},
    }
    with transaction.atomic():
        hook = _own(actor, hook_id)
        made = Message.objects.create(
            key=f"test:{uuid4()}",
            kind=TEST,
            channel=Channel.HOOK,
            user_id=hook.user_id,
            hook=hook,
            subject="A test",
            text=json.dumps(body, separators=(",", ":")),
            made_at=now,
            next_at=now,
            deadline=now + timedelta(minutes=10),
        )
        Hook.objects.filter(pk=hook.pk).update(next_at=now)
        ring(BELL)
    return made


test_hook.__test__ = False  # type: ignore[attr-defined]  not for pytest


def redeliver(*, actor: Actor, hook_id: int, message_id: int, now: datetime) -> Message:
    """Tell a message once more, under the same webhook-id, so that a receiver knows it again."""
    _require_own(actor)
    with transaction.atomic():
        hook = _own(actor, hook_id)
        if hook.state != Hook.State.ACTIVE:
            raise WrongStateError("This webhook is not active: start it first.")
        message = Message.objects.filter(pk=message_id, hook=hook).first()
        if message is None:
            raise MissingError("There is no such delivery.")
        message.state, message.next_at, message.attempts = State.QUEUED, now, 0
        message.deadline = now + TRY_FOR
        message.save(update_fields=["state", "next_at", "attempts", "deadline"])
        Hook.objects.filter(pk=hook.pk).update(next_at=now)
        ring(BELL)
    return message


# ------------------------------------------------------------------ what they share


def _require_own(actor: Actor) -> None:
    actor.require_standing()
    if not actor.signed_in or not actor.verified:
        raise NotPermittedError("Sign in with a confirmed address to look after webhooks.")
    if not (actor.token is None or actor.may_act("")):
        raise NotPermittedError("This asks for a token of scope act for every dataset.")


def _own(actor: Actor, hook_id: int) -> Hook:
    found = Hook.objects.select_for_update().filter(pk=hook_id, user_id=actor.user_id).first()
    if found is None:
        raise MissingError("There is no such webhook of yours.")
    return found


def _checked(*, name: str, url: str, topics: Sequence[str]) -> dict[str, Any]:
    fields = {}
    if not 1 <= len(name.strip()) <= 100:
        fields["name"] = "Give it a name, e.g. what listens there."
    if told := _why_not(url.strip()):
        fields["url"] = told
    if unknown := [each for each in topics if each not in TOPICS]:
        fields["topics"] = f"There is no topic {unknown[0][:40]}. There are: {', '.join(TOPICS)}."
    if fields:
        raise InvalidError("The webhook can't be like this.", fields=fields)
    kept = [each for each in TOPICS if each in set(topics)]
    return {"name": name.strip(), "url": url.strip(), "topics": kept}


def _why_not(url: str) -> str:
    """What is wrong with an address as it is written; where it leads is looked at on each try."""
    wanted = " or ".join(f"{each}://" for each in settings.WEBHOOK_PROTOCOLS)
    if not url or len(url) > LONGEST or ODD.search(url) or not url.isascii():
        return f"Write an address that begins with {wanted}."
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        host = ""
    if not host or parts.scheme not in settings.WEBHOOK_PROTOCOLS:
        return f"Write an address that begins with {wanted}."
    if parts.username is not None or parts.password is not None:
        return "An address must not hold a name or a password: the signature shows who sends."
    if parts.fragment:
        return "Leave out what follows the #: it is never sent."
    return ""


def _recorded(actor: Actor, verb: str, hook: Hook, now: datetime, **detail: Any) -> None:
    audit.hook_changed(actor=actor, verb=verb, hook=hook.pk, now=now, detail=detail)
