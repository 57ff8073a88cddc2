"""From the outbox to a mail server: claimed in batches, one connection a batch, noted one by one.

At least once: a process that dies between the server's yes and the note of it sends that one mail
again, with the same Message-ID. All others of its batch go out once, when its claim has ended.
"""

import smtplib
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import structlog
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import F, QuerySet

from governance.notices import bounces, unsubscribing
from governance.notices.models import Channel, Message, State
from governance.notices.services.reaching import mark_unreachable

CLAIM = timedelta(minutes=5)  # after which another process may take what this one had in hand
STOP = 120.0  # seconds after which a batch is put back: well before its claim ends
SENDERS = 2  # processes that send at the same time
AWAY = timedelta(minutes=1)  # until a mail server that is away is asked again
FIRST_WAIT, LONGEST_WAIT = 30, 6 * 3600  # seconds, doubled in between
log = structlog.get_logger()


def deliver_due(*, now: datetime, at_most: int = 100) -> int:
    """Send mails that are due, the oldest first. Returns how many went out."""
    mails = Message.objects.filter(channel=Channel.MAIL)
    others = mails.filter(state=State.QUEUED, next_at__gt=now).exclude(claim="")
    if others.values("claim").distinct().count() >= SENDERS:
        return 0
    claim = _claimed(mails.filter(state=State.QUEUED, next_at__lte=now), at_most, now=now)
    if not claim:
        return 0
    mine = Message.objects.filter(claim=claim)
    connection = get_connection()
    try:
        connection.open()
    except Exception as error:  # noqa: BLE001  whatever a mail server does costs patience
        log.warning("mail.away", error=type(error).__name__)
        _put_off(mine, error, now=now)
        return 0
    try:
        return _deliver_all(list(mine.select_related("body").order_by("pk")), connection, now=now)
    finally:
        mine.update(claim="", next_at=now, attempts=F("attempts") - 1)  # what was not tried
        _close(connection)


def _claimed(due: QuerySet[Message], at_most: int, *, now: datetime) -> str:
    """The word under which up to `at_most` of these are this process's alone; empty for none."""
    claim = uuid4().hex
    with transaction.atomic():
        free = due.select_for_update(skip_locked=True, of=("self",)).order_by("next_at", "pk")
        chosen = list(free.values_list("pk", flat=True)[:at_most])
        # Conditional: on SQLite, which locks no rows, the second of two finds them taken.
        taken = due.filter(pk__in=chosen).update(
            claim=claim, next_at=now + CLAIM, attempts=F("attempts") + 1
        )
    return claim if taken else ""


def _put_off(mine: QuerySet[Message], error: Exception, *, now: datetime) -> None:
    told = {"claim": "", "last_error": type(error).__name__[:300]}
    mine.filter(deadline__lt=now + AWAY).update(state=State.FAILED, **told)
    mine.update(next_at=now + AWAY, **told)


def _deliver_all(batch: Sequence[Message], connection: BaseEmailBackend, *, now: datetime) -> int:
    began, sent = time.monotonic(), 0
    for message in batch:
        if time.monotonic() - began > STOP:
            break
        try:
            _mail(message, connection).send()
        except Exception as error:  # noqa: BLE001  whatever a mail server does costs one message
            _failed(message, error, now=now)
            if not bounces.is_answer(error) and not _again(connection):
                break
        else:
            Message.objects.filter(pk=message.pk).update(
                state=State.SENT, sent_at=now, last_error="", claim=""
            )
            sent += 1
    return sent


def _mail(message: Message, connection: BaseEmailBackend) -> EmailMultiAlternatives:
    text, html = message.text, message.html
    if message.body is not None:
        text, html = message.body.text, message.body.html
    headers = {"Message-ID": f"<{_local_part(message.key)}@{_domain()}>"}
    if unsubscribing.MARK in text:
        link = unsubscribing.link(message.user_id or 0, message.topic)
        text = text.replace(unsubscribing.MARK, link)
        html = html.replace(unsubscribing.MARK, link)
        headers |= unsubscribing.headers(message.user_id, message.topic)
    mail = EmailMultiAlternatives(
        subject=message.subject,
        body=text,
        to=[message.email],
        headers=headers,
        connection=connection,
    )
    if html:
        mail.attach_alternative(html, "text/html")
    return mail


def _domain() -> str:
    return urlsplit(settings.PUBLIC_URL).hostname or "gatehouse"


def _local_part(key: str) -> str:
    """A key as the first half of a Message-ID, in which an address can't stand as it is."""
    return key.replace(":", ".").replace("@", ".at.")


def _again(connection: BaseEmailBackend) -> bool:
    """A new connection in place of one that broke; False when there is none to be had."""
    _close(connection)
    try:
        connection.open()
    except Exception:  # noqa: BLE001  as above
        return False
    return True


def _close(connection: BaseEmailBackend) -> None:
    try:
        connection.close()
    except (OSError, smtplib.SMTPException):
        log.info("mail.broken")


def _failed(message: Message, error: Exception, *, now: datetime) -> None:
    why = bounces.permanent(error)
    told: dict[str, Any] = {"claim": "", "last_error": (why or type(error).__name__)[:300]}
    wait = min(FIRST_WAIT * 2 ** min(message.attempts, 16), LONGEST_WAIT)
    told["next_at"] = now + timedelta(seconds=wait)
    if why or told["next_at"] > message.deadline:
        told["state"] = State.FAILED
    Message.objects.filter(pk=message.pk).update(**told)
    if why:
        mark_unreachable(email=message.email, why=why, now=now)
