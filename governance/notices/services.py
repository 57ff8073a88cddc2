"""The outbox: messages are made from the record, then delivered with patience.

Making is exact: an entry and its messages are marked in one transaction, so none is lost or made
twice. Delivering is at least once: a process that dies between sending and noting sends again, with
the same Message-ID.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import sha256

import structlog
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import DataError, transaction
from django.db.models import F
from django.template.loader import render_to_string
from django.urls import reverse

from governance.audit import selectors as audit
from governance.audit.models import Entry
from governance.bells import ring
from governance.notices import casework as casework  # its import registers what it tells
from governance.notices import roles as roles  # likewise
from governance.notices import terms as terms  # likewise
from governance.notices.kinds import TELLERS, Draft
from governance.notices.models import Channel, Handled, Message, State

TRY_FOR = timedelta(days=3)
log = structlog.get_logger()
LONGEST_SUBJECT = 300  # characters
CLAIM = timedelta(minutes=5)  # how long one attempt may take before another may try


def post_mail(
    *, key: str, kind: str, user_id: int | None, email: str, subject: str, text: str, html: str,
    now: datetime,
) -> None:  # fmt: skip
    """Put one mail that no entry tells of (address confirmation, password) into the outbox."""
    with transaction.atomic():
        Message.objects.get_or_create(
            key=key,
            defaults={
                "kind": kind,
                "channel": Channel.MAIL,
                "user_id": user_id,
                "email": email,
                "subject": subject,
                "text": text,
                "html": html,
                "made_at": now,
                "next_at": now,
                "deadline": now + timedelta(hours=12),
            },
        )
        ring("governance.notices.tasks.sweep")


def post_checkpoint(*, now: datetime) -> int:
    """Mail the newest checkpoint to each of the witnesses who got none today. Returns how many.

    Somebody outside who keeps it can tell a log that is told otherwise later.
    """
    signed = audit.latest_checkpoint()
    if signed is None:
        return 0
    day = f"{now:%Y-%m-%d}"
    told = {"signed": signed, "url": f"{settings.PUBLIC_URL}{reverse('record-log')}"}
    posted = 0
    for address in settings.AUDIT_WITNESSES:
        today = Message.objects.filter(kind="checkpoint", email=address, key__endswith=f":{day}")
        if today.exists():
            continue
        post_mail(
            key=f"checkpoint:{signed.size}:{address}:{day}",
            kind="checkpoint",
            user_id=None,
            email=address,
            subject=f"Checkpoint of {signed.size} entries, {day}",
            text=render_to_string("mail/checkpoint.txt", told),
            html="",
            now=now,
        )
        posted += 1
    return posted


def make_from_record(*, now: datetime, at_most: int = 500) -> int:
    """Make the messages of entries that have none yet, oldest first. Returns how many entries.

    One that can't be told is logged, and tried again: it must not keep the others from being told.
    """
    waiting = audit.after(tuple(TELLERS)).exclude(pk__in=Handled.objects.values("entry"))
    done = 0
    for entry in list(waiting[:at_most]):
        try:
            done += _made_from(entry, now=now)
        except DataError as error:  # not one of the connection: those stop the sweep
            log.error(
                "notice.untold", entry=entry.pk, action=entry.action, error=type(error).__name__
            )
    return done


def _made_from(entry: Entry, *, now: datetime) -> bool:
    with transaction.atomic():
        _, fresh = Handled.objects.get_or_create(entry=entry.pk)
        if fresh:
            for draft in TELLERS[entry.action](entry):
                _address(entry, draft, now=now)
    return fresh


def _address(entry: Entry, draft: Draft, *, now: datetime) -> None:
    people = get_user_model().objects.filter(pk__in=draft.people, is_active=True)
    path = reverse(draft.route, kwargs=dict(draft.params)) if draft.route else ""
    told = {
        "title": draft.subject,
        "lines": draft.lines,
        "action": draft.action,
        "url": f"{settings.PUBLIC_URL}{path}" if path else "",
        "entry": entry.pk,
        "contact": settings.CONTACT_EMAIL,
    }
    text = render_to_string("mail/notice.txt", told).strip() + "\n"
    html = render_to_string("mail/notice.html", told)
    rows = [
        Message(
            key=f"{entry.pk}:{entry.action}:{person.pk}:{channel}",
            user_id=person.pk,
            email=person.email,
            channel=channel,
            text=text if channel == Channel.MAIL else "\n\n".join(draft.lines),
            html=html if channel == Channel.MAIL else "",
            state=State.QUEUED if channel == Channel.MAIL else State.SENT,
            sent_at=None if channel == Channel.MAIL else now,
        )
        for person in people
        for channel in (Channel.MAIL, Channel.INBOX)
    ]
    rows += [
        Message(
            key=f"{entry.pk}:{entry.action}:{sha256(address.encode()).hexdigest()}",
            email=address,
            channel=Channel.MAIL,
            text=text,
            html=html,
        )
        for address in draft.addresses
    ]
    for each in rows:
        each.kind, each.subject, each.url = entry.action, draft.subject[:LONGEST_SUBJECT], path
        each.made_at, each.next_at, each.deadline = now, now, now + TRY_FOR
    Message.objects.bulk_create(rows, ignore_conflicts=True)


def deliver_due(*, now: datetime, at_most: int = 200) -> int:
    """Send the mails that are due. Returns how many went out."""
    due = Message.objects.filter(state=State.QUEUED, channel=Channel.MAIL, next_at__lte=now)
    keys = list(due.order_by("next_at").values_list("pk", flat=True)[:at_most])
    if not keys:
        return 0
    with get_connection() as connection:
        return sum(_deliver(key, connection, now=now) for key in keys)


def _deliver(message_id: int, connection: object, *, now: datetime) -> bool:
    # The claim is one conditional update: a second sweep at the same time finds it taken.
    mine = Message.objects.filter(pk=message_id, state=State.QUEUED, next_at__lte=now)
    if not mine.update(next_at=now + CLAIM, attempts=F("attempts") + 1):
        return False
    message = Message.objects.get(pk=message_id)
    mail = EmailMultiAlternatives(
        subject=message.subject,
        body=message.text,
        to=[message.email],
        headers={"Message-ID": f"<{_local_part(message.key)}@gatehouse>"},
        connection=connection,
    )
    if message.html:
        mail.attach_alternative(message.html, "text/html")
    try:
        mail.send()
    except Exception as error:  # noqa: BLE001  whatever a mail server does costs one message
        _failed(message, error, now=now)
        return False
    Message.objects.filter(pk=message_id).update(state=State.SENT, sent_at=now, last_error="")
    return True


def _local_part(key: str) -> str:
    """A key as the first half of a Message-ID, in which an address can't stand as it is."""
    return key.replace(":", ".").replace("@", ".at.")


def _failed(message: Message, error: Exception, *, now: datetime) -> None:
    wait = timedelta(seconds=min(30 * 2**message.attempts, 6 * 3600))
    message.last_error = type(error).__name__[:300]  # the text may hold an address
    message.next_at = now + wait
    if message.next_at > message.deadline:
        message.state = State.FAILED
    message.save(update_fields=["last_error", "next_at", "state"])


def mark_read(*, user_id: int, message_ids: Iterable[int], now: datetime) -> None:
    """Note that somebody saw these messages of their own inbox."""
    Message.objects.filter(
        pk__in=message_ids, user_id=user_id, channel=Channel.INBOX, read_at=None
    ).update(read_at=now)


def forget_strangers(*, now: datetime) -> int:
    """Erase messages to addresses without an account, a month after they were made."""
    old = Message.objects.filter(user=None, made_at__lt=now - timedelta(days=30))
    return old.delete()[0]
