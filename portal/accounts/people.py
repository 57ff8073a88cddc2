"""Questions about people that the pages of others ask: a name, an address, a second factor."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django_countries import countries

from governance.access import selectors as access
from governance.errors import MissingError
from governance.prepared import Prepared
from portal.accounts.models import User


def names(user_ids: Iterable[int | None]) -> dict[int, str]:
    """How to call these people; one that is gone is left out. One query."""
    wanted = {each for each in user_ids if each is not None}
    found = User.objects.filter(pk__in=wanted).values_list("pk", "name", "email")
    return {pk: name or email for pk, name, email in found}


def found(words: str) -> QuerySet[User]:
    """People whose address or name holds these words, by address; nobody for no words."""
    asked = words.replace("\x00", "").strip()[:200]
    if not asked:
        return User.objects.none()
    match = Q(email__icontains=asked) | Q(name__icontains=asked)
    return User.objects.filter(match).order_by("email")


def kept_out(*, now: datetime) -> QuerySet[User]:
    """People who are suspended now, by address."""
    suspended = access.suspensions(now=now).values("user")
    return User.objects.filter(pk__in=suspended).order_by("email")


def one(user_id: int) -> User:
    """A person by id; raises MissingError."""
    user = User.objects.filter(pk=user_id).first()
    if user is None:
        raise MissingError("There is no such person.")
    return user


def id_of(email: str) -> int | None:
    """Who has this address as their first one."""
    found = User.objects.filter(email=email.strip().lower(), is_active=True)
    return found.values_list("pk", flat=True).first()


def organisations(user_ids: Iterable[int]) -> dict[int, str]:
    """The organisation that each gave at sign-up; people who are gone are left out. One query."""
    found = User.objects.filter(pk__in=list(user_ids)).values_list("pk", "affiliation")
    return {pk: " ".join(affiliation.split()) for pk, affiliation in found}


def countries_of(user_ids: Iterable[int]) -> dict[int, str]:
    """The name of the country of each one's organisation, where they gave one. One query."""
    found = User.objects.filter(pk__in=list(user_ids)).exclude(country="")
    return {pk: countries.name(code) for pk, code in found.values_list("pk", "country")}


def country_choices() -> list[tuple[str, str]]:
    """What a form offers: no country first, then all of ISO 3166-1 by name."""
    return [("", "Rather not say"), *((code, name) for code, name in countries)]


TURNS = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")  # or is never seen


def one_line(given: str) -> str:
    """A name as it may stand in a list or a mail: no line ends, nothing that turns the text."""
    return TURNS.sub("", " ".join(given.split()))


class Checks(NamedTuple):
    """What is known of somebody beside their words."""

    verified: bool  # the address was confirmed
    second_factor: bool  # one is enrolled


def checks(user: User) -> Checks:
    address = EmailAddress.objects.filter(user=user, email=user.email, verified=True)
    return Checks(address.exists(), Authenticator.objects.filter(user=user).exists())


def identities(user_id: int) -> frozenset[str]:
    """Providers of the identities that somebody linked, e.g. `orcid`. One query."""
    found = SocialAccount.objects.filter(user=user_id).values_list("provider", flat=True)
    return frozenset(found)


class Standing(NamedTuple):
    """What a session's person brings to every decision."""

    verified: bool  # the address was confirmed
    factors: bool  # one is enrolled
    suspension: int | None  # id of the one in force


def _standing(*, user_id: int, now: datetime) -> QuerySet:
    addresses = EmailAddress.objects.filter(
        user=OuterRef("pk"), email=OuterRef("email"), verified=True
    )
    suspensions = access.suspensions(now=now).filter(user=OuterRef("pk"))
    return (
        User.objects.filter(pk=user_id)
        .annotate(
            verified=Exists(addresses),
            factors=Exists(Authenticator.objects.filter(user=OuterRef("pk"))),
            suspension=Subquery(suspensions.values("pk")[:1]),
        )
        .values_list("verified", "factors", "suspension")
    )


_STANDING = Prepared(
    _standing, user_id=998877665544332211, now=datetime(1901, 2, 3, 4, 5, 6, 789, tzinfo=UTC)
)


def standing(user_id: int, *, now: datetime) -> Standing:
    """One query, before every page of somebody signed in."""
    row = _STANDING.first(user_id=user_id, now=now)
    return Standing(bool(row[0]), bool(row[1]), row[2]) if row else Standing(False, False, None)
