"""Who is asking: the one place that turns a request into an `Actor`."""

from datetime import datetime
from functools import partial

from allauth.account.authentication import get_authentication_records
from django.http import HttpRequest
from django.utils import timezone

from governance.access import selectors as access
from governance.audit.actors import STRANGER, Actor, Limits, ReadWhenAsked, Suspended
from governance.errors import GovernanceError
from portal.accounts import people, tokens
from portal.accounts.models import User


class BadTokenError(GovernanceError):
    """A token was sent that is unknown, ended or revoked. The sentence is the Hub's own."""

    code = "bad_token"

    def __init__(self) -> None:
        super().__init__("Invalid credentials in Authorization header")


def actor_of(request: HttpRequest) -> Actor:
    """The actor of a request, made once and kept on it.

    A token in the Authorization header goes before a session: who sends one means it.

    Raises:
        BadTokenError: a token that is not good; never treated as a stranger.
    """
    known = getattr(request, "gatehouse_actor", None)
    if known is None:
        known = _made(request, timezone.now())
        request.gatehouse_actor = known  # type: ignore[attr-defined]
    return known


def _made(request: HttpRequest, now: datetime) -> Actor:
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return _by_token(request, secret.strip(), now)
    if request.user.is_authenticated:
        return _by_session(request, now)
    return Actor(**_where(request))


def _by_token(request: HttpRequest, secret: str, now: datetime) -> Actor:
    token = tokens.find(secret, now=now)
    if token is None:
        raise BadTokenError
    tokens.note_use(token, now=now)
    return Actor(
        user_id=token.user_id,
        email=token.user.email,
        name=token.user.name,
        verified=token.verified,
        # What was proved with a factor that was taken off since proves nothing.
        second_factor=token.second_factor and token.factors,
        has_second_factor=token.factors,
        identities=ReadWhenAsked(partial(people.identities, token.user_id)),
        roles=ReadWhenAsked(partial(access.roles_of, token.user_id, now=now)),
        suspended=_suspended(token.user_id, token.suspension, now),
        token=Limits(token.name, token.dataset, token.scope, token.ends_at),
        **_where(request),
    )


def _by_session(request: HttpRequest, now: datetime) -> Actor:
    user = request.user
    standing = people.standing(user.pk, now=now)
    return Actor(
        user_id=user.pk,
        email=user.email,
        name=user.name,
        verified=standing.verified,
        second_factor=used_second_factor(request),
        has_second_factor=standing.factors,
        identities=ReadWhenAsked(partial(people.identities, user.pk)),
        roles=ReadWhenAsked(partial(access.roles_of, user.pk, now=now)),
        suspended=_suspended(user.pk, standing.suspension, now),
        **_where(request),
    )


def _suspended(user_id: int, suspension: int | None, now: datetime) -> Suspended | None:
    """Its reason, which only somebody who is suspended costs a query for."""
    return access.suspended(user_id=user_id, now=now) if suspension is not None else None


def person_of(user: User, request: HttpRequest) -> Actor:
    """The person of an account page; on some of them (a link of a mail) they are not signed in."""
    if request.user == user:
        return actor_of(request)
    return Actor(user_id=user.pk, email=user.email, name=user.name, **_where(request))


def used_second_factor(request: HttpRequest) -> bool:
    """Whether this session used one; that one merely exists is not enough."""
    records = get_authentication_records(request, request.user)
    return any(record.get("method") == "mfa" for record in records)


def _where(request: HttpRequest) -> dict[str, str]:
    return {
        "address": request.META.get("REMOTE_ADDR", ""),
        "agent": request.headers.get("User-Agent", ""),
        "request_id": getattr(request, "request_id", ""),
    }


def operator(user: User, *, now: datetime, second_factor: bool = True) -> Actor:
    """A person in whose name an operator acts on the command line."""
    return Actor(
        user_id=user.pk,
        email=user.email,
        name=user.name,
        verified=True,
        second_factor=second_factor,
        has_second_factor=second_factor,
        identities=people.identities(user.pk),
        roles=access.roles_of(user.pk, now=now),
        suspended=access.suspended(user_id=user.pk, now=now),
        agent="manage.py",
    )


__all__ = [
    "STRANGER",
    "BadTokenError",
    "actor_of",
    "operator",
    "person_of",
    "used_second_factor",
]
