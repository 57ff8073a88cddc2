"""Ten thousand holders of a withdrawn version, told by mail, and counted where it arrives.

SQLite as Gatehouse opens it (WAL, synchronous FULL), a real mail server over loopback in a process
of its own, and two processes that send, as the workers of an installation do. Needs about two
minutes; GATEHOUSE_BENCH_HOLDERS makes it smaller.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from bench import Figure

ROOT = Path(__file__).resolve().parent.parent
HOLDERS = int(os.environ.get("GATEHOUSE_BENCH_HOLDERS", "10000"))
SENDERS = 2


def run() -> list[Figure]:
    with tempfile.TemporaryDirectory() as home:
        told = Path(home, "told")
        server = subprocess.Popen([sys.executable, "-m", "tests.mail_server", told], cwd=ROOT)
        try:
            return _measured(home, told)
        finally:
            server.kill()
            server.wait()


def _measured(home: str, told: Path) -> list[Figure]:
    while not (told.exists() and told.read_text().endswith("\n")):
        time.sleep(0.05)
    env = os.environ | {
        "DATABASE_URL": f"sqlite:///{home}/told.sqlite3",
        "GATEHOUSE_HOME": home,
        "GATEHOUSE_PUBLIC_URL": "https://data.example.org",
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "EMAIL_URL": f"smtp://127.0.0.1:{told.read_text().split()[0]}",
        "LOG_LEVEL": "CRITICAL",
    }
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"], cwd=ROOT, env=env, check=True
    )
    _wait([_part(env, "begin")])
    before, began = _cpu(), time.monotonic()
    _wait([_part(env, "make")])
    made = time.monotonic()
    _wait([_part(env, "send") for _ in range(SENDERS)])
    ended, cpu = time.monotonic(), _cpu() - before
    lines = [line.split() for line in told.read_text().splitlines()[1:]]
    names = Counter(name for name, _, _ in lines)
    return [
        Figure("holders told", len({to for _, to, _ in lines}), "people", f"{HOLDERS:,}"),
        Figure("told twice", len(lines) - len(names), "mails", "0"),
        Figure("messages made", made - began, "s"),
        Figure("mails sent", ended - made, "s"),
        Figure("in all", ended - began, "s", "under 120"),
        Figure("mails a second", len(lines) / (ended - made), "1/s"),
        Figure("CPU of who tells", cpu, "s"),
        Figure("connections", int(lines[-1][2]), ""),
        Figure("outbox", Path(home, "told.sqlite3").stat().st_size / 1e6, "MB"),
    ]


def _part(env: dict[str, str], name: str) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, "-m", "bench.notices", name], cwd=ROOT, env=env)


def _wait(parts: list[subprocess.Popen]) -> None:
    for each in parts:
        if each.wait() != 0:
            raise RuntimeError("a part of the measurement failed")


def _cpu() -> float:
    """Seconds of children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _main(name: str) -> None:
    import django

    django.setup()
    from django.utils import timezone

    from governance.notices import services
    from tests.services.telling import withdrawn_with

    if name == "begin":
        withdrawn_with(HOLDERS)
    elif name == "make":
        services.make_from_record(now=timezone.now())
    else:
        while services.deliver_due(now=timezone.now()):
            pass


if __name__ == "__main__":
    _main(sys.argv[1])
