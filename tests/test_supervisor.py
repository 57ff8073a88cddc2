"""The supervisor with toy children: who is told what, in which order, and that nobody stays."""

import fcntl
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from portal import children
from portal.children import Child, House, StopError
from portal.supervisor import Prepared, digest, options
from tests.waiting import until

ROOT = Path(__file__).resolve().parent.parent

LEADER = """
import os, signal, sys, time
from pathlib import Path
here = Path(__file__).parent
def note(who):
    return lambda number, frame: (here / f"{who}-{signal.Signals(number).name}").touch()
def leave(number, frame):
    (here / f"leader-{signal.Signals(number).name}").touch()
    os._exit(0)
for name in ("SIGTERM", "SIGINT"):
    signal.signal(getattr(signal, name), note("pool"))
if os.fork() == 0:
    (here / "pool.pid").write_text(str(os.getpid()))
    while True:
        time.sleep(60)
for name in sys.argv[1].split(","):
    signal.signal(getattr(signal, name), leave)
for name in sys.argv[2].split(","):
    signal.signal(getattr(signal, name), signal.SIG_IGN)
(here / "ready").touch()
while True:
    time.sleep(60)
"""


@pytest.fixture
def lock(tmp_path) -> Path:
    """A lock that this very process holds, as the supervisor does."""
    path = tmp_path / "server.lock"
    with path.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield path


@pytest.fixture
def house(monkeypatch) -> Iterator[House]:
    monkeypatch.setattr(children, "QUIT_AFTER", 0.5)
    monkeypatch.setattr(children, "KILL_AFTER", 0.5)
    house = House()
    yield house
    for child in house.children:
        child.kill_group()


@pytest.fixture
def lead(house, lock, tmp_path) -> Callable[[str, str], Child]:
    """A patient child with a pool process: the signals it leaves at, those it ignores."""

    def start(leaves_at: str, ignores: str) -> Child:
        (tmp_path / "leader.py").write_text(LEADER)
        child = Child("toy", lock, str(tmp_path / "leader.py"), leaves_at, ignores)
        house.patient.append(child)
        child.start()
        assert until(lambda: (tmp_path / "ready").exists() and (tmp_path / "pool.pid").exists(), 20)
        return child

    return start


def gone(pid: int) -> bool:
    """Dead, or a zombie whose new parent has not looked yet."""
    told = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True)
    return not told.stdout.strip() or told.stdout.strip().startswith("Z")


def pool(folder: Path) -> int:
    return int((folder / "pool.pid").read_text())


def test_the_leader_alone_is_asked_and_its_pool_is_gone_afterwards(house, lead, tmp_path):
    child = lead("SIGTERM", "SIGHUP")
    house.stop()
    assert child.code == 0
    assert (tmp_path / "leader-SIGTERM").exists()
    assert not (tmp_path / "pool-SIGTERM").exists()
    assert until(lambda: gone(pool(tmp_path)), 10)


def test_who_is_not_gone_after_term_is_told_quit(house, lead, tmp_path):
    child = lead("SIGQUIT", "SIGTERM")
    house.stop()
    assert child.code == 0
    assert (tmp_path / "leader-SIGQUIT").exists()


def test_who_hears_nothing_is_killed_with_its_pool(house, lead, tmp_path):
    child = lead("SIGHUP", "SIGTERM,SIGQUIT")
    house.stop()
    assert child.code == -signal.SIGKILL
    assert until(lambda: gone(pool(tmp_path)), 10)


def test_a_second_wish_hurries(house, lead, monkeypatch):
    monkeypatch.setattr(children, "QUIT_AFTER", 600.0)
    monkeypatch.setattr(children, "KILL_AFTER", 600.0)
    child = lead("SIGHUP", "SIGTERM,SIGQUIT")
    wishes = iter([1, 2, 3, 4])
    monkeypatch.setattr(children.time, "sleep", lambda _: setattr(house, "signals", next(wishes)))
    house.stop()
    assert child.code == -signal.SIGKILL


def test_the_terminals_own_signal_reaches_no_child(lead):
    child = lead("SIGTERM", "SIGHUP")
    assert os.getpgid(child.process.pid) == child.process.pid != os.getpgrp()


def test_a_dead_worker_is_started_again_twice_a_minute(house, lock, tmp_path, capsys):
    (tmp_path / "dies.py").write_text("raise SystemExit(3)")
    child = Child("worker", lock, str(tmp_path / "dies.py"))
    house.patient.append(child)
    child.start()
    with pytest.raises(StopError, match=r"three times in a minute \(exit code 3\)"):
        house.until(lambda: False)
    assert capsys.readouterr().out.count("starting it again") == 2


def test_a_dead_web_ends_the_run(house, lock, tmp_path):
    (tmp_path / "dies.py").write_text("import os; os.kill(os.getpid(), 9)")
    child = Child("web", lock, str(tmp_path / "dies.py"))
    house.vital.append(child)
    child.start()
    with pytest.raises(StopError, match=r"The web ended \(SIGKILL\)") as end:
        house.until(lambda: False)
    assert end.value.code == 1


def test_a_command_gives_its_exit_code_and_hears_a_wish_to_stop(house, lock, tmp_path):
    (tmp_path / "five.py").write_text("raise SystemExit(5)")
    assert house.run(Child("five", lock, str(tmp_path / "five.py"))) == 5
    house.signals = 1
    (tmp_path / "long.py").write_text("import time; time.sleep(600)")
    with pytest.raises(StopError) as end:
        house.run(Child("long", lock, str(tmp_path / "long.py")))
    assert end.value.code == 0
    house.stop()
    assert house.passing.code is not None


def test_children_do_not_outlive_a_supervisor_that_was_killed(tmp_path):
    (tmp_path / "leader.py").write_text(LEADER)
    boss = (
        "import fcntl, sys, time\nfrom pathlib import Path\nfrom portal.children import Child\n"
        "lock = Path(sys.argv[1]) / 'server.lock'\nfile = lock.open('w')\n"
        "fcntl.flock(file, fcntl.LOCK_EX)\n"
        "leader = str(lock.with_name('leader.py'))\n"
        "Child('toy', lock, leader, 'SIGTERM', 'SIGHUP').start()\ntime.sleep(600)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", boss, str(tmp_path)], cwd=ROOT)
    try:
        assert until(lambda: (tmp_path / "ready").exists() and (tmp_path / "pool.pid").exists(), 20)
    finally:
        process.kill()
        process.wait()
    assert until((tmp_path / "leader-SIGTERM").exists, 20)
    assert until(lambda: gone(pool(tmp_path)), 30)


# ------------------------------------------------------------------ before anything starts


def serve(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.environ["PATH"], **variables}
    return subprocess.run(
        [sys.executable, "-m", "portal.supervisor", *words],
        cwd=ROOT, env=env, capture_output=True, text=True, timeout=60,
    )  # fmt: skip


def only_sentence(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode != 0
    assert done.stdout == ""
    (sentence,) = done.stderr.splitlines()
    return sentence


def test_a_port_in_use_is_named(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        told = only_sentence(serve("--port", str(port), "--home", str(tmp_path)))
    assert told == f"gatehouse: Port {port} is in use: choose another one with --port."


def test_a_home_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    told = only_sentence(serve("--home", str(tmp_path / "file")))
    assert "file" in told
    assert "--home" in told


def test_a_home_is_for_one_server(lock, tmp_path):
    lock.write_text(str(os.getpid()))
    told = only_sentence(serve("--home", str(tmp_path), "--port", "1"))
    assert f"process {os.getpid()}" in told
    assert str(tmp_path) in told


@pytest.mark.parametrize(
    ("name", "value"), [("DATABASE_URL", "nonsense://"), ("LEASE_SECONDS", "abc")]
)
def test_a_wrong_variable_is_named(tmp_path, name, value):
    assert name in only_sentence(serve("--home", str(tmp_path), **{name: value}))


def test_help_shows_an_example():
    done = serve("--help")
    assert done.returncode == 0
    assert "example: script/server --port 8080" in done.stdout


@pytest.mark.parametrize("word", ["0", "65536", "http"])
def test_a_port_is_a_number_that_exists(word, capsys):
    with pytest.raises(SystemExit) as end:
        options(["--port", word])
    assert end.value.code == 2
    assert f"'{word}' is no port" in capsys.readouterr().err


def test_a_digest_follows_names_and_bytes(monkeypatch, tmp_path):
    monkeypatch.setattr("portal.supervisor.ROOT", tmp_path)
    (tmp_path / "a").write_text("1")
    first = digest("*")
    assert digest("*") == first
    (tmp_path / "a").write_text("2")
    second = digest("*")
    (tmp_path / "a").rename(tmp_path / "b")
    assert len({first, second, digest("*")}) == 3


def test_what_was_prepared_is_remembered_and_a_broken_note_forgotten(tmp_path):
    Prepared(tmp_path).note("migrate", "x")
    assert Prepared(tmp_path).had == {"migrate": "x"}
    (tmp_path / "prepared.json").write_text("{")
    assert Prepared(tmp_path).had == {}
