"""Questions about builds."""

from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import BigIntegerField, Count, Max, Min, Q, QuerySet, Sum
from django.db.models.fields.json import KT
from django.db.models.functions import Cast

from governance.audit.actors import Actor, Role
from governance.catalogue import selectors as catalogue
from governance.errors import MissingError
from pipeline.engine.models import Build, Compaction, Shard, Worker

STAGES = ("collect", "identify", "select", "redact", "write", "index", "verify", "card")
WORKER_SILENT = timedelta(seconds=30)


def running_ids() -> list[int]:
    return list(Build.objects.filter(state=Build.State.RUNNING).values_list("pk", flat=True))


def builds() -> QuerySet[Build]:
    return Build.objects.select_related("version__dataset")


def build(build_id: int) -> Build:
    found = builds().filter(pk=build_id).first()
    if found is None:
        raise MissingError("There is no such build.")
    return found


def latest(dataset_id: int, number: str) -> Build | None:
    return builds().filter(version__dataset=dataset_id, version__number=number).first()


def newest(dataset_id: int) -> Build:
    """The last build of a dataset that was begun."""
    found = builds().filter(version__dataset=dataset_id).first()
    if found is None:
        raise MissingError("This dataset has no build yet: `manage.py build` starts one.")
    return found


class StageProgress(NamedTuple):
    name: str
    state: str  # done | now | later
    planned: int
    done: int
    running: int
    failed: int
    retried: int
    rows_in: int
    rows_out: int
    megabytes: float  # of source text taken in
    seconds: float  # from the first start to the last end so far


class Progress(NamedTuple):
    stages: list[StageProgress]
    number: int  # of the stage that is being done, from 1
    share: float  # 0 to 1, by stages and shards
    seconds: float
    speed: float | None  # megabytes of source text a second, of the stage that is being done
    left: float | None  # seconds that this stage needs at that pace; None when nothing tells


def progress(build: Build, *, now: datetime) -> Progress:
    """How far a build is: one query."""
    found = {each["stage"]: each for each in _by_stage(build, now)}
    stages = []
    for name in STAGES:
        told = found.get(name)
        if told is None:
            state = "now" if build.stage == name and build.state == Build.State.RUNNING else "later"
            stages.append(StageProgress(name, state, 0, 0, 0, 0, 0, 0, 0, 0.0, 0.0))
            continue
        complete = told["done"] == told["planned"]  # a planned stage has one shard or more
        ended = told["ended"] if complete and told["ended"] else now
        begun = told["begun"] or now
        if build.finished_at:
            ended = min(ended, build.finished_at)
        stages.append(
            StageProgress(
                name,
                "done" if complete else "now",
                told["planned"],
                told["done"],
                told["running"],
                told["failed"],
                told["tries"] - told["tried"],
                told["rows_in"] or 0,
                told["rows_out"] or 0,
                (told["bytes_in"] or 0) / 1e6,
                max((ended - begun).total_seconds(), 0.0),
            )
        )
    at = next((n for n, each in enumerate(stages, 1) if each.state != "done"), len(stages))
    share = sum(each.done / each.planned for each in stages if each.planned) / len(stages)
    whole = ((build.finished_at or now) - build.started_at).total_seconds()
    now_at = stages[at - 1]
    running = build.state == Build.State.RUNNING and now_at.state == "now" and now_at.done
    pace = now_at.seconds / now_at.done if running else None
    speed = now_at.megabytes / now_at.seconds if running and now_at.seconds else None
    left = pace * (now_at.planned - now_at.done) if pace is not None else None
    return Progress(stages, at, share, whole, speed, left)


def _by_stage(build: Build, now: datetime) -> QuerySet:
    def number(key: str) -> Sum:
        return Sum(Cast(KT(f"report__{key}"), BigIntegerField()), filter=Q(state="done"))

    return (
        Shard.objects.filter(build=build)
        .order_by()
        .values("stage")
        .annotate(
            planned=Count("id"),
            done=Count("id", filter=Q(state=Shard.State.DONE)),
            failed=Count("id", filter=Q(state=Shard.State.FAILED)),
            running=Count("id", filter=Q(lease__isnull=False, lease_until__gt=now)),
            tries=Sum("attempts"),
            tried=Count("id", filter=Q(attempts__gt=0)),
            rows_in=number("rows_in"),
            rows_out=number("rows_out"),
            bytes_in=number("bytes_in"),
            begun=Min("started_at"),
            ended=Max("finished_at"),
        )
    )


def shards(build: Build, stage: str) -> QuerySet[Shard]:
    """Shards of a stage in order, without their parameters and reports."""
    return (
        Shard.objects.filter(build=build, stage=stage).defer("params", "inputs").order_by("number")
    )


def dropped(build: Build) -> dict[str, int]:
    """Rows left out so far, by reason, over all stages."""
    found: dict[str, int] = {}
    reports = Shard.objects.filter(build=build, state=Shard.State.DONE).values_list(
        "report__dropped", flat=True
    )
    for each in reports:
        for reason, rows in (each or {}).items():
            found[reason] = found.get(reason, 0) + rows
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def dropped_by_stage(build: Build) -> dict[str, dict[str, int]]:
    """Rows left out so far, by stage and reason."""
    found: dict[str, dict[str, int]] = {}
    reports = Shard.objects.filter(build=build, state=Shard.State.DONE).values_list(
        "stage", "report__dropped"
    )
    for stage, told in reports:
        for reason, rows in (told or {}).items():
            by_reason = found.setdefault(stage, {})
            by_reason[reason] = by_reason.get(reason, 0) + rows
    return found


def seen_by(actor: Actor) -> QuerySet[Build]:
    """Builds of the datasets on which this person has a role, newest first, without long texts."""
    kept = catalogue.kept_by(actor, Role.ADMIN, Role.STEWARD, Role.AUDITOR)
    long = ("card", "charts", "preview", "stats", "difference")
    return (
        builds()
        .filter(version__dataset__in=kept)
        .defer("brief", *(f"version__{name}" for name in long))
    )


def may_see(actor: Actor, build: Build) -> bool:
    dataset = build.version.dataset_id
    return any(actor.acts_as(role, dataset) for role in (Role.ADMIN, Role.STEWARD, Role.AUDITOR))


def workers_alive(*, now: datetime) -> int:
    return Worker.objects.filter(seen_at__gt=now - WORKER_SILENT).count()


def compactions(actor: Actor) -> list[Compaction]:
    """Of the datasets on which this person has a role: when each was last compacted, by name."""
    kept = catalogue.kept_by(actor, Role.ADMIN, Role.STEWARD, Role.AUDITOR)
    found = Compaction.objects.filter(dataset__in=kept).select_related("dataset")
    return list(found.order_by("dataset__namespace", "dataset__name"))


def oldest_compaction() -> datetime | None:
    """When the dataset that waits longest was last compacted; None when none ever was."""
    return Compaction.objects.aggregate(oldest=Min("ran_at"))["oldest"]
