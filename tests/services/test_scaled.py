"""The same code on PostgreSQL, RabbitMQ or Redis as broker, and Redis as cache."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import quote
from uuid import uuid4

import psycopg
import pytest
import redis
from kombu import Connection

from tests.server.running import FIRST_START, Server
from tests.services import postgres

pytestmark = [pytest.mark.services, pytest.mark.server]
RABBIT = "amqp://guest:guest@127.0.0.1:5672/"
REDIS = "redis://127.0.0.1:6379"


def answers(url: str) -> bool:
    try:
        with Connection(url, connect_timeout=3) as connection:
            connection.ensure_connection(max_retries=1)
    except Exception:  # noqa: BLE001  whatever it is, there is no such service
        return False
    return True


@pytest.fixture
def database() -> Iterator[str]:
    url = postgres.found()
    if not url:
        pytest.skip("no PostgreSQL answers here")
    with postgres.database(url) as made:
        yield made


@pytest.fixture(params=["rabbitmq", "redis"])
def broker(request: pytest.FixtureRequest) -> Iterator[str]:
    """A broker with nothing in it, and nothing of ours left in it."""
    if not answers(f"{REDIS}/9"):
        pytest.skip("no Redis answers here: it is the cache of a scaled run")
    with ExitStack() as after:
        if request.param == "redis":
            after.callback(redis.Redis.from_url(f"{REDIS}/9").flushdb)
            redis.Redis.from_url(f"{REDIS}/9").flushdb()
            yield f"{REDIS}/9"
            return
        if not answers(f"{RABBIT}/"):
            pytest.skip("no RabbitMQ answers here")
        after.callback(empty_queues)
        empty_queues()
        yield f"{RABBIT}{quote('/', safe='')}"


def empty_queues() -> None:
    with Connection(f"{RABBIT}/") as connection, connection.channel() as channel:
        for queue in ("bells", "shards"):
            channel.queue_delete(queue)


def versions(database: str) -> list[tuple]:
    with psycopg.connect(database) as connection:
        return connection.execute(
            "SELECT v.number, v.state, a.path, a.sha256 FROM catalogue_artefact a "
            "JOIN catalogue_version v ON v.id = a.version_id ORDER BY a.tier_id, a.path"
        ).fetchall()


def test_the_scaled_parts_make_the_same_version(server, tmp_path, database, broker):
    """The demo's version 1.0, built over real services, has the bytes of the embedded one."""
    scaled = Server(
        tmp_path / "home",
        DATABASE_URL=database,
        CELERY_BROKER_URL=broker,
        CACHE_URL=f"{REDIS}/8?KEY_PREFIX={uuid4().hex}",
        SECRET_KEY="a key for this test that is long enough to be one",
        REDACTION_SECRET=(server.home / "keys" / "redaction.key").read_text(),
    )
    try:
        scaled.start(FIRST_START)
        status, body = scaled.get("/healthz")
        parts = json.loads(body)["parts"]
        assert (status, parts["database"]["kind"]) == (200, "postgresql")
        made = versions(database)
        embedded = server.query(
            "SELECT v.number, v.state, a.path, a.sha256 FROM catalogue_artefact a "
            "JOIN catalogue_version v ON v.id = a.version_id WHERE v.number = '1.0' "
            "ORDER BY a.tier_id, a.path"
        )
        assert [tuple(row) for row in made] == [tuple(row) for row in embedded]
        assert made[0][1] == "published"
        assert scaled.stop() == 0
    finally:
        scaled.abandon()
