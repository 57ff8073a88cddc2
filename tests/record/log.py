"""A log in the database: written, sealed, exported; and the hand of an attacker in it."""

import json
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import connection, transaction

from client import audit as offline
from client import notes
from client.findings import Report
from governance.audit import exporting, keys, sealing, verifying
from governance.audit import services as audit
from governance.audit.actors import HOUSE, Actor, Limits
from governance.audit.models import Entry
from governance.audit.sealing import Sealed
from governance.audit.services import Place
from governance.audit.verifying import Verified
from tests.factories import NOW

ADA = Actor(
    user_id=7,
    email="ada@university.example",
    name="Ada",
    verified=True,
    token=Limits("laptop"),
    address="192.0.2.77",
    agent="curl/8",
    request_id="r-1",
)
SHELF = Place("lab/shelf", "1.0", "processed", "data/python/0000.parquet")


def ticket(who: Actor = ADA, **told: Any) -> Entry:
    """One download on record."""
    told = {"place": SHELF, "terms_version": "1.0", "grant": None, "size": 7, "now": NOW} | told
    with transaction.atomic():
        return audit.ticket_issued(actor=who, **told)


def tickets(count: int, who: Actor = ADA) -> list[Entry]:
    with transaction.atomic():
        return [ticket(who, size=number) for number in range(count)]


def decision() -> Entry:
    """An entry in which every field says something."""
    with transaction.atomic():
        return audit.application_approved(
            actor=ADA,
            place=SHELF,
            number="GH-2030-0001",
            applicant=8,
            grant=3,
            ends=NOW + timedelta(days=30),
            reason="fits",
            now=NOW,
        )


def seal() -> Sealed:
    return sealing.seal(now=NOW)


def pin() -> notes.Verifier:
    return keys.load().verifier


def check(pinned: notes.Verifier | None = None) -> Verified:
    return verifying.verify(pinned=pinned or pin())


def exported(folder: Path, *, personal: bool = True) -> Path:
    file = folder / "export.jsonl"
    file.write_bytes(b"".join(exporting.lines(personal=personal)))
    return file


def check_offline(file: Path, pinned: notes.Verifier, **told: Any) -> Report:
    return offline.verify(file, [pinned], processes=1, **told)


def as_bytes(receipt: dict[str, Any]) -> bytes:
    return json.dumps(receipt).encode()


class _Editor:
    """What the migration needs of a schema editor; works inside a test's transaction."""

    def __init__(self) -> None:
        self.connection = connection

    def execute(self, statement: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement)

    def quote_name(self, name: str) -> str:
        return connection.ops.quote_name(name)


def unguard() -> None:
    """Take the guard away, as who owns the tables can. The end of the test brings it back."""
    import_module("governance.audit.migrations.0002_guard").unguard(apps, _Editor())


def as_operator() -> Actor:
    return HOUSE
