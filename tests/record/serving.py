"""Asking for the file of these tests over HTTP."""

from django.test import Client

from governance.audit.models import Entry

WHERE = "/datasets/lab/shelf/resolve/main/data/python/0000.parquet"


def fetch(headers: dict[str, str]) -> tuple[int, bytes, str]:
    """Status, bytes handed out, and the sentence of a refusal."""
    response = Client().get(WHERE, **headers)
    if response.streaming:
        return response.status_code, b"".join(response.streaming_content), ""
    return response.status_code, b"", response.json()["title"]


def issued() -> int:
    return Entry.objects.filter(action="ticket.issue").count()
