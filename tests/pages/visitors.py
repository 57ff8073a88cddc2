"""Who comes to a page: one browser for each kind of person, and what pages are asked for."""

from html import unescape

from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from governance.audit.actors import Role
from tests.factories import UserFactory
from tests.support import PAGE, signed_in, staff_client

VISITORS = ("stranger", "researcher", "steward without factor", "steward", "admin", "auditor")


def browser(visitor: str) -> Client:
    if visitor == "stranger":
        return Client()
    if visitor == "researcher":
        return signed_in(UserFactory())
    if visitor == "steward without factor":
        return staff_client(Role.STEWARD, second_factor=False)
    return staff_client(Role(visitor))


def answered(client: Client, url: str) -> str:
    """What a visitor is answered: `200`, `404`, or the name of the place they are sent to."""
    response = client.get(url, **PAGE)
    if response.status_code != 302:
        return str(response.status_code)
    places = ("account_login", "mfa_reauthenticate", "mfa_activate_totp")
    return next(each for each in places if response["Location"].startswith(reverse(each)))


def text(response: HttpResponse) -> str:
    return " ".join(unescape(response.content.decode()).split())


def queries(client: Client, url: str) -> int:
    """How many a page takes, once its session and content types are warm."""
    client.get(url, **PAGE)
    with CaptureQueriesContext(connection) as counted:
        assert client.get(url, **PAGE).status_code == 200
    return len(counted)
