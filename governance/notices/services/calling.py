"""From the outbox to webhooks: several at a time, each by itself, so that one that hangs holds up
no other.

A message is tried until it is taken or three days are over, with longer and longer waits; a webhook
of which nothing good came for as long is switched off. At least once: a receiver knows a message
that comes twice by its webhook-id.
"""

import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta
from hashlib import sha256

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from governance.audit import services as audit
from governance.audit.actors import HOUSE
from governance.notices import signing
from governance.notices.calling import Answer, call
from governance.notices.models import Attempt, Channel, Hook, Message, State
from governance.notices.services.hooks import TEST

AT_ONCE = 8  # webhooks
AT_MOST = 64  # of one sweep
LEASE = timedelta(minutes=3)  # of a webhook, after which another process may call it
STOP = 60.0  # seconds after which no new call begins: well before the lease ends
WAITS = tuple(  # after the first, second ... failure; the last one again and again
    timedelta(seconds=each) for each in (5, 60, 300, 1800, 7200, 5 * 3600, 10 * 3600)
)
OFF_AFTER = timedelta(days=3)  # of failures alone
GONE = 410  # the receiver wants nothing more


def call_due(*, now: datetime) -> int:
    """Tell webhooks what is due. Returns how many messages were taken."""
    began, taken = time.monotonic(), 0
    hooks = _leased(now=now)
    if not hooks:
        return 0
    try:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            calls: dict[Future[Answer], tuple[Hook, Message]] = {}
            for hook in hooks:
                _begin(pool, calls, hook, began, now=now)
            while calls:
                ended, _ = wait(calls, return_when=FIRST_COMPLETED)
                for each in ended:
                    hook, message = calls.pop(each)
                    good = _note(hook, message, each.result(), now=_moved(now, began))
                    taken += good
                    if good:
                        _begin(pool, calls, hook, began, now=now)
    finally:
        Hook.objects.filter(pk__in=[each.pk for each in hooks]).update(lease_until=None)
    return taken


def _moved(now: datetime, began: float) -> datetime:
    return now + timedelta(seconds=time.monotonic() - began)


def _due(*, now: datetime) -> Q:
    """Of messages to a webhook: those that may be tried now. A test goes to any, others wait."""
    return Q(channel=Channel.HOOK, state=State.QUEUED, next_at__lte=now)


def _waiting(*, now: datetime) -> QuerySet[Hook]:
    messages = Message.objects.filter(_due(now=now), hook=OuterRef("pk"))
    active = Q(state=Hook.State.ACTIVE) & Exists(messages)
    tested = Exists(messages.filter(kind=TEST))
    free = Q(lease_until=None) | Q(lease_until__lte=now)
    return Hook.objects.filter(active | tested, free, next_at__lte=now)


def _leased(*, now: datetime) -> list[Hook]:
    waiting = _waiting(now=now)
    with transaction.atomic():
        chosen = list(
            waiting.select_for_update(skip_locked=True)
            .order_by("next_at", "pk")
            .values_list("pk", flat=True)[:AT_MOST]
        )
        Hook.objects.filter(pk__in=chosen).update(lease_until=now + LEASE)
    return list(Hook.objects.filter(pk__in=chosen))


def _begin(
    pool: ThreadPoolExecutor,
    calls: dict[Future[Answer], tuple[Hook, Message]],
    hook: Hook,
    began: float,
    *,
    now: datetime,
) -> None:
    if time.monotonic() - began > STOP:
        return
    due = Message.objects.filter(_due(now=now), hook=hook)
    if hook.state != Hook.State.ACTIVE:
        due = due.filter(kind=TEST)
    message = due.order_by("next_at", "pk").first()
    if message is None:
        return
    at = _moved(now, began)
    body = message.text.encode()
    known = [hook.secret]
    if hook.old_secret and hook.old_until is not None and hook.old_until > at:
        known.append(hook.old_secret)
    headers = signing.headers(
        map(signing.opened, known),
        message_id=webhook_id(message),
        timestamp=int(at.timestamp()),
        body=body,
    )
    private = frozenset(settings.WEBHOOK_PRIVATE_HOSTS)
    calls[pool.submit(call, hook.url, body, headers, private_hosts=private)] = (hook, message)


def webhook_id(message: Message) -> str:
    """The same on every try of a message, and of no other."""
    return f"msg_{sha256(message.key.encode()).hexdigest()[:32]}"


# ------------------------------------------------------------------ what came of it


def _note(hook: Hook, message: Message, answer: Answer, *, now: datetime) -> bool:
    with transaction.atomic():
        Attempt.objects.create(
            message=message,
            at=now,
            status=answer.status,
            milliseconds=round(answer.seconds * 1000),
            error=answer.error[:300],
            answer=answer.text,
        )
        mine = Message.objects.filter(pk=message.pk)
        mine.update(attempts=F("attempts") + 1, last_error=answer.error[:300])
        if answer.good:
            mine.update(state=State.SENT, sent_at=now)
            Hook.objects.filter(pk=hook.pk).update(failures=0, failing_since=None, next_at=now)
        else:
            _put_off(hook, message, answer, now=now)
    return answer.good


def _put_off(hook: Hook, message: Message, answer: Answer, *, now: datetime) -> None:
    again = now + max(_wait(message.attempts), timedelta(seconds=answer.retry_after))
    over = again > message.deadline or message.kind == TEST
    Message.objects.filter(pk=message.pk).update(
        next_at=again, state=State.FAILED if over else State.QUEUED
    )
    if hook.state != Hook.State.ACTIVE:
        return  # a test of one that is off changes nothing
    locked = Hook.objects.select_for_update().get(pk=hook.pk)
    locked.failing_since = locked.failing_since or now
    locked.next_at = now + max(_wait(locked.failures), timedelta(seconds=answer.retry_after))
    locked.failures += 1
    if answer.status == GONE or now - locked.failing_since >= OFF_AFTER:
        _switch_off(locked, answer, now=now)
    locked.save(update_fields=["failing_since", "failures", "next_at", "state", "why"])


def _wait(failures: int) -> timedelta:
    return WAITS[min(failures, len(WAITS) - 1)]


def _switch_off(hook: Hook, answer: Answer, *, now: datetime) -> None:
    hook.state = Hook.State.DISABLED
    hook.why = (
        "it answered 410, that it is gone"
        if answer.status == GONE
        else f"for {OFF_AFTER.days} days nothing good came of it; the last time: {answer.error}"
    )[:300]
    audit.hook_disabled(
        actor=HOUSE, hook=hook.pk, owner=hook.user_id, name=hook.name, why=hook.why, now=now
    )


def calls_waiting(*, now: datetime) -> bool:
    """Whether a webhook could be called now."""
    return _waiting(now=now).exists()


def rotate_keys() -> int:
    """Put the secrets of all webhooks under the first key; returns how many.

    Raises:
        cryptography.fernet.InvalidToken: one of them is under a key that is not given.
    """
    done = 0
    for pk in list(Hook.objects.values_list("pk", flat=True)):
        with transaction.atomic():
            hook = Hook.objects.select_for_update().filter(pk=pk).first()
            if hook is not None:
                hook.secret = signing.resealed(hook.secret)
                hook.old_secret = signing.resealed(hook.old_secret) if hook.old_secret else ""
                hook.save(update_fields=["secret", "old_secret"])
                done += 1
    return done
