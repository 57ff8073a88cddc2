"""The record: read by auditors alone, and every look is in the record itself."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.urls import reverse

from governance.audit import leaves, selectors
from governance.audit import services as audit
from governance.audit.actors import Role
from governance.audit.models import Entry, Person
from governance.audit.services import Place
from portal.pages import drawing
from tests.factories import UserFactory, actor
from tests.pages.visitors import VISITORS, answered, browser, queries, text
from tests.support import PAGE, staff_client

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 14, 31, 7, tzinfo=UTC)
WHERE = "/record"
AUDITORS_ONLY = {
    "stranger": "account_login",
    "researcher": "404",
    "steward without factor": "404",
    "steward": "404",
    "admin": "404",
    "auditor": "200",
}


def refusal(name="Rhea Searcher", *, at=NOW, dataset="lab/shelf"):
    with transaction.atomic():
        return audit.access_refused(
            actor=actor(UserFactory(name=name), address="192.0.2.7", agent="curl/8 <x>"),
            place=Place(dataset, "1.3", "processed", "data/go/0000.parquet"),
            action="download",
            reasons=["terms"],
            now=at,
        )


def looks() -> list[dict]:
    return [each.detail for each in Entry.objects.filter(action="record.search").order_by("id")]


def numbers(response) -> list[int]:
    return [int(each) for each in re.findall(r"/record/(\d+)", response.content.decode())]


@pytest.mark.parametrize("visitor", VISITORS)
def test_who_reads_the_record(visitor):
    assert answered(browser(visitor), reverse("record")) == AUDITORS_ONLY[visitor]
    assert len(looks()) == (visitor == "auditor")


@pytest.mark.parametrize("visitor", VISITORS)
def test_who_reads_an_entry(visitor):
    entry = refusal()
    where = reverse("record-entry", args=[entry.pk])
    assert answered(browser(visitor), where) == AUDITORS_ONLY[visitor]


def test_an_auditor_without_the_second_factor_is_asked_for_it():
    client = staff_client(Role.AUDITOR, second_factor=False)
    assert answered(client, WHERE) == "mfa_activate_totp"
    assert looks() == []


def test_every_look_is_recorded_with_what_was_asked_and_how_much_was_found():
    refusal()
    client = staff_client(Role.AUDITOR)
    client.get(WHERE, **PAGE)
    client.get(WHERE, {"person": "rhea", "outcome": "refused", "page": ""}, **PAGE)
    assert looks() == [
        {"fields": {}, "found": 1},
        {"fields": {"outcome": "refused"}, "found": 1},
    ]


def test_a_typed_name_is_recorded_where_it_can_be_erased():
    refusal()
    staff_client(Role.AUDITOR).get(WHERE, {"person": "rhea"}, **PAGE)
    look = Entry.objects.get(action="record.search")
    assert "rhea" not in str(leaves.leaf_of(look))
    assert look.person.purpose == "rhea"


def test_a_search_by_date_is_answered_by_the_index_of_time():
    found = selectors.search({"since": "2026-11-23", "until": "2026-11-24"})
    if connection.vendor == "sqlite":
        assert "_at" in found.order_by().explain()
    assert "::date" not in str(found.query).lower()
    assert "django_date" not in str(found.query).lower()


@pytest.mark.parametrize(
    ("hour", "found"), [("00:00:00", True), ("23:59:59.999999", True), ("24", False)]
)
def test_both_days_of_a_search_are_whole(hour, found):
    at = datetime(2026, 11, 24, tzinfo=UTC) if hour == "24" else None
    refusal(at=at or datetime.fromisoformat(f"2026-11-23T{hour}+00:00"))
    assert selectors.search({"since": "2026-11-23", "until": "2026-11-23"}).exists() is found


def test_a_look_that_can_not_be_recorded_shows_nothing(monkeypatch):
    refusal()

    def broken(**told):
        raise RuntimeError("the record is full")

    monkeypatch.setattr(audit, "record_searched", broken)
    with pytest.raises(RuntimeError, match="the record is full"):
        staff_client(Role.AUDITOR).get(WHERE, **PAGE)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"person": "rhea"}, True),
        ({"person": "nobody"}, False),
        ({"dataset": "lab/shelf", "version": "1.3", "tier": "processed"}, True),
        ({"dataset": "lab/other"}, False),
        ({"action": "download.refuse"}, True),
        ({"action": "download."}, True),
        ({"outcome": "refused"}, True),
        ({"outcome": "allowed"}, False),
        ({"since": "2026-11-23", "until": "2026-11-23"}, True),
        ({"since": "2026-11-24"}, False),
        ({"until": "2026-11-22"}, False),
    ],
)
def test_a_search_finds_what_matches(asked, found):
    entry = refusal()
    response = staff_client(Role.AUDITOR).get(WHERE, asked, **PAGE)
    assert (entry.pk in numbers(response)) is found
    assert ("No entry matches" in text(response)) is not found


@pytest.mark.parametrize(
    "asked", [{"since": "yesterday"}, {"outcome": "maybe"}, {"person": "a\0b"}]
)
def test_what_can_not_be_searched_is_said_and_not_recorded(asked):
    response = staff_client(Role.AUDITOR).get(WHERE, asked, **PAGE)
    assert response.status_code == 422
    assert "Nothing was searched" in text(response)
    assert looks() == []


def test_a_search_for_a_person_finds_what_was_decided_about_them():
    own = refusal()
    refusal("Bob")
    with transaction.atomic():
        decided = audit.grant_revoked(
            actor=actor(UserFactory(name="Stella Steward")),
            place=Place("lab/shelf"),
            grant=1,
            holder=own.person.user_id,
            reason="misuse",
            now=NOW,
        )
    found = numbers(staff_client(Role.AUDITOR).get(WHERE, {"person": "rhea"}, **PAGE))
    assert set(found) == {own.pk, decided.pk}


def test_entries_are_paged_newest_first_and_the_search_goes_along():
    entries = [refusal() for _ in range(51)]
    client = staff_client(Role.AUDITOR)
    first = client.get(WHERE, {"outcome": "refused"}, **PAGE)
    assert numbers(first) == [each.pk for each in reversed(entries[1:])]
    assert "?outcome=refused&page=2" in text(first)
    second = client.get(WHERE, {"outcome": "refused", "page": "2"}, **PAGE)
    assert numbers(second) == [entries[0].pk]
    assert looks()[-1] == {"fields": {"outcome": "refused", "page": "2"}, "found": 51}


def test_the_record_takes_as_many_queries_for_one_as_for_many():
    refusal()
    client = staff_client(Role.AUDITOR)
    few = queries(client, WHERE)
    for _ in range(20):
        refusal()
    assert queries(client, WHERE) == few


def test_an_entry_shows_everything_and_that_it_was_read():
    entry = refusal()
    client = staff_client(Role.AUDITOR)
    response = client.get(reverse("record-entry", args=[entry.pk]), **PAGE)
    told = text(response)
    for part in (
        "download.refuse",
        "data/go/0000.parquet",
        "Rhea Searcher",
        "192.0.2.7",
        "(terms)",
    ):
        assert part in told
    assert b"curl/8 &lt;x&gt;" in response.content
    assert looks() == [{"fields": {"entry": str(entry.pk)}, "found": 1}]


def test_an_entry_whose_personal_part_is_erased_stays_readable():
    entry = refusal()
    Person.objects.filter(entry=entry).delete()
    client = staff_client(Role.AUDITOR)
    assert "Erased" in text(client.get(WHERE, {"outcome": "refused"}, **PAGE))
    told = text(client.get(reverse("record-entry", args=[entry.pk]), **PAGE))
    assert "data/go/0000.parquet" in told
    assert "It was erased." in told
    assert "192.0.2.7" not in told


def test_the_detail_of_an_entry_is_shown_as_json():
    refusal()
    client = staff_client(Role.AUDITOR)
    client.get(WHERE, {"dataset": "<b>rhea"}, **PAGE)
    look = Entry.objects.get(action="record.search")
    response = client.get(reverse("record-entry", args=[look.pk]), **PAGE)
    assert '"dataset": "<b>rhea"' in text(response)
    assert b"<b>rhea" not in response.content


def test_an_entry_that_is_none_is_not_there():
    assert answered(staff_client(Role.AUDITOR), "/record/999999") == "404"
    assert looks() == []


# ------------------------------------------------------------------ the chart


def day(number, outcome="allowed", n=1):
    return {"day": (NOW + timedelta(days=number)).date(), "outcome": outcome, "n": n}


def test_the_chart_says_in_words_what_it_draws():
    refusal()
    told = text(staff_client(Role.AUDITOR).get(WHERE, **PAGE))
    assert "Entries a day, 23 Nov 2026: 1 refused; at most 1 in one day." in told
    assert "<title>23 Nov: 1 refused</title>" in told
    assert "style=" not in told.split("<main")[1]


@pytest.mark.parametrize("highest", [1, 3, 4, 5, 9, 10, 42, 99, 100, 1234, 43_813, 10**7])
def test_bars_stay_inside_the_drawing(highest):
    drawn = drawing.per_day([day(0, n=highest), day(1, "refused", 1), day(1, n=highest - 1)])
    assert len(drawn["rules"]) <= 5
    assert drawn["rules"][-1]["value"] >= highest
    for bar in drawn["bars"]:
        assert float(bar["y"]) >= drawing.TOP - 2 * drawing.LEAST
        assert float(bar["y"]) + float(bar["height"]) <= drawing.BASE + 0.1
        assert float(bar["x"]) + float(bar["width"]) <= drawing.WIDTH


def test_days_without_entries_are_gaps_and_old_days_are_said_to_be_left_out():
    drawn = drawing.per_day([day(-400), day(-3), day(0)])
    assert drawn["cut"] is True
    assert drawn["days"] == 60
    assert len(drawn["bars"]) == 2
    assert drawing.per_day([]) is None
