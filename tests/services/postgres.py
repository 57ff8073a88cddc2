"""A PostgreSQL for tests: named by TEST_POSTGRES_URL, else found on this machine."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg

CANDIDATES = (
    "postgres://postgres@127.0.0.1:5432/postgres",
    "postgres://root@127.0.0.1:5432/postgres",
)


def found() -> str:
    """The URL of a server that answers and lets us make databases, or an empty text."""
    for url in filter(None, [os.environ.get("TEST_POSTGRES_URL"), *CANDIDATES]):
        try:
            with psycopg.connect(url, connect_timeout=3) as connection:
                rights = connection.execute(
                    "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
                ).fetchone()
        except psycopg.Error:
            continue
        if rights and rights[0]:
            return url
    return ""


@contextmanager
def database(url: str) -> Iterator[str]:
    """A new, empty database; gone afterwards."""
    name = f"gatehouse_{uuid4().hex[:12]}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    try:
        yield urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
    finally:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
