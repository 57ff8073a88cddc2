"""Thin: the clock, then one verb. Importing this module loads no data library."""

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from governance.catalogue import services as catalogue
from pipeline.engine import (
    compacting,
    differences,
    hiding,
    purging,
    running,
    scheduling,
    selectors,
    services,
)


@shared_task
def run_shard(shard_id: int) -> None:
    """Do one shard, at most once in effect: may come twice, late, or after a kill."""
    build_id = running.run_shard(shard_id, now=timezone.now())
    if build_id is not None:
        running.advance(build_id, now=timezone.now())


@shared_task
def advance(build_id: int) -> None:
    running.advance(build_id, now=timezone.now())


@shared_task
def sweep() -> None:
    """Every 15 s and at a worker's start: ring again for what a dead worker left."""
    for build_id in selectors.running_ids():
        services.ring_advance(build_id)
    for dataset_id in hiding.waiting():
        services.ring_look_through(dataset_id)


@shared_task
def look_through(dataset_id: int) -> None:
    """After a removal, and after a build: close the raw files that hold a removed row."""
    hiding.look_through(dataset_id, now=timezone.now())


@shared_task
def compare(older: int | None, newer: int) -> None:
    """Count what changed between two versions; nothing to do when it was counted meanwhile."""
    differences.count_by_id(older, newer, now=timezone.now())


@shared_task
def close() -> None:
    """Every minute: close versions whose time is over, and see to the purges that wait."""
    catalogue.close_over(now=timezone.now())
    if purging.due(now=timezone.now()):
        purge.delay()


@shared_task
def purge() -> None:
    """Go on with every purge that is due: may come twice, late, or after a kill."""
    for purge_id in purging.due(now=timezone.now()):
        purging.run(purge_id, now=timezone.now())


@shared_task
def compact() -> None:
    """Every day, unless it is switched off: erase what is removed, and what no version needs."""
    if settings.COMPACT_DAILY:
        compacting.compact_all(now=timezone.now())


@shared_task
def keep_schedules() -> None:
    """Every five minutes: begin the versions that are due, and those that were missed."""
    scheduling.keep(now=timezone.now())
