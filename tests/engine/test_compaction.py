"""What is removed is hidden at once, and leaves the disk at the next compaction unless held."""

from datetime import timedelta

import pytest
from django.utils import timezone

from governance.audit.actors import Role
from governance.audit.models import Entry
from governance.catalogue.models import Artefact, Version
from governance.errors import NotPermittedError, WrongStateError
from governance.removals import services as removals
from pipeline.engine import compacting, services
from pipeline.shards.hashes import git_blob_id
from tests.engine.test_engine import ADDRESS, admin, bells, dataset, start, work
from tests.factories import UserFactory, actor

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
