"""Builds through the engine, with the database of the test and no broker: bells are counted."""

import json
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.utils import timezone

from governance import bells as bells_module
from governance.audit.actors import Role
from governance.audit.models import Entry
from governance.catalogue.models import Artefact, Version
from governance.errors import InvalidError, NotPermittedError, WrongStateError
from governance.removals import services as removals
from pipeline.engine import leases, running, selectors, services
from pipeline.engine.models import Build, Shard
from pipeline.publish.storage import store
from pipeline.redact.policy import DEFAULT_POLICY
from tests.factories import DatasetFactory, UserFactory, actor
from tests.pipeline.shelves import install

pytestmark = pytest.mark.django_db(transaction=True)

ADDRESS = "ada" + "@" + "lovelace.org"


@pytest.fixture(autouse=True)
def bells(monkeypatch):
    """What was rung for, in place of a broker."""
    rung = []
    app = SimpleNamespace(send_task=lambda name, args=(), **_: rung.append((name, args)))
    monkeypatch.setattr(bells_module, "current_app", app)
    return rung


@pytest.fixture
def dataset(tmp_path):
    site = tmp_path / "site"
    site.mkdir()
    for name in ("one", "two", "three"):
        install(
            site,
            name,
            {f"{name}/code.py": f"# {name}\nSENDER = '{ADDRESS}'\n" + "x = 1\n" * 30},
            home=f"https://github.com/owner-{name}/{name}",
        )
    return DatasetFactory(
        redaction=DEFAULT_POLICY, sources=[{"kind": "distributions", "paths": [str(site)]}]
    )


@pytest.fixture
def admin():
    return actor(UserFactory(role=Role.ADMIN))


def start(dataset, admin, number="1.0"):
    return services.start_build(
        actor=admin, dataset=dataset, number=number, reason="quarterly", now=timezone.now()
    )


def work(build, *, at_most=200):
    """What workers do: advance, and do each shard that is rung for, until nothing is left."""
    for _ in range(at_most):
        running.advance(build.pk, now=timezone.now())
        build.refresh_from_db()
        if build.state != Build.State.RUNNING:
            return
        waiting = Shard.objects.filter(build=build, state="to_do", lease=None)
        for shard in waiting.values_list("pk", flat=True)[:4]:
            running.run_shard(shard, now=timezone.now())
    told = Shard.objects.filter(build=build).exclude(state="done").values_list("label", "error")
    raise AssertionError(f"the build does not end: {[*told]}")


def test_a_build_ends_in_a_candidate_whose_files_are_in_storage(dataset, admin):
    build = start(dataset, admin)
    work(build)
    assert build.state == "done", build.cause
    version = Version.objects.get(pk=build.version_id)
    assert (version.state, version.number, len(version.commit)) == ("candidate", "1.0", 40)
    assert version.rows == 3
    tiers = set(Artefact.objects.values_list("tier__name", flat=True))
    assert {"processed", "raw"} <= tiers
    for artefact in Artefact.objects.all():
        assert store().size(artefact.key) == artefact.size
    assert version.stats["rows"] == 3
    assert "3 source files" in version.card
    assert version.charts
    assert [entry.action for entry in Entry.objects.order_by("id")] == [
        "build.start",
        "version.make",
    ]


def test_the_processed_tier_has_no_address_and_raw_is_its_own_object(dataset, admin):
    import pyarrow.parquet as pq

    work(start(dataset, admin))
    for artefact in Artefact.objects.filter(tier__name="processed"):
        table = pq.read_table(store().path(artefact.key))
        for content in table["content"].to_pylist():
            assert ADDRESS not in content
            assert "<EMAIL>" in content
    raw = Artefact.objects.filter(tier__name="raw", path__startswith="blobs")
    held = "".join(
        content
        for artefact in raw
        for content in pq.read_table(store().path(artefact.key))["content"].to_pylist()
    )
    assert ADDRESS in held
    assert not {each.key for each in raw} & set(
        Artefact.objects.filter(tier__name="processed").values_list("key", flat=True)
    )


def test_the_next_version_leaves_out_what_was_removed_and_says_so(dataset, admin):
    work(start(dataset, admin))
    first = Version.objects.get()
    Version.objects.update(state="published", published_at=timezone.now())
    removals.record_removal(
        actor=actor(UserFactory(role=Role.STEWARD)),
        dataset=dataset,
        kind="repository",
        value="Owner-Two/TWO",
        reason="asked by its owner",
        now=timezone.now(),
    )
    work(start(dataset, admin, "1.1"))
    second = Version.objects.get(number="1.1")
    assert (first.rows, second.rows) == (3, 2)
    assert second.difference["rows"]["removed"]["rows"] == 1
    assert second.parent == first
    told = json.dumps([second.stats, second.difference, second.preview, second.card]).casefold()
    assert "owner-two" not in told
    raw = Artefact.objects.filter(version=second, tier__name="raw")
    for artefact in raw:
        assert b"owner-two" not in store().path(artefact.key).read_bytes()


def test_two_workers_given_the_same_shard_do_it_once(dataset, admin):
    build = start(dataset, admin)
    running.advance(build.pk, now=timezone.now())
    shard = Shard.objects.first()
    now = timezone.now()
    assert leases.take(shard.pk, now=now) is not None
    assert leases.take(shard.pk, now=now) is None
    assert running.run_shard(shard.pk, now=now) is None
    late = now + leases.term()
    assert leases.take(shard.pk, now=late) is not None


def test_a_lease_that_went_to_another_can_not_finish(dataset, admin):
    build = start(dataset, admin)
    running.advance(build.pk, now=timezone.now())
    shard = Shard.objects.first()
    now = timezone.now()
    lost = leases.take(shard.pk, now=now)
    leases.take(shard.pk, now=now + leases.term())
    assert not leases.finish(shard.pk, token=lost, report={}, now=now)
    assert not leases.renew(shard.pk, token=lost, now=now)
    assert Shard.objects.get(pk=shard.pk).state == "to_do"


def test_a_fault_of_the_moment_is_tried_again_and_a_poison_shard_holds_the_build(
    dataset, admin, settings, monkeypatch
):
    settings.SHARD_ATTEMPTS = 3
    build = start(dataset, admin)
    running.advance(build.pk, now=timezone.now())
    do = running._do
    monkeypatch.setattr(running, "_do", lambda *args: (_ for _ in ()).throw(OSError("disk full")))
    shard = Shard.objects.first()
    now = timezone.now()
    for attempt in range(1, 4):
        assert running.run_shard(shard.pk, now=now) == build.pk
        shard.refresh_from_db()
        assert (shard.attempts, shard.state) == (attempt, "failed" if attempt == 3 else "to_do")
        now += timedelta(minutes=6)
    for other in Shard.objects.exclude(pk=shard.pk):
        Shard.objects.filter(pk=other.pk).update(state="done")
    running.advance(build.pk, now=now)
    build.refresh_from_db()
    assert build.state == "held"
    assert "disk full" in build.cause
    assert Version.objects.get().state == "building"
    monkeypatch.setattr(running, "_do", do)
    Shard.objects.filter(stage="collect", report={}).update(state="to_do")
    services.resume_build(actor=admin, build_id=build.pk, reason="more disk", now=now)
    work(build)
    assert build.state == "done", build.cause


def test_wrong_input_is_not_tried_again(dataset, admin, monkeypatch):
    build = start(dataset, admin)
    running.advance(build.pk, now=timezone.now())
    monkeypatch.setattr(running, "_do", lambda *args: (_ for _ in ()).throw(ValueError("no")))
    shard = Shard.objects.first()
    running.run_shard(shard.pk, now=timezone.now())
    shard.refresh_from_db()
    assert (shard.attempts, shard.state) == (1, "failed")
    Shard.objects.exclude(pk=shard.pk).update(state="done")
    running.advance(build.pk, now=timezone.now())
    build.refresh_from_db()
    assert (build.state, Version.objects.get().state) == ("failed", "rejected")


def test_a_source_that_is_gone_ends_the_build_with_its_name(dataset, admin):
    dataset.sources = [{"kind": "distributions", "paths": ["/nowhere/at/all"]}]
    dataset.save()
    build = start(dataset, admin)
    running.advance(build.pk, now=timezone.now())
    build.refresh_from_db()
    assert build.state == "failed"
    assert "/nowhere/at/all" in build.cause


def test_a_cancelled_build_does_no_more(dataset, admin):
    build = start(dataset, admin)
    running.advance(build.pk, now=timezone.now())
    services.cancel_build(
        actor=admin, build_id=build.pk, reason="wrong sources", now=timezone.now()
    )
    assert leases.take(Shard.objects.first().pk, now=timezone.now()) is None
    running.advance(build.pk, now=timezone.now())
    build.refresh_from_db()
    assert (build.state, Version.objects.get().state) == ("cancelled", "rejected")
    with pytest.raises(WrongStateError):
        services.cancel_build(actor=admin, build_id=build.pk, reason="again", now=timezone.now())


def test_the_window_bounds_what_is_rung_for(dataset, admin, settings, bells):
    settings.SHARD_WINDOW = 2
    settings.BUILD_OPTIONS = {"collect_bytes": 1}
    build = start(dataset, admin)
    running.advance(build.pk, now=timezone.now())
    for shard in Shard.objects.filter(stage="collect"):
        running.run_shard(shard.pk, now=timezone.now())
    bells.clear()
    running.advance(build.pk, now=timezone.now())
    assert Shard.objects.filter(stage="identify").count() > 2
    assert len([name for name, _ in bells if name.endswith("run_shard")]) == 2


def test_planning_is_done_by_one(dataset, admin):
    build = start(dataset, admin)
    now = timezone.now()
    assert services.begin_planning(build.pk, stage="collect", now=now)
    assert not services.begin_planning(build.pk, stage="collect", now=now)
    assert services.begin_planning(build.pk, stage="collect", now=now + services.plan_term())


def test_who_may_not_build_and_what_can_not_be_built(dataset, admin):
    for who in (
        actor(UserFactory()),
        actor(UserFactory(role=Role.STEWARD)),
        admin.without_factor(),
    ):
        with pytest.raises(NotPermittedError):
            start(dataset, who)
    with pytest.raises(InvalidError):
        start(dataset, admin, "one")
    with pytest.raises(WrongStateError, match="reason"):
        services.start_build(
            actor=admin, dataset=dataset, number="1.0", reason=" ", now=timezone.now()
        )
    dataset.sources = []
    dataset.save()
    with pytest.raises(WrongStateError, match="no sources"):
        start(dataset, admin)
    assert not Build.objects.exists()


def test_progress_is_one_query_and_adds_up(dataset, admin, django_assert_num_queries):
    build = start(dataset, admin)
    work(build)
    with django_assert_num_queries(1):
        progress = selectors.progress(build, now=timezone.now())
    assert [stage.state for stage in progress.stages] == ["done"] * 8
    assert progress.share == 1
    for stage in progress.stages:
        assert stage.done == stage.planned > 0


def test_the_secret_of_a_dataset_is_not_in_the_database(dataset, admin):
    work(start(dataset, admin))
    secret = services.dataset_secret(dataset.slug)
    assert services.dataset_secret("other/one") != secret
    for row in Build.objects.values_list("brief", flat=True):
        assert secret.hex() not in json.dumps(row)


def test_a_paused_build_rests_and_ends_in_the_same_bytes_when_it_goes_on(dataset, admin):
    build = start(dataset, admin)
    running.advance(build.pk, now=timezone.now())
    services.pause_build(actor=admin, build_id=build.pk, reason="nightly", now=timezone.now())
    assert leases.take(Shard.objects.first().pk, now=timezone.now()) is None
    running.advance(build.pk, now=timezone.now())
    assert Shard.objects.filter(state="done").count() == 0
    for verb in (services.pause_build, services.resume_build):
        with pytest.raises(WrongStateError, match=r"Give a reason|paused"):
            verb(actor=admin, build_id=build.pk, reason=" ", now=timezone.now())
    services.resume_build(actor=admin, build_id=build.pk, reason="morning", now=timezone.now())
    work(build)
    assert build.state == "done", build.cause
    told = Entry.objects.order_by("id").values_list("action", flat=True)
    assert [*told] == ["build.start", "build.pause", "build.resume", "version.make"]


def test_only_an_admin_pauses_a_build(dataset, admin):
    build = start(dataset, admin)
    for who in (actor(UserFactory()), actor(UserFactory(role=Role.STEWARD))):
        with pytest.raises(NotPermittedError):
            services.pause_build(actor=who, build_id=build.pk, reason="x", now=timezone.now())


def test_a_poison_shard_is_set_aside_and_the_others_go_on(dataset, admin, settings, monkeypatch):
    settings.SHARD_ATTEMPTS, settings.BUILD_OPTIONS = 2, {"collect_bytes": 1}
    build = start(dataset, admin)
    running.advance(build.pk, now=timezone.now())
    poison = Shard.objects.first().pk
    do = running._do

    def fail_one(stage, work, *rest):
        if work.number == 0 and work.stage == "collect":
            raise OSError("no space left on device")
        return do(stage, work, *rest)

    monkeypatch.setattr(running, "_do", fail_one)
    now = timezone.now()
    for _ in range(2):
        running.run_shard(poison, now=now)
        now += timedelta(minutes=6)
    running.advance(build.pk, now=now)
    build.refresh_from_db()
    assert build.state == "running"  # the others are not done yet
    for shard in Shard.objects.exclude(pk=poison).values_list("pk", flat=True):
        running.run_shard(shard, now=now)
    assert Shard.objects.filter(state="done").count() == Shard.objects.count() - 1
    running.advance(build.pk, now=now)
    build.refresh_from_db()
    assert build.state == "held"
    assert "no space left" in build.cause
    monkeypatch.setattr(running, "_do", do)
    services.resume_build(actor=admin, build_id=build.pk, reason="more disk", now=now)
    work(build)
    assert build.state == "done", build.cause
    told = [*Entry.objects.order_by("id").values_list("action", flat=True)]
    assert told == ["build.start", "build.hold", "build.resume", "version.make"]


def test_attempts_wait_longer_and_longer(dataset, admin, settings, monkeypatch):
    settings.SHARD_ATTEMPTS = 9
    build = start(dataset, admin)
    running.advance(build.pk, now=timezone.now())
    monkeypatch.setattr(running, "_do", lambda *args: (_ for _ in ()).throw(OSError("busy")))
    now = timezone.now()
    monkeypatch.setattr(running, "_clock", lambda: now)
    shard = Shard.objects.first()
    waits = []
    for _ in range(8):
        running.run_shard(shard.pk, now=now)
        shard.refresh_from_db()
        waits.append((shard.lease_until - now).total_seconds())
        now = shard.lease_until
    assert waits == [5, 10, 20, 40, 80, 160, 300, 300]
    assert running.run_shard(shard.pk, now=now - timedelta(seconds=1)) is None


def test_a_plan_that_meets_a_busy_store_waits_and_says_why(dataset, admin, monkeypatch):
    """The stage is planned by a later sweep; nothing is lost, nobody has to press anything."""
    from pipeline.release import collecting, stages

    def busy(context):
        raise OSError("storage answered 503 to get_object")

    now = timezone.now()
    monkeypatch.setattr(running, "_clock", lambda: now)
    build = start(dataset, admin)
    with monkeypatch.context() as patch:
        patch.setattr(stages, "STAGES", (collecting.STAGE._replace(plan=busy),))
        running.advance(build.pk, now=now)
    build.refresh_from_db()
    assert (build.state, "storage answered 503" in build.cause) == ("running", True)
    running.advance(build.pk, now=now)
    assert not Shard.objects.exists()  # not at once
    running.advance(build.pk, now=now + running.RETRY_AFTER)
    build.refresh_from_db()
    assert Shard.objects.exists()
    assert build.cause == ""
