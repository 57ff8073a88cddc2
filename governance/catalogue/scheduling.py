"""The schedule of a dataset: changed by its admins; which date is owed, and claimed once."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

from django.db import transaction
from django.db.models import QuerySet

from governance.audit import services as audit
from governance.audit.actors import HOUSE, Actor
from governance.audit.services import Place
from governance.catalogue import quarters
from governance.catalogue.editing import locked_for_admin
from governance.catalogue.models import Dataset
from governance.catalogue.schedules import Early, Run, Schedule
from governance.errors import InvalidError, WrongStateError

MOST_REMOVALS = 1_000_000
SHOWN = ("on", "months", "day", "early", "threshold")


def schedule_of(dataset: Dataset, *, now: datetime) -> Schedule:
    """The dataset's schedule; one with the defaults, not saved, while nobody asked for it."""
    return Schedule.objects.filter(dataset=dataset).first() or Schedule(dataset=dataset, since=now)


def runs_of(dataset: Dataset) -> QuerySet[Run]:
    """What became of every due date, newest first."""
    return Run.objects.filter(dataset=dataset)


def coming(schedule: Schedule, *, now: datetime, most: int = 4) -> list[date]:
    """The next dates on which a version is begun; none while it is off, or wound down."""
    if not schedule.on or schedule.dataset.wound_down_at:
        return []
    return quarters.coming(schedule.months, schedule.day, today(now), most)


def today(now: datetime) -> date:
    return now.astimezone(UTC).date()


def kept_ids() -> list[int]:
    """Datasets whose schedules are looked at: all but those that are wound down."""
    return list(Dataset.objects.filter(wound_down_at=None).values_list("pk", flat=True))


def change_schedule(
    *,
    actor: Actor,
    dataset_id: int,
    on: bool,
    months: Sequence[int],
    day: int,
    early: str,
    threshold: int,
    reason: str,
    now: datetime,
) -> Schedule:
    """Set when versions are begun. Dates up to today are not owed by the new schedule.

    Raises:
        NotPermittedError: `actor` is no admin of it.
        InvalidError: no month, or a day, choice or threshold out of bounds; `fields` says which.
        WrongStateError: no reason was given, or nothing would change.
    """
    told = {
        "on": on, "months": sorted(set(months)), "day": day, "early": early,
        "threshold": threshold,
    }  # fmt: skip
    _check(told)
    with transaction.atomic():
        dataset = locked_for_admin(dataset_id, actor, reason)
        schedule = locked(dataset.pk, now=now)
        before = {name: getattr(schedule, name) for name in SHOWN}
        changed = [name for name in SHOWN if before[name] != told[name]]
        if not changed:
            raise WrongStateError("Nothing was changed.")
        for name in changed:
            setattr(schedule, name, told[name])
        if {"on", "months", "day"} & set(changed):
            schedule.since = now
        schedule.save()
        audit.schedule_changed(
            actor=actor,
            place=Place(dataset=dataset.slug),
            before={name: before[name] for name in changed},
            after={name: told[name] for name in changed},
            reason=reason.strip(),
            now=now,
        )
        waiting = runs_of(dataset).filter(state=Run.State.WAITING).first()
        if waiting is not None and not _wanted(waiting, schedule):
            _miss(waiting, dataset, "It was turned off while it waited.", now=now)
    return schedule


def _check(told: dict) -> None:
    fields = {}
    if not told["months"] or not set(told["months"]) <= set(range(1, 13)):
        fields["months"] = "Choose at least one month; turn the schedule off to begin none."
    if not 1 <= told["day"] <= quarters.LAST_DAY:
        fields["day"] = f"A day from 1 to {quarters.LAST_DAY}: every month has it."
    if told["early"] not in Early.values:
        fields["early"] = f"One of {', '.join(Early.values)}."
    if not 1 <= told["threshold"] <= MOST_REMOVALS:
        fields["threshold"] = f"A number of removals from 1 to {MOST_REMOVALS:,}."
    if fields:
        raise InvalidError("The schedule can't be kept like this.", fields=fields)


def _wanted(run: Run, schedule: Schedule) -> bool:
    return schedule.early == Early.START if run.kind == Run.Kind.EARLY else schedule.on


# ------------------------------------------------------------------ part of starting a run


def locked(dataset_id: int, *, now: datetime) -> Schedule:
    """The schedule, locked until the transaction ends; made with the defaults at need."""
    Schedule.objects.get_or_create(dataset_id=dataset_id, defaults={"since": now})
    found = Schedule.objects.select_for_update(of=("self",)).select_related("dataset")
    return found.get(dataset_id=dataset_id)


def claim_due(schedule: Schedule, *, now: datetime) -> Run | None:
    """The run that is to be started now, if any. Must run under the lock of `locked`.

    Of several dates that went by, the newest is caught up; those before it are noted as missed.
    """
    dataset = schedule.dataset
    waiting = runs_of(dataset).filter(state=Run.State.WAITING).first()
    owed = _owed(schedule, now=now) if schedule.on else []
    if not owed:
        return waiting
    *passed, newest = owed
    cause = f"The run of {newest.isoformat()} was made in its place."
    if waiting is not None:
        _miss(waiting, dataset, cause, now=now)
    for due in passed:
        run = Run(dataset=dataset, due=due, noticed_at=now, late=True)
        _miss(run, dataset, cause, now=now)
    late = newest < today(now)
    return Run.objects.create(dataset=dataset, due=newest, noticed_at=now, late=late)


def _owed(schedule: Schedule, *, now: datetime) -> list[date]:
    start = today(schedule.since)
    due = quarters.between(schedule.months, schedule.day, start, today(now))
    known = runs_of(schedule.dataset).filter(due__gt=start).values_list("due", flat=True)
    last = max(known, default=start)
    return [each for each in due if each > last]


def claim_early(schedule: Schedule, *, now: datetime) -> Run | None:
    """A run for today because removals passed the threshold; None when today has one already."""
    run, fresh = Run.objects.get_or_create(
        dataset=schedule.dataset,
        due=today(now),
        defaults={"kind": Run.Kind.EARLY, "noticed_at": now},
    )
    return run if fresh else None


def last_early(dataset: Dataset) -> datetime | None:
    """When an early run was last started."""
    found = runs_of(dataset).filter(kind=Run.Kind.EARLY, state=Run.State.STARTED).first()
    return found.started_at if found else None


def note_start(run: Run, *, number: str, build: int, reason: str, now: datetime) -> None:
    run.state, run.cause, run.tried_at, run.started_at = Run.State.STARTED, "", now, now
    run.number, run.build = number, build
    run.save()
    audit.run_started(
        actor=HOUSE,
        place=Place(dataset=run.dataset.slug, version=number),
        due=run.due.isoformat(),
        kind=run.kind,
        late=run.late,
        build=build,
        reason=reason,
        now=now,
    )


def note_refusal(run: Run, *, cause: str, now: datetime) -> None:
    """Why it could not be started; the record gets each cause once, not each attempt."""
    if run.cause != cause:
        audit.run_delayed(
            actor=HOUSE,
            place=Place(dataset=run.dataset.slug),
            due=run.due.isoformat(),
            reason=cause,
            now=now,
        )
    run.cause, run.tried_at = cause, now
    run.save(update_fields=["cause", "tried_at"])


def _miss(run: Run, dataset: Dataset, cause: str, *, now: datetime) -> None:
    run.state, run.cause = Run.State.MISSED, cause
    run.save()
    audit.run_missed(
        actor=HOUSE,
        place=Place(dataset=dataset.slug),
        due=run.due.isoformat(),
        reason=cause,
        now=now,
    )
