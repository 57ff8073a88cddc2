"""Starting, stopping and starting again, with the real thing."""

import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

from tests.server.running import LATER_START, ROOT, Server
from tests.waiting import until

pytestmark = pytest.mark.server


def versions(server: Server) -> list[tuple]:
    return server.query("SELECT number, state, manifest_sha256 FROM catalogue_version ORDER BY id")


def builds(server: Server) -> list[tuple]:
    return server.query("SELECT id, state, started_at, finished_at FROM engine_build ORDER BY id")


def test_the_first_start_ends_with_the_two_addresses(server):
    # A later line may tell of a worker that another test killed.
    at = server.lines.index(f"Gatehouse is ready at {server.url}")
    assert server.lines[at + 1] == f"Demo sign-ins: {server.url}/demo"
    assert server.get("/healthz")[0] == 200
    assert server.get("/demo")[0] == 200
    assert "Traceback" not in server.output
    assert versions(server)[0][:2] == ("1.0", "published")


def test_a_second_start_is_quick_and_builds_nothing(own_server):
    again = own_server()
    before = versions(again), builds(again)
    begun = time.monotonic()
    again.start()
    took = time.monotonic() - begun
    assert (versions(again), builds(again)) == before
    assert not any("ready ..." in line or "static" in line for line in again.lines), again.output
    assert again.stop() == 0, again.output
    assert took < LATER_START / 2  # the promise of ten seconds is measured by hand, not here


def test_stopping_works_by_either_signal_and_leaves_no_process(own_server):
    again = own_server().start()
    leaders = again.note_groups()
    assert set(leaders) == {"granian", "worker", "beat"}
    assert again.stop(signal.SIGTERM) == 0, again.output
    assert again.left() == []


def test_stopping_in_the_middle_of_a_start_leaves_no_process(own_server):
    again = own_server()
    again.launch()
    assert until(lambda: "granian" in again.note_groups(), 30), again.output
    assert again.stop() == 0, again.output


def test_a_start_after_the_supervisor_was_killed(own_server):
    again = own_server().start()
    again.note_groups()
    again.process.kill()
    again.process.wait()
    again.start()
    assert again.get("/healthz")[0] == 200
    assert again.stop() == 0, again.output


def test_two_servers_do_not_share_a_home(server):
    second = Server(server.home)
    second.launch()
    assert second.process.wait(60) == 1
    assert until(lambda: second.lines, 5)
    (sentence,) = second.lines
    assert f"process {server.process.pid}" in sentence
    assert server.get("/healthz")[0] == 200


def test_a_port_in_use_is_one_sentence(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        refused = Server(tmp_path / "home")
        refused.port = taken.getsockname()[1]
        refused.launch()
        assert refused.process.wait(60) == 1
    assert until(lambda: refused.lines, 5)
    assert refused.lines == [
        f"gatehouse: Port {refused.port} is in use: choose another one with --port."
    ]


def test_a_clean_clone_holds_all_that_a_start_needs(tmp_path):
    clone = tmp_path / "clone"
    quiet = {"capture_output": True, "check": True}
    subprocess.run(["git", "clone", "--depth", "1", f"file://{ROOT}", str(clone)], **quiet)
    (clone / ".venv").symlink_to(ROOT / ".venv")  # installing is tested in test_scripts.py
    empty = Server(tmp_path / "home", "--empty")
    empty.root = clone
    try:
        empty.start()
        assert empty.get("/healthz")[0] == 200
        assert empty.get("/demo")[0] == 404
        assert not any("Demo" in line for line in empty.lines)
        assert empty.stop() == 0, empty.output
    finally:
        empty.abandon()
    changed = subprocess.run(
        ["git", "status", "--porcelain", "--ignored"], cwd=clone, capture_output=True, text=True
    )
    left = {Path(line[3:]).name for line in changed.stdout.splitlines()}
    assert left <= {".venv", "__pycache__"}, "a start writes into its home alone"


def test_the_folder_of_the_process_is_not_in_the_way(tmp_path, monkeypatch):
    """Started from a folder that has a `portal` of its own, e.g. another project."""
    (tmp_path / "portal").mkdir()
    (tmp_path / "portal/__init__.py").write_text("raise SystemExit('the wrong portal')")
    monkeypatch.chdir(tmp_path)
    done = subprocess.run(
        [ROOT / "script/server", "--help"], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert shutil.which("git")
