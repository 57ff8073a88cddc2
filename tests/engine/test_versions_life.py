"""Two versions through the whole engine: built, compared, published, downloaded and checked."""

import json
from types import SimpleNamespace

import pytest
from django.utils import timezone

from client import cli
from governance import bells as bells_module
from governance.audit import trust
from governance.audit.actors import Role
from governance.catalogue import selectors as catalogue
from governance.catalogue import signing
from governance.catalogue.checklist import Mark
from governance.catalogue.models import Artefact, Difference, Version
from governance.removals import services as removals
from pipeline.engine import compacting, differences, publishing, running, services
from pipeline.engine.models import Build, Shard
from pipeline.publish.storage import store
from pipeline.redact.policy import DEFAULT_POLICY
from tests.factories import DatasetFactory, UserFactory, actor
from tests.pipeline.shelves import install

pytestmark = pytest.mark.django_db(transaction=True)
OWNERS = [f"owner{at}" for at in range(7)]


@pytest.fixture(autouse=True)
def bells(monkeypatch):
    rung = []
    app = SimpleNamespace(send_task=lambda name, args=(), **_: rung.append((name, args)))
    monkeypatch.setattr(bells_module, "current_app", app)
    return rung


@pytest.fixture
def dataset(tmp_path):
    site = tmp_path / "site"
    site.mkdir()
    for owner in OWNERS:
        code = {f"{owner}/code.py": f"# of {owner}\n" + "x = 1\n" * 30}
        install(site, owner, code, home=f"https://github.com/{owner}/{owner}")
    return DatasetFactory(
        namespace="lab", name="shelf", redaction=DEFAULT_POLICY,
        sources=[{"kind": "distributions", "paths": [str(site)]}],
    )  # fmt: skip


@pytest.fixture
def people():
    return [actor(UserFactory(role=Role.ADMIN)) for _ in range(3)]


def build(dataset, number, who) -> Version:
    made = services.start_build(
        actor=who, dataset=dataset, number=number, reason="quarterly", now=timezone.now()
    )
    for _ in range(200):
        running.advance(made.pk, now=timezone.now())
        made.refresh_from_db()
        if made.state != Build.State.RUNNING:
            break
        waiting = Shard.objects.filter(build=made, state="to_do", lease=None)
        for shard in waiting.values_list("pk", flat=True)[:8]:
            running.run_shard(shard, now=timezone.now())
    assert made.state == "done", made.cause
    return Version.objects.select_related("dataset", "parent").get(pk=made.version_id)


def publish(version, people) -> None:
    now = timezone.now()
    publishing.approve_version(version_id=version.pk, actor=people[1], reason="seen", now=now)
    publishing.publish_version(version_id=version.pk, actor=people[2], reason="due", now=now)


def opt_out(dataset, owner, who) -> None:
    removals.record_removal(
        actor=who, dataset=dataset, kind="account", value=owner, reason="asked", now=timezone.now()
    )


def downloaded(version, folder):
    """What a researcher has: the files of the processed tier, the manifest, the note, the key."""
    for artefact in Artefact.objects.filter(version=version, tier__name="processed"):
        target = folder / artefact.path
        target.parent.mkdir(parents=True, exist_ok=True)
        with store().open(artefact.key) as opened:
            target.write_bytes(opened.read())
    (folder / "manifest.json").write_bytes(differences.manifest_bytes(version))
    (folder / "manifest.note").write_text(signing.note_of(version))
    key = folder.with_suffix(".key")
    key.write_text(f"{trust.verifier()}\n")
    return ["verify", str(folder), "--key", str(key)]


def test_from_build_to_a_checked_download_and_back_over_a_compaction(
    dataset, people, tmp_path, capsys
):
    first = build(dataset, "1.0", people[0])
    assert "It is the first version." in catalogue.notes_of(first).text
    publish(first, people)

    for owner in OWNERS[:5]:
        opt_out(dataset, owner, people[1])
    second = build(dataset, "1.1", people[0])
    marks = {each.code: each.mark for each in publishing.checklist(second, now=timezone.now())}
    assert marks == {
        "verify": Mark.MET,
        "removals": Mark.MET,
        "redaction": Mark.UNMEASURED,
        "card": Mark.MET,
        "difference": Mark.OPEN,  # until somebody approves it
    }
    told = Difference.objects.get(newer=second.manifest_sha256).told
    assert told["rows"]["removed"]["reasons"] == {"removed": 5}
    notes = catalogue.notes_of(second).text
    assert "5 rows are gone: 5 taken out on request." in notes
    assert not [owner for owner in OWNERS if owner in notes]
    publish(second, people)
    assert catalogue.current(dataset) == second

    check = downloaded(second, tmp_path / "mine")
    assert cli.main(check) == 0, capsys.readouterr()
    victim = next((tmp_path / "mine").rglob("*.parquet"))
    victim.write_bytes(victim.read_bytes()[:-1] + b"?")
    assert cli.main(check) == 1

    # One more goes, the work of 1.0 is erased, and any two can still be compared.
    opt_out(dataset, OWNERS[5], people[1])
    third = build(dataset, "1.2", people[0])
    compacting.compact(actor=people[0], dataset=dataset, reason="due", now=timezone.now())
    index = Shard.objects.get(build=first.build, stage="index", number=0).ref
    assert not services.files().path(index, "rows.parquet").exists()
    now = timezone.now()
    found = differences.between(first, third, now=now)
    assert found.exact["rows"]["removed"]["reasons"] == {"removed": 6}
    assert found.exact["unchanged"] == 1
    assert found.told["rows"]["removed"]["reasons"] == {"removed": 6}
    alone = differences.between(second, third, now=now)
    assert alone.exact["rows"]["removed"]["reasons"] == {"removed": 1}
    assert alone.told["rows"]["removed"]["reasons"] == {}
    assert differences.between(first, third, now=now).pk == found.pk  # counted once
    everything = json.dumps([each.exact for each in Difference.objects.all()])
    assert not [owner for owner in OWNERS if owner in everything]
