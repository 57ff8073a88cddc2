"""Versions that are due are begun: by the calendar, or early for many removals."""

import logging
from datetime import datetime
from typing import NamedTuple

from django.db import Error, transaction

from governance.audit.actors import HOUSE
from governance.catalogue import scheduling
from governance.catalogue import selectors as catalogue
from governance.catalogue.models import Dataset, Run, Schedule
from governance.catalogue.schedules import Early
from governance.errors import GovernanceError
from governance.removals import selectors as removals
from pipeline.engine import services
from pipeline.engine.models import Build

log = logging.getLogger(__name__)


class Queue(NamedTuple):
    """Removals that wait for the next version."""

    count: int
    since: str  # number of the current version; empty: there is none
    passed: bool  # the threshold is reached


def keep(*, now: datetime) -> None:
    """Look at every schedule. May run twice at once: a date is claimed under a lock, once."""
    for dataset_id in scheduling.kept_ids():
        try:
            keep_one(dataset_id, now=now)
        except Error:
            # Rolled back whole; the next beat tries again, and other datasets do not wait for it.
            log.exception("the schedule of dataset %s could not be looked at", dataset_id)


def keep_one(dataset_id: int, *, now: datetime) -> Build | None:
    """Begin what one dataset owes; the claim, the build and the record are one transaction."""
    with transaction.atomic():
        schedule = scheduling.locked(dataset_id, now=now)
        run = scheduling.claim_due(schedule, now=now)
        if run is None and _goes_early(schedule):
            run = scheduling.claim_early(schedule, now=now)
        return _start(run, schedule, now=now) if run is not None else None


def queue(schedule: Schedule) -> Queue:
    """Removals recorded since the build of the current version began, or since the last early
    run, if that is later."""
    current = catalogue.current(schedule.dataset)
    if current is None:
        return Queue(0, "", passed=False)
    early = scheduling.last_early(schedule.dataset)
    start = max(current.made_at, early) if early else current.made_at
    count = removals.since(schedule.dataset, start)
    return Queue(count, current.number, passed=count >= schedule.threshold)


def _goes_early(schedule: Schedule) -> bool:
    return schedule.early == Early.START and queue(schedule).passed


def _start(run: Run, schedule: Schedule, *, now: datetime) -> Build | None:
    dataset: Dataset = schedule.dataset
    number, reason = catalogue.next_number(dataset), _reason(run, schedule)
    try:
        build = services.start_build(
            actor=HOUSE, dataset=dataset, number=number, reason=reason, now=now
        )
    except GovernanceError as error:
        scheduling.note_refusal(run, cause=error.sentence, now=now)
        return None
    scheduling.note_start(run, number=number, build=build.pk, reason=reason, now=now)
    return build


def _reason(run: Run, schedule: Schedule) -> str:
    if run.kind == Run.Kind.EARLY:
        return f"At least {schedule.threshold} removals wait for the next version."
    late = ", which was missed and is caught up" if run.late else ""
    return f"Due by the schedule on {run.due.isoformat()}{late}."
