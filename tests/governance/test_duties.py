"""Who holds what was replaced or withdrawn owes something for it: once, each of them, by a day."""

from datetime import timedelta

import pytest

from governance.audit.actors import Role
from governance.audit.models import Entry
from governance.catalogue import services as catalogue
from governance.catalogue.models import Dataset
from governance.catalogue.states import State
from governance.duty import services
from governance.duty.models import Copy, Duty, Event
from governance.duty.services import making
from governance.notices import services as notices
from governance.notices.models import Channel, Message
from tests.factories import (
    NOW,
    ArtefactFactory,
    CopyFactory,
    UserFactory,
    VersionFactory,
    actor,
    all_met,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def old():
    return VersionFactory(number="1.0")


def publish_after(old, number="1.1", now=NOW):
    new = VersionFactory(dataset=old.dataset, number=number, parent=old, state=State.APPROVED)
    ArtefactFactory(version=new)
    catalogue.publish_version(
        version_id=new.pk, actor=actor(UserFactory(role=Role.ADMIN)), reason="r", now=now,
        checked=all_met,
    )  # fmt: skip
    return new


def withdraw(version, **told):
    admin = actor(UserFactory(role=Role.ADMIN))
    catalogue.withdraw_version(
        version_id=version.pk, actor=admin, reason="a licence was misread", now=NOW, **told
    )


def test_each_holder_owes_the_new_version_by_the_policy_of_the_dataset(old):
    Dataset.objects.update(update_days=20, update_grace=3)
    copies = [CopyFactory(version=old) for _ in range(3)]
    CopyFactory(version=VersionFactory())  # of another dataset
    new = publish_after(old)
    assert services.make_from_record(now=NOW) == 3
    assert {each.copy for each in Duty.objects.all()} == set(copies)
    duty = Duty.objects.first()
    assert (duty.kind, duty.cause, duty.met_at) == ("update", new, None)
    assert (duty.deadline, duty.held_from) == (NOW + 20 * DAY, NOW + 23 * DAY)
    assert duty.remind_at == NOW + 13 * DAY


def test_a_dataset_that_only_reminds_holds_nobody(old):
    Dataset.objects.update(update_holds=False)
    CopyFactory(version=old)
    publish_after(old)
    services.make_from_record(now=NOW)
    assert Duty.objects.get().held_from is None


def test_what_was_closed_or_is_current_owes_nothing(old):
    CopyFactory(version=old, closed_at=NOW, closed_how="deleted")
    new = publish_after(old)
    CopyFactory(version=new)
    assert services.make_from_record(now=NOW) == 0


def test_again_makes_none_twice_and_who_takes_the_old_one_later_owes_the_same(old):
    CopyFactory(version=old)
    publish_after(old)
    services.make_from_record(now=NOW)
    late = CopyFactory(version=old)
    assert services.make_from_record(now=NOW + DAY) == 1
    assert late.duties.get().deadline == NOW + 42 * DAY
    assert services.make_from_record(now=NOW + 2 * DAY) == 0
    assert Event.objects.get().made == Duty.objects.count() == 2


def test_an_event_is_over_when_nobody_can_get_a_copy_any_more(old, django_assert_num_queries):
    CopyFactory(version=old)
    publish_after(old)
    services.make_from_record(now=NOW)
    assert Event.objects.get().done_at is None
    services.make_from_record(now=NOW + 43 * DAY)
    assert Event.objects.get().done_at == NOW + 43 * DAY
    with django_assert_num_queries(1):
        services.make_from_record(now=NOW + 44 * DAY)


def test_a_withdrawal_is_owed_by_its_own_deadline(old):
    copy = CopyFactory(version=old)
    withdraw(old, erase_by=NOW + 5 * DAY)
    services.make_from_record(now=NOW)
    duty = copy.duties.get()
    assert (duty.kind, duty.cause, duty.deadline) == ("withdrawal", old, NOW + 5 * DAY)


def test_a_process_that_dies_midway_leaves_whole_batches_and_the_next_goes_on(old, monkeypatch):
    monkeypatch.setattr(making, "PART", 2)
    for _ in range(5):
        CopyFactory(version=old)
    publish_after(old)
    whole, calls = making._batch, []

    def dies(*args, **told):
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return whole(*args, **told)

    monkeypatch.setattr(making, "_batch", dies)
    with pytest.raises(KeyboardInterrupt):
        services.make_from_record(now=NOW)
    assert Duty.objects.count() == 2
    monkeypatch.setattr(making, "_batch", whole)
    assert services.make_from_record(now=NOW) == 3
    assert Duty.objects.count() == Copy.objects.count() == 5


def test_whose_account_is_gone_can_not_be_told_but_the_copy_is_known(old):
    gone = CopyFactory(version=old)
    Copy.objects.filter(pk=gone.pk).update(holder=None)
    publish_after(old)
    services.make_from_record(now=NOW)
    assert Duty.objects.get().left_at == NOW


def test_an_entry_from_before_deadlines_were_recorded_stops_nothing(old):
    CopyFactory(version=old)
    Entry.objects.create(
        at=NOW, action="version.supersede", outcome="recorded", dataset=old.dataset.slug,
        version="1.0", commitment="0" * 64,
    )  # fmt: skip
    publish_after(old)
    assert services.make_from_record(now=NOW) == 1


def test_holders_are_told_what_to_take_and_by_when_even_if_they_asked_for_silence(old):
    copy = CopyFactory(version=old)
    publish_after(old)
    notices.make_from_record(now=NOW)
    told = Message.objects.get(user=copy.holder, channel=Channel.INBOX)
    assert told.topic == "duty"
    assert "1.0 was replaced" in told.subject
    assert not Message.objects.exclude(user=copy.holder).filter(topic="duty").exists()
