"""Making, finding and revoking tokens."""

import hashlib
import secrets
from datetime import UTC, datetime, timedelta

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from governance.access import selectors as access
from governance.audit import services as audit
from governance.audit.actors import CARRY_FACTOR, Actor, Scope
from governance.errors import InvalidError, MissingError, NotPermittedError
from governance.prepared import Columns, Prepared, split
from portal.accounts.models import ApiToken, User

LONGEST = 90  # days
PREFIX = "gh_"
USE_NOTED_EVERY = timedelta(minutes=10)


class FactorNeededError(NotPermittedError):
    """A token is to carry the second factor, which was not used in this session."""

    def __init__(self) -> None:
        super().__init__("Use your second factor first: this token would carry it.")


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
    scope: str = Scope.READ,
) -> tuple[ApiToken, str]:
    """Make a token and return it with its secret, which is kept nowhere.

    `second_factor` makes it open what asks for one (raw, annotations, answers of a steward), so the
    actor must have used theirs.

    Raises:
        NotPermittedError: a stranger, or an address that is not confirmed.
        FactorNeededError: the second factor is asked for and was not used in this session.
        InvalidError: no name, or more days than a token may live; `fields` says which.
    """
    actor.require_standing()
    if not actor.system and not (actor.verified and actor.user_id == owner_id and not actor.token):
        raise NotPermittedError("Sign in with a confirmed address to make a token.")
    _check(name=name, days=days, scope=scope, second_factor=second_factor)
    if second_factor and not actor.second_factor:
        raise FactorNeededError
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
            scope=scope,
            second_factor=second_factor,
            now=now,
        )
    return token, secret


def _check(*, name: str, days: int, scope: str, second_factor: bool) -> None:
    fields = {}
    if not 1 <= len(name.strip()) <= 100:
        fields["name"] = "Give the token a name, e.g. where it will be used."
    if not 1 <= days <= LONGEST:
        fields["days"] = f"Choose 1 to {LONGEST} days."
    if scope not in set(Scope):
        fields["scope"] = f"Choose one of {', '.join(Scope)}."
    elif scope in CARRY_FACTOR and not second_factor:
        fields["scope"] = f"A token of scope {scope} carries the second factor."
    if fields:
        raise InvalidError("The token can't be made like this.", fields=fields)


def of(user_id: int) -> QuerySet[ApiToken]:
    """All tokens of a person, newest first, with those that ended or were revoked."""
    return ApiToken.objects.filter(user_id=user_id)


def good_count(user_id: int, *, now: datetime) -> int:
    """How many tokens of a person work now."""
    return ApiToken.objects.filter(user_id=user_id, revoked_at=None, ends_at__gt=now).count()


_PARTS = (
    Columns(
        ApiToken,
        ("id", "user_id", "name", "scope", "dataset", "second_factor", "ends_at", "used_at"),
    ),
    Columns(User, ("id", "email", "name"), "user__"),
)


_STANDING = ("verified", "factors", "suspension")


def _good(*, digest: str, now: datetime) -> QuerySet:
    addresses = EmailAddress.objects.filter(
        user=OuterRef("user"), email=OuterRef("user__email"), verified=True
    )
    factors = Authenticator.objects.filter(user=OuterRef("user"))
    suspensions = access.suspensions(now=now).filter(user=OuterRef("user"))
    return (
        ApiToken.objects.filter(
            revoked_at=None, digest=digest, ends_at__gt=now, user__is_active=True
        )
        .annotate(
            verified=Exists(addresses),
            factors=Exists(factors),
            suspension=Subquery(suspensions.values("pk")[:1]),
        )
        .values_list(*(asked for part in _PARTS for asked in part.asked()), *_STANDING)
    )


_GOOD = Prepared(_good, digest="\x01digest", now=datetime(1901, 2, 3, 4, 5, 6, 789, tzinfo=UTC))


def find(secret: str, *, now: datetime) -> ApiToken | None:
    """The token of a secret if it is good now, its owner joined. One query.

    It carries `verified` (the owner's address was confirmed), `factors` (one is enrolled) and
    `suspension` (the id of one in force, or None).
    """
    if not secret.startswith(PREFIX) or len(secret) > 100:
        return None
    row = _GOOD.first(digest=_digest(secret), now=now)
    if row is None:
        return None
    token, token.user = split(row[:-3], _PARTS)
    token.verified, token.factors, token.suspension = bool(row[-3]), bool(row[-2]), row[-1]
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


def drop_proved(user_id: int, *, now: datetime) -> int:
    """Revoke what carries a second factor. Part of a verb: it records nothing itself."""
    good = ApiToken.objects.filter(
        user_id=user_id, second_factor=True, revoked_at=None, ends_at__gt=now
    )
    return good.update(revoked_at=now)


def revoke_all(*, actor: Actor, now: datetime) -> int:
    """End every token of one's own that is still good; returns how many."""
    with transaction.atomic():
        good = ApiToken.objects.select_for_update().filter(
            user_id=actor.user_id, revoked_at=None, ends_at__gt=now
        )
        names = list(good.values_list("name", flat=True))
        for name in names:
            audit.token_revoked(actor=actor, name=name, now=now)
        good.update(revoked_at=now)
    return len(names)
