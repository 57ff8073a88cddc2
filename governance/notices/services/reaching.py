"""Addresses that give mail back: marked at once, lifted when their owner confirms them again."""

from datetime import datetime

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core import signing
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse

from governance.audit import services as audit
from governance.audit.actors import HOUSE, Actor
from governance.errors import MissingError, WrongStateError
from governance.notices import selectors
from governance.notices.models import Channel, Message, State, Unreachable

SALT = "gatehouse address again"
GOOD_FOR = 3 * 24 * 3600  # seconds


def mark_unreachable(*, email: str, why: str, now: datetime) -> bool:
    """Note that an address gave mail back; its waiting mail is held. Returns whether it is new."""
    with transaction.atomic():
        _, fresh = Unreachable.objects.get_or_create(
            email=email.casefold(), defaults={"since": now, "why": why[:300]}
        )
        waiting = Message.objects.filter(
            email__iexact=email, channel=Channel.MAIL, state=State.QUEUED, claim=""
        )
        waiting.exclude(user=None, kind="checkpoint").update(state=State.HELD)
        if fresh:
            user = get_user_model().objects.filter(email=email.casefold()).first()
            audit.address_failed(
                actor=HOUSE, concerns=user.pk if user else None, why=why[:300], now=now
            )
    return fresh


def ask_to_confirm(*, actor: Actor, now: datetime) -> None:
    """Mail a link to one's own address that gave mail back: whoever can open it, can be reached.

    Raises:
        WrongStateError: the address gave nothing back.
    """
    from governance.notices.services.posting import post_mail

    if not selectors.is_unreachable(actor.email):
        raise WrongStateError("Mail to your address arrives: there is nothing to confirm.")
    token = signing.dumps([actor.user_id, actor.email], salt=SALT)
    told = {
        "title": "Confirm that mail reaches you",
        "lines": [
            "Mail to this address came back, so notices stopped. Open the link to have them "
            "again; it is good for three days.",
        ],
        "action": "Confirm the address",
        "url": f"{settings.PUBLIC_URL}{reverse('address-again', kwargs={'token': token})}",
        "contact": settings.CONTACT_EMAIL,
    }
    post_mail(
        key=f"again:{actor.user_id}:{now:%Y%m%d%H}",  # one an hour is enough
        kind="address_again",
        user_id=actor.user_id,
        email=actor.email,
        subject=told["title"],
        text=render_to_string("mail/notice.txt", told).strip() + "\n",
        html=render_to_string("mail/notice.html", told),
        now=now,
    )


def read_confirmation(token: str) -> tuple[int, str]:
    """(person, address) of a link. Raises MissingError when it is not good (any more)."""
    try:
        user_id, email = signing.loads(token, salt=SALT, max_age=GOOD_FOR)
    except (signing.BadSignature, ValueError) as error:
        raise MissingError("This link is not good any more: ask for another one.") from error
    return user_id, email


def confirm_address(*, email: str, user_id: int | None, now: datetime) -> bool:
    """Mail reaches this address again: what was held and is not too old goes out."""
    with transaction.atomic():
        gone, _ = Unreachable.objects.filter(email=email.casefold()).delete()
        if not gone:
            return False
        held = Message.objects.filter(
            email__iexact=email, channel=Channel.MAIL, state=State.HELD, deadline__gt=now
        )
        held.update(state=State.QUEUED, next_at=now)
        audit.address_confirmed(actor=HOUSE, concerns=user_id, now=now)
    return True


def forget_address(*, email: str) -> None:
    """The person is gone; so is what was known of their address. Part of a verb."""
    Unreachable.objects.filter(email=email.casefold()).delete()
