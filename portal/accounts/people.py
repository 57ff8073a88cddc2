"""Questions about people that the pages of others ask: a name, an address, a second factor."""

from collections.abc import Iterable
from typing import NamedTuple

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django_countries import countries

from portal.accounts.models import User


def names(user_ids: Iterable[int | None]) -> dict[int, str]:
    """How to call these people; one that is gone is left out. One query."""
    wanted = {each for each in user_ids if each is not None}
    found = User.objects.filter(pk__in=wanted).values_list("pk", "name", "email")
    return {pk: name or email for pk, name, email in found}


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


class Checks(NamedTuple):
    """What is known of somebody beside their words."""

    verified: bool  # the address was confirmed
    second_factor: bool  # one is enrolled


def checks(user: User) -> Checks:
    address = EmailAddress.objects.filter(user=user, email=user.email, verified=True)
    return Checks(address.exists(), Authenticator.objects.filter(user=user).exists())
