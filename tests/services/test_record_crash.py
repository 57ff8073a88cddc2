"""Writers and sealers are killed; nothing that was acknowledged is missing from the sealed log.

Each process is this module run with a part's name; an acknowledged entry is a line of its output.
"""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.services import postgres
from tests.waiting import until

pytestmark = [pytest.mark.services, pytest.mark.server]
ROOT = Path(__file__).resolve().parent.parent.parent
WRITERS, SEALS_EVERY, HELD, HELD_SHARE = 8, 0.2, 0.05, 0.05  # seconds, share of the writers' acts
ENOUGH = 400  # acknowledged entries in each phase


class Part:
    """One process; its lines are kept as they come."""

    def __init__(self, name: str, env: dict[str, str]) -> None:
        words = [sys.executable, "-m", "tests.services.test_record_crash", name]
        self.process = subprocess.Popen(
            words, cwd=ROOT, env=env, text=True, bufsize=1, stdout=subprocess.PIPE
        )
        self.lines: list[str] = []
        self.thread = threading.Thread(target=self._listen, daemon=True)
        self.thread.start()

    def _listen(self) -> None:
        for line in self.process.stdout:
            if line.endswith("\n"):  # a kill may cut a line off
                self.lines.append(line.strip())

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(30)
        self.thread.join(30)


@pytest.fixture
def env(tmp_path) -> Iterator[dict[str, str]]:
    url = postgres.found()
    if not url:
        pytest.skip("no PostgreSQL answers here")
    with postgres.database(url) as made:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        yield kept | {
            "DATABASE_URL": made,
            "GATEHOUSE_HOME": str(tmp_path),
            "DJANGO_SETTINGS_MODULE": "portal.settings",
            "SECRET_KEY": "a key for this test that is long enough to be one",
            "REDACTION_SECRET": "another key for this test that is long enough",
            "CELERY_BROKER_URL": "redis://127.0.0.1:1",  # never rung
            "LOG_LEVEL": "CRITICAL",
        }


def manage(env: dict[str, str], *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "manage.py", *words], cwd=ROOT, env=env, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def rows(env: dict[str, str], query: str) -> list[tuple]:
    with psycopg.connect(env["DATABASE_URL"]) as connection:
        return connection.execute(query).fetchall()


def test_killed_writers_and_sealers_lose_nothing(env):
    manage(env, "migrate", "--verbosity", "0")
    manage(env, "audit", "new-key")
    writers = [Part("writer", env) for _ in range(WRITERS)]
    sealers = [Part("sealer", env)]

    def acknowledged() -> list[int]:
        return [int(line) for part in writers for line in list(part.lines)]

    def go_on() -> None:
        """Until many more entries were written, and the newest sealer signed a few times."""
        goal = len(acknowledged()) + ENOUGH
        until(lambda: len(acknowledged()) > goal and len(sealers[-1].lines) > 2, 60)

    try:
        go_on()
        sealers[0].kill()
        writers[0].kill()
        sealers.append(Part("sealer", env))
        go_on()
    finally:
        for part in (*writers, *sealers):
            part.kill()
    manage(env, "audit", "checkpoint")
    told = acknowledged()
    assert len(told) == len(set(told)) > 2 * ENOUGH
    sealed = rows(env, "SELECT place, entry_id FROM audit_leaf ORDER BY place")
    assert [place for place, _ in sealed] == list(range(len(sealed)))
    assert set(told) <= {entry for _, entry in sealed}
    assert rows(env, "SELECT count(*) FROM audit_pending") == [(0,)]
    # The sealers met entries that had committed late: their ids are not in the order of the log.
    assert [entry for _, entry in sealed] != sorted(entry for _, entry in sealed)
    checkpoints = rows(env, "SELECT count(*) FROM audit_checkpoint")[0][0]
    assert checkpoints > 5
    # Every root is made anew from the entries and compared with what was signed.
    verified = manage(env, "audit", "verify")
    assert f"{len(sealed)} sealed entries, {checkpoints} checkpoints" in verified


# ------------------------------------------------------------------ the processes


def writer() -> None:
    from django.db import transaction
    from django.utils import timezone

    from governance.audit import services as audit
    from governance.audit.actors import Actor
    from governance.audit.services import Place

    who = Actor(user_id=1, email="ada@university.example", name="Ada", address="192.0.2.1")
    place = Place("lab/shelf", "1.0", "processed", "data/python/0000.parquet")
    while True:
        with transaction.atomic():
            entry = audit.ticket_issued(
                actor=who, place=place, terms_version="1.0", grant=None, size=7,
                now=timezone.now(),
            )  # fmt: skip
            if random.random() < HELD_SHARE:
                time.sleep(HELD)  # commits later than entries with higher ids
        sys.stdout.write(f"{entry.pk}\n")
        sys.stdout.flush()


def sealer() -> None:
    from django.utils import timezone

    from governance.audit import sealing

    while True:
        sys.stdout.write(f"{sealing.seal(now=timezone.now()).size}\n")
        sys.stdout.flush()
        time.sleep(SEALS_EVERY)


if __name__ == "__main__":
    import django

    django.setup()
    {"writer": writer, "sealer": sealer}[sys.argv[1]]()
