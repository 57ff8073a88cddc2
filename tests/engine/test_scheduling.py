"""Versions that are begun by the calendar: once a date, caught up, never by anybody's hand."""

import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, connection

from governance.audit.actors import HOUSE, Role
from governance.audit.models import Entry
from governance.catalogue import quarters, scheduling
from governance.catalogue import services as catalogue
from governance.catalogue.models import Run, Schedule, Version
from governance.errors import InvalidError, NotPermittedError, WrongStateError
from governance.removals.models import Removal
from pipeline.engine import scheduling as engine
from pipeline.engine.models import Build
from tests.factories import DatasetFactory, UserFactory, VersionFactory, actor

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
NEW_YEAR = datetime(2027, 1, 1, 0, 3, tzinfo=UTC)


@pytest.fixture
def dataset(db):
    made = DatasetFactory()
    VersionFactory(dataset=made, number="1.0", made_at=NOW - timedelta(days=60))
    engine.keep(now=NOW)  # the first look: nothing before it is owed
    return made


def change(dataset, who=HOUSE, now=NOW, **told):
    kept = {"on": True, "months": [1, 4, 7, 10], "day": 1, "early": "off", "threshold": 100}
    return scheduling.change_schedule(
        actor=who, dataset_id=dataset.pk, reason="agreed", now=now, **kept | told
    )


def remove(dataset, count, at=NOW):
    for number in range(count):
        Removal.objects.create(
            dataset=dataset, kind="account", value=f"{at:%d%H}-{number}", recorded_at=at,
            reason="asked",
        )  # fmt: skip


def runs(dataset):
    return [(f"{each.due:%m-%d}", each.state, each.late) for each in scheduling.runs_of(dataset)]


def actions():
    found = Entry.objects.filter(action__startswith="schedule.").order_by("id")
    return [each.action.partition(".")[2] for each in found]


def test_a_year_is_four_first_days():
    assert quarters.coming(quarters.QUARTERLY, 1, date(2026, 11, 24), 5) == [
        date(2027, 1, 1), date(2027, 4, 1), date(2027, 7, 1), date(2027, 10, 1), date(2028, 1, 1),
    ]  # fmt: skip
    assert quarters.between([1, 4], 1, date(2027, 1, 1), date(2027, 4, 1)) == [date(2027, 4, 1)]


def test_nothing_begins_before_its_day_and_one_candidate_begins_on_it(dataset):
    engine.keep(now=datetime(2026, 12, 31, 23, 59, tzinfo=UTC))
    assert not Build.objects.exists()
    engine.keep(now=NEW_YEAR)
    engine.keep(now=NEW_YEAR + timedelta(minutes=5))
    build = Build.objects.get()
    assert build.version.number == "1.1"
    assert (build.started_by, build.started_by_name) == (None, "Gatehouse")
    assert runs(dataset) == [("01-01", "started", False)]
    assert actions() == ["start"]
    assert Entry.objects.get(action="schedule.start").version == "1.1"


def test_a_clock_that_jumps_over_two_dates_makes_one_version_and_tells_of_the_other(dataset):
    engine.keep(now=datetime(2027, 4, 9, tzinfo=UTC))
    engine.keep(now=datetime(2027, 4, 9, 0, 5, tzinfo=UTC))
    assert Build.objects.count() == 1
    assert runs(dataset) == [("04-01", "started", True), ("01-01", "missed", True)]
    assert actions() == ["miss", "start"]
    assert Entry.objects.get(action="schedule.start").detail["late"] is True


def test_a_run_that_cant_start_says_why_and_is_tried_until_it_can(dataset):
    other = VersionFactory(dataset=dataset, number="1.1", state="candidate", published_at=None)
    for minutes in (0, 5, 10):
        engine.keep(now=NEW_YEAR + timedelta(minutes=minutes))
    run = Run.objects.get()
    assert run.state == "waiting"
    assert "Version 1.1 is candidate: publish or reject it" in run.cause
    assert actions() == ["wait"]  # not once an attempt
    Version.objects.filter(pk=other.pk).update(state="rejected")
    engine.keep(now=NEW_YEAR + timedelta(days=3))
    run.refresh_from_db()
    assert (run.state, run.number, run.late) == ("started", "1.1", False)


def test_a_run_that_waits_gives_way_to_the_next_date(dataset):
    VersionFactory(dataset=dataset, number="1.1", state="candidate", published_at=None)
    engine.keep(now=NEW_YEAR)
    engine.keep(now=datetime(2027, 4, 1, 1, tzinfo=UTC))
    assert runs(dataset) == [("04-01", "waiting", False), ("01-01", "missed", False)]


def test_what_the_schedule_began_still_needs_two_people(dataset):
    engine.keep(now=NEW_YEAR)
    version = Build.objects.get().version
    Version.objects.filter(pk=version.pk).update(state="candidate")
    told = {"version_id": version.pk, "reason": "fits", "now": NEW_YEAR}
    with pytest.raises(NotPermittedError):
        catalogue.approve_version(actor=HOUSE, **told)
    admin = actor(UserFactory(role=Role.ADMIN))
    catalogue.approve_version(actor=admin, **told)
    with pytest.raises(NotPermittedError, match="another admin must"):
        catalogue.publish_version(actor=admin, checked=lambda _: [], **told)
    with pytest.raises(IntegrityError):
        Version.objects.filter(pk=version.pk).update(published_by=admin.user_id)


@pytest.mark.parametrize(("early", "begun"), [("off", 0), ("propose", 0), ("start", 1)])
def test_many_removals_begin_a_version_early_where_that_is_set(dataset, early, begun):
    change(dataset, early=early, threshold=3)
    remove(dataset, 2)
    engine.keep(now=NOW)
    assert not Build.objects.exists()
    remove(dataset, 1, at=NOW + timedelta(hours=1))
    engine.keep(now=NOW + timedelta(hours=2))
    assert Build.objects.count() == begun
    assert engine.queue(scheduling.schedule_of(dataset, now=NOW)).count == (0 if begun else 3)


def test_a_rejected_early_version_is_not_begun_again_for_the_same_removals(dataset):
    change(dataset, early="start", threshold=3)
    remove(dataset, 3)
    engine.keep(now=NOW + timedelta(hours=1))
    Version.objects.filter(state="building").update(state="rejected")
    engine.keep(now=NOW + timedelta(days=2))
    assert Build.objects.count() == 1


def test_a_schedule_that_is_off_begins_nothing_and_owes_nothing_when_it_is_on_again(dataset):
    change(dataset, on=False)
    engine.keep(now=NEW_YEAR)
    change(dataset, now=NEW_YEAR + timedelta(days=2))
    engine.keep(now=NEW_YEAR + timedelta(days=3))
    assert not Build.objects.exists()
    assert scheduling.coming(Schedule.objects.get(), now=NEW_YEAR)[0] == date(2027, 4, 1)


def test_turned_off_while_a_run_waits_it_is_not_made(dataset):
    other = VersionFactory(dataset=dataset, number="1.1", state="candidate", published_at=None)
    engine.keep(now=NEW_YEAR)
    change(dataset, on=False, now=NEW_YEAR)
    Version.objects.filter(pk=other.pk).update(state="rejected")
    engine.keep(now=NEW_YEAR + timedelta(hours=1))
    assert runs(dataset) == [("01-01", "missed", False)]
    assert not Build.objects.exists()


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"months": []}, "months"),
        ({"months": [13]}, "months"),
        ({"day": 31}, "day"),
        ({"early": "maybe"}, "early"),
        ({"threshold": 0}, "threshold"),
    ],
)
def test_a_schedule_that_cant_be_kept_names_its_field(dataset, told, field):
    with pytest.raises(InvalidError) as refusal:
        change(dataset, **told)
    assert set(refusal.value.fields) == {field}


def test_who_changes_a_schedule_is_its_admin_and_the_record_has_before_and_after(dataset):
    with pytest.raises(NotPermittedError):
        change(dataset, who=actor(UserFactory(role=Role.STEWARD)), day=2)
    with pytest.raises(WrongStateError):
        change(dataset)
    change(dataset, who=actor(UserFactory(role=Role.ADMIN)), day=2)
    detail = Entry.objects.get(action="schedule.change").detail
    assert detail == {"before": {"day": 1}, "after": {"day": 2}}


def test_what_is_wound_down_gets_no_version(dataset):
    dataset.wound_down_at = NOW
    dataset.save()
    engine.keep(now=NEW_YEAR)
    assert not Run.objects.exists()
    assert scheduling.coming(scheduling.schedule_of(dataset, now=NOW), now=NOW) == []


@pytest.mark.django_db(transaction=True)
def test_two_beats_at_once_begin_one_version(dataset):
    gate, failed = threading.Barrier(2), []

    def beat():
        try:
            gate.wait(10)
            engine.keep_one(dataset.pk, now=NEW_YEAR)
        except Exception as error:  # noqa: BLE001  told by the thread that asserts
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=beat) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failed == []
    assert Build.objects.count() == 1
    assert runs(dataset) == [("01-01", "started", False)]
    assert actions() == ["start"]
