"""One's own data: a copy of all of it, and the end of the account."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import uuid4

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.template.loader import render_to_string

from governance.access import services as access
from governance.audit import retention
from governance.audit import selectors as record
from governance.audit import services as audit
from governance.audit.actors import Actor
from governance.errors import InvalidError, NotPermittedError
from governance.notices import services as notices
from governance.terms import services as terms
from portal.accounts import holdings
from portal.accounts.models import User

PROFILE = ("email", "name", "affiliation", "country", "date_joined", "last_login")
TICKET = ("at", "dataset", "version", "tier", "artefact", "terms_version", "grant")


class Kept(NamedTuple):
    """Something that outlives the account; shown before anybody deletes theirs."""

    what: str
    why: str
    long: str


def kept() -> list[Kept]:
    """What a deletion leaves, why, and for how long: the periods are those of the record."""
    return [
        Kept(
            "Terms that you signed",
            "They show what was agreed, with the name, address and purpose that you gave. "
            "From where you signed is erased.",
            _years("terms.accept"),
        ),
        Kept(
            "Entries about your applications, grants and roles",
            "They show who decided what, and why. Your answers and files are erased.",
            _years("application.submit"),
        ),
        Kept(
            "Entries about your downloads",
            "They show which copies exist, and whom to tell when work is withdrawn.",
            _years("ticket.issue"),
        ),
        Kept(
            "Which versions and files were downloaded, and on which days",
            "They show that such copies exist. They keep the number that your account had, "
            "and no longer lead to a name.",
            "As long as the version is on record",
        ),
        Kept(
            "Entries about tokens, sign-in and this deletion",
            "They show that it was you, and not somebody in your name.",
            _years("account.delete"),
        ),
        Kept(
            "Entries about refusals",
            "They show that nobody was let to what was shut.",
            _years("ticket.refuse"),
        ),
        Kept(
            "Mirrors that you registered",
            "Their pages bind whoever takes data there.",
            "Until they are ended",
        ),
        Kept(
            "A block because of misuse, if there is one",
            "Or a new account would be the way around it.",
            "Until its end",
        ),
    ]


def _years(action: str) -> str:
    years = retention.days_of(action) // retention.YEAR
    return f"{years} year{'' if years == 1 else 's'}"


def export(*, actor: Actor, now: datetime) -> dict[str, Any]:
    """All that is held about the actor, and an entry that they took it. Secrets are left out.

    Raises:
        NotPermittedError: a stranger, or a program with a token.
    """
    user = _themselves(actor)
    told: dict[str, Any] = {
        "made_at": now,
        "site": settings.PUBLIC_URL,
        "profile": {name: getattr(user, name) for name in PROFILE},
        **dict(holdings.rows_of(user)),
        "downloads": list(record.tickets_of(user.pk).values("id", *TICKET)),
        "kept_after_deletion": [each._asdict() for each in kept()],
    }
    with transaction.atomic():
        audit.account_changed(actor=actor, verb="export", now=now)
    return told


def check(*, actor: Actor, now: datetime) -> None:
    """Raise WrongStateError while the account can't be deleted, with the reason as its sentence."""
    access.check_leaving(user_id=_themselves(actor).pk, now=now)


def delete(*, actor: Actor, confirmed: str, now: datetime) -> None:
    """End the account of the actor: one transaction, one mail, one entry.

    `confirmed` is the address of the account as typed. Agreements and the record stay, see `kept`.

    Raises:
        NotPermittedError: a stranger, a token, or a second factor that was not used.
        InvalidError: another address was typed.
        WrongStateError: the person holds a role, or is suspended.
    """
    user = _themselves(actor)
    if actor.has_second_factor and not actor.second_factor:
        raise NotPermittedError("Use your second factor first.")
    if confirmed.strip().lower() != user.email:
        raise InvalidError(
            "The account is not deleted.",
            fields={"confirmed": "Type the address of this account, as it stands above."},
        )
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=user.pk)
        access.leave(user_id=user.pk, email=user.email, actor=actor, now=now)
        terms.erase_traces(actor=actor, person=user.pk, reason="the account was deleted", now=now)
        _say_goodbye(user, now=now)
        notices.forget_address(email=user.email)
        audit.account_changed(actor=actor, verb="delete", now=now)
        keys = UserSession.objects.filter(user=user).values_list("session_key", flat=True)
        Session.objects.filter(session_key__in=list(keys)).delete()
        user.delete()


def _say_goodbye(user: User, *, now: datetime) -> None:
    """The mail stands in the outbox under no account, and is erased there after a month."""
    told = {"name": user.name, "kept": kept(), "contact": settings.CONTACT_EMAIL, "at": now}
    notices.post_mail(
        key=f"account:{uuid4()}",
        kind="account_deleted",
        user_id=None,
        email=user.email,
        subject="Your Gatehouse account is deleted",
        text=render_to_string("mail/account_deleted.txt", told).strip() + "\n",
        html="",
        now=now,
    )


def _themselves(actor: Actor) -> User:
    if not actor.signed_in or actor.token is not None:
        raise NotPermittedError("Sign in: a token can't do this.")
    return User.objects.get(pk=actor.user_id)
