"""Mail that no entry of the record tells of."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse

from governance.audit import selectors as audit
from governance.bells import ring
from governance.notices import selectors
from governance.notices.models import Channel, Message, State

ASKED_FOR = ("email_confirmation", "password_reset", "address_again")  # by who waits for it


def post_mail(
    *, key: str, kind: str, user_id: int | None, email: str, subject: str, text: str, html: str,
    now: datetime,
) -> None:  # fmt: skip
    """Put one mail that no entry tells of (address confirmation, password) into the outbox.

    To an address that gave mail back only what somebody asked for a moment ago is sent.
    """
    held = not kind.startswith(ASKED_FOR) and selectors.is_unreachable(email)
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
                "state": State.HELD if held else State.QUEUED,
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
