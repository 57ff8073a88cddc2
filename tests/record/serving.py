"""Asking for the file of these tests over HTTP."""

from django.test import Client
from django.utils import timezone

from governance.audit.models import Entry
from portal.accounts import tokens
from portal.accounts.models import User
from tests.factories import actor

BODY = bytes(range(256)) * 40
WHERE = "/datasets/lab/shelf/resolve/main/data/python/0000.parquet"


def bearer(user: User, name: str = "laptop") -> dict[str, str]:
    """The header of a new token of somebody."""
    _, secret = tokens.make(
        actor=actor(user),
        owner_id=user.pk,
        name=name,
        dataset="",
        days=1,
        second_factor=False,
        now=timezone.now(),
    )
    return {"HTTP_AUTHORIZATION": f"Bearer {secret}"}


def fetch(headers: dict[str, str]) -> tuple[int, bytes, str]:
    """Status, bytes handed out, and the sentence of a refusal."""
    response = Client().get(WHERE, **headers)
    if response.streaming:
        return response.status_code, b"".join(response.streaming_content), ""
    return response.status_code, b"", response.json()["title"]


def issued() -> int:
    return Entry.objects.filter(action="ticket.issue").count()
