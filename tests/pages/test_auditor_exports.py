"""What an auditor takes away as a file: whole, on record first, and harmless to a spreadsheet."""

import csv
import json
from datetime import UTC, datetime
from io import BytesIO, StringIO

import pytest
from django.db import transaction
from pyarrow import parquet

from governance.audit import services as audit
from governance.audit.actors import Role
from governance.audit.models import Entry, Person
from governance.audit.services import Place
from portal.pages import exporting
from tests.factories import UserFactory, actor
from tests.pages.visitors import VISITORS, answered, browser, text
from tests.support import PAGE, staff_client

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 14, 31, 7, tzinfo=UTC)
CSV, PARQUET = "/record/export.csv", "/record/export.parquet"
AUDITORS_ONLY = {
    "stranger": "account_login",
    "researcher": "404",
    "steward without factor": "404",
    "steward": "404",
    "admin": "404",
    "auditor": "200",
}


def refusal(name="Rhea Searcher", **told):
    with transaction.atomic():
        return audit.access_refused(
            actor=actor(UserFactory(name=name), address="192.0.2.7", **told),
            place=Place("lab/shelf", "1.3", "processed", "data/go/0000.parquet"),
            action="download",
            reasons=["terms", "verified"],
            now=NOW,
        )


def exports():
    return Entry.objects.filter(action="record.export")


def read_csv(response) -> list[dict]:
    told = b"".join(response.streaming_content).decode()
    return list(csv.DictReader(StringIO(told, newline="")))


def read_parquet(response) -> list[dict]:
    return parquet.read_table(BytesIO(b"".join(response.streaming_content))).to_pylist()


@pytest.mark.parametrize("where", [CSV, PARQUET])
@pytest.mark.parametrize("visitor", VISITORS)
def test_auditors_alone_export(visitor, where):
    assert answered(browser(visitor), where) == AUDITORS_ONLY[visitor]
    assert exports().count() == (visitor == "auditor")


@pytest.mark.parametrize(("where", "read"), [(CSV, read_csv), (PARQUET, read_parquet)])
def test_a_file_holds_what_the_search_finds(where, read):
    entries = [refusal(), refusal()]
    refusal("Somebody Else")
    response = staff_client(Role.AUDITOR).get(where, {"person": "rhea"}, **PAGE)
    assert response["Content-Disposition"].startswith("attachment; filename=")
    assert response["Cache-Control"] == "no-store"
    rows = read(response)
    assert [int(each["id"]) for each in rows] == [entries[1].pk, entries[0].pk]
    assert list(rows[0]) == exporting.COLUMNS
    assert rows[0]["name"] == "Rhea Searcher"
    assert rows[0]["address"] == "192.0.2.7"
    assert rows[0]["reasons"] == "terms, verified"
    assert json.loads(rows[0]["detail"]) == {}


def test_times_are_utc_in_both_forms():
    refusal()
    client = staff_client(Role.AUDITOR)
    asked = {"outcome": "refused"}
    assert read_csv(client.get(CSV, asked, **PAGE))[0]["at"] == "2026-11-23T14:31:07.000000Z"
    assert read_parquet(client.get(PARQUET, asked, **PAGE))[0]["at"] == NOW


@pytest.mark.parametrize("where", [CSV, PARQUET])
def test_an_export_is_on_record_before_its_first_byte_and_not_in_itself(where):
    refusal()
    asked = {"person": "rhea", "outcome": "refused"}
    response = staff_client(Role.AUDITOR).get(where, asked, **PAGE)
    told = exports().get()  # nothing of the answer was read yet
    form = where.rpartition(".")[2]
    assert told.detail == {"fields": {"outcome": "refused"}, "found": 1, "form": form}
    assert told.person.purpose == "rhea"
    assert b"record.export" not in b"".join(response.streaming_content)


def test_an_export_that_can_not_be_recorded_does_not_leave(monkeypatch):
    def broken(**told):
        raise RuntimeError("the record is full")

    monkeypatch.setattr(audit, "record_exported", broken)
    with pytest.raises(RuntimeError, match="the record is full"):
        staff_client(Role.AUDITOR).get(CSV, **PAGE)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_a_formula(start):
    evil = f'{start}HYPERLINK("http://evil.example","see")'
    refusal(agent=evil)
    told = read_csv(staff_client(Role.AUDITOR).get(CSV, {"outcome": "refused"}, **PAGE))
    assert told[0]["agent"] == f"'{evil}"


def test_quotes_commas_and_lines_stay_in_their_cell():
    odd = 'a "quoted", cell\nof two lines'
    refusal(odd)
    told = read_csv(staff_client(Role.AUDITOR).get(CSV, {"outcome": "refused"}, **PAGE))
    assert (len(told), told[0]["name"]) == (1, odd)


def test_an_erased_personal_part_is_empty_in_both_forms():
    Person.objects.filter(entry=refusal()).delete()
    client, asked = staff_client(Role.AUDITOR), {"outcome": "refused"}
    assert read_csv(client.get(CSV, asked, **PAGE))[0]["email"] == ""
    row = read_parquet(client.get(PARQUET, asked, **PAGE))[0]
    assert (row["email"], row["user_id"]) == (None, None)


def test_too_much_for_one_file_is_said_and_nothing_leaves(monkeypatch):
    monkeypatch.setattr(exporting, "MOST", 1)
    refusal()
    refusal()
    client = staff_client(Role.AUDITOR)
    response = client.get(CSV, {"outcome": "refused"}, **PAGE)
    assert response.status_code == 409
    assert "finds 2 entries, and a file holds at most 1: narrow it by dates" in text(response)
    assert not exports().exists()
    page = client.get("/record", {"outcome": "refused"}, **PAGE)
    assert "Export CSV" not in text(page)


def test_the_page_links_to_its_own_search():
    refusal()
    page = staff_client(Role.AUDITOR).get("/record", {"dataset": "lab/shelf"}, **PAGE)
    assert "/record/export.csv?dataset=lab%2Fshelf" in text(page)


def test_many_entries_leave_in_several_pieces(monkeypatch):
    monkeypatch.setattr(exporting, "CHUNK", 3)
    for _ in range(7):
        refusal()
    client, asked = staff_client(Role.AUDITOR), {"outcome": "refused"}
    assert len(read_parquet(client.get(PARQUET, asked, **PAGE))) == 7
    assert len(read_csv(client.get(CSV, asked, **PAGE))) == 7


def test_what_can_not_be_searched_is_not_exported():
    response = staff_client(Role.AUDITOR).get(CSV, {"since": "yesterday"}, **PAGE)
    assert response.status_code == 422
    assert not exports().exists()
