"""Making, finding and revoking tokens."""

import hashlib
import secrets
from datetime import UTC, datetime, timedelta

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from governance.audit import services as audit
from governance.audit.actors import Actor
from governance.errors import InvalidError, MissingError, NotPermittedError
from governance.prepared import Columns, Prepared, split
from portal.accounts.models import ApiToken, User

LONGEST = 90  # days
PREFIX = "gh_"
USE_NOTED_EVERY = timedelta(minutes=10)


def _digest(secret: str) -> str:
    # A random secret of 256 bits needs no salt and no slow hash.
    return hashlib.sha256(secret.encode()).hexdigest()


def make(
    *,
    actor: Actor,
    owner_id: int,
    name: str,
    dataset: str,
    days: int,
    second_factor: bool,
    now: datetime,
    scope: str = "read",
) -> tuple[ApiToken, str]:
    """Make a token and return it with its secret, which is kept nowhere.

    Raises:
        NotPermittedError: a stranger, or an address that is not confirmed.
        InvalidError: no name, or more days than a token may live; `fields` says which.
    """
    if not actor.system and not (actor.verified and actor.user_id == owner_id and not actor.token):
        raise NotPermittedError("Sign in with a confirmed address to make a token.")
    fields = {}
    if not 1 <= len(name.strip()) <= 100:
        fields["name"] = "Give the token a name, e.g. where it will be used."
    if not 1 <= days <= LONGEST:
        fields["days"] = f"Choose 1 to {LONGEST} days."
    if scope != "read":
        fields["scope"] = "The only scope is read."
    if fields:
        raise InvalidError("The token can't be made like this.", fields=fields)
    secret = PREFIX + secrets.token_urlsafe(32)
    with transaction.atomic():
        token = ApiToken.objects.create(
            user_id=owner_id,
            name=name.strip(),
            digest=_digest(secret),
            ending=secret[-4:],
            scope=scope,
            dataset=dataset,
            second_factor=second_factor,
            made_at=now,
            ends_at=now + timedelta(days=days),
        )
        audit.token_made(
            actor=actor,
            name=token.name,
            dataset=dataset,
            ends=token.ends_at,
            owner=owner_id,
            now=now,
        )
    return token, secret


def of(user_id: int) -> QuerySet[ApiToken]:
    """Tokens of a person that were not revoked, newest first."""
    return ApiToken.objects.filter(user_id=user_id, revoked_at=None)


_PARTS = (
    Columns(ApiToken, ("id", "user_id", "name", "scope", "dataset", "second_factor", "used_at")),
    Columns(User, ("id", "email", "name"), "user__"),
)


def _good(*, digest: str, now: datetime) -> QuerySet:
    addresses = EmailAddress.objects.filter(
        user=OuterRef("user"), email=OuterRef("user__email"), verified=True
    )
    factors = Authenticator.objects.filter(user=OuterRef("user"))
    return (
        ApiToken.objects.filter(
            revoked_at=None, digest=digest, ends_at__gt=now, user__is_active=True
        )
        .annotate(verified=Exists(addresses), factors=Exists(factors))
        .values_list(*(asked for part in _PARTS for asked in part.asked()), "verified", "factors")
    )


_GOOD = Prepared(_good, digest="\x01digest", now=datetime(1901, 2, 3, 4, 5, 6, 789, tzinfo=UTC))


def find(secret: str, *, now: datetime) -> ApiToken | None:
    """The token of a secret if it is good now, its owner joined. One query.

    It carries `verified` (the owner's address was confirmed) and `factors` (one is enrolled).
    """
    if not secret.startswith(PREFIX) or len(secret) > 100:
        return None
    row = _GOOD.first(digest=_digest(secret), now=now)
    if row is None:
        return None
    token, token.user = split(row[:-2], _PARTS)
    token.verified, token.factors = bool(row[-2]), bool(row[-1])
    return token


def note_use(token: ApiToken, *, now: datetime) -> None:
    """Note the last use, at most every ten minutes: one conditional update."""
    if token.used_at is None or token.used_at < now - USE_NOTED_EVERY:
        stale = Q(used_at=None) | Q(used_at__lt=now - USE_NOTED_EVERY)
        ApiToken.objects.filter(stale, pk=token.pk).update(used_at=now)


def revoke(*, actor: Actor, token_id: int, now: datetime) -> None:
    """End a token of one's own at once."""
    with transaction.atomic():
        token = ApiToken.objects.filter(pk=token_id, user_id=actor.user_id, revoked_at=None).first()
        if token is None or not actor.signed_in:
            raise MissingError("There is no such token.")
        token.revoked_at = now
        token.save(update_fields=["revoked_at"])
        audit.token_revoked(actor=actor, name=token.name, now=now)
