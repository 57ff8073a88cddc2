"""A change of key is killed: the key and what the record tells of it never part.

Each act is a process of its own, this module run with the act and the moment at which it dies.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.services, pytest.mark.server]
ROOT = Path(__file__).resolve().parent.parent.parent
ACTS = ("rotate-key", "new-key --lost")
BEFORE, AFTER = "before the commit", "after the commit"


@pytest.fixture
def env(tmp_path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return kept | {
        "GATEHOUSE_HOME": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "LOG_LEVEL": "CRITICAL",
    }


def run(env: dict[str, str], *words: str, code: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, *words], cwd=ROOT, env=env, capture_output=True, text=True
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout.strip()


def manage(env: dict[str, str], *words: str) -> str:
    return run(env, "manage.py", *words)


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("moment", [BEFORE, AFTER])
def test_a_change_of_key_that_is_killed_is_undone_or_finished(env, act, moment):
    manage(env, "migrate", "--verbosity", "0")
    first = manage(env, "audit", "new-key")
    manage(env, "audit", "checkpoint")
    run(env, "-m", "tests.services.test_rotation_crash", act, moment, code=-signal.SIGKILL)
    assert "All is as it was sealed" in manage(env, "audit", "verify")
    note = manage(env, "audit", "checkpoint")
    now = manage(env, "audit", "key")
    assert (now == first) == (moment == BEFORE)
    files = {each.name for each in Path(env["GATEHOUSE_HOME"], "keys").iterdir()}
    assert not [name for name in files if "next" in name or name.startswith(".")]
    assert "All is as it was sealed" in manage(env, "audit", "verify")
    assert note.startswith("localhost/record\n")
    # And the log goes on from there.
    after = manage(env, "audit", "rotate-key", "--reason", "yearly")
    assert after not in {first, now}
    manage(env, "audit", "checkpoint")
    assert "All is as it was sealed" in manage(env, "audit", "verify")


# ------------------------------------------------------------------ the process


def main(act: str, moment: str) -> None:
    import django

    django.setup()
    from django.core.management import call_command

    from governance.audit import keys

    def die(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    propose = keys.propose
    if moment == BEFORE:
        keys.propose = lambda signer: (propose(signer), die())
    else:
        keys.settle = die
    call_command("audit", *act.split(), "--reason", "yearly")


if __name__ == "__main__":
    main(*sys.argv[1:])
