"""Who is let to unusually much is noticed once, and stewards are told."""

from datetime import timedelta

import pytest
from django.db import transaction

from governance.audit import leaves, volume
from governance.audit import services as audit
from governance.audit.actors import Role
from governance.audit.models import Entry
from governance.audit.services import Place
from governance.notices import services as notices
from governance.notices.models import Message
from tests.factories import NOW, DatasetFactory, UserFactory, actor

pytestmark = pytest.mark.django_db


def tickets(user, number, at=NOW, dataset="lab/shelf"):
    who = actor(user)
    with transaction.atomic():
        for file in range(number):
            audit.ticket_issued(
                actor=who,
                place=Place(dataset, "1.0", "processed", f"{file}.parquet"),
                terms_version="1.0",
                grant=None,
                size=7,
                now=at,
            )


def noticed():
    return Entry.objects.filter(action="volume.notice").order_by("id")


@pytest.mark.parametrize(("number", "seen"), [(50, 0), (51, 1)])
def test_above_fifty_a_newcomer_is_noticed(number, seen):
    user = UserFactory()
    tickets(user, number)
    volume.look(now=NOW)
    assert noticed().count() == seen


def test_the_entry_tells_how_much_and_names_nobody_in_what_is_sealed():
    user = UserFactory(name="Ada Lovelace")
    tickets(user, 60)
    (entry,) = volume.look(now=NOW)
    assert entry.detail == {
        "day": "2030-01-01",
        "tickets": 60,
        "limit": 50,
        "datasets": ["lab/shelf"],
    }
    assert entry.person.concerns == user.pk
    sealed = leaves.leaf_of(entry)
    assert (sealed["subject"], "Ada" in str(sealed)) == ("", False)


def test_one_entry_a_person_and_day_however_often_one_looks():
    user = UserFactory()
    tickets(user, 60)
    volume.look(now=NOW)
    tickets(user, 20)
    volume.look(now=NOW + timedelta(hours=1))
    assert noticed().count() == 1
    tickets(user, 401, at=NOW + timedelta(days=1))
    volume.look(now=NOW + timedelta(days=1))
    assert [each.detail["day"] for each in noticed()] == ["2030-01-01", "2030-01-02"]


@pytest.mark.parametrize(("number", "seen"), [(100, 0), (101, 1)])
def test_five_times_their_own_days_is_usual(number, seen):
    user = UserFactory()
    for day, usual in ((3, 10), (5, 20), (9, 90)):
        tickets(user, usual, at=NOW - timedelta(days=day))
    tickets(user, 500, at=NOW - timedelta(days=31))  # too long ago to count
    tickets(user, number)
    volume.look(now=NOW)
    assert noticed().count() == seen


def test_on_a_day_when_everybody_takes_much_nobody_is_noticed():
    for user in UserFactory.create_batch(3):
        tickets(user, 60)
    volume.look(now=NOW)
    assert not noticed().exists()


def test_others_do_not_hide_somebody_who_takes_far_more():
    for user in UserFactory.create_batch(3):
        tickets(user, 30)
    greedy = UserFactory()
    tickets(greedy, 91)
    volume.look(now=NOW)
    assert [each.person.concerns for each in noticed()] == [greedy.pk]


def test_what_was_taken_just_before_midnight_is_seen_after_it():
    tickets(UserFactory(), 60, at=NOW.replace(hour=23, minute=50))
    volume.look(now=NOW.replace(hour=0, minute=20) + timedelta(days=1))
    assert noticed().get().detail["day"] == "2030-01-01"


@pytest.mark.parametrize(
    ("counts", "expected"), [([], 0), ([7], 7), (range(1, 21), 19), (range(1, 101), 95)]
)
def test_the_percentile_is_one_of_the_counts(counts, expected):
    assert volume.percentile_95(list(counts)) == expected


def test_stewards_of_what_was_taken_are_told_and_the_person_is_not():
    dataset = DatasetFactory(namespace="lab", name="shelf")
    steward = UserFactory(role=Role.STEWARD)
    busy = UserFactory(role=Role.STEWARD, name="Busy Bee")
    UserFactory(role=Role.ADMIN)
    tickets(busy, 60, dataset=dataset.slug)
    volume.look(now=NOW)
    notices.make_from_record(now=NOW)
    mail = Message.objects.get(kind="volume.notice", channel="mail")
    assert mail.user_id == steward.pk
    assert mail.subject == "Unusually many downloads: 60 in a day"
    assert "Busy Bee" in mail.text
    assert "up to 50 would be usual" in mail.text
    assert mail.url == "/datasets/lab/shelf/metrics"


def test_nobody_is_told_when_the_account_or_the_dataset_is_gone():
    user = UserFactory()
    tickets(user, 60, dataset="lab/gone")
    volume.look(now=NOW)
    user.delete()
    notices.make_from_record(now=NOW)
    assert not Message.objects.filter(kind="volume.notice").exists()
