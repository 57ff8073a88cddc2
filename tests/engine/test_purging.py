"""What is withdrawn leaves storage and work, but for what another version needs."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from governance.audit.models import Entry
from governance.catalogue import services as catalogue
from governance.catalogue.models import Artefact, Purge, PurgeItem, Stored, Version
from governance.removals import services as removals
from pipeline.engine import claims, purging, running, services
from pipeline.engine.models import Shard
from pipeline.publish import storage
from pipeline.publish.storage import store
from tests.engine.test_engine import admin, bells, dataset, start, work
from tests.factories import ArtefactFactory, DatasetFactory, VersionFactory

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["admin", "bells", "dataset"]
DAY = timedelta(days=1)


def keys():
    return {*store().keys("gated/")}


def works(settings):
    return {path.parent.name for path in settings.WORK_DIR.glob("*/*/report.json")}


def publish(number, before=None):
    if before:
        until = timezone.now() + DAY
        Version.objects.filter(number=before).update(state="superseded", serve_until=until)
    version = Version.objects.get(number=number)
    Version.objects.filter(number=number).update(state="published", published_at=timezone.now())
    return version


def withdraw(version, who):
    return catalogue.withdraw_version(
        version_id=version.pk, actor=who, reason="a licence was misread", now=timezone.now()
    )


def purge(version, *, later=timedelta(0)):
    found = Purge.objects.get(version=version)
    purging.run(found.pk, now=timezone.now() + later)
    found.refresh_from_db()
    return found


@pytest.fixture
def two(dataset, admin):
    """1.0 and 1.1, which is without one of the three packages: the others' shards are shared."""
    work(start(dataset, admin, "1.0"))
    first = publish("1.0")
    removals.record_removal(
        actor=admin, dataset=dataset, kind="repository", value="owner-two/two",
        reason="asked by its owner", now=timezone.now(),
    )  # fmt: skip
    work(start(dataset, admin, "1.1"))
    return first, publish("1.1", before="1.0")


def only_of(version):
    own = Artefact.objects.filter(version=version).values_list("key", flat=True)
    others = Artefact.objects.exclude(version=version).values_list("key", flat=True)
    return {*own} - {*others}


def test_everything_of_the_only_version_goes_and_a_tombstone_stays(dataset, admin, settings):
    work(start(dataset, admin, "1.0"))
    only = publish("1.0")
    Version.objects.filter(pk=only.pk).update(preview=[{"content": "x = 1"}])
    files = [*Artefact.objects.values_list("path", "size", "sha256")]
    assert keys()
    assert works(settings)
    # Row patches and chunk manifests were kept too, beside the files that an address names.
    assert keys() > {*Artefact.objects.values_list("key", flat=True)}
    withdraw(only, admin)
    done = purge(only)
    assert (done.state, keys(), works(settings)) == ("done", set(), set())
    assert not [*settings.WORK_DIR.rglob("*.parquet")]
    assert [*Artefact.objects.values_list("path", "size", "sha256")] == files
    told = Entry.objects.get(action="version.purge").detail
    assert told["verified"] is True
    assert told["objects"] == done.objects_erased >= len({each[2] for each in files})
    assert told["checked"] == told["objects"] + told["works"]
    assert told["bytes"] >= sum(size for _, size, _ in files)
    assert Version.objects.get().preview == []


def test_what_a_served_version_shares_stays_whole(two, dataset, admin, settings):
    first, second = two
    shared = {*Artefact.objects.filter(version=second).values_list("key", flat=True)} & {
        *Artefact.objects.filter(version=first).values_list("key", flat=True)
    }
    gone = only_of(first)
    assert shared
    assert gone
    withdraw(first, admin)
    done = purge(first)
    assert done.state == "done"
    assert done.objects_shared >= len(shared)
    left = keys()
    assert left.isdisjoint(gone)
    for artefact in Artefact.objects.filter(version=second):
        assert store().size(artefact.key) == artefact.size
    # And the next version can be built upon the one that stays.
    work(start(dataset, admin, "1.2"))
    assert Version.objects.get(number="1.2").state == "candidate"
    withdraw(second, admin)
    catalogue.reject_version(
        version_id=Version.objects.get(number="1.2").pk,
        actor=admin,
        reason="no",
        now=timezone.now(),
    )
    purge(second)
    assert purge(Version.objects.get(number="1.2")).state == "done"
    assert keys() == set()


def test_a_superseded_version_is_purged_when_its_time_is_over(two):
    first, _ = two
    gone = only_of(first)
    assert catalogue.close_over(now=timezone.now() + 2 * DAY) == 1
    assert purge(first).state == "done"
    assert keys().isdisjoint(gone)


def test_a_hold_keeps_the_bytes_and_not_the_door(two, admin, settings):
    first, _ = two
    gone = only_of(first)
    until = timezone.now() + 9 * DAY
    held = catalogue.place_hold(
        actor=admin, version_id=first.pk, reason="Case 12", until=until, now=timezone.now()
    )
    assert withdraw(first, admin).state == "withdrawn"
    waiting = purge(first)
    assert (waiting.state, waiting.waits_for[:12]) == ("held", "a legal hold")
    assert gone <= keys()
    assert Purge.objects.get().pk not in purging.due(now=timezone.now())
    catalogue.lift_hold(actor=admin, hold_id=held.pk, reason="settled", now=timezone.now())
    assert Purge.objects.get().pk in purging.due(now=timezone.now())
    assert purge(first).state == "done"
    assert keys().isdisjoint(gone)


def test_bytes_that_a_held_version_shares_stay_for_the_hold(two, admin):
    first, second = two
    catalogue.place_hold(
        actor=admin, version_id=first.pk, reason="Case 12", until=timezone.now() + DAY,
        now=timezone.now(),
    )  # fmt: skip
    kept = {*Artefact.objects.filter(version=first).values_list("key", flat=True)}
    withdraw(first, admin)
    withdraw(second, admin)
    purge(first)
    assert purge(second).state == "done"
    assert kept <= keys()


def test_raw_rows_that_are_held_for_a_matter_stay_and_the_rest_goes(two, admin):
    first, _ = two
    removal = first.dataset.removals.get()
    matter = {"removal_id": removal.pk, "reason": "order", "actor": admin, "now": timezone.now()}
    removals.hold_removal(matter="case 12", until=timezone.now() + DAY, **matter)
    raw = {*Artefact.objects.filter(version=first, tier__name="raw").values_list("key", flat=True)}
    gone = only_of(first)
    withdraw(first, admin)
    assert purge(first).state == "held"
    assert keys() & gone == raw & gone != set()
    removals.hold_removal(matter="", until=None, **matter)
    assert purge(first, later=timedelta(hours=1)).state == "done"
    assert not keys() & gone


# ------------------------------------------------------------------ beside a build


def file(version, **told):
    return ArtefactFactory(version=version, key="gated/lab/x/processed/00/" + "0" * 64, **told)


def put(tmp_path, key):
    source = tmp_path / "source"
    source.write_bytes(b"")
    store().path(key).parent.mkdir(parents=True, exist_ok=True)
    store().path(key).write_bytes(b"bytes")


@pytest.fixture
def closing(tmp_path, admin):
    """A withdrawn version with one file, and one in the making that will have the same file."""
    dataset = DatasetFactory()
    old = VersionFactory(dataset=dataset, number="1.0")
    shard = file(old)
    put(tmp_path, shard.key)
    withdraw(old, admin)
    new = VersionFactory(dataset=dataset, number="1.1", state="building", published_at=None)
    return old, new, claims.Keyed(shard.key, "processed", shard.size)


def test_what_a_build_claims_before_it_puts_it_is_not_erased(closing):
    old, new, shard = closing
    claims.claim(version=new, files=[shard])
    assert purge(old).objects_shared == 1
    assert keys() == {shard.key}
    # Until its build fails: then nobody needs it.
    catalogue.reject_version(
        version_id=new.pk, actor=services.HOUSE, reason="it failed", now=timezone.now()
    )
    purge(new)
    assert keys() == set()


def test_what_is_being_erased_is_claimed_only_when_it_is_gone(closing, monkeypatch):
    old, new, shard = closing
    erase, asked = storage.FileStore.purge, []

    def erasing(self, key):
        with pytest.raises(claims.BeingPurgedError):
            claims.claim(version=new, files=[shard])
        assert not Stored.objects.exists()
        asked.append(key)
        erase(self, key)

    monkeypatch.setattr(storage.FileStore, "purge", erasing)
    assert purge(old).state == "done"
    assert asked == [shard.key]
    claims.claim(version=new, files=[shard])
    assert Stored.objects.get().version == new


def test_a_candidate_that_is_published_while_its_sibling_is_purged_keeps_its_files(
    tmp_path, admin, monkeypatch
):
    """Whatever the order: the files of what is, or becomes, current are there."""
    dataset = DatasetFactory()
    old = VersionFactory(dataset=dataset, number="1.0", state="superseded")
    new = VersionFactory(dataset=dataset, number="1.1", state="approved", published_at=None)
    shard = file(old)
    file(new)
    put(tmp_path, shard.key)
    withdraw(old, admin)
    doom = claims.doom

    def publishing(*words, **told):
        publisher = threading.Thread(target=_publish, args=(new.pk,))
        publisher.start()
        if connection.vendor == "postgresql":
            publisher.join(30)  # it does not wait for the purge
        found = doom(*words, **told)
        threads.append(publisher)
        return found

    threads = []
    monkeypatch.setattr(claims, "doom", publishing)
    purge(old)
    for each in threads:
        each.join(60)
    new.refresh_from_db()
    assert (new.state, keys()) == ("published", {shard.key})


def _publish(version_id):
    with transaction.atomic():
        version = Version.objects.select_for_update().get(pk=version_id)
        version.state, version.published_at = "published", timezone.now()
        version.save()
    connection.close()


def test_a_build_at_work_keeps_the_work_of_the_version_it_comes_after(dataset, admin, settings):
    work(start(dataset, admin, "1.0"))
    first = publish("1.0")
    before = works(settings)
    build = start(dataset, admin, "1.1")
    running.advance(build.pk, now=timezone.now())
    withdraw(first, admin)
    waiting = purge(first)
    assert (waiting.state, waiting.waits_for) == ("held", "the build of 1.1, which reads its work")
    assert before <= works(settings)
    work(build)
    assert build.state == "done", build.cause
    for artefact in Artefact.objects.filter(version__number="1.1"):
        assert store().size(artefact.key) == artefact.size
    assert purge(first, later=timedelta(hours=1)).state == "done"
    needed = {ref.partition("/")[2] for ref in build.shards.values_list("ref", flat=True)}
    assert needed <= works(settings)


def test_shards_are_not_planned_upon_work_that_is_being_erased(dataset, admin, monkeypatch):
    work(start(dataset, admin, "1.0"))
    first = publish("1.0")
    withdraw(first, admin)
    asked = Purge.objects.get()
    purging._list(asked)
    collected = Shard.objects.filter(stage="collect").first().ref
    PurgeItem.objects.filter(key=collected).update(state=PurgeItem.State.DOOMED)
    build = start(dataset, admin, "1.1")
    running.advance(build.pk, now=timezone.now())
    assert not build.shards.exists()
    purge(first)
    work(build)
    assert build.state == "done", build.cause


# ------------------------------------------------------------------ faults


def test_a_store_that_fails_is_asked_again_later_and_the_page_can_say_why(closing, monkeypatch):
    old, _, _ = closing
    with monkeypatch.context() as patch:
        patch.setattr(
            storage.FileStore, "purge", lambda *_: (_ for _ in ()).throw(OSError("storage is busy"))
        )
        asked = purge(old)
    assert (asked.state, asked.last_error) == ("erasing", "storage is busy")
    assert asked.next_at > timezone.now()
    assert purge(old).state == "done"
    assert keys() == set()


def test_a_store_that_says_done_and_keeps_the_bytes_is_found_out(closing, monkeypatch):
    old, _, shard = closing
    with monkeypatch.context() as patch:
        patch.setattr(storage.FileStore, "purge", lambda *_: None)
        asked = purge(old)
    assert asked.state == "erasing"
    assert "still holds the file" in asked.last_error
    assert not Entry.objects.filter(action="version.purge").exists()
    # One that comes back after it was erased is found by the last look.
    with monkeypatch.context() as patch:
        patch.setattr(purging, "_look_again", lambda purge, token: _restored(purge, token, shard))
        assert purge(old).state == "erasing"
    assert purge(old).state == "done"


_look_again = purging._look_again


def _restored(asked, token, shard):
    store().path(shard.key).write_bytes(b"restored")
    return _look_again(asked, token)


def test_two_workers_at_one_purge_are_one(closing):
    old, _, _ = closing
    asked = Purge.objects.get(version=old)
    now = timezone.now()
    Purge.objects.update(lease="0" * 32, lease_until=now + timedelta(seconds=60))
    assert not purging.run(asked.pk, now=now)
    assert purging.due(now=now) == []
    assert purging.run(asked.pk, now=now + timedelta(seconds=60))
    assert not purging.run(asked.pk, now=now + timedelta(days=1))
    assert Entry.objects.filter(action="version.purge").count() == 1


def test_an_unfinished_file_of_a_dead_worker_goes_too(closing):
    old, _, shard = closing
    draft = store().path(shard.key).with_name(f".{'0' * 64}-abcd1234")
    draft.write_bytes(b"half")
    purge(old)
    assert not draft.exists()
