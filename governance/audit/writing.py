"""The rows of an entry, in as few round trips as the database allows: one on PostgreSQL.

Every download waits for these, so they are written without the ORM, which takes most of the time,
and on PostgreSQL by a statement whose plan the server keeps for the connection.
"""

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from django.db import connection, models, transaction

from client import entries
from governance import prepared
from governance.audit import leaves
from governance.audit.models import Entry, Pending, Person, new_salt

BLANK: Mapping[str, Any] = {
    "at": None, "action": "", "outcome": "", "reasons": [], "privileged": False, "reason": "",
    "subject": "", "dataset": "", "version": "", "tier": "", "artefact": "", "terms_version": "",
    "grant": None, "detail": {}, "request_id": "", "commitment": "",
}  # fmt: skip


class Beside(NamedTuple):
    """Rows of another area that are written with an entry, or not at all.

    `parts` are named parts (`x AS (INSERT ...)`) of the one statement of PostgreSQL, which takes
    `params`; elsewhere `write` is called with `told` in the entry's transaction. The text of the
    parts must be the same each time: the server keeps a plan for it.
    """

    parts: str
    params: Sequence[Any]
    write: Callable[..., None]
    told: Sequence[Any]


# Of threads that each want SQLite's one lock for an entry alone. Its own waiting is no queue: they
# would sleep, look, and sleep longer.
_TURNS = threading.Lock()


def insert(
    told: Mapping[str, Any], personal: Mapping[str, Any], *, beside: Beside | None = None
) -> Entry:
    """Insert an entry, its personal part under a new salt, and its place in the queue.

    `told` holds fields of `Entry`, `personal` all of `leaves.PERSONAL`. Outside a transaction the
    three rows, and what stands beside them, are one of their own.

    Raises:
        DatabaseError: one of the rows can't be written; then the transaction is lost.
        TypeError: a field is told that no entry has.
    """
    salt = new_salt()
    fields = {**BLANK, **told, "commitment": entries.commitment(salt, personal)}
    if len(fields) != len(BLANK):
        raise TypeError(f"no fields of an entry: {fields.keys() - BLANK.keys()}")
    sealed = leaves.halves(leaves.sealed(fields))
    names = _names(Entry)
    values = [fields[name] for name in names]
    who = [salt if name == "salt" else personal[name] for name in _names(Person)]
    rows = [*map(_plain, values)], who, [*sealed]
    entry_id = _written(transaction.get_connection(), *rows, beside)
    return Entry.from_db("default", ["id", *names], [entry_id, *values])


def _written(
    connection: Any, told: list[Any], who: list[Any], waits: list[Any], beside: Beside | None
) -> int:
    if connection.vendor == "postgresql":
        more = (beside.parts, beside.params) if beside else ("", ())
        with prepared.cursor(connection) as cursor:
            # One statement is a transaction of its own where there is no other.
            cursor.execute(_at_once(more[0]), [*told, *who, *waits, *more[1]])
            return cursor.fetchone()[0]
    told = [_adapted(connection, each) for each in told]
    turn = nullcontext() if connection.in_atomic_block else _TURNS
    with turn, transaction.atomic(), prepared.cursor(connection) as cursor:
        cursor.execute(_one(Entry), told)
        entry_id = cursor.lastrowid
        cursor.execute(_one(Person), [*who, entry_id])
        cursor.execute(_one(Pending), [*waits, entry_id])
        if beside is not None:
            beside.write(*beside.told)
    return entry_id


def _plain(value: object) -> object:
    if value.__class__ in (str, int):
        return value
    return json.dumps(value) if isinstance(value, list | dict) else value


def _adapted(connection: Any, value: object) -> object:
    is_time = isinstance(value, datetime)
    return connection.ops.adapt_datetimefield_value(value) if is_time else value


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
def _at_once(more: str) -> str:
    """The three rows, and parts of another area, in one statement of PostgreSQL."""
    entry, person, pending = (_names(model) for model in (Entry, Person, Pending))
    return (
        f"WITH e AS (INSERT INTO audit_entry ({_columns(entry)}) "  # noqa: S608
        f"VALUES ({_holes(len(entry))}) RETURNING id), "
        f"p AS (INSERT INTO audit_person ({_columns(person)}, entry_id) "
        f"VALUES ({_holes(len(person))}, (SELECT id FROM e))), "
        f"w AS (INSERT INTO audit_pending ({_columns(pending)}, entry_id) "
        f"VALUES ({_holes(len(pending))}, (SELECT id FROM e)))"
        f"{', ' if more else ''}{more} SELECT id FROM e"
    )
