"""Somebody who can really sign in, and the ways to do so."""

import time

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from portal.accounts.models import User
from tests.factories import UserFactory

PASSWORD = "correct horse battery"


def somebody(**told: object) -> User:
    """A person with a password; `factor=True` gives them an authenticator app."""
    factor = told.pop("factor", False)
    user = UserFactory(**told)
    user.set_password(PASSWORD)
    user.save()
    if factor:
        TOTP.activate(user, generate_totp_secret())
    return user


def code(user: User) -> str:
    """The code of the moment, usable again: what was used is forgotten."""
    cache.clear()
    kept = Authenticator.objects.get(user=user, type=Authenticator.Type.TOTP).data["secret"]
    return totp(get_adapter().decrypt(kept))


def totp(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def signs_in(user: User, password: str = PASSWORD) -> Client:
    """A browser in which somebody signed in on the page, with a code where they have an app."""
    client = Client()
    answer = client.post(reverse("account_login"), {"login": user.email, "password": password})
    assert answer.status_code == 302, answer.content
    if answer["Location"] == reverse("mfa_authenticate"):
        client.post(reverse("mfa_authenticate"), {"code": code(user)})
    return client


def shows_it_is_them(client: Client, password: str = PASSWORD) -> None:
    """Give the password again, as changes of the account ask."""
    client.post(reverse("account_reauthenticate"), {"password": password})
