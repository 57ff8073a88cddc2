"""Compaction: what is removed leaves the disk, and what no version needs with it."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import Q

from governance.access import selectors as access
from governance.audit import services as audit
from governance.audit.actors import HOUSE, Actor, Role
from governance.audit.services import Place
from governance.catalogue import selectors as catalogue
from governance.catalogue import services as catalogue_services
from governance.catalogue.models import Dataset, Hold, Version
from governance.errors import WrongStateError
from governance.removals import selectors as removals
from pipeline.engine import claims, purging, services
from pipeline.engine.models import AT_WORK, Build, Compaction, Shard

TERM = timedelta(hours=1)  # after it, one that a kill cut short may be taken by another
log = structlog.get_logger()


def compact(*, actor: Actor, dataset: Dataset, reason: str, now: datetime) -> dict[str, int]:
    """Erase work and stored files of a dataset that nothing needs or that hold what is removed.

    Held removals (a named matter, until a day) keep their raw rows, hidden as they are.

    Returns counts: `works`, `objects`, `bytes`.

    Raises:
        NotPermittedError: `actor` is no admin of the dataset.
        WrongStateError: a build is being made, another compaction is, or there is no reason.
    """
    access.require(actor, Role.ADMIN, dataset_id=dataset.pk)
    if not reason.strip():
        raise WrongStateError("Give a reason for the compaction; it stays in the record.")
    cause = _begin(dataset, now)
    if cause:
        raise WrongStateError(cause)
    return _compact(actor, dataset, reason.strip(), now)


def compact_all(*, now: datetime) -> dict[str, dict[str, int]]:
    """What the schedule does: every dataset in turn, in the house's name. Returns counts by slug.

    A dataset with a build at work, or that another process compacts, waits for the next day. One
    whose files can't be erased is noted with its error, and the others go on.
    """
    told = {}
    for dataset in Dataset.objects.order_by("pk"):
        if _begin(dataset, now):
            continue
        try:
            told[dataset.slug] = _compact(HOUSE, dataset, "by schedule", now)
        except OSError as error:
            log.error("compaction failed", dataset=dataset.pk, kind=type(error).__name__)
    return told


def _begin(dataset: Dataset, now: datetime) -> str:
    """Take a dataset, of which no build starts meanwhile. Returns what is at it already, if so."""
    with transaction.atomic():
        claims.lock_storage()
        if Build.objects.filter(version__dataset=dataset, state__in=AT_WORK).exists():
            return "A build of this dataset is being made; compact when it has ended."
        mine, _ = Compaction.objects.get_or_create(dataset=dataset)
        if mine.until is not None and mine.until > now:
            return f"A compaction of this dataset is at work, until {mine.until:%H:%M} UTC at most."
        Compaction.objects.filter(pk=mine.pk).update(until=now + TERM)
    return ""


def _compact(actor: Actor, dataset: Dataset, reason: str, now: datetime) -> dict[str, int]:
    mine = Compaction.objects.filter(dataset=dataset)
    try:
        # Files go first: an entry says what was done, and doing it again finds nothing left.
        works, size = _erase_work(dataset, now)
        objects = _erase_objects(dataset, now)
    except Exception as error:
        mine.update(until=None, error=f"{type(error).__name__}: {error}"[:300])
        raise
    told = {"works": works, "objects": objects, "bytes": size}
    with transaction.atomic():
        mine.update(until=None, ran_at=now, erased=told, error="")
        if actor is not HOUSE or any(told.values()):  # a day with nothing to erase is no event
            audit.raw_compacted(
                actor=actor,
                place=Place(dataset=dataset.slug, tier="raw"),
                erased=told,
                reason=reason,
                now=now,
            )
    return told


def _erase_work(dataset: Dataset, now: datetime) -> tuple[int, int]:
    from pipeline.release import compaction, forgetting

    files = services.files()
    newest = catalogue.newest(dataset)
    kept = _refs([newest.build] if newest and newest.build else [])
    current = catalogue.current(dataset)  # the parent of the next version, and served anyway
    for stage, refs in _refs([current.build] if current and current.build else []).items():
        if stage in compaction.NEEDED:
            kept.setdefault(stage, []).extend(refs)
    held = Hold.objects.filter(version__dataset=dataset, lifted_at=None, until__gt=now)
    for stage, refs in _refs(held.values_list("version__build", flat=True)).items():
        kept.setdefault(stage, []).extend(refs)
    # Work of other datasets lies in the same folder.
    others = Version.objects.exclude(dataset=dataset).exclude(build=None)
    for stage, refs in _refs(others.values_list("build", flat=True)).items():
        kept.setdefault(stage, []).extend(refs)
    unbuilt = Build.objects.filter(state__in=AT_WORK).values_list("pk", flat=True)
    for stage, refs in _refs(unbuilt).items():
        kept.setdefault(stage, []).extend(refs)
    doomed = compaction.doomed(
        files,
        kept,
        _pairs(dataset),
        removals.in_force(dataset),
        removals.held(dataset, now=now),
        _apart(dataset),
    )
    forgetting.forget(dataset.sources, removals.in_force(dataset), removals.held(dataset, now=now))
    return len(doomed), compaction.erase(files, doomed)


def _refs(builds: Iterable[int | None]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for stage, ref in Shard.objects.filter(build__in=[*builds]).values_list("stage", "ref"):
        found.setdefault(stage, []).append(ref)
    return found


def _pairs(dataset: Dataset) -> dict[str, tuple[str, ...]]:
    """For each piece all that was made from it, over all builds of a dataset."""
    shards = Shard.objects.filter(build__version__dataset=dataset)
    pieces = shards.filter(stage="identify").values_list("ref", "inputs")
    found: dict[str, set[str]] = {ref: {inputs["collect"]} for ref, inputs in pieces}
    made = shards.filter(stage__in=["redact", "write"]).values_list("ref", "params")
    for ref, params in made.iterator():
        if params.get("home") in found:
            found[params["home"]].add(ref)
    return {ref: tuple(sorted(others)) for ref, others in found.items()}


def _apart(dataset: Dataset) -> list[str]:
    """Collected threads, commits and former names, over all builds of a dataset."""
    shards = Shard.objects.filter(build__version__dataset=dataset, stage="collect")
    apart = Q(params__kind__in=["gharchive", "commits"]) | Q(params__has_key="names")
    found = shards.filter(apart)
    return sorted(set(found.values_list("ref", flat=True)))


def _erase_objects(dataset: Dataset, now: datetime) -> int:
    """Stored files of versions that are served no more; those that a hold is on stay."""
    catalogue_services.close_over(now=now, dataset_id=dataset.pk, at_most=1_000_000)
    erased = 0
    for version in Version.objects.filter(dataset=dataset, state__in=claims.CLOSED):
        with transaction.atomic():
            asked = catalogue_services.ask_for_purge(version, now=now)
        if purging.run(asked.pk, now=now):
            asked.refresh_from_db()
            erased += asked.objects_erased
    return erased


def search_raw(
    *,
    actor: Actor,
    dataset: Dataset,
    hexshas: Iterable[str],
    reason: str,
    now: datetime,
    matter: str = "",
) -> list[dict]:
    """Raw contents by id, of the newest version; what is removed is hidden.

    With `matter` the rows of removals that are held for it are shown too, and the search is an
    entry of the record.

    Raises:
        NotPermittedError: `actor` is no steward or admin of the dataset, with a matter no admin.
    """
    from pipeline.release import raw

    roles = (Role.ADMIN,) if matter else (Role.STEWARD, Role.ADMIN)
    access.require(actor, *roles, dataset_id=dataset.pk)
    newest = catalogue.newest(dataset)
    if newest is None or newest.build is None:
        return []
    manifest = services.manifest_of(newest)
    if manifest is None:
        raise WrongStateError(f"Version {newest.number} is {newest.state}, and its rows are gone.")
    files = services.files()
    shown = removals.of_matter(dataset, matter, now=now) if matter else []
    found = raw.contents(files, manifest, hexshas, removals.in_force(dataset), shown)
    with transaction.atomic():
        audit.raw_searched(
            actor=actor,
            place=Place(dataset=dataset.slug, version=newest.number, tier="raw"),
            matter=matter,
            rows=len(found),
            reason=reason,
            now=now,
        )
    return found
