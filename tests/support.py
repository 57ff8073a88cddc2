"""What several test modules do in the same way."""

import time

from django.test import Client

from governance.audit.actors import Role
from portal.accounts.models import User
from tests.factories import UserFactory

PAGE = {"HTTP_ACCEPT": "text/html"}


def signed_in(user: User, *, second_factor: bool = False) -> Client:
    """A browser in which somebody is signed in, with or without the second factor used."""
    client = Client()
    client.force_login(user)
    if second_factor:
        session = client.session
        session["account_authentication_methods"] = [
            {"method": "mfa", "at": time.time(), "type": "totp"}
        ]
        session["account_authentication_methods_user"] = str(user.pk)  # allauth checks whose
        session.save()
    return client


def staff_client(role: Role, *, second_factor: bool = True) -> Client:
    """A browser of somebody who holds a role."""
    return signed_in(UserFactory(role=role), second_factor=second_factor)
