"""The rows of an entry, in as few round trips as the database allows: one on PostgreSQL.

Every download waits for these, so they are written without the ORM, which takes most of the time.
"""

import json
from functools import cache

from django.db import connection, models

from governance.audit.leaves import Halves
from governance.audit.models import Entry, Pending, Person


def insert(entry: Entry, person: Person, sealed: Halves) -> None:
    """Insert an entry, its personal part and its place in the queue; gives the entry its id.

    Raises:
        DatabaseError: one of the rows can't be written; then the transaction is lost.
    """
    at = connection.ops.adapt_datetimefield_value(entry.at)
    told = [at if name == "at" else _plain(getattr(entry, name)) for name in _names(Entry)]
    who = [getattr(person, name) for name in _names(Person)]
    waits = [at, sealed.head, sealed.tail]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_at_once(), [*told, *who, *waits])
            (entry.pk,) = cursor.fetchone()
        else:
            cursor.execute(_one(Entry), told)
            entry.pk = cursor.lastrowid
            cursor.execute(_one(Person), [*who, entry.pk])
            cursor.execute(_one(Pending), [*waits, entry.pk])
    for row in (entry, person):
        row._state.adding, row._state.db = False, connection.alias
    person.entry = entry


def _plain(value: object) -> object:
    return json.dumps(value) if isinstance(value, list | dict) else value


@cache
def _names(model: type[models.Model]) -> list[str]:
    """Its fields but for the key, as both its attributes and its columns are called."""
    return [field.column for field in model._meta.concrete_fields if not field.primary_key]


def _columns(names: list[str]) -> str:
    return ", ".join(connection.ops.quote_name(name) for name in names)


def _holes(count: int) -> str:
    return ", ".join(["%s"] * count)


@cache
def _one(model: type[models.Model]) -> str:
    """INSERT of one row; the key comes last, where it is that of the entry."""
    names = _names(model) + ([] if model is Entry else ["entry_id"])
    table = model._meta.db_table
    return f"INSERT INTO {table} ({_columns(names)}) VALUES ({_holes(len(names))})"  # noqa: S608


@cache
def _at_once() -> str:
    """The three rows in one statement of PostgreSQL."""
    entry, person, pending = (_names(model) for model in (Entry, Person, Pending))
    return (
        f"WITH e AS (INSERT INTO audit_entry ({_columns(entry)}) "  # noqa: S608
        f"VALUES ({_holes(len(entry))}) RETURNING id), "
        f"p AS (INSERT INTO audit_person ({_columns(person)}, entry_id) "
        f"SELECT {_holes(len(person))}, id FROM e), "
        f"w AS (INSERT INTO audit_pending ({_columns(pending)}, entry_id) "
        f"SELECT {_holes(len(pending))}, id FROM e) SELECT id FROM e"
    )
