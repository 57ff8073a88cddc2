"""The calendar of a dataset in the hands of its admins."""

from datetime import UTC, date, datetime

import pytest

from governance.audit.actors import Role
from governance.audit.models import Entry
from governance.catalogue.models import Run, Schedule
from governance.removals.models import Removal
from tests.factories import NOW, DatasetFactory, VersionFactory
from tests.pages.visitors import queries, text
from tests.support import PAGE, staff_client

pytestmark = pytest.mark.django_db
URL = "/admin/datasets/lab/shelf/calendar"
NEW = {
    "on": "yes", "months": ["2", "8"], "day": "15", "early": "propose", "threshold": "1",
    "reason": "twice a year is enough",
}  # fmt: skip


@pytest.fixture
def admin():
    return staff_client(Role.ADMIN)


@pytest.fixture
def dataset():
    made = DatasetFactory(namespace="lab", name="shelf")
    VersionFactory(dataset=made, number="1.4")
    return made


def add_run(dataset, due, state, **told):
    return Run.objects.create(
        dataset=dataset, due=due, state=state, noticed_at=datetime(2026, 1, 1, tzinfo=UTC), **told
    )


def test_it_tells_what_comes_what_ran_what_was_missed_and_what_waits(admin, dataset):
    add_run(dataset, date(2025, 10, 1), "missed", cause="The run of 2026-01-01 was made instead.")
    when = datetime(2026, 1, 6, tzinfo=UTC)
    add_run(dataset, date(2026, 1, 1), "started", late=True, build=7, number="1.3", started_at=when)
    add_run(dataset, date(2026, 4, 1), "waiting", cause="Version 1.5 is candidate.", tried_at=when)
    page = text(admin.get(URL, **PAGE))
    for told in (
        "Version 1.5 is the next", "Missed, caught up", "The run of 2026-01-01 was made instead.",
        "Version 1.5 is candidate.", "tried again every few minutes", "/builds/7",
    ):  # fmt: skip
        assert told in page


def test_a_change_is_kept_with_before_and_after(admin, dataset):
    assert admin.post(URL, NEW, **PAGE).status_code == 302
    kept = Schedule.objects.get()
    assert (kept.months, kept.day, kept.early) == ([2, 8], 15, "propose")
    assert Entry.objects.get(action="schedule.change").detail["before"]["months"] == [1, 4, 7, 10]
    assert admin.post(URL, NEW, **PAGE).status_code == 409
    assert admin.post(URL, NEW | {"on": "no"}, **PAGE).status_code == 302
    assert "No version is begun by the calendar" in text(admin.get(URL, **PAGE))


@pytest.mark.parametrize(
    ("change", "status", "told"),
    [
        ({"months": []}, 422, "Choose at least one month"),
        ({"months": ["13"]}, 422, "Select a valid choice"),
        ({"day": "31"}, 422, "A day from 1 to 28"),
        ({"threshold": "0"}, 422, "A number of removals from 1"),
        ({"reason": " "}, 409, "Give a reason"),
    ],
)
def test_what_cant_be_kept_is_said(admin, dataset, change, status, told):
    response = admin.post(URL, NEW | change, **PAGE)
    assert response.status_code == status
    assert told in text(response)
    assert not Schedule.objects.exists()


def test_an_early_version_is_proposed_on_the_dataset_page_and_the_calendar(admin, dataset):
    admin.post(URL, NEW, **PAGE)
    home = "/admin/datasets/lab/shelf"
    assert "an early version is proposed" not in text(admin.get(home, **PAGE))
    Removal.objects.create(
        dataset=dataset, kind="account", value="ada", recorded_at=NOW, reason="asked"
    )
    assert "an early version is proposed" in text(admin.get(home, **PAGE))
    assert "start 1.5" in text(admin.get(URL, **PAGE))


def test_many_dates_cost_no_more_queries_than_one(admin, dataset):
    add_run(dataset, date(2020, 1, 1), "missed", cause="x")
    few = queries(admin, URL)
    for year in range(2000, 2019):
        add_run(dataset, date(year, 1, 1), "missed", cause="x")
    assert queries(admin, URL) == few
