"""Whose signature ends is told what changes and by when, and reminded in time; once each."""

from datetime import timedelta

import pytest

from governance.audit.actors import Role
from governance.audit.models import Entry
from governance.notices import services as notices
from governance.notices.models import Message
from governance.terms import defaults, services
from governance.terms.texts import ClauseSpec
from tests.factories import NOW, AcceptanceFactory, TermsFactory, UserFactory, actor

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
NEW = [*defaults.CLAUSES[:4], ClauseSpec("Deletion", "The Recipient shall delete.", "Delete it.")]


@pytest.fixture
def signed():
    return AcceptanceFactory()


def publish(dataset, number="2.0", now=NOW, at=None, **earlier):
    return services.publish_terms(
        actor=actor(UserFactory(role=Role.ADMIN)),
        dataset=dataset,
        number=number,
        title=defaults.TITLE,
        summary="",
        clauses=NEW,
        uses=(),
        effective_at=at or now,
        reason="Copies have to go.",
        now=now,
        **earlier,
    )


def accept(terms, user, now):
    services.accept(
        actor=actor(user),
        terms_id=terms.pk,
        ticked=[1, 2, 3, 4, 5],
        typed_name="Ada Lovelace",
        purpose="Measuring detectors.",
        now=now,
    )


def mails(kind):
    notices.make_from_record(now=NOW)
    found = Message.objects.filter(kind=kind, channel="mail").order_by("id")
    return [(each.user_id, each.subject) for each in found]


def test_whose_signature_ends_reads_what_changes_and_by_when(signed):
    dataset = signed.terms.dataset
    publish(dataset, at=NOW + DAY, earlier="until", earlier_until=NOW + 30 * DAY)
    assert mails("terms.publish") == [
        (signed.user_id, f"Terms 2.0 of {dataset.slug}: sign by 31 Jan 2030")
    ]
    text = Message.objects.get(kind="terms.publish", channel="mail").text
    for told in (
        "They take effect on 2 Jan 2030, 12:00 UTC.",
        "Copies have to go.",
        "Your acceptance of terms 1.0 counts until 31 Jan 2030, 12:00 UTC.",
        "New: Deletion.",
        "No longer there: Safe use.",
    ):
        assert told in text
    inbox = Message.objects.get(kind="terms.publish", channel="inbox")
    assert inbox.url == f"/datasets/{dataset.slug}/terms/2.0/changes"


def test_whose_signature_stays_good_or_who_never_signed_is_left_in_peace(signed):
    UserFactory()
    publish(signed.terms.dataset, earlier="good")
    AcceptanceFactory()  # of another dataset
    assert mails("terms.publish") == []


def test_people_are_told_by_the_version_that_they_signed(signed):
    dataset = signed.terms.dataset
    later = TermsFactory(dataset=dataset, number="1.1", effective_at=NOW - DAY, earlier="good")
    other = AcceptanceFactory(terms=later)
    publish(dataset, earlier="until", earlier_until=NOW + 30 * DAY)
    assert {each[0] for each in mails("terms.publish")} == {signed.user_id, other.user_id}
    texts = dict(Message.objects.filter(channel="mail").values_list("user_id", "text"))
    assert "acceptance of terms 1.0" in texts[signed.user_id]
    assert "acceptance of terms 1.1" in texts[other.user_id]


def reminders_at(*days):
    """What is sent when the sweep runs on each of these days, twice each."""
    for day in days:
        for _ in range(2):
            services.remind(now=NOW + day * DAY)
    return mails("terms.remind")


def test_reminders_come_a_week_and_a_day_before_and_no_more(signed):
    publish(signed.terms.dataset, earlier="until", earlier_until=NOW + 30 * DAY)
    assert reminders_at(1, 22.9) == []
    assert len(reminders_at(23)) == 1
    assert len(reminders_at(24, 28.9)) == 1
    assert len(reminders_at(29, 29.5, 30, 31)) == 2
    assert Entry.objects.filter(action="terms.remind").count() == 2


def test_a_sweep_that_was_away_reminds_once_not_twice(signed):
    publish(signed.terms.dataset, earlier="until", earlier_until=NOW + 30 * DAY)
    assert len(reminders_at(29.5)) == 1


def test_signatures_of_two_versions_that_end_together_are_each_told_once(signed):
    later = TermsFactory(
        dataset=signed.terms.dataset, number="1.1", effective_at=NOW - DAY, earlier="good"
    )
    other = AcceptanceFactory(terms=later)
    publish(signed.terms.dataset, earlier="until", earlier_until=NOW + 30 * DAY)
    reminders_at(23)
    assert sorted(each[0] for each in mails("terms.remind")) == [signed.user_id, other.user_id]


def test_who_signed_anew_is_not_reminded(signed):
    made = publish(signed.terms.dataset, earlier="until", earlier_until=NOW + 30 * DAY)
    other = AcceptanceFactory(terms=signed.terms)
    accept(made, signed.user, NOW + DAY)
    reminders_at(23)
    assert [each[0] for each in mails("terms.remind")] == [other.user_id]


def test_a_deadline_that_is_near_when_it_is_published_is_not_told_twice_at_once(signed):
    publish(signed.terms.dataset, earlier="until", earlier_until=NOW + 5 * DAY)
    assert len(mails("terms.publish")) == 1
    assert reminders_at(0, 3) == []
    assert len(reminders_at(4)) == 1


def test_an_end_at_once_in_the_future_is_reminded_of_too(signed):
    publish(signed.terms.dataset, at=NOW + 20 * DAY, earlier="end")
    [(_, subject)] = reminders_at(14)
    assert subject.endswith("sign by 21 Jan 2030")


def test_many_people_are_told_in_batches(signed, monkeypatch):
    monkeypatch.setattr("governance.notices.terms.BATCH", 2)
    people = {AcceptanceFactory(terms=signed.terms).user_id for _ in range(4)} | {signed.user_id}
    publish(signed.terms.dataset, earlier="until", earlier_until=NOW + 30 * DAY)
    told = [each[0] for each in mails("terms.publish")]
    assert (len(told), set(told)) == (5, people)
