"""The embedded broker, with real processes: all that is sent arrives, once, and no reader dies."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

import pytest
from kombu import Connection

from portal import broker as broker
from tests.waiting import until

ROOT = Path(__file__).resolve().parent.parent
SENDERS, EACH = 4, 150


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def start(tmp_path) -> Iterator[Callable[..., subprocess.Popen]]:
    """Start `python -m ...` on a broker in a folder of its own; every child is gone afterwards."""
    (tmp_path / "notes").mkdir()
    started: list[subprocess.Popen] = []

    def run(*words: str) -> subprocess.Popen:
        env = os.environ | {"BELL_FOLDER": str(tmp_path)}
        with (tmp_path / "log").open("a") as log:
            child = subprocess.Popen(
                [sys.executable, "-m", *words], cwd=ROOT, env=env, stdout=log, stderr=log
            )
        started.append(child)
        return child

    yield run
    for child in started:
        child.kill()
        child.wait()


def worker(start: Callable[..., subprocess.Popen], name: str) -> subprocess.Popen:
    quiet = ("--without-gossip", "--without-mingle", "-l", "WARNING")
    return start("celery", "-A", "tests.bell_app", "worker", "-P", "solo", "-n", name, *quiet)


def test_many_senders_and_two_workers_lose_nothing(start, tmp_path):
    workers = [worker(start, "one@test"), worker(start, "two@test")]
    senders = [start("tests.bell_app", str(n * EACH), str(EACH)) for n in range(SENDERS)]
    notes = tmp_path / "notes"
    arrived = until(lambda: len(names(notes)) == SENDERS * EACH, 40)
    log = (tmp_path / "log").read_text()
    assert arrived, f"{len(names(notes))} of {SENDERS * EACH} arrived\n{log}"
    assert [child.poll() for child in workers] == [None, None], log
    assert [child.wait(20) for child in senders] == [0] * SENDERS
    assert all(note.stat().st_size == 1 for note in notes.iterdir()), "something ran twice"
    for child in workers:
        child.send_signal(signal.SIGTERM)
    assert [child.wait(20) for child in workers] == [0, 0]
    assert list((tmp_path / "messages").iterdir()) == []


def connection(folder: Path) -> Connection:
    options = {
        "data_folder_in": str(folder / "messages"),
        "data_folder_out": str(folder / "messages"),
        "control_folder": str(folder / "control"),
    }
    return Connection("bell://", transport_options=options)


def test_messages_come_in_the_order_of_the_wall_clock_and_are_private(tmp_path):
    with connection(tmp_path) as bell, bell.SimpleQueue("ordered") as queue:
        for number in range(5):
            queue.put(number)
        sent = names(tmp_path / "messages")
        assert [abs(int(name[:20]) / 1e9 - time.time()) < 60 for name in sent] == [True] * 5
        assert (tmp_path / "messages").stat().st_mode & 0o077 == 0
        taken = [queue.get(timeout=5) for _ in range(5)]
        assert [message.payload for message in taken] == list(range(5))
        assert names(tmp_path / "messages") == []
        for message in taken:
            message.ack()


def test_a_half_written_message_is_not_read(tmp_path):
    with connection(tmp_path) as bell, bell.SimpleQueue("halves") as queue:
        queue.put("whole")
        (whole,) = (tmp_path / "messages").iterdir()
        half = whole.with_name(f".{whole.name}.0.part")
        half.write_text('{"body": ')
        assert queue.get(timeout=5).payload == "whole"
        with pytest.raises(queue.Empty):
            queue.get(block=False)


def test_a_message_is_seen_whole_or_not_at_all(tmp_path):
    with connection(tmp_path) as bell, bell.SimpleQueue("large") as queue:
        text = "x" * 400_000
        sender = Thread(target=lambda: [queue.put(text) for _ in range(100)])
        sender.start()
        seen = set()
        while sender.is_alive():
            for path in (tmp_path / "messages").glob("[!.]*.msg"):
                assert len(path.read_bytes()) > len(text)
                seen.add(path)
                path.unlink()
        assert len(seen) > 10


def test_two_who_bind_at_once_are_both_kept(tmp_path):
    with connection(tmp_path) as one, connection(tmp_path) as two:
        first, second = one.channel(), two.channel()
        first._queue_bind("fan", "", "", "a")
        second._queue_bind("fan", "", "", "b")
        first._queue_bind("fan", "", "", "a")
        assert sorted(row.queue for row in first.get_table("fan")) == ["a", "b"]
        first._delete("a", "fan", "", "")
        assert [row.queue for row in second.get_table("fan")] == ["b"]
