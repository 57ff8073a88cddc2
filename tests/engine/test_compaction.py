"""What is removed is hidden at once, and leaves the disk at the next compaction unless held."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from governance.audit.actors import Role
from governance.audit.models import Entry
from governance.catalogue.models import Artefact, Version
from governance.errors import NotPermittedError, WrongStateError
from governance.removals import services as removals
from pipeline.engine import compacting, selectors, services, tasks
from pipeline.engine.models import Compaction
from pipeline.shards.hashes import git_blob_id
from tests.engine.test_engine import ADDRESS, admin, bells, dataset, start, work
from tests.factories import DatasetFactory, UserFactory, actor
from tests.support import staff_client

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["admin", "bells", "dataset"]


def blob(name):
    return git_blob_id((f"# {name}\nSENDER = '{ADDRESS}'\n" + "x = 1\n" * 30).encode())


@pytest.fixture
def steward():
    return actor(UserFactory(role=Role.STEWARD))


@pytest.fixture
def removed(dataset, admin, steward, settings):
    """A published version, and a removal that was recorded after it."""
    settings.BUILD_OPTIONS = {"collect_bytes": 1}
    work(start(dataset, admin))
    Version.objects.update(state="published", published_at=timezone.now())
    return removals.record_removal(
        actor=steward, dataset=dataset, kind="account", value="owner-two", reason="asked",
        now=timezone.now(),
    )  # fmt: skip


def search(who, dataset, name, **more):
    found = compacting.search_raw(
        actor=who, dataset=dataset, hexshas=[blob(name)], reason="looking", now=timezone.now(),
        **more,
    )  # fmt: skip
    return len(found)


def on_disk(name):
    """Work folders with a file that holds the text, as collect and the raw tier write it."""
    import pyarrow.parquet as pq

    root = services.files().root
    return {
        path.relative_to(root).parts[0]
        for path in root.rglob("*.parquet")
        if any(f"# {name}\n" in str(row.get("content")) for row in pq.read_table(path).to_pylist())
    }


def publish(number):
    Version.objects.filter(state="published").update(state="superseded")
    Version.objects.filter(number=number).update(state="published", published_at=timezone.now())


def files_of(number):
    return set(
        Artefact.objects.filter(version__number=number).values_list("tier__name", "path", "sha256")
    )


def compact(who, dataset):
    return compacting.compact(actor=who, dataset=dataset, reason="monthly", now=timezone.now())


def test_raw_rows_are_hidden_at_once(removed, dataset, steward):
    assert (search(steward, dataset, "one"), search(steward, dataset, "two")) == (1, 0)
    assert Entry.objects.filter(action="raw.search").count() == 2


def test_compaction_erases_what_is_removed_and_the_next_version_is_the_same(
    removed, dataset, admin
):
    assert {"collect", "redact", "write"} <= on_disk("two")
    work(start(dataset, admin, "1.1"))
    compact(admin, dataset)
    assert {"collect", "redact"}.isdisjoint(on_disk("two"))  # 1.0 itself is served still
    publish("1.1")
    told = compact(admin, dataset)
    assert told["works"] > 0
    assert on_disk("two") == set()
    assert on_disk("one")
    assert compact(admin, dataset)["works"] == 0
    first = files_of("1.1")
    again = start(dataset, admin, "1.2")
    work(again)
    assert again.state == "done", again.cause
    assert files_of("1.2") == first


def test_the_schedule_erases_the_same_and_says_when_it_ran(removed, dataset, admin, settings):
    work(start(dataset, admin, "1.1"))
    publish("1.1")
    settings.COMPACT_DAILY = False
    tasks.compact()
    assert "collect" in on_disk("two")
    settings.COMPACT_DAILY = True
    before = timezone.now()
    tasks.compact()
    assert on_disk("two") == set()
    assert on_disk("one")
    [entry] = Entry.objects.filter(action="raw.compact")
    assert (entry.reason, entry.person.name) == ("by schedule", "Gatehouse")
    [told] = selectors.compactions(admin)
    assert (told.dataset, told.error, told.erased["works"] > 0) == (dataset, "", True)
    assert before <= told.ran_at <= timezone.now()
    tasks.compact()
    assert Entry.objects.filter(action="raw.compact").count() == 1  # nothing was left to erase
    page = staff_client(Role.ADMIN).get(reverse("builds")).content.decode()
    assert "every day at 03:20 UTC" in page
    assert Client().get("/healthz").json()["compaction"]["oldest_seconds"] < 600


def test_one_compaction_at_a_time_and_no_build_meanwhile(removed, dataset, admin):
    now = timezone.now()
    Compaction.objects.create(dataset=dataset, until=now + timedelta(minutes=5))
    assert compacting.compact_all(now=now) == {}
    with pytest.raises(WrongStateError, match="at work"):
        compact(admin, dataset)
    with pytest.raises(WrongStateError, match="being compacted"):
        start(dataset, admin, "1.1")
    later = now + timedelta(minutes=6)  # who had it was killed
    assert list(compacting.compact_all(now=later)) == [dataset.slug]
    start(dataset, admin, "1.1")
    assert compacting.compact_all(now=later) == {}


def test_a_dataset_that_fails_is_noted_and_the_others_go_on(removed, dataset, admin, monkeypatch):
    other = DatasetFactory()

    def full(at, now):
        if at == dataset:
            raise OSError(28, "No space left on device")
        return 0, 0

    monkeypatch.setattr(compacting, "_erase_work", full)
    assert list(compacting.compact_all(now=timezone.now())) == [other.slug]
    told = Compaction.objects.get(dataset=dataset)
    assert (told.until, told.ran_at) == (None, None)
    assert "No space left" in told.error


def test_a_held_removal_stays_hidden_and_on_disk_until_its_end(removed, dataset, admin, steward):
    end = timezone.now() + timedelta(days=9)
    held = {"removal_id": removed.pk, "reason": "court order", "now": timezone.now()}
    with pytest.raises(NotPermittedError):
        removals.hold_removal(actor=steward, matter="case 12", until=end, **held)
    removals.hold_removal(actor=admin, matter="case 12", until=end, **held)
    work(start(dataset, admin, "1.1"))
    publish("1.1")
    compact(admin, dataset)
    assert "collect" in on_disk("two")
    assert search(steward, dataset, "two") == 0
    removals.hold_removal(actor=admin, matter="", until=None, **held)
    compact(admin, dataset)
    assert on_disk("two") == set()


def test_a_search_for_the_matter_alone_shows_what_is_held(removed, dataset, admin, steward):
    end = timezone.now() + timedelta(days=9)
    removals.hold_removal(
        actor=admin, removal_id=removed.pk, matter="case 12", until=end, reason="order",
        now=timezone.now(),
    )  # fmt: skip
    assert search(admin, dataset, "two") == 0
    assert search(admin, dataset, "two", matter="case 13") == 0
    assert search(admin, dataset, "two", matter="case 12") == 1
    with pytest.raises(NotPermittedError):
        search(steward, dataset, "two", matter="case 12")


def test_who_may_not_compact_and_when(removed, dataset, admin, steward):
    with pytest.raises(NotPermittedError):
        compact(steward, dataset)
    start(dataset, admin, "1.1")
    with pytest.raises(WrongStateError, match="being made"):
        compact(admin, dataset)
