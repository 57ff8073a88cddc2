"""A purge that is killed, again and again, ends as one that was not: nothing left, nothing lost.

Each process is this module run with a part's name; a line of its output is a key that went.
"""

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

pytestmark = pytest.mark.server
ROOT = Path(__file__).resolve().parent.parent.parent
OWN, SHARED, KILLS = 60, 40, 3
SLUG = "lab/shelf"


@pytest.fixture
def env(tmp_path):
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return kept | {
        "GATEHOUSE_HOME": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "CELERY_BROKER_URL": "redis://127.0.0.1:1",  # never rung
        "LOG_LEVEL": "CRITICAL",
    }


def part(env, *words):
    return subprocess.Popen(
        [sys.executable, "-m", "tests.server.test_purge_crash", *words],
        cwd=ROOT, env=env, text=True, bufsize=1, stdout=subprocess.PIPE,
    )  # fmt: skip


def whole(env, *words):
    process = part(env, *words)
    told, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    return told.split()


def test_a_purge_that_is_killed_goes_on_where_it_was(env, tmp_path):
    done = subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
        cwd=ROOT, env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    whole(env, "prepare")
    files = tmp_path / "storage" / "gated"
    assert len([*files.rglob("own-*")]) == OWN
    went = []
    for kill in range(KILLS):
        process = part(env, "purge", str(2 * kill))
        went += [process.stdout.readline().strip() for _ in range(7 + 6 * kill)]
        process.send_signal(signal.SIGKILL)
        process.wait(30)
        assert [*files.rglob("own-*")], "it was not killed in the middle"
    assert len(set(went)) < OWN
    whole(env, "purge", str(2 * KILLS))
    assert [*files.rglob("own-*")] == []
    assert len([*files.rglob("shared-*")]) == SHARED
    state, erased, shared, entries = whole(env, "told")
    assert (state, int(erased), int(shared), int(entries)) == ("done", OWN, SHARED, 1)


# ------------------------------------------------------------------ the processes


def prepare() -> None:
    from django.utils import timezone

    from governance.audit.actors import Actor, Role
    from governance.catalogue import services
    from governance.catalogue.models import Artefact, Dataset, Tier, Version
    from pipeline.publish.storage import store

    now = timezone.now()
    dataset = Dataset.objects.create(
        namespace="lab", name="shelf", title="Shelf", summary="Files.", made_at=now
    )
    tier = Tier.objects.create(dataset=dataset, name="processed", summary="", policy={})
    told = {"dataset": dataset, "made_at": now, "published_at": now}
    new = Version.objects.create(number="1.1", state="published", commit="1" * 40, **told)
    old = Version.objects.create(
        number="1.0", state="superseded", commit="0" * 40, serve_until=now, **told
    )
    names = [f"own-{at}" for at in range(OWN)] + [f"shared-{at}" for at in range(SHARED)]
    for name in names:
        key = f"gated/{SLUG}/processed/{name}"
        path = store().path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"bytes")
        for version in (old, new) if name.startswith("shared") else (old,):
            Artefact.objects.create(
                version=version, tier=tier, path=name, size=5, sha256="0" * 64, key=key
            )
    admin = Actor(
        user_id=1, email="ada@university.example", name="Ada", verified=True, second_factor=True,
        roles=frozenset({(Role.ADMIN, None)}),
    )  # fmt: skip
    services.withdraw_version(version_id=old.pk, actor=admin, reason="misread", now=now)


def purge(minutes: str) -> None:
    """`minutes` from now: the lease of who was killed has ended."""
    from django.utils import timezone

    from pipeline.engine import purging
    from pipeline.publish import storage

    purging.AT_ONCE = 5
    erase = storage.FileStore.purge

    def told(self: storage.FileStore, key: str) -> None:
        erase(self, key)
        sys.stdout.write(f"{key}\n")
        sys.stdout.flush()

    storage.FileStore.purge = told
    later = timezone.now() + timedelta(minutes=int(minutes))
    for purge_id in purging.due(now=later):
        purging.run(purge_id, now=later)


def told() -> None:
    from governance.audit.models import Entry
    from governance.catalogue.models import Purge

    done = Purge.objects.get()
    entries = Entry.objects.filter(action="version.purge").count()
    sys.stdout.write(f"{done.state} {done.objects_erased} {done.objects_shared} {entries}\n")


if __name__ == "__main__":
    import django

    django.setup()
    {"prepare": prepare, "purge": purge, "told": told}[sys.argv[1]](*sys.argv[2:])
