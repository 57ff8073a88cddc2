"""Use is counted from the record: one person, version, tier and day is one download."""

from datetime import date, timedelta

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from governance.audit import metrics
from governance.audit import services as audit
from governance.audit.models import Person
from governance.audit.services import Place
from tests.factories import NOW, UserFactory, actor

pytestmark = pytest.mark.django_db
DATASET = "lab/shelf"


def ticket(user, *, version="1.0", tier="processed", at=NOW, dataset=DATASET, file="a"):
    with transaction.atomic():
        return audit.ticket_issued(
            actor=actor(user),
            place=Place(dataset, version, tier, file),
            terms_version="1.0",
            grant=None,
            size=7,
            now=at,
        )


def by_tier():
    cache.clear()
    return [
        (each["version"], each["tier"], each["downloads"], each["people"])
        for each in metrics.by_tier(DATASET)
    ]


def test_many_files_of_one_day_are_one_download():
    ada = UserFactory()
    for file in "abc":
        ticket(ada, file=file)
    assert by_tier() == [("1.0", "processed", 1, 1)]


def test_another_person_version_tier_or_day_is_another_download():
    ada, bob = UserFactory.create_batch(2)
    ticket(ada)
    ticket(bob)
    ticket(ada, at=NOW + timedelta(days=1))
    ticket(ada, version="1.1")
    ticket(ada, tier="raw")
    ticket(ada, dataset="lab/other")
    assert by_tier() == [
        ("1.0", "processed", 3, 2),
        ("1.0", "raw", 1, 1),
        ("1.1", "processed", 1, 1),
    ]


def test_a_day_ends_at_midnight_utc():
    ada = UserFactory()
    midnight = NOW.replace(hour=0)
    ticket(ada, at=midnight - timedelta(microseconds=1))
    ticket(ada, at=midnight)
    assert by_tier() == [("1.0", "processed", 2, 1)]


def test_refusals_are_no_downloads():
    with transaction.atomic():
        audit.access_refused(
            actor=actor(UserFactory()),
            place=Place(DATASET, "1.0", "processed", "a"),
            action="download",
            reasons=["terms"],
            now=NOW,
        )
    assert by_tier() == []


def test_what_was_erased_counts_as_one_download_a_day_and_as_nobody():
    for user in UserFactory.create_batch(3):
        ticket(user)
    Person.objects.all().delete()
    assert by_tier() == [("1.0", "processed", 1, 0)]
    assert metrics.by_person(DATASET) == {}


def test_weeks_begin_on_monday():
    ada = UserFactory()
    monday = NOW - timedelta(days=NOW.weekday())  # NOW is a Tuesday
    ticket(ada, at=monday)
    ticket(ada, at=monday + timedelta(days=6))
    ticket(ada, at=monday - timedelta(days=1))
    ticket(ada, at=monday - timedelta(weeks=metrics.WEEKS))
    found = metrics.by_week(DATASET, now=NOW)
    assert [(each["week"], each["downloads"], each["people"]) for each in found] == [
        (date(2029, 12, 24), 1, 1),
        (date(2029, 12, 31), 2, 1),
    ]


def test_people_are_told_apart_for_sums_over_them():
    ada, bob = UserFactory.create_batch(2)
    ticket(ada)
    ticket(ada, version="1.1")
    ticket(ada, tier="raw")
    ticket(bob)
    assert metrics.by_person(DATASET) == {ada.pk: 3, bob.pk: 1}


def test_the_last_thirty_days_of_every_dataset_are_one_figure():
    ada = UserFactory()
    ticket(ada, at=NOW - timedelta(days=30))
    ticket(ada, at=NOW - timedelta(days=29))
    ticket(ada, dataset="lab/other")
    assert metrics.recent(now=NOW) == {DATASET: 1, "lab/other": 1}
    assert metrics.recent_of(DATASET, now=NOW) == 1
    assert metrics.recent_of("lab/unused", now=NOW) == 0


def test_each_figure_takes_one_query_and_is_then_remembered():
    for user in UserFactory.create_batch(3):
        ticket(user)
    for ask in (
        lambda: metrics.by_tier(DATASET),
        lambda: metrics.by_week(DATASET, now=NOW),
        lambda: metrics.by_person(DATASET),
        lambda: metrics.recent(now=NOW),
        lambda: metrics.recent_of(DATASET, now=NOW),
    ):
        with CaptureQueriesContext(connection) as counted:
            first = ask()
            assert ask() == first
        assert len(counted) == 1


def test_all_figures_come_from_the_same_entries():
    ada, bob = UserFactory.create_batch(2)
    for user, version in ((ada, "1.0"), (ada, "1.1"), (bob, "1.0")):
        ticket(user, version=version)
    total = sum(each["downloads"] for each in metrics.by_tier(DATASET))
    assert total == sum(each["downloads"] for each in metrics.by_week(DATASET, now=NOW)) == 3
    assert total == sum(metrics.by_person(DATASET).values()) == metrics.recent(now=NOW)[DATASET]
