"""Everything for one machine in one terminal: web, worker and scheduler, started, watched, stopped.

`script/server` runs it. It makes the home ready, starts the children (`portal.children` looks
after them), fills the demo, and says when the site is ready.
"""

import argparse
import contextlib
import fcntl
import http.client
import importlib
import json
import os
import shutil
import socket
import sys
import time
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import NoReturn, TextIO

import environ
from django.core.exceptions import ImproperlyConfigured

from portal import environment
from portal.children import LOOK_EVERY, ROOT, Child, House, StopError, ended, say

HEALTHY_WITHIN = 90.0  # seconds from the end of the preparation
TAKE_OVER_WITHIN = 15.0  # seconds that the children of a killed supervisor get to go
EXAMPLE = """example: script/server --port 8080 --home /srv/gatehouse --empty

Ctrl-C ends it cleanly. Variables of the environment are listed in .env.example."""


def options(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="script/server",
        description="Start Gatehouse with all its parts on this machine.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--port", type=_port, default=8000, help="port on 127.0.0.1 (8000)")
    parser.add_argument("--home", help="folder for database, files, mail and keys (var)")
    parser.add_argument("--empty", action="store_true", help="no demo: no people, no dataset")
    return parser.parse_args(words)


def _port(word: str) -> int:
    if word.isdecimal() and 0 < int(word) < 65536:
        return int(word)
    raise argparse.ArgumentTypeError(f"'{word}' is no port: write a number from 1 to 65535")


# ------------------------------------------------------------------ before anything starts


def bind(port: int) -> socket.socket:
    """Hold the port, so that nobody else takes it while the house is made ready."""
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        held.bind(("127.0.0.1", port))
    except OSError as error:
        why = "in use" if not isinstance(error, PermissionError) else "not for this user"
        raise StopError(1, f"Port {port} is {why}: choose another one with --port.") from error
    return held


def read_settings(told: argparse.Namespace) -> ModuleType:
    """Set what the children inherit and return the site's settings; raises what they raise."""
    environ.Env.read_env(ROOT / ".env")  # before the defaults below, which it overrules
    if told.home:
        os.environ["GATEHOUSE_HOME"] = str(Path(told.home).expanduser().absolute())
    elif not environment.text("GATEHOUSE_HOME"):
        os.environ["GATEHOUSE_HOME"] = str(ROOT / "var")
    home = environment.home()
    os.chdir(ROOT)
    os.environ["GATEHOUSE_HOME"] = str(home)
    if told.empty:
        os.environ["GATEHOUSE_DEMO"] = "0"
    else:
        os.environ.setdefault("GATEHOUSE_DEMO", "1")
        if environment.flag("GATEHOUSE_DEMO"):
            (home / "demo").touch()  # so that a command in another terminal knows it too
    os.environ.setdefault("GATEHOUSE_PUBLIC_URL", f"http://localhost:{told.port}")
    # A command in another terminal prints links, too.
    (home / "address").write_text(os.environ["GATEHOUSE_PUBLIC_URL"])
    # Two shards at a time beside three pool processes: one is always free for short tasks.
    os.environ.setdefault("SHARD_WINDOW", "2")
    # With everything on one machine a shard that was cut off need not wait a minute for the next.
    os.environ.setdefault("LEASE_SECONDS", "20")
    # A demo or a trial may run as root; deploy/ does not.
    os.environ.setdefault("PYTHONWARNINGS", "ignore:You're running the worker")
    os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
    return importlib.import_module("portal.settings")


def lock(home: Path) -> TextIO:
    """Be the only one in this home; wait a little for the children of one who was killed."""
    file = (home / "server.lock").open("a+")
    end = time.monotonic() + TAKE_OVER_WITHIN
    while not _locked(file):
        file.seek(0)
        owner = file.read().strip()
        if time.monotonic() > end or (owner and _lives(int(owner))):
            file.close()
            raise StopError(1, f"Another server (process {owner}) works in {home}: use --home.")
        time.sleep(LOOK_EVERY)
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file


def _locked(file: TextIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def own_temporary_folder(home: Path) -> None:
    """What a killed process left in it is nobody's; it never holds anything that must last."""
    folder = home / "tmp"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    os.environ["TMPDIR"] = str(folder)


def digest(*patterns: str) -> str:
    """Of the names and bytes of all files in the checkout that match."""
    told = sha256()
    for path in sorted({path for pattern in patterns for path in ROOT.glob(pattern)}):
        if path.is_file():
            told.update(f"{path.relative_to(ROOT)}\0".encode() + sha256(path.read_bytes()).digest())
    return told.hexdigest()


class Prepared:
    """Which preparation this home has had, so that a second start skips it."""

    def __init__(self, home: Path) -> None:
        self.file = home / "prepared.json"
        self.had: dict[str, str] = {}
        with contextlib.suppress(OSError, ValueError):
            self.had = json.loads(self.file.read_text())

    def note(self, name: str, told: str) -> None:
        self.had[name] = told
        draft = self.file.with_suffix(".part")
        draft.write_text(json.dumps(self.had))
        draft.replace(self.file)


# ------------------------------------------------------------------ the whole


def prepare(house: House, settings: ModuleType, locked: Path) -> None:
    """Migrate and collect static files, each only when something changed since the last time."""
    prepared = Prepared(settings.HOME)
    database = settings.HOME / "gatehouse.sqlite3"
    tables = digest("*/**/migrations/*.py", "requirements.txt")
    # Another database may have been made anew behind our back: there, always look.
    ours = database.exists() and settings.DATABASE_URL.endswith(str(database))
    if not ours or prepared.had.get("migrate") != tables:
        say("Making the database ready ...")
        manage(house, locked, "migrate", "--noinput", "--verbosity", "0", "--skip-checks")
        prepared.note("migrate", tables)
    static = digest("static/**/*", "portal/**/static/**/*", "requirements.txt")
    there = (settings.STATIC_ROOT / "staticfiles.json").exists()
    if not there or prepared.had.get("static") != static:
        say("Collecting static files ...")
        manage(house, locked, "collectstatic", "--noinput", "--verbosity", "0")
        prepared.note("static", static)


def manage(house: House, locked: Path, *words: str) -> None:
    """Run one `manage.py` command; its failure is the end."""
    code = house.run(Child(words[0], locked, "manage.py", *words))
    if code:
        raise StopError(1, f"`manage.py {words[0]}` failed ({ended(code)}); see above why.")


def start(house: House, locked: Path, port: int) -> None:
    # One web process keeps the in-process cache right; 32 threads, as a slow download holds one.
    web = [
        "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
        "--blocking-threads", "32", "--respawn-failed-workers", "--workers-kill-timeout", "3s",
        "--no-ws", "--log-level", "error", "portal.wsgi:application",
    ]  # fmt: skip
    celery = ["--quiet", "-A", "portal.celery"]
    worker = [
        "worker", "-Q", "bells,shards", "--concurrency", "3", "--without-gossip",
        "--without-mingle", "-n", "gatehouse@localhost",
    ]  # fmt: skip
    house.vital.append(Child("web", locked, "granian", *web))
    house.patient.append(Child("worker", locked, "celery", *celery, *worker))
    house.patient.append(Child("scheduler", locked, "celery", *celery, "beat"))
    for child in house.children:
        child.start()


def healthy(port: int, host: str) -> bool:
    """Whether /healthz answers 200."""
    asked = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        asked.request("GET", "/healthz", headers={"Host": host})
        return asked.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        asked.close()


def wait_until_healthy(house: House, port: int, hosts: list[str]) -> None:
    host = "localhost" if {"localhost", "*"} & set(hosts) else hosts[0].lstrip(".")
    end = time.monotonic() + HEALTHY_WITHIN

    def ready() -> bool:
        if time.monotonic() > end:
            url = f"http://localhost:{port}/healthz"
            raise StopError(1, f"{url} did not say 200 within {HEALTHY_WITHIN:.0f} seconds.")
        return healthy(port, host)

    house.until(ready)


def serve(house: House, port: int, settings: ModuleType) -> NoReturn:
    """From the lock to the wish to stop; always ends with StopError, with no process left."""
    with lock(settings.HOME) as file, bind(port) as held:
        locked = Path(file.name)
        own_temporary_folder(settings.HOME)
        fresh = not (settings.HOME / "prepared.json").exists()
        try:
            prepare(house, settings, locked)
            held.close()
            start(house, locked, port)
            if settings.DEMO:
                manage(house, locked, "demo")
            wait_until_healthy(house, port, settings.ALLOWED_HOSTS)
            say(f"Gatehouse is ready at http://localhost:{port}")
            if settings.DEMO:
                say(f"Demo sign-ins: http://localhost:{port}/demo")
            elif fresh:
                say("Nothing is in it yet; its front page says what is next.")
            while True:
                house.until(lambda: False)
        finally:
            if house.signals:
                say("Stopping ... (Ctrl-C again hurries)")
            house.stop()


def main(words: list[str]) -> int:
    told = options(words)
    house = House()
    house.listen()
    try:
        serve(house, told.port, read_settings(told))
    except StopError as end:
        if end.sentence:
            sys.stderr.write(f"gatehouse: {end.sentence}\n")
        return end.code
    except ImproperlyConfigured as error:
        environment.stop(error)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
