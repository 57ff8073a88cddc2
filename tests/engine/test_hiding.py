"""From its commit on a removal hides raw rows, and files without such rows open again."""

import pyarrow.parquet as pq
import pytest
from django.utils import timezone

from governance.access import selectors as access
from governance.audit.actors import Role
from governance.audit.models import Entry
from governance.catalogue import selectors as catalogue
from governance.catalogue.models import UNREDACTED, Artefact, Version
from governance.removals import services as removals
from governance.removals.models import Removal
from pipeline.engine import hiding, tasks
from pipeline.publish.storage import store
from pipeline.redact.policy import DEFAULT_POLICY
from tests.engine.test_compaction import blob
from tests.engine.test_engine import admin, bells, dataset, start, work
from tests.factories import DatasetFactory, GrantFactory, UserFactory, actor
from tests.pipeline.test_beside import made_sources

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["admin", "bells", "dataset"]


def publish(build):
    assert build.state == "done", build.cause
    Version.objects.filter(pk=build.version_id).update(
        state="published", published_at=timezone.now()
    )


@pytest.fixture
def steward():
    user = UserFactory(role=Role.STEWARD)
    return actor(user)


@pytest.fixture
def version(dataset, admin, steward, settings):
    settings.BUILD_OPTIONS = {"collect_bytes": 1}  # a piece for each distribution
    build = start(dataset, admin)
    work(build)
    publish(build)
    tier = dataset.tiers.get(name="annotations")
    GrantFactory(holder_id=steward.user_id, tier=tier, begins=build.started_at)
    return build.version


def remove(steward, dataset, kind, value, **more):
    removals.record_removal(
        actor=steward, dataset=dataset, kind=kind, value=value, reason="asked",
        now=timezone.now(), **more,
    )  # fmt: skip


def reasons(who, number="1.0"):
    """Per file of the unredacted tiers, what the rule says to this person."""
    files = Artefact.objects.select_related("tier", "version__dataset").filter(
        version__number=number, tier__name__in=UNREDACTED
    )
    now = timezone.now()
    return {
        (each.tier.name, each.path): access.decide(who, each, "download", now).reasons
        for each in files
    }


def texts(found, number="1.0"):
    """All that stands in these files."""
    return "".join(
        str(pq.read_table(store().path(each.key)).to_pylist())
        for each in Artefact.objects.select_related("tier").filter(version__number=number)
        if (each.tier.name, each.path) in found
    )


def repositories_shown(version):
    version.refresh_from_db()
    return {row["repo_name"] for row in catalogue.shown_rows(version)}


def opened(told, tier="raw"):
    return {file for file, why in told.items() if file[0] == tier and "removed_rows" not in why}


def test_a_removal_closes_every_raw_file_until_it_was_looked_through(version, dataset, steward):
    assert {why for (tier, _), why in reasons(steward).items() if tier == "raw"} == {("ok",)}
    remove(steward, dataset, "account", "owner-two")
    told = reasons(steward)
    assert told
    assert all("removals_pending" in why for why in told.values())
    assert not access.visible_to(steward, timezone.now()).filter(tier__name="raw").exists()
    hiding.look_through(dataset.pk, now=timezone.now())
    after = reasons(steward)
    assert all("removals_pending" not in why for why in after.values())
    seen = {
        (each.tier.name, each.path)
        for each in access.visible_to(steward, timezone.now()).select_related("tier")
    }
    assert seen == {file for file, why in after.items() if why == ("ok",)}
    assert opened(after)


def test_what_stays_open_holds_no_removed_row(version, dataset, steward):
    shown = {"owner-one/one", "owner-two/two", "owner-three/three"}
    assert repositories_shown(version) == shown
    for kind, value in (
        ("account", "Owner-Two"),
        ("repository", "owner-two/TWO"),
        ("blob", blob("two")),
    ):
        Removal.objects.all().delete()
        remove(steward, dataset, kind, value)
        hiding.look_through(dataset.pk, now=timezone.now())
        told = reasons(steward)
        left = opened(told) | opened(told, "annotations")
        assert "# one" in texts(left)
        assert "# two" not in texts(left)
        assert kind == "blob" or "owner-two" not in texts(left)
        closed = set(told) - left
        assert "# two" in texts(closed)
        assert repositories_shown(version) == shown - {"owner-two/two"}
        assert Entry.objects.filter(action="raw.withhold").last().detail["files"] == len(closed)


def test_the_next_version_is_open_and_a_sweep_does_what_a_lost_bell_would(
    version, dataset, admin, steward, bells
):
    remove(steward, dataset, "account", "owner-two")
    assert ("pipeline.engine.tasks.look_through", (dataset.pk,)) in bells
    again = start(dataset, admin, "1.1")
    work(again)
    bells.clear()
    tasks.sweep()
    assert ("pipeline.engine.tasks.look_through", (dataset.pk,)) in bells
    hiding.look_through(dataset.pk, now=timezone.now())
    assert hiding.waiting() == []
    assert not Artefact.objects.filter(version=again.version, withheld=True).exists()
    assert Artefact.objects.filter(version=version, withheld=True).exists()


def test_files_are_looked_through_in_storage_when_the_work_is_gone(
    version, dataset, steward, settings, tmp_path
):
    settings.WORK_DIR = tmp_path / "another-host"
    remove(steward, dataset, "account", "owner-two")
    hiding.look_through(dataset.pk, now=timezone.now())
    told = reasons(steward)
    assert "# two" not in texts(opened(told))
    assert "# one" in texts(opened(told))
    assert "owner-two/two" not in repositories_shown(version)


def test_threads_and_commits_are_covered_like_files(tmp_path, admin, steward):
    """By a name that the repository had before it was renamed, and an issue by itself."""
    dataset = DatasetFactory(redaction=DEFAULT_POLICY, sources=made_sources(tmp_path))
    build = start(dataset, admin)
    work(build)
    publish(build)
    for kind, value, of in (
        ("issue", "ann/tool#1", {"issues"}),
        ("repository", "ann/tool", {"issues", "commits"}),
    ):
        remove(steward, dataset, kind, value)
        hiding.look_through(dataset.pk, now=timezone.now())
        told = reasons(steward)
        closed = {path.split("/")[0] for tier, path in set(told) - opened(told) if tier == "raw"}
        assert closed & {"issues", "commits"} == of
        assert opened(told)
