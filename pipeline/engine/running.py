"""Moving a build along: plan the stage that is due, ring for its shards, finish when all is done.

Everything here may run twice, late, or be killed: what it wants is read from the database, plans
are the same each time, and claims are conditional updates.
"""

import json
import traceback
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from django.conf import settings
from django.db.models import Count, Q, QuerySet

from governance.catalogue.services import Candidate, FileSpec
from pipeline.engine import claims, differences, leases, services
from pipeline.engine.models import Build, Shard
from pipeline.publish.storage import store
from pipeline.release.work import Context, Done, Files, Json, Report, Stage, Work

log = structlog.get_logger()
RETRY_AFTER = timedelta(seconds=5)  # doubled with each attempt
RETRY_MOST = timedelta(minutes=5)
GONE = (FileNotFoundError, NotADirectoryError, PermissionError)  # asking again changes nothing


def advance(build_id: int, *, now: datetime) -> None:
    """Do what is next for a build. Cheap when nothing is."""
    from pipeline.release.stages import STAGES  # data libraries: in the pool's children only

    build = Build.objects.select_related("version__dataset").filter(pk=build_id).first()
    if build is None or build.state != Build.State.RUNNING:
        return
    counts = _counts(build)
    for stage in STAGES:
        planned, done, failed = counts.get(stage.name, (0, 0, 0))
        if failed and done + failed == planned:  # the others went on without it
            _set_aside(build, stage.name, now=now)
            return
        if not planned:
            planned = _plan(build, stage, now=now)
            if not planned:
                return  # somebody else plans, or planning failed
        if done < planned:
            _ring(build, stage.name, now=now)
            return
    _complete(build, now=now)


def _counts(build: Build) -> dict[str, tuple[int, int, int]]:
    found = (
        Shard.objects.filter(build=build)
        .order_by()
        .values("stage")
        .annotate(
            planned=Count("id"),
            done=Count("id", filter=Q(state=Shard.State.DONE)),
            failed=Count("id", filter=Q(state=Shard.State.FAILED)),
        )
    )
    return {each["stage"]: (each["planned"], each["done"], each["failed"]) for each in found}


def _set_aside(build: Build, stage: str, *, now: datetime) -> None:
    """Wrong input ends the build; what was tried to the end may be mended, so it is held."""
    failed = Shard.objects.filter(build=build, stage=stage, state=Shard.State.FAILED)
    hopeless = failed.filter(attempts__lt=settings.SHARD_ATTEMPTS).exists()
    act = services.fail_build if hopeless else services.hold_build
    act(build_id=build.pk, cause=_cause(failed, stage), now=now)


def _cause(failed: QuerySet[Shard], stage: str) -> str:
    first = failed.order_by("number").first()
    assert first is not None  # noqa: S101  counted a moment ago, and failed stays failed
    others = failed.count() - 1
    more = f" And {others} more set aside in this stage." if others else ""
    return f"{stage}, {first.label}: {first.error}{more}"


def _plan(build: Build, stage: Stage, *, now: datetime) -> int:
    """List the shards of a stage; 0 when another process is at it or it can't be planned."""
    if not services.begin_planning(build.pk, stage=stage.name, now=now):
        return 0
    context = Context(services.brief_of(build), services.files(), _done(build))
    try:
        works = stage.plan(context)
    except (ValueError, *GONE) as error:
        log.error("plan failed", build=build.pk, stage=stage.name, error=type(error).__name__)
        services.fail_build(build_id=build.pk, cause=f"{stage.name}: {error}", now=now)
        return 0
    except OSError as error:
        _later(build, stage.name, error)
        return 0
    shards = [_shard(build, stage, work) for work in works]
    try:
        services.add_shards(build_id=build.pk, shards=shards)
    except claims.BeingPurgedError:
        services.plan_again(build.pk)
        return 0
    return len(works)


def _later(build: Build, what: str, error: OSError) -> None:
    """A disk that is full, a store that is busy: a sweep comes back to it."""
    log.warning("must wait", build=build.pk, at=what, error=type(error).__name__)
    services.plan_later(build.pk, cause=f"{what}: {error}", at=_clock() + RETRY_AFTER)


def _shard(build: Build, stage: Stage, work: Work) -> Shard:
    return Shard(
        build=build,
        stage=work.stage,
        number=work.number,
        label=work.label[:300],
        ref=work.name(stage.version),
        params=work.params,
        inputs=work.inputs,
    )


def _done(build: Build) -> dict[str, list[Done]]:
    """Every finished shard so far, by stage and number."""
    found: dict[str, list[Done]] = {}
    shards = Shard.objects.filter(build=build, state=Shard.State.DONE).order_by("stage", "number")
    for shard in shards.iterator():
        found.setdefault(shard.stage, []).append(
            Done(shard.number, shard.label, shard.ref, shard.params, Report(**shard.report))
        )
    return found


def _ring(build: Build, stage: str, *, now: datetime) -> None:
    """Ring for as many waiting shards as the window has room for, in their order."""
    open_ = Shard.objects.filter(build=build, stage=stage, state=Shard.State.TO_DO)
    running = open_.filter(lease__isnull=False, lease_until__gt=now).count()
    room = settings.SHARD_WINDOW - running
    if room <= 0:
        return
    free = open_.filter(Q(lease_until=None) | Q(lease_until__lte=now)).order_by("number")
    for shard_id in free.values_list("pk", flat=True)[:room]:
        services.ring_shard(shard_id)


def run_shard(shard_id: int, *, now: datetime) -> int | None:
    """Do one shard under a lease. Returns its build to advance, or None when there was nothing."""
    from pipeline.release.stages import BY_NAME

    token = leases.take(shard_id, now=now)
    if token is None:
        return None
    shard = Shard.objects.select_related("build__version__dataset").get(pk=shard_id)
    stage = BY_NAME[shard.stage]
    work = Work(shard.stage, shard.number, shard.label, shard.params, shard.inputs)
    secret = services.dataset_secret(shard.build.version.dataset.slug)
    with leases.kept(shard_id, token=token):
        try:
            report = _do(stage, work, services.files(), secret)
        except Exception as error:  # noqa: BLE001  whatever it is costs one attempt
            _give_back(shard, token, error)
            return shard.build_id
    leases.finish(shard_id, token=token, report=report.as_json(), now=_clock())
    return shard.build_id


def _do(stage: Stage, work: Work, files: Files, secret: bytes) -> Report:
    from pipeline.release.doing import do, one_core

    one_core()
    return do(stage, work, files, secret)


def _clock() -> datetime:
    from django.utils import timezone

    return timezone.now()  # noqa: TID251  how long a shard took is real time


def _give_back(shard: Shard, token: object, error: Exception) -> None:
    # A ValueError says that the input is wrong: the next attempt would say the same.
    final = isinstance(error, ValueError) or shard.attempts >= settings.SHARD_ATTEMPTS
    where = traceback.extract_tb(error.__traceback__)[-1]
    told = f"{type(error).__name__}: {error} ({Path(where.filename).name}:{where.lineno})"
    log.error("shard failed", shard=shard.pk, stage=shard.stage, kind=type(error).__name__)
    leases.give_back(
        shard.pk,
        token=token,  # type: ignore[arg-type]
        error=told,
        wait=min(RETRY_AFTER * 2 ** min(shard.attempts - 1, 10), RETRY_MOST),
        final=final,
        now=_clock(),
    )


def _complete(build: Build, *, now: datetime) -> None:
    """Put the files into storage and hand the version over as a candidate."""
    if not services.begin_planning(build.pk, stage="finish", now=now):
        return
    try:
        made = _stored(build)
    except OSError as error:
        _later(build, "finish", error)
        return
    if made is not None:
        services.finish_build(build_id=build.pk, made=made, now=_clock())


def _stored(build: Build) -> Candidate | None:
    """Put every file into storage; None while a purge is at one of them."""
    files = services.files()
    refs = dict(
        Shard.objects.filter(build=build, stage__in=["card", "index"], number=0).values_list(
            "stage", "ref"
        )
    )
    text = files.path(refs["card"], "manifest.json").read_bytes()
    manifest = json.loads(text)
    parts = list(claims.parts_of(manifest))
    try:
        # Said before the first byte is put: a purge leaves these alone from now on.
        claims.claim(version=build.version, files=[each.kept for each in parts])
    except claims.BeingPurgedError:
        services.plan_again(build.pk)
        return None
    kept = store()
    for each in parts:
        kept.put(each.kept.key, files.path(each.ref, each.file))
    specs = [
        FileSpec(one["tier"], one["path"], one["size"], one["sha256"], one["rows"], each.kept.key)
        for one, each in zip(manifest["artefacts"], parts, strict=False)
    ]
    return _candidate(build, files, refs, text, specs)


def _files_of(ref: str) -> dict[str, Json]:
    shard = Shard.objects.filter(ref=ref, state=Shard.State.DONE).order_by("-id").first()
    return shard.report["files"] if shard else {}


def _candidate(
    build: Build, files: Files, refs: dict[str, str], manifest: bytes, specs: list[FileSpec]
) -> Candidate:
    import hashlib

    from pipeline.release import notes

    def read(name: str) -> object:
        return json.loads(files.path(refs["card"], name).read_bytes())

    stats = read("stats.json")
    parent = build.brief["parent"]
    changed = differences.of_build(build, files, refs, stats, manifest)
    drawn = [name for name in _files_of(refs["card"]) if name.startswith("charts/")]
    return Candidate(
        commit=hashlib.sha1(manifest, usedforsecurity=False).hexdigest(),
        manifest_sha256=hashlib.sha256(manifest).hexdigest(),
        card=files.path(refs["card"], "card.md").read_text(encoding="utf-8"),
        stats=stats,
        charts={
            Path(name).stem: files.path(refs["card"], name).read_text() for name in sorted(drawn)
        },
        preview=read("preview.json"),
        difference=changed.exact,
        told=changed.told,
        notes=notes.draft(
            changed.told, build.version.number, parent["version"] if parent else None
        ),
        files=specs,
    )
