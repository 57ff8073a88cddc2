"""Defects of other portals, held off here: what counts as a download, whose it is, and no
evidence, no bytes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import connection
from django.test import Client

from governance.audit import selectors
from governance.audit.models import Entry, Leaf, Pending, Person
from tests.factories import AcceptanceFactory
from tests.record.log import seal
from tests.record.serving import WHERE, fetch, issued
from tests.serving import BODY, SHA256, bearer
from tests.support import PAGE, signed_in

SQLITE = connection.vendor == "sqlite"


# ------------------------------------------------------------------ a view is no download


@pytest.mark.django_db
def test_looking_at_pages_and_asking_for_sizes_is_no_download(file, researcher):
    browser, headers = signed_in(researcher), bearer(researcher)
    for page in ("/datasets/lab/shelf", "/datasets/lab/shelf/terms", "/downloads", "/"):
        assert browser.get(page, **PAGE).status_code == 200, page
    assert browser.head(WHERE).status_code == 200
    assert Client().head(WHERE, **headers).status_code == 200
    assert Client().get(WHERE, HTTP_IF_NONE_MATCH=f'"{SHA256}"', **headers).status_code == 304
    assert (issued(), selectors.copies_of(researcher.pk)) == (0, [])


@pytest.mark.django_db
def test_every_download_is_one_however_soon_after_another(file, researcher):
    headers = bearer(researcher)
    for _ in range(2):
        assert fetch(headers) == (200, BODY, "")
    assert issued() == 2
    (copy,) = selectors.copies_of(researcher.pk)
    assert (copy["files"], copy["times"]) == (1, 2)


# ------------------------------------------------------------------ whose download


@pytest.mark.django_db
def test_a_download_by_token_is_that_of_the_token_s_person(file, researcher):
    """Also in a browser where somebody else is signed in."""
    other = AcceptanceFactory(terms=file.version.dataset.terms.get()).user
    assert signed_in(other).get(WHERE, **bearer(researcher, name="cluster")).status_code == 200
    person = Person.objects.get(entry__action="ticket.issue")
    assert (person.user_id, person.email, person.token) == (
        researcher.pk,
        researcher.email,
        "cluster",
    )
    assert not selectors.copies_of(other.pk)
    assert selectors.copies_of(researcher.pk)


@pytest.mark.django_db
def test_a_download_in_the_browser_names_no_token(file, researcher):
    assert signed_in(researcher).get(WHERE, **PAGE).status_code == 200
    person = Person.objects.get(entry__action="ticket.issue")
    assert (person.user_id, person.token) == (researcher.pk, "")


# ------------------------------------------------------------------ no evidence, no bytes

PARTS = ("audit_entry", "audit_person", "audit_pending")


def _run(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


@contextmanager
def insert_refused(table: str) -> Iterator[None]:
    """The database refuses one of the three rows of an entry."""
    if SQLITE:
        _run(
            f"CREATE TRIGGER broken BEFORE INSERT ON {table} "
            "BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
        )
    else:
        _run(
            "CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION USING ERRCODE = 'disk_full'; END $$",
            f"CREATE TRIGGER broken BEFORE INSERT ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION broken()",
        )
    try:
        yield
    finally:
        _run("DROP TRIGGER broken" if SQLITE else f"DROP TRIGGER broken ON {table}")
        if not SQLITE:
            _run("DROP FUNCTION broken()")


@contextmanager
def commit_refused(table: str) -> Iterator[None]:
    """All rows are taken, and the COMMIT fails."""
    if SQLITE:
        _run(
            "CREATE TABLE broken (x REFERENCES accounts_user (id) DEFERRABLE INITIALLY DEFERRED)",
            f"CREATE TRIGGER broken_too AFTER INSERT ON {table} "
            "BEGIN INSERT INTO broken VALUES (-1); END",
        )
    else:
        _run(
            "CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION USING ERRCODE = 'disk_full'; END $$",
            f"CREATE CONSTRAINT TRIGGER broken AFTER INSERT ON {table} "
            "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION broken()",
        )
    try:
        yield
    finally:
        if SQLITE:
            _run("DROP TRIGGER broken_too", "DROP TABLE broken")
        else:
            _run(f"DROP TRIGGER broken ON {table}", "DROP FUNCTION broken()")


def refused_and_nothing_is_left(headers: dict[str, str]) -> None:
    before = [model.objects.count() for model in (Entry, Person, Pending)]
    status, data, sentence = fetch(headers)
    assert (status, data) == (503, b"")
    assert "The record can't be written just now, so nothing is handed out." in sentence
    assert [model.objects.count() for model in (Entry, Person, Pending)] == before


def well_again(headers: dict[str, str]) -> None:
    assert fetch(headers) == (200, BODY, "")
    assert issued() == 1
    assert seal().size == Leaf.objects.count() == Entry.objects.count()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("table", PARTS)
@pytest.mark.parametrize("broken", [insert_refused, commit_refused])
def test_when_the_record_can_not_be_written_nothing_is_handed_out(
    file, researcher, broken: Callable, table: str
):
    headers = bearer(researcher)
    Client().head(WHERE, **headers)  # notes the token's first use
    with broken(table):
        refused_and_nothing_is_left(headers)
    well_again(headers)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("table", PARTS)
def test_a_refusal_that_can_not_be_recorded_is_no_yes_either(file, table):
    from tests.factories import UserFactory

    headers = bearer(UserFactory())
    Client().head(WHERE, **headers)
    with insert_refused(table):
        refused_and_nothing_is_left(headers)
    assert fetch(headers)[0] == 403


if SQLITE:

    @pytest.mark.django_db(transaction=True)
    def test_when_the_disk_is_full_what_was_handed_out_is_on_record(file, researcher):
        headers = bearer(researcher)
        Client().head(WHERE, **headers)
        with connection.cursor() as cursor:
            (pages,) = cursor.execute("PRAGMA page_count").fetchone()
            cursor.execute(f"PRAGMA max_page_count = {pages}")
        given = 0
        try:
            while (answer := fetch(headers))[0] == 200 and given < 500:
                given += 1
            assert (answer[0], answer[1]) == (503, b"")
            assert "nothing is handed out" in answer[2]
            assert issued() == given
        finally:
            _run("PRAGMA max_page_count = 1073741823")
        assert fetch(headers) == (200, BODY, "")
        assert issued() == given + 1

else:

    @contextmanager
    def cut_in_the_commit() -> Iterator[None]:
        """The server ends the connection while it commits: the writer never learns how it went."""
        _run(
            "CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$",
            "CREATE CONSTRAINT TRIGGER cut AFTER INSERT ON audit_entry "
            "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION cut()",
        )
        try:
            yield
        finally:
            connection.close()
            _run("DROP TRIGGER cut ON audit_entry", "DROP FUNCTION cut()")

    @pytest.mark.django_db(transaction=True)
    def test_a_connection_cut_in_the_commit_hands_out_nothing(file, researcher):
        headers = bearer(researcher)
        Client().head(WHERE, **headers)
        with cut_in_the_commit():
            status, data, sentence = fetch(headers)
            assert (status, data) == (503, b"")
            assert "nothing is handed out" in sentence
        assert issued() == 0
        well_again(headers)
