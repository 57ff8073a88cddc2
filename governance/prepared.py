"""Statements composed once and run often, for the few that stand before every byte.

Composing a query costs the ORM a millisecond, running it a tenth of that. A `Prepared` keeps what
the ORM composed (so names and types still come from the models) and puts new values in.
"""

import re
import sqlite3
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from django.db import connections
from django.db.models import Model, QuerySet
from django.db.models.base import ModelState

ALIAS = "default"


def cursor(connection: Any) -> Any:
    """A cursor for the few statements that are run often. It wants parameters, however few.

    On PostgreSQL the server keeps their plan for the connection; Django's own cursor puts the
    values into the text, which costs the server more than the work itself. Where
    `prepare_threshold` is None (a pooler in between) they are planned each time. On SQLite Django's
    own reads each text anew, to turn its marks into those of the database.
    """
    connection.ensure_connection()
    raw = connection.connection
    made = _planned()(raw) if connection.vendor == "postgresql" else raw.cursor(_Marked)
    return connection._prepare_cursor(made)


class _Marked(sqlite3.Cursor):
    def execute(self, query: str, params: Any = ()) -> Any:
        return super().execute(_marked(query), params)


@cache
def _marked(query: str) -> str:
    if query.count("%") != query.count("%s"):
        raise ValueError("A statement that is run often can hold no per cent sign but in marks.")
    return query.replace("%s", "?")


@cache
def _planned() -> type:
    import psycopg  # here, as an embedded run has no need of it

    class Planned(psycopg.Cursor):
        def execute(self, query: Any, params: Any = None, **told: Any) -> Any:
            return super().execute(query, params, prepare=True, **told)

    return Planned


class _Composed(NamedTuple):
    connection: Any
    sql: str
    params: tuple[tuple[str | None, Any], ...]  # name of its value, or None and a constant
    compiler: Any
    converters: dict[int, Any]


class Prepared:
    """`build(**values)` gives a queryset of `values_list`; it is called once a thread.

    `examples` are values of the right types that occur nowhere else in the query: where they end up
    among its parameters is where the real ones will go.

    Raises:
        ValueError: an example is not found among the parameters.
    """

    def __init__(self, build: Callable[..., QuerySet], **examples: Any) -> None:
        self._build, self._examples = build, examples
        self._kept = threading.local()

    def rows(self, **values: Any) -> list[Sequence[Any]]:
        """Run the query; the rows are tuples or lists in the order of its `values_list`."""
        return self._run(values, lambda cursor: cursor.fetchall())

    def first(self, **values: Any) -> Sequence[Any] | None:
        """The first row alone: the database need not look for a second."""
        found = self._run(values, lambda cursor: [row for row in (cursor.fetchone(),) if row])
        return found[0] if found else None

    def _run(
        self, values: Mapping[str, Any], fetch: Callable[[Any], list[Sequence[Any]]]
    ) -> list[Sequence[Any]]:
        composed = getattr(self._kept, "composed", None)
        connection = connections[ALIAS]
        if composed is None or composed.connection is not connection:
            composed = self._kept.composed = self._compose(connection)
        adapted = {name: _adapted(connection, value) for name, value in values.items()}
        params = [constant if name is None else adapted[name] for name, constant in composed.params]
        with cursor(connection) as opened:
            opened.execute(composed.sql, params)
            found = fetch(opened)
        if composed.converters:
            return list(composed.compiler.apply_converters(found, composed.converters))
        return found

    def _compose(self, connection: Any) -> _Composed:
        query = self._build(**self._examples).query
        compiler = query.get_compiler(connection=connection)
        sql, params = compiler.as_sql()
        names = {_adapted(connection, example): name for name, example in self._examples.items()}
        slots = [(names.get(each) if _hashable(each) else None, each) for each in params]
        if missing := set(self._examples) - {name for name, _ in slots}:
            raise ValueError(f"not among the parameters of the query: {', '.join(missing)}")
        sql, left = _written_out(sql, slots)
        converters = compiler.get_converters(
            [each[0] for each in compiler.select[: compiler.col_count]]
        )
        return _Composed(connection, sql, left, compiler, converters)


def _adapted(connection: Any, value: Any) -> Any:
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return value


WORD = re.compile(r"[a-z_]+")


def _written_out(
    sql: str, slots: Sequence[tuple[str | None, Any]]
) -> tuple[str, tuple[tuple[str | None, Any], ...]]:
    """The statement with its plain constants in the text, and the parameters that are left.

    A partial index is found by a text that holds its condition: PostgreSQL's kept plan would pass
    it over, and SQLite would plan the statement anew each time.
    """
    pieces = sql.split("%s")
    text, left = pieces[0], []
    for (name, value), piece in zip(slots, pieces[1:], strict=True):
        if name is None and isinstance(value, str) and WORD.fullmatch(value):
            text += f"'{value}'{piece}"
        elif name is None and type(value) is int:
            text += f"{value}{piece}"
        else:
            text += f"%s{piece}"
            left.append((name, value))
    return text, tuple(left)


def _hashable(value: Any) -> bool:
    return isinstance(value, str | int | datetime | None)


class Columns(NamedTuple):
    """Some columns of a model, reached by a path, and rows of them made into instances."""

    model: type[Model]
    names: tuple[str, ...]  # attribute names, e.g. dataset_id
    path: str = ""  # e.g. `version__dataset__`

    def asked(self) -> tuple[str, ...]:
        """What `values_list` takes."""
        return tuple(f"{self.path}{name}" for name in self.names)

    def made(self, values: Sequence[Any]) -> Any:
        """An instance; the columns that were not asked for are deferred.

        What `Model.from_db` does, without the signals and the look at every column of the model.
        """
        found = self.model.__new__(self.model)
        state = ModelState()
        state.adding, state.db = False, ALIAS
        found.__dict__.update(zip(self.names, values, strict=True), _state=state)
        return found


def every_column(model: type[Model], path: str = "", *, but: Sequence[str] = ()) -> Columns:
    names = tuple(
        field.attname for field in model._meta.concrete_fields if field.attname not in but
    )
    return Columns(model, names, path)


def split(row: Sequence[Any], parts: Sequence[Columns]) -> list[Any]:
    """Cut a row into one instance for each part, in their order."""
    made, at = [], 0
    for part in parts:
        made.append(part.made(row[at : at + len(part.names)]))
        at += len(part.names)
    return made
