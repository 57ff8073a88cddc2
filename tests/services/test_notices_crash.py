"""Who tells is killed, while messages are made and while they are sent: nobody is left out, and
nobody is told of the same twice but for the one mail that was on its way.

Each worker is this module run with a part's name. The mail server counts Message-IDs.
"""

import os
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests import mail_server
from tests.waiting import until

pytestmark = [pytest.mark.server]
ROOT = Path(__file__).resolve().parent.parent.parent
HOLDERS = 240
CLAIM = 400  # seconds: more than a claim, or the lease of who makes messages, lasts


@pytest.fixture
def env(tmp_path):
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return kept | {
        "DATABASE_URL": f"sqlite:///{tmp_path}/told.sqlite3",
        "GATEHOUSE_HOME": str(tmp_path),
        "GATEHOUSE_PUBLIC_URL": "https://data.example.org",
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "SECRET_KEY": "a key for this test that is long enough to be one",
        "REDACTION_SECRET": "another key for this test that is long enough",
        "LOG_LEVEL": "CRITICAL",
    }


def part(env, name, *words):
    command = [sys.executable, "-m", "tests.services.test_notices_crash", name, *map(str, words)]
    return subprocess.Popen(command, cwd=ROOT, env=env)


def finished(process):
    assert process.wait(60) == 0


def killed(process, happened):
    """SIGKILL as soon as something happened; it must not have ended by itself before."""
    assert until(lambda: happened() or process.poll() is not None, 60)
    assert process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.wait(30)


def test_killed_while_making_and_while_sending_nobody_is_lost_or_told_twice(env, tmp_path):
    migrated = subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"], cwd=ROOT, env=env
    )
    assert migrated.returncode == 0
    database = sqlite3.connect(tmp_path / "told.sqlite3", timeout=30)

    def made(state=""):
        asked = "SELECT count(*) FROM notices_message WHERE channel = 'mail'"
        return database.execute(asked + (f" AND state = '{state}'" if state else "")).fetchone()[0]

    with mail_server.running() as (keeper, port):
        env["EMAIL_URL"] = f"smtp://127.0.0.1:{port}"
        finished(part(env, "begin"))
        killed(part(env, "tell", 0), lambda: made() > 0)
        assert 0 < made() < HOLDERS, "it died among the parts"
        # Killed while a mail is on its way: once it was not taken yet, once it was.
        for round_, when in enumerate(("before", "after"), start=1):
            keeper.hold(when, len(keeper.got) + 30)
            killed(part(env, "tell", round_ * CLAIM), keeper.holding.is_set)
        assert 60 <= len(keeper.got) < HOLDERS
        finished(part(env, "tell", 3 * CLAIM))
    by_name = Counter(name for name, _ in keeper.got)
    assert len(by_name) == HOLDERS == made("sent")
    assert len({recipient for _, recipient in keeper.got}) == HOLDERS
    # That one alone comes again, under the same name: nobody could know that it had arrived.
    assert sum(by_name.values()) == HOLDERS + 1
    inbox = database.execute("SELECT count(*) FROM notices_message WHERE channel = 'inbox'")
    assert inbox.fetchone()[0] == HOLDERS


# ------------------------------------------------------------------ the processes


def begin() -> None:
    from tests.services.telling import withdrawn_with

    withdrawn_with(HOLDERS)


def tell(later: str) -> None:
    from datetime import timedelta

    from django.utils import timezone

    from governance.notices import services
    from governance.notices.services import making

    making.PART, making.BREATH = 20, 0.05
    now = timezone.now() + timedelta(seconds=int(later))
    services.make_from_record(now=now)
    while services.deliver_due(now=now, at_most=50):
        pass


if __name__ == "__main__":
    import django

    django.setup()
    {"begin": begin, "tell": tell}[sys.argv[1]](*sys.argv[2:])
