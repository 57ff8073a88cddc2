"""Repositories, threads and commits through the engine: built, removed, built again, erased."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest
from django.utils import timezone

from governance.catalogue.models import Artefact
from governance.removals import services as removals
from pipeline.engine import compacting
from pipeline.redact.policy import DEFAULT_POLICY
from tests.engine.test_engine import admin, bells, start, work  # noqa: F401  fixtures
from tests.factories import DatasetFactory
from tests.pipeline.test_beside import made_sources

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def dataset(tmp_path):
    return DatasetFactory(redaction=DEFAULT_POLICY, sources=made_sources(tmp_path))


def paths(version):
    found = Artefact.objects.filter(version=version).values_list("tier__name", "path")
    return {(tier, path.split("/")[0]) for tier, path in found}


def test_threads_and_commits_are_built_removed_and_erased(dataset, admin, settings):  # noqa: F811
    build = start(dataset, admin)
    work(build)
    assert build.state == build.State.DONE, build.error
    version = build.version
    assert {("processed", "issues"), ("processed", "commits")} <= paths(version)
    assert {("raw", "issues"), ("raw", "commits"), ("raw", "blobs")} <= paths(version)
    told = [path for path in settings.WORK_DIR.rglob("*.parquet") if _holds(path, b"Me too")]
    assert told
    removals.record_removal(
        actor=admin,
        dataset=dataset,
        kind="repository",
        value="ann/tool",  # its name before it was renamed
        reason="asked",
        now=timezone.now(),
    )
    version.state = "rejected"
    version.save(update_fields=["state"])
    again = start(dataset, admin, "1.1")
    work(again)
    assert again.state == again.State.DONE, again.error
    compacting.compact(actor=admin, dataset=dataset, reason="monthly", now=timezone.now())
    folders = [settings.WORK_DIR, *(_folder(one) for one in dataset.sources)]
    left = [
        path for folder in folders for path in folder.rglob("*.parquet") if _holds(path, b"Me too")
    ]
    assert left == []


def _folder(source):
    return Path(source["folder"])


def _holds(path, words):
    return words.decode() in str(pq.read_table(path).to_pylist())
