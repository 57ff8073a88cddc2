"""Every change to builds: start, advance, finish, cancel."""

import hashlib
import hmac
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from governance.access import selectors as access
from governance.audit import services as audit
from governance.audit.actors import HOUSE, Actor, Role
from governance.audit.services import Place
from governance.bells import ring
from governance.catalogue import selectors as catalogue
from governance.catalogue import services as catalogue_services
from governance.catalogue.models import Dataset, Version
from governance.errors import MissingError, WrongStateError
from governance.removals import selectors as removals
from governance.terms import selectors as terms
from pipeline.engine import claims
from pipeline.engine.models import AT_WORK, Build, Compaction, Imported, Shard, Worker
from pipeline.publish.sharing import SharedWork
from pipeline.publish.storage import store
from pipeline.release.work import Brief, Files, Json, canonical


def plan_term() -> timedelta:
    """How long a stage belongs to who plans it; planning twice at once ends in the same."""
    return timedelta(seconds=2 * settings.LEASE_SECONDS)


def files() -> Files:
    """Where work lies: a folder, and with WORK_SHARED the store behind it for all hosts."""
    if settings.WORK_SHARED:
        return Files(settings.WORK_DIR, SharedWork(store()))
    return Files(settings.WORK_DIR)


def dataset_secret(slug: str) -> bytes:
    """Key of a dataset's surrogates, derived from REDACTION_SECRET; never in the database."""
    return hmac.new(settings.REDACTION_SECRET.encode(), slug.encode(), hashlib.sha256).digest()


def ring_advance(build_id: int) -> None:
    ring("pipeline.engine.tasks.advance", build_id)


def ring_shard(shard_id: int) -> None:
    ring("pipeline.engine.tasks.run_shard", shard_id, queue="shards")


def ring_look_through(dataset_id: int) -> None:
    ring("pipeline.engine.tasks.look_through", dataset_id)


def start_build(
    *, actor: Actor, dataset: Dataset, number: str, reason: str, now: datetime
) -> Build:
    """Begin a version and the build that makes it: an admin's act, or the schedule's (HOUSE).

    Raises:
        NotPermittedError: `actor` is no admin of the dataset.
        WrongStateError: no sources, no reason, or another version is in the making.
        InvalidError: the number is malformed or not above the last.
    """
    if not actor.system:
        access.require(actor, Role.ADMIN, dataset_id=dataset.pk)
    if not dataset.sources:
        raise WrongStateError(f"{dataset.slug} has no sources yet: `manage.py collect` adds one.")
    if not reason.strip():
        raise WrongStateError("Give a reason for the build; it stays in the record.")
    with transaction.atomic():
        claims.lock_storage()  # a purge of the parent begins before this or sees this build
        if Compaction.objects.filter(dataset=dataset, until__gt=now).exists():
            raise WrongStateError(
                "This dataset is being compacted; start the build in a few minutes."
            )
        parent = catalogue.current(dataset)
        agreed = terms.in_force(dataset, now=now)
        version = catalogue_services.begin_version(
            dataset=dataset,
            number=number,
            parent=parent,
            actor=actor,
            terms=agreed.number if agreed else "",
            now=now,
        )
        brief = _brief(version, parent, agreed)
        build = Build.objects.create(
            version=version,
            brief=brief,
            started_at=now,
            started_by=actor.user_id,
            started_by_name=actor.name or actor.email,
        )
        version.build = build.pk
        version.save(update_fields=["build"])
        audit.build_started(
            actor=actor,
            place=Place(dataset=dataset.slug, version=number),
            build=build.pk,
            reason=reason.strip(),
            brief_sha256=hashlib.sha256(canonical(brief).encode()).hexdigest(),
            now=now,
        )
        ring_advance(build.pk)
    return build


def _brief(version: Version, parent: Version | None, agreed: object) -> Json:
    dataset = version.dataset
    told = {}
    if agreed is not None:
        namespace, name = dataset.namespace, dataset.name
        told = {
            "number": agreed.number,
            "sha256": agreed.text_sha256,
            "url": f"{settings.PUBLIC_URL}/datasets/{namespace}/{name}/terms/{agreed.number}",
        }
    imported = Imported.objects.filter(dataset=dataset).order_by("sha256")
    return {
        "dataset": dataset.slug,
        "version": version.number,
        "sources": dataset.sources,
        "licence_set": dataset.licence_set,
        "removals": removals.in_force(dataset),
        "redaction": dataset.redaction,
        "terms": told,
        "annotations": [str(settings.WORK_DIR / each.file) for each in imported],
        "parent": _parent(parent),
        "options": settings.BUILD_OPTIONS,
    }


def _parent(parent: Version | None) -> Json:
    """What the stages need of the version before: its number and where its index and card lie."""
    if parent is None or parent.build is None:
        return None
    made = Shard.objects.filter(build=parent.build, stage__in=["index", "card"], number=0)
    return {"version": parent.number, **dict(made.values_list("stage", "ref"))}


def manifest_of(version: Version) -> Json:
    """The manifest of a version, while the work of its build is at hand; else None."""
    card = Shard.objects.filter(build=version.build, stage="card", number=0).first()
    path = files().path(card.ref, "manifest.json") if card is not None else None
    return json.loads(path.read_bytes()) if path is not None and path.exists() else None


def brief_of(build: Build) -> Brief:
    return Brief(**build.brief)


def pause_build(*, actor: Actor, build_id: int, reason: str, now: datetime) -> Build:
    """Let a build rest: shards in hand end, no other one is begun, nothing is lost."""
    with transaction.atomic():
        build = _locked(build_id)
        access.require(actor, Role.ADMIN, dataset_id=build.version.dataset_id)
        if build.state != Build.State.RUNNING:
            raise WrongStateError(f"This build is {build.state}.")
        _check_reason(reason, "pause")
        build.state = Build.State.PAUSED
        build.save(update_fields=["state"])
        audit.build_paused(
            actor=actor, place=_place(build), build=build.pk, reason=reason.strip(), now=now
        )
    return build


def resume_build(*, actor: Actor, build_id: int, reason: str, now: datetime) -> Build:
    """Let a paused or held build go on. Shards that were set aside are tried again."""
    with transaction.atomic():
        build = _locked(build_id)
        access.require(actor, Role.ADMIN, dataset_id=build.version.dataset_id)
        if build.state not in (Build.State.PAUSED, Build.State.HELD):
            raise WrongStateError(f"This build is {build.state}, not paused or held.")
        _check_reason(reason, "resume")
        Shard.objects.filter(build=build, state=Shard.State.FAILED).update(
            state=Shard.State.TO_DO, attempts=0, finished_at=None, lease_until=None
        )
        build.state, build.plan_until, build.cause = Build.State.RUNNING, None, ""
        build.save(update_fields=["state", "plan_until", "cause"])
        audit.build_resumed(
            actor=actor, place=_place(build), build=build.pk, reason=reason.strip(), now=now
        )
        ring_advance(build.pk)
    return build


def _check_reason(reason: str, verb: str) -> None:
    if not reason.strip():
        raise WrongStateError(f"Give a reason to {verb} a build.")


def cancel_build(*, actor: Actor, build_id: int, reason: str, now: datetime) -> Build:
    """End a build; work that is running ends with its shard, and the version is rejected."""
    with transaction.atomic():
        build = _locked(build_id)
        access.require(actor, Role.ADMIN, dataset_id=build.version.dataset_id)
        if build.state not in AT_WORK:
            raise WrongStateError(f"This build is {build.state}.")
        _check_reason(reason, "cancel")
        _end(build, Build.State.CANCELLED, cause=reason.strip(), now=now)
        audit.build_cancelled(
            actor=actor,
            place=_place(build),
            build=build.pk,
            reason=reason.strip(),
            now=now,
        )
        catalogue_services.reject_version(
            version_id=build.version_id, actor=HOUSE, reason="its build was cancelled", now=now
        )
    return build


def hold_build(*, build_id: int, cause: str, now: datetime) -> None:
    """Shards were tried as often as may be: the build waits for somebody who mends what is wrong.

    What is done stays done; `resume_build` tries again what was set aside.
    """
    with transaction.atomic():
        build = _locked(build_id)
        if build.state != Build.State.RUNNING:
            return
        build.state, build.cause = Build.State.HELD, cause
        build.save(update_fields=["state", "cause"])
        audit.build_held(
            actor=HOUSE, place=_place(build), build=build.pk, cause=cause[:500], now=now
        )


def fail_build(*, build_id: int, cause: str, now: datetime) -> None:
    """Its input is wrong: the build ends and its version is rejected. Again is no work."""
    with transaction.atomic():
        build = _locked(build_id)
        if build.state != Build.State.RUNNING:
            return
        _end(build, Build.State.FAILED, cause=cause, now=now)
        audit.build_failed(
            actor=HOUSE, place=_place(build), build=build.pk, cause=cause[:500], now=now
        )
        catalogue_services.reject_version(
            version_id=build.version_id, actor=HOUSE, reason="its build failed", now=now
        )


def finish_build(*, build_id: int, made: catalogue_services.Candidate, now: datetime) -> None:
    """All stages are done and the files are in storage: the version becomes a candidate."""
    with transaction.atomic():
        build = _locked(build_id)
        if build.state != Build.State.RUNNING:
            return
        _end(build, Build.State.DONE, cause="", now=now)
        catalogue_services.finish_version(
            version_id=build.version_id, build=build.pk, made=made, actor=HOUSE, now=now
        )
        ring_look_through(build.version.dataset_id)
        claims.settle(build.version)


def _end(build: Build, state: str, *, cause: str, now: datetime) -> None:
    build.state, build.cause, build.finished_at = state, cause, now
    build.save(update_fields=["state", "cause", "finished_at"])


def begin_planning(build_id: int, *, stage: str, now: datetime) -> bool:
    """Claim the planning of a stage, so that it is not done twice at once."""
    free = Q(plan_until=None) | Q(plan_until__lte=now) | ~Q(stage=stage)
    mine = Build.objects.filter(free, pk=build_id, state=Build.State.RUNNING)
    return bool(mine.update(plan_until=now + plan_term(), stage=stage))


def add_shards(*, build_id: int, shards: Sequence[Shard]) -> None:
    """Keep the plan of a stage; a plan that is there already stays.

    Raises BeingPurgedError while work that it would rely on is being erased.
    """
    with transaction.atomic():
        claims.check_work(each.ref for each in shards)
        for at in range(0, len(shards), 500):
            Shard.objects.bulk_create(shards[at : at + 500], ignore_conflicts=True)
        Build.objects.filter(pk=build_id).update(plan_until=None, cause="")


def plan_later(build_id: int, *, cause: str, at: datetime) -> None:
    """Planning or finishing met a fault of the moment: again from `at` on, and say why."""
    Build.objects.filter(pk=build_id, state=Build.State.RUNNING).update(
        plan_until=at, cause=cause[:1000]
    )


def plan_again(build_id: int) -> None:
    """Let go of a plan that could not be made just now; the next sweep tries it again."""
    Build.objects.filter(pk=build_id).update(plan_until=None)


def import_annotations(
    *,
    actor: Actor,
    dataset: Dataset,
    source: Path,
    sha256: str,
    rows: int,
    reason: str,
    now: datetime,
) -> Imported:
    """Keep a checked file of human annotations for the next builds. `source` is below WORK_DIR."""
    with transaction.atomic():
        if Imported.objects.filter(dataset=dataset, sha256=sha256).exists():
            raise WrongStateError("These annotations were imported already.")
        kept = Imported.objects.create(
            dataset=dataset,
            sha256=sha256,
            file=str(source.relative_to(settings.WORK_DIR)),
            rows=rows,
            imported_at=now,
        )
        audit.annotations_imported(
            actor=actor,
            place=Place(dataset=dataset.slug, tier="annotations"),
            sha256=sha256,
            rows=rows,
            reason=reason,
            now=now,
        )
    return kept


def worker_seen(*, name: str, now: datetime) -> None:
    """A worker says that it lives. One statement."""
    Worker.objects.update_or_create(name=name, defaults={"seen_at": now})


def _locked(build_id: int) -> Build:
    build = (
        Build.objects.select_for_update(of=("self",))
        .select_related("version__dataset")
        .filter(pk=build_id)
        .first()
    )
    if build is None:
        raise MissingError("There is no such build.")
    return build


def _place(build: Build) -> Place:
    return Place(dataset=build.version.dataset.slug, version=build.version.number)
