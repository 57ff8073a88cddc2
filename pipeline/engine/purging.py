"""Purging: the bytes of a closed version leave storage and the folders of work.

Resumable: what is to go is written down first, item by item; an item is doomed before its bytes go
and erased after. A worker that dies leaves a lease that ends, and the next one goes on. At the end
every erased key is asked for and listed once more, and what was found goes into the record.
"""

import shutil
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Count, F, Q, QuerySet, Sum
from django.utils import timezone

from governance.audit import services as audit
from governance.audit.actors import HOUSE
from governance.audit.services import Place
from governance.catalogue import selectors as catalogue
from governance.catalogue.models import Artefact, Purge, PurgeItem, Stored, Version
from governance.catalogue.states import State
from governance.dates import day
from governance.removals import selectors as removals
from pipeline.engine import claims, selectors, services
from pipeline.engine.claims import CLOSED, Keyed
from pipeline.engine.models import Build, Shard
from pipeline.publish.storage import store
from pipeline.release.work import Files

AT_ONCE = 50  # items between two renewals of the lease
LOOK_AGAIN = timedelta(minutes=10)  # at a hold
WAIT, WAIT_MOST = timedelta(seconds=10), timedelta(hours=1)  # after an error, doubled each time
OBJECT, WORK = PurgeItem.Kind.OBJECT, PurgeItem.Kind.WORK
_BESIDE = f"^(?!({'|'.join(selectors.STAGES)}|gated)/)"
log = structlog.get_logger()


class StillThereError(OSError):
    """A key that was erased answers all the same."""


class LostLeaseError(RuntimeError):
    """Another worker has this purge now."""


def due(*, now: datetime) -> list[int]:
    """Purges that somebody may go on with, oldest first."""
    found = _free(now).filter(next_at__lte=now).order_by("asked_at")
    return list(found.values_list("pk", flat=True))


def _free(now: datetime) -> QuerySet[Purge]:
    free = Q(lease_until=None) | Q(lease_until__lte=now)
    return Purge.objects.filter(free).exclude(state=Purge.State.DONE)


def run(purge_id: int, *, now: datetime) -> bool:
    """Go on with a purge until it is done or must wait; False when another worker is at it."""
    token = uuid4()
    until = now + timedelta(seconds=settings.LEASE_SECONDS)
    if (
        not _free(now)
        .filter(pk=purge_id)
        .update(lease=token, lease_until=until, attempts=F("attempts") + 1)
    ):
        return False
    purge = Purge.objects.select_related("version__dataset").get(pk=purge_id)
    try:
        waits_for = _go_on(purge, token)
    except LostLeaseError:
        return False
    except OSError as error:
        log.error("purge failed", purge=purge_id, kind=type(error).__name__)
        wait = min(WAIT * 2 ** min(purge.attempts, 20), WAIT_MOST)
        _let_go(purge, token, next_at=_clock() + wait, last_error=str(error)[:500])
        return True
    if waits_for:
        _let_go(
            purge, token, state=Purge.State.HELD, waits_for=waits_for[:200], attempts=0,
            last_error="", next_at=_clock() + LOOK_AGAIN,
        )  # fmt: skip
    return True


def _clock() -> datetime:
    return timezone.now()  # noqa: TID251  waiting is real time


def _let_go(purge: Purge, token: UUID, **told: object) -> None:
    mine = Purge.objects.filter(pk=purge.pk, lease=token)
    mine.update(lease=None, lease_until=None, **told)


def _renew(purge: Purge, token: UUID) -> None:
    until = _clock() + timedelta(seconds=settings.LEASE_SECONDS)
    if not Purge.objects.filter(pk=purge.pk, lease=token).update(lease_until=until):
        raise LostLeaseError


def _go_on(purge: Purge, token: UUID) -> str:
    """Empty when the purge is done, else what it waits for."""
    if not purge.listed:
        _list(purge)
    waits_for = _erase_all(purge, token)
    if waits_for:
        return waits_for
    checked = _look_again(purge, token)
    _finish(purge, token, checked)
    return ""


# ------------------------------------------------------------------ what is to go


def _list(purge: Purge) -> None:
    """Write every item down; a list that a kill cut short is completed by the next run."""
    version = purge.version
    for some in claims.in_batches(_works(version)):
        _add(PurgeItem(purge=purge, kind=WORK, key=ref, tier="raw") for ref in some)
    known = {each.key: each for each in _objects(version)}
    for some in claims.in_batches(known):
        _add(PurgeItem(purge=purge, kind=OBJECT, **known[key]._asdict()) for key in some)
    Purge.objects.filter(pk=purge.pk).update(listed=True)


def _add(items: Iterable[PurgeItem]) -> None:
    PurgeItem.objects.bulk_create(items, ignore_conflicts=True)


def _objects(version: Version) -> Iterable[Keyed]:
    """Files of all tiers, and what went into storage beside them."""
    files = Artefact.objects.filter(version=version).values_list("key", "tier__name", "size")
    yield from (Keyed(*row) for row in files.iterator())
    beside = Stored.objects.filter(version=version).values_list("key", "tier", "size")
    yield from (Keyed(*row) for row in beside.iterator())
    # Versions from before what they keep beside was written down.
    manifest = services.manifest_of(version)
    if manifest is not None:
        yield from (each.kept for each in claims.parts_of(manifest))


def _works(version: Version) -> list[str]:
    """References of all that its build left; a rejected one's stays, for the next attempt."""
    if version.build is None or version.state == State.REJECTED:
        return []
    refs = Shard.objects.filter(build=version.build).order_by("pk").values_list("ref", flat=True)
    return list(dict.fromkeys((*refs, *_beside())))


def _beside() -> list[str]:
    """Work that stages made beside their own, for which no shard stands: of any version, and made
    again at need, so all of it goes."""
    from pipeline.release.compaction import STAGES

    files, found = services.files(), []
    for stage in (name for name in STAGES if name not in selectors.STAGES):
        found += [f"{stage}/{path.name}" for path in sorted((files.root / stage).glob("*"))]
        if files.shared is not None:
            kept = store().keys(f"private/work/{stage}/")
            found += [f"{stage}/{key.split('/')[3]}" for key in kept]
    return found


# ------------------------------------------------------------------ erasing


def _erase_all(purge: Purge, token: UUID) -> str:
    while True:
        _renew(purge, token)
        items, waits_for = _next(purge)
        if not items:
            return waits_for
        kept, files = store(), services.files()
        for item in items:
            if item.kind == OBJECT:
                kept.purge(item.key)
            else:
                _erase_work(files, item.key)
        for item in items:
            _check_gone(item, files)
        PurgeItem.objects.filter(pk__in=[each.pk for each in items]).update(
            state=PurgeItem.State.ERASED
        )


def _next(purge: Purge) -> tuple[list[PurgeItem], str]:
    """The next items, doomed; or none, and what the others wait for."""
    now = _clock()
    with transaction.atomic():
        claims.lock_storage()
        version = Version.objects.select_related("dataset").get(pk=purge.version_id)
        if version.state not in CLOSED:
            return [], f"version {version.number} is {version.state}"  # never erased: it is served
        hold = catalogue.hold_of(version, now=now)
        if hold is not None:
            return [], f"a legal hold, until {day(hold.until)}"
        items, waits_for = purge.items.all(), ""
        user = claims.user_of(version)
        if user is not None:
            items = items.exclude(kind=WORK)
            waits_for = f"the build of {user.version.number}, which reads its work"
        if Build.objects.filter(state__in=claims.AT_WORK).exists():  # of any dataset
            items = items.exclude(key__regex=_BESIDE)
            waits_for = waits_for or "a build that may use what was made beside its stages"
        if removals.held(version.dataset, now=now):
            items = items.exclude(tier="raw")
            waits_for = "raw rows that are held for a legal matter"
        Purge.objects.filter(pk=purge.pk).update(state=Purge.State.ERASING, waits_for="")
        found = claims.doom(items, now=now, at_most=AT_ONCE)
        while not found and items.filter(state=PurgeItem.State.WAITING).exists():
            found = claims.doom(items, now=now, at_most=AT_ONCE)  # those before were all shared
        open_ = (PurgeItem.State.WAITING, PurgeItem.State.DOOMED)
        return found, waits_for if purge.items.filter(state__in=open_).exists() else ""


def _erase_work(files: Files, ref: str) -> None:
    """Its report first: from then on it is not finished work, and nobody relies on it."""
    folder = files.root / ref
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    (folder / "report.json").unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    if files.shared is not None:
        files.shared.erase(ref)
    PurgeItem.objects.filter(kind=WORK, key=ref, size=0).update(size=size)


def _check_gone(item: PurgeItem, files: Files) -> None:
    if item.kind == OBJECT:
        left = store().remains(item.key)
    else:
        left = ["a folder of work"] if (files.root / item.key).exists() else []
    if left:
        raise StillThereError(f"storage still holds {', '.join(left)} of {item.key}")


# ------------------------------------------------------------------ looking again


def _look_again(purge: Purge, token: UUID) -> int:
    """Ask for and list every erased key once more. Returns how many.

    One that a version in the making took up meanwhile is that version's again.
    """
    files, checked, at = services.files(), 0, 0
    erased = purge.items.filter(state=PurgeItem.State.ERASED).order_by("pk")
    while some := list(erased.filter(pk__gt=at)[:AT_ONCE]):
        _renew(purge, token)
        for item in some:
            try:
                _check_gone(item, files)
            except StillThereError:
                if not _taken_up(item):
                    PurgeItem.objects.filter(pk=item.pk).update(state=PurgeItem.State.WAITING)
                    raise
        checked, at = checked + len(some), some[-1].pk
    return checked


def _taken_up(item: PurgeItem) -> bool:
    needed = claims.needed_objects if item.kind == OBJECT else claims.needed_works
    return item.key in needed([item.key], now=_clock())


def _finish(purge: Purge, token: UUID, checked: int) -> None:
    """Done, with what was found; the sample rows on the pages go with the bytes."""
    now = _clock()
    told = purge.items.aggregate(
        objects=Count("pk", filter=Q(kind=OBJECT, state=PurgeItem.State.ERASED)),
        shared=Count("pk", filter=Q(kind=OBJECT, state=PurgeItem.State.SHARED)),
        works=Count("pk", filter=Q(kind=WORK, state=PurgeItem.State.ERASED)),
        bytes=Sum("size", filter=Q(state=PurgeItem.State.ERASED)),
    )
    told["bytes"] = told["bytes"] or 0
    with transaction.atomic():
        mine = Purge.objects.filter(pk=purge.pk, lease=token)
        if not mine.update(
            state=Purge.State.DONE, lease=None, lease_until=None, verified_at=now, waits_for="",
            last_error="", objects_erased=told["objects"], objects_shared=told["shared"],
            works_erased=told["works"], bytes_erased=told["bytes"],
        ):  # fmt: skip
            raise LostLeaseError
        Version.objects.filter(pk=purge.version_id).update(preview=[])
        audit.version_purged(
            actor=HOUSE,
            place=Place(dataset=purge.version.dataset.slug, version=purge.version.number),
            told=told | {"verified": True, "checked": checked},
            now=now,
        )
