"""What is killed or stopped in the middle of a build, and that the build ends in the same bytes."""

import os
import signal
from collections.abc import Callable

import pytest

from tests.server.running import Server
from tests.waiting import until

pytestmark = pytest.mark.server

BUILD_WITHIN = 300.0  # seconds, a bound
# Shards smaller than those of 1.0, so that there is work to do, and many pieces of it.
SMALL = {"SHARD_BYTES": str(1 << 20), "LEASE_SECONDS": "5"}


def begin(server: Server, number: str = "1.1") -> None:
    done = server.manage("build", "gatehouse/shelf", number, "--as", "admin@demo.example")
    assert done.returncode == 0, done.stderr


def state(server: Server) -> str:
    ((told,),) = server.query("SELECT state FROM engine_build ORDER BY id DESC LIMIT 1")
    return told


def shards(server: Server, condition: str) -> int:
    statement = (
        "SELECT count(*) FROM engine_shard"
        " WHERE build_id = (SELECT max(id) FROM engine_build) AND " + condition
    )
    ((count,),) = server.query(statement)
    return count


def artefacts(server: Server) -> list[tuple]:
    return server.query(
        "SELECT t.name, a.path, a.sha256 FROM catalogue_artefact a"
        " JOIN catalogue_tier t ON t.id = a.tier_id"
        " WHERE a.version_id = (SELECT max(id) FROM catalogue_version) ORDER BY 1, 2"
    )


def until_running(server: Server) -> None:
    assert until(lambda: shards(server, "lease IS NOT NULL") > 0, 60), server.output


@pytest.fixture(scope="module")
def expected() -> list[tuple]:
    """Files of the undisturbed build, filled by whichever test comes first."""
    return []


def check_done(server: Server, expected: list[tuple]) -> None:
    assert until(lambda: state(server) != "running", BUILD_WITHIN), server.output
    assert state(server) == "done", server.output
    assert shards(server, "state <> 'done'") == 0
    made = artefacts(server)
    assert made
    expected.extend(made if not expected else [])
    assert made == expected


def test_a_build_that_nothing_disturbs(own_server: Callable[..., Server], expected):
    server = own_server(**SMALL).start()
    begin(server)
    check_done(server, expected)
    assert server.stop() == 0, server.output


def test_a_killed_worker_is_started_again_and_the_build_ends(own_server, expected):
    server = own_server(**SMALL).start()
    begin(server)
    until_running(server)
    os.kill(server.note_groups()["worker"], signal.SIGKILL)
    server.wait_for(r"The worker ended \(SIGKILL\); starting it again", 30)
    check_done(server, expected)
    assert server.get("/healthz")[0] == 200
    assert server.stop() == 0, server.output


def test_after_ctrl_c_in_a_build_the_next_start_ends_it(own_server, expected):
    server = own_server(**SMALL).start()
    begin(server)
    until_running(server)
    assert server.stop() == 0, server.output
    assert state(server) == "running"
    waiting = list((server.home / "broker/messages").glob("*.shards.msg"))
    # What did not finish in time is back in the queue: no lease without its message.
    assert shards(server, "lease IS NOT NULL") <= len(waiting)
    server.start()
    check_done(server, expected)
    assert server.stop() == 0, server.output


def test_after_a_kill_of_everything_the_next_start_ends_the_build(own_server, expected):
    server = own_server(**SMALL).start()
    begin(server)
    until_running(server)
    server.note_groups()
    server.process.kill()
    server.process.wait()
    for group in server.groups:
        os.killpg(group, signal.SIGKILL)
    server.start()
    check_done(server, expected)
    assert server.stop() == 0, server.output


def test_a_dead_web_ends_the_server_with_a_sentence(own_server):
    server = own_server().start()
    os.kill(server.note_groups()["granian"], signal.SIGKILL)
    assert server.process.wait(60) == 1
    assert until(lambda: not server.left(), 10), server.left()
    assert "gatehouse: The web ended (SIGKILL); see above why." in server.lines
