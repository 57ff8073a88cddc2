"""Sessions of browsers: how long they last, which are open, and ending them.

Ending is by the person's `session_epoch`, which every session signs: raising it ends all sessions
at once, also those that no list knows.
"""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY, logout
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from governance.access import selectors as access
from governance.audit import services as audit
from governance.audit.actors import Actor
from governance.errors import MissingError, NotPermittedError
from portal.accounts import agents, tokens
from portal.accounts.models import User

STAFF_LASTS = timedelta(hours=8)  # from signing in, however much is done meanwhile
SEEN_EVERY = 600  # seconds
BEGAN = "signed_in_at"
OVER = "Sessions of stewards, admins and auditors last 8 hours. Sign in again to go on."


class Open(NamedTuple):
    """A session that somebody could go on with."""

    pk: int
    device: str
    address: str
    began: datetime
    seen: datetime
    current: bool


class SessionsMiddleware:
    """Ends sessions of staff in time, and notes when each session was last seen."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.SESSION_COOKIE_NAME in request.COOKIES and SESSION_KEY in request.session:
            now = timezone.now()
            if is_over(request.session, now=now):
                logout(request)
                messages.info(request, OVER)
            elif request.user.is_authenticated:
                note_seen(request, now=now)
        return self.get_response(request)


def begin(session: SessionBase, *, now: datetime) -> None:
    """Somebody signed in: what lasts for a time counts from here."""
    session[BEGAN] = now.timestamp()


def is_over(session: SessionBase, *, now: datetime) -> bool:
    """Whether it is older than staff may go on with, and is of staff now.

    Roles are asked for only when it is that old, so most requests ask for none.
    """
    if BEGAN not in session:  # from before this was kept: it counts from now
        begin(session, now=now)
    if now - datetime.fromtimestamp(session[BEGAN], UTC) < STAFF_LASTS:
        return False
    return bool(access.roles_of(int(session[SESSION_KEY]), now=now))


def note_seen(request: HttpRequest, *, now: datetime) -> None:
    """Keep the session in the list of its owner; at most one write in ten minutes."""
    key = request.session.session_key or ""
    known = f"session:seen:{hashlib.sha256(key.encode()).hexdigest()}"
    if not cache.add(known, 1, SEEN_EVERY):
        return
    address = request.META.get("REMOTE_ADDR") or "0.0.0.0"  # noqa: S104  of a local socket
    agent = request.headers.get("User-Agent", "")[:300]
    with transaction.atomic():
        UserSession.objects.update_or_create(
            session_key=key,
            defaults={
                "user_id": request.user.pk,
                "ip": address,
                "user_agent": agent,
                "last_seen_at": now,
            },
            create_defaults={
                "user_id": request.user.pk,
                "ip": address,
                "user_agent": agent,
                "created_at": datetime.fromtimestamp(request.session[BEGAN], UTC),
                "last_seen_at": now,
            },
        )


def of(user_id: int, *, current: str | None, now: datetime) -> list[Open]:
    """Open sessions, the current one first, then the last seen. Two queries."""
    rows = list(UserSession.objects.filter(user_id=user_id).order_by("-last_seen_at"))
    keys = [row.session_key for row in rows]
    alive = set(
        Session.objects.filter(session_key__in=keys, expire_date__gt=now)
        .values_list("session_key", flat=True)
    )  # fmt: skip
    found = [
        Open(
            row.pk,
            agents.words(row.user_agent),
            row.ip,
            row.created_at,
            row.last_seen_at,
            row.session_key == current,
        )
        for row in rows
        if row.session_key in alive
    ]
    return sorted(found, key=lambda each: not each.current)


def end(*, actor: Actor, session_id: int, now: datetime) -> None:
    """End one session of one's own.

    Raises:
        MissingError: there is no such session of this person.
    """
    with transaction.atomic():
        _own(actor)
        row = UserSession.objects.filter(pk=session_id, user_id=actor.user_id).first()
        if row is None:
            raise MissingError("There is no such session.")
        Session.objects.filter(session_key=row.session_key).delete()
        row.delete()
        audit.account_changed(actor=actor, verb="session-end", detail={"sessions": 1}, now=now)


def end_others(
    *, actor: Actor, keep: SessionBase, revoke_tokens: bool = False, now: datetime
) -> int:
    """End all sessions of the actor but `keep`, and all tokens if asked. Returns how many ended."""
    with transaction.atomic():
        _own(actor)
        ended = drop(actor.user_id or 0, keep=keep)
        revoked = tokens.revoke_all(actor=actor, now=now) if revoke_tokens else 0
        audit.account_changed(
            actor=actor,
            verb="session-end",
            detail={"sessions": ended, "tokens": revoked},
            now=now,
        )
    return ended


def drop(user_id: int, *, keep: SessionBase | None = None) -> int:
    """Make every session but `keep` worthless. Part of a verb: it records nothing itself."""
    User.objects.filter(pk=user_id).update(session_epoch=F("session_epoch") + 1)
    theirs = UserSession.objects.filter(user_id=user_id)
    if keep is not None:
        theirs = theirs.exclude(session_key=keep.session_key or "")
        keep[HASH_SESSION_KEY] = User.objects.get(pk=user_id).get_session_auth_hash()
    keys = list(theirs.values_list("session_key", flat=True))
    ended, _ = Session.objects.filter(session_key__in=keys).delete()
    theirs.delete()
    return ended


def _own(actor: Actor) -> None:
    if not actor.signed_in or actor.token is not None:
        raise NotPermittedError("Sign in to end sessions; a token can't.")
