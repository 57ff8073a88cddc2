"""Leases on shards: one conditional update each, so that two workers never hold one."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import structlog
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import F, Q
from django.utils import timezone

from pipeline.engine.models import Build, Shard
from pipeline.release.work import Json

log = structlog.get_logger()


def term() -> timedelta:
    return timedelta(seconds=settings.LEASE_SECONDS)


def take(shard_id: int, *, now: datetime) -> UUID | None:
    """Lease a shard that is to do and in nobody's hands; None when not, or its build ended."""
    token = uuid4()
    free = Q(lease_until=None) | Q(lease_until__lte=now)
    mine = Shard.objects.filter(
        free, pk=shard_id, state=Shard.State.TO_DO, build__state=Build.State.RUNNING
    )
    won = mine.update(
        lease=token, lease_until=now + term(), attempts=F("attempts") + 1, started_at=now
    )
    return token if won else None


def renew(shard_id: int, *, token: UUID, now: datetime) -> bool:
    mine = Shard.objects.filter(pk=shard_id, lease=token, state=Shard.State.TO_DO)
    return bool(mine.update(lease_until=now + term()))


def finish(shard_id: int, *, token: UUID, report: Json, now: datetime) -> bool:
    """Mark done. False when the lease went to another, whose equal output then stands."""
    mine = Shard.objects.filter(pk=shard_id, lease=token, state=Shard.State.TO_DO)
    return bool(
        mine.update(
            state=Shard.State.DONE,
            report=report,
            lease=None,
            lease_until=None,
            finished_at=now,
            error="",
        )
    )


def give_back(
    shard_id: int, *, token: UUID, error: str, wait: timedelta, final: bool, now: datetime
) -> None:
    """Let go after an error: to be tried again after `wait`, or set aside for good."""
    Shard.objects.filter(pk=shard_id, lease=token).update(
        state=Shard.State.FAILED if final else Shard.State.TO_DO,
        lease=None,
        lease_until=None if final else now + wait,
        error=error[:1000],
        finished_at=now if final else None,
    )


def _renew(shard_id: int, token: UUID) -> None:
    """A database that is away for a moment costs this renewal, not the ones after it."""
    try:
        renew(shard_id, token=token, now=timezone.now())  # noqa: TID251  a real clock
    except DatabaseError as error:
        log.warning("lease not renewed", shard=shard_id, error=type(error).__name__)
        connection.close()


@contextmanager
def kept(shard_id: int, *, token: UUID) -> Iterator[None]:
    """Renew the lease every quarter of its term while the body runs."""
    stop = threading.Event()

    def keep() -> None:
        try:
            while not stop.wait(term().total_seconds() / 4):
                _renew(shard_id, token)
        finally:
            connection.close()  # the thread has a connection of its own

    thread = threading.Thread(target=keep, name=f"lease-{shard_id}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
