"""A whole Gatehouse for tests: the real supervisor in a folder of its own, on a free port.

Load it from the top conftest (`pytest_plugins = ["tests.server.running"]`). `server` is started
once a session, with the demo in it, and may be used by any test that leaves the demo as it finds
it; `own_server` makes others on copies of its home, for tests that kill, build or break.
"""

import http.client
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from threading import Thread

import pytest

from tests.ports import free_port
from tests.waiting import until

ROOT = Path(__file__).resolve().parent.parent.parent
FIRST_START, LATER_START = 400.0, 60.0  # seconds; bounds for a busy machine, not promises


def processes() -> dict[int, tuple[int, int, str]]:
    """Living processes of this machine: pid -> parent, group, command line."""
    told = subprocess.run(
        ["ps", "-A", "-ww", "-o", "pid=,ppid=,pgid=,stat=,args="],
        capture_output=True,
        text=True,
        check=True,
    )
    found = {}
    for line in told.stdout.splitlines():
        pid, parent, group, state, args = line.split(None, 4)
        if not state.startswith("Z"):
            found[int(pid)] = (int(parent), int(group), args)
    return found


class Server:
    """One Gatehouse that can be started, asked and stopped."""

    def __init__(self, home: Path, *words: str, **variables: str) -> None:
        self.root = ROOT
        self.home = home
        self.port = free_port()
        self.words = words
        self.variables = variables
        self.process: subprocess.Popen[str] | None = None
        self.lines: list[str] = []  # of output, both streams, of the last start
        self.groups: set[int] = set()  # process groups that its children lead or led

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def output(self) -> str:
        return "\n".join(self.lines)

    @property
    def env(self) -> dict[str, str]:
        """What a person's terminal would hold, and nothing of this test run's settings."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return kept | self.variables

    def launch(self) -> None:
        """Start the process and return at once."""
        self.lines = []
        script = [
            str(self.root / "script/server"),
            "--port",
            str(self.port),
            "--home",
            str(self.home),
        ]
        self.process = subprocess.Popen(
            [*script, *self.words], env=self.env, text=True, bufsize=1,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        Thread(target=self._listen, args=(self.process,), daemon=True).start()

    def _listen(self, process: subprocess.Popen[str]) -> None:
        for line in process.stdout:
            self.lines.append(line.rstrip("\n"))

    def start(self, seconds: float = LATER_START) -> "Server":
        self.launch()
        self.wait_for(rf"^Gatehouse is ready at {self.url}$", seconds)
        return self

    def wait_for(self, pattern: str, seconds: float) -> None:
        """Until a line of the output matches; fails with the output when the process ends first."""
        wanted = re.compile(pattern)

        def there() -> bool:
            return any(wanted.search(line) for line in list(self.lines)) or not self.running

        until(there, seconds)
        assert any(wanted.search(line) for line in self.lines), self.output
        self.note_groups()

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def note_groups(self) -> dict[str, int]:
        """Learn the children's groups; returns the leaders' pids by what they are."""
        leaders = {}
        for pid, (_, group, args) in processes().items():
            if str(self.home / "server.lock") in args and pid == group:
                self.groups.add(group)
                name = re.search(r"server\.lock (\S+)(?:.* (worker|beat)\b)?", args)
                leaders[name[2] or name[1]] = pid
        return leaders

    def left(self) -> list[str]:
        """Command lines of processes that belong to it and still live."""
        return [
            args for _, group, args in processes().values()
            if group in self.groups or str(self.home / "server.lock") in args
        ]  # fmt: skip

    def stop(self, number: int = signal.SIGINT) -> int:
        """Ctrl-C; returns the exit code and fails when a process is left."""
        self.note_groups()
        self.process.send_signal(number)
        code = self.process.wait(60)
        assert until(lambda: not self.left(), 5), self.left()
        return code

    def abandon(self) -> None:
        """At the end of a test, whatever happened in it."""
        if self.running:
            self.note_groups()
            self.process.kill()
            self.process.wait()
        for group in self.groups:
            try:
                os.killpg(group, signal.SIGKILL)
            except ProcessLookupError:
                continue

    def get(self, path: str) -> tuple[int, bytes]:
        asked = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            asked.request("GET", path, headers={"Host": f"localhost:{self.port}"})
            answer = asked.getresponse()
            return answer.status, answer.read()
        finally:
            asked.close()

    def manage(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run an operator's command in its home; the caller looks at the exit code."""
        return subprocess.run(
            [sys.executable, str(self.root / "manage.py"), *words, "--home", str(self.home)],
            env=self.env | {"GATEHOUSE_DEMO": "0" if "--empty" in self.words else "1"},
            cwd=self.root, capture_output=True, text=True, timeout=600,
        )  # fmt: skip

    def mail(self) -> list[EmailMessage]:
        """What the site has sent so far, oldest first."""
        files = [path for path in (self.home / "mail").glob("*") if path.is_file()]
        files.sort(key=lambda path: (path.stat().st_mtime_ns, path.name))
        return [message_from_bytes(path.read_bytes(), policy=policy.default) for path in files]

    def query(self, statement: str, *values: object) -> list[tuple]:
        """Read its database from outside."""
        database = sqlite3.connect(f"file:{self.home}/gatehouse.sqlite3?mode=ro", uri=True)
        try:
            return database.execute(statement, values).fetchall()
        finally:
            database.close()

    def copy_home(self, to: Path) -> Path:
        """Another home with the same dataset; the work in it is shared, as files never change."""
        shutil.copytree(
            self.home, to, copy_function=_link,
            ignore=shutil.ignore_patterns("gatehouse.sqlite3*", "server.lock", "tmp", "broker"),
        )  # fmt: skip
        source = sqlite3.connect(self.home / "gatehouse.sqlite3")
        target = sqlite3.connect(to / "gatehouse.sqlite3")
        source.backup(target)
        source.close()
        target.close()
        return to


def _link(source: str, target: str) -> None:
    if "/work/" in source or "/storage/" in source:
        os.link(source, target)
    else:
        shutil.copy2(source, target)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The demo, ready. Its end is a test as well: exit code 0 and no process left."""
    server = Server(tmp_path_factory.mktemp("gatehouse") / "home")
    try:
        yield server.start(FIRST_START)
        assert server.stop() == 0, server.output
    finally:
        server.abandon()


@pytest.fixture
def own_server(server: Server, tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Make servers on copies of the demo's home, not yet started: `own_server(NAME="value")`."""
    made: list[Server] = []

    def make(**variables: str) -> Server:
        home = server.copy_home(tmp_path / f"home-{len(made)}")
        made.append(Server(home, **variables))
        return made[-1]

    yield make
    for each in made:
        each.abandon()
