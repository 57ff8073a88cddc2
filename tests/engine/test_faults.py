"""What the engine loses while a build runs, and that the version comes out the same."""

import pytest
from django.db import OperationalError
from django.utils import timezone

from governance import bells as bells_module
from governance.catalogue.models import Artefact, Version
from pipeline.engine import leases, running
from pipeline.engine.models import Shard
from pipeline.publish import storage
from tests.engine.test_engine import admin, bells, dataset, start, work

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["admin", "bells", "dataset"]


def files_of(number):
    found = Artefact.objects.filter(version__number=number)
    return sorted(found.values_list("tier__name", "path", "sha256"))


@pytest.fixture
def expected(dataset, admin, settings, tmp_path):
    """Files of an undisturbed build, whose work and files are then put out of reach."""
    work(start(dataset, admin, "1.0"))
    found = files_of("1.0")
    Version.objects.update(state="rejected")
    settings.WORK_DIR = tmp_path / "other-work"
    settings.STORAGE_URL = f"file://{tmp_path}/other-storage"
    return found


def test_a_lost_database_connection_at_the_end_of_every_shard(
    dataset, admin, expected, monkeypatch
):
    """The output is there, the database never heard of it: the next lease finds it done."""
    build = start(dataset, admin, "1.1")
    finish, lost = leases.finish, set()

    def lose(shard_id, **told):
        if shard_id not in lost:
            lost.add(shard_id)
            raise OperationalError("server closed the connection unexpectedly")
        return finish(shard_id, **told)

    monkeypatch.setattr(leases, "finish", lose)
    for _ in range(300):
        running.advance(build.pk, now=timezone.now())
        build.refresh_from_db()
        if build.state != "running":
            break
        for shard in Shard.objects.filter(build=build, state="to_do").values_list("pk", flat=True):
            try:
                running.run_shard(shard, now=timezone.now())
            except OperationalError:
                Shard.objects.filter(pk=shard).update(lease_until=timezone.now())
    assert build.state == "done", build.cause
    assert len(lost) == Shard.objects.filter(build=build).count()
    assert files_of("1.1") == expected


def test_a_dead_broker_does_not_stop_what_the_sweep_sees(dataset, admin, expected, monkeypatch):
    class Dead:
        def send_task(self, *words, **told):
            raise ConnectionRefusedError("nobody listens")

    build = start(dataset, admin, "1.1")
    monkeypatch.setattr(bells_module, "current_app", Dead())
    work(build)
    assert build.state == "done", build.cause
    assert files_of("1.1") == expected


def test_a_store_that_fails_at_the_end_is_asked_again(dataset, admin, expected, monkeypatch):
    put, failed = storage.FileStore.put, []

    def busy(self, key, source):
        if len(failed) < 3:
            failed.append(key)
            raise OSError("storage answered 503 to put_object")
        put(self, key, source)

    monkeypatch.setattr(storage.FileStore, "put", busy)
    build = start(dataset, admin, "1.1")
    late = timezone.now()
    monkeypatch.setattr(running, "_clock", lambda: late - running.RETRY_AFTER)  # no waiting
    work(build)
    assert (build.state, len(failed)) == ("done", 3)
    assert files_of("1.1") == expected


def test_a_shard_that_two_workers_do_at_once_ends_in_one_output(dataset, admin, expected):
    build = start(dataset, admin, "1.1")
    running.advance(build.pk, now=timezone.now())
    for shard in Shard.objects.filter(build=build):
        late = timezone.now() + leases.term() * 2
        leases.take(shard.pk, now=timezone.now())  # by a worker that is slow
        assert running.run_shard(shard.pk, now=late) == build.pk
    work(build)
    assert build.state == "done", build.cause
    assert files_of("1.1") == expected
