"""Who may rely on stored bytes, and who may erase them: said under one lock, in the database.

A build writes the keys that it will keep down (`claim`) before it puts the first of them; a purge
says which keys it will erase (`doom`) before it erases the first. Each looks for the other under
the lock of storage. So a key that is doomed is taken up by no build until it is erased, and then it
is put anew; a key that a version claims, or has, is never doomed. A kill in between leaves what was
said, and whoever goes on reads it.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from governance.catalogue.models import Artefact, Hold, PurgeItem, Stored, Version
from governance.catalogue.states import State
from governance.errors import WrongStateError
from pipeline.engine.models import AT_WORK, Build, Shard
from pipeline.publish.storage import artefact_key
from pipeline.release.work import Json

LOCK = 0x676174686F7573  # of storage, among the advisory locks of the database
BATCH = 400  # keys in one statement
CLOSED = (State.WITHDRAWN, State.REJECTED)


class BeingPurgedError(WrongStateError):
    """What is asked for is being erased; in a moment it is gone, and can be made anew."""


class Keyed(NamedTuple):
    key: str
    tier: str
    size: int  # bytes


class Part(NamedTuple):
    """A file of a manifest: where it lies in the finished work, and under which key it is kept."""

    ref: str
    file: str
    kept: Keyed


def parts_of(manifest: Json) -> Iterator[Part]:
    """All that a version keeps in storage: files of the tiers, row patches, chunk manifests."""
    slug = manifest["dataset"]
    beside = (
        one | {"tier": "processed"}
        for each in manifest["updates"]
        for one in (each[name] for name in ("chunks", "patch") if name in each)
    )
    for one in (*manifest["artefacts"], *beside):
        key = artefact_key(slug, one["tier"], one["sha256"])
        yield Part(one["ref"], one["file"], Keyed(key, one["tier"], one["size"]))


def lock_storage() -> None:
    """One at a time until the transaction ends. On SQLite every transaction is that already."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def claim(*, version: Version, files: Iterable[Keyed]) -> None:
    """A version in the making is about to keep these. Again is no work.

    Raises BeingPurgedError when one of them is doomed: nothing is claimed then.
    """
    wanted = {each.key: each for each in files}
    with transaction.atomic():
        lock_storage()
        for keys in in_batches(wanted):
            _refuse_doomed(PurgeItem.Kind.OBJECT, keys)
            rows = [Stored(version=version, **wanted[key]._asdict()) for key in keys]
            Stored.objects.bulk_create(rows, ignore_conflicts=True)


def settle(version: Version) -> None:
    """The version has its artefacts: they speak for their keys from now on."""
    own = Artefact.objects.filter(version=version).values("key")
    Stored.objects.filter(version=version, key__in=own).delete()


def check_work(refs: Iterable[str]) -> None:
    """Before shards with these references are planned, under the lock. Raises BeingPurgedError."""
    lock_storage()
    for some in in_batches(sorted(set(refs))):
        _refuse_doomed(PurgeItem.Kind.WORK, some)


def _refuse_doomed(kind: str, keys: Sequence[str]) -> None:
    doomed = PurgeItem.objects.filter(kind=kind, state=PurgeItem.State.DOOMED, key__in=keys)
    if doomed.exists():
        raise BeingPurgedError(
            "Some of it is just being erased with a withdrawn version; it is tried again soon."
        )


def doom(items: QuerySet[PurgeItem], *, now: datetime, at_most: int) -> list[PurgeItem]:
    """Of these items the next ones to erase: nothing needs them, and from now on nothing may.

    Those that another version needs become `shared`. Items that a killed predecessor doomed come
    first. Must run in the transaction that checked that their purge may go on, under the lock.
    """
    left = list(items.filter(state=PurgeItem.State.DOOMED).order_by("pk")[:at_most])
    if left:
        return left
    waiting = list(items.filter(state=PurgeItem.State.WAITING).order_by("pk")[:at_most])
    objects = [each.key for each in waiting if each.kind == PurgeItem.Kind.OBJECT]
    works = [each.key for each in waiting if each.kind == PurgeItem.Kind.WORK]
    needed = {("object", key) for key in needed_objects(objects, now=now)}
    needed |= {("work", ref) for ref in needed_works(works, now=now)}
    shared = [each.pk for each in waiting if (each.kind, each.key) in needed]
    doomed = [each for each in waiting if (each.kind, each.key) not in needed]
    PurgeItem.objects.filter(pk__in=shared).update(state=PurgeItem.State.SHARED)
    mine = PurgeItem.objects.filter(pk__in=[each.pk for each in doomed])
    mine.update(state=PurgeItem.State.DOOMED)
    return doomed


def _standing(now: datetime) -> QuerySet[Version]:
    """Versions whose bytes must stay: not closed, or closed and under a legal hold."""
    held = Hold.objects.filter(lifted_at=None, until__gt=now).values("version")
    return Version.objects.filter(~Q(state__in=CLOSED) | Q(pk__in=held))


def needed_objects(keys: Sequence[str], *, now: datetime) -> set[str]:
    """Those of the keys that a version needs, at most BATCH of them."""
    standing = _standing(now).values("pk")
    found = set()
    for model in (Artefact, Stored):
        known = model.objects.filter(key__in=keys, version__in=standing)
        found.update(known.order_by().values_list("key", flat=True))
    return found


def needed_works(refs: Sequence[str], *, now: datetime) -> set[str]:
    """Those of the references that a version's build, or one that is at work, needs."""
    standing = Q(build__version__in=_standing(now).values("pk")) | Q(build__state__in=AT_WORK)
    known = Shard.objects.filter(standing, ref__in=refs)
    found = set(known.order_by().values_list("ref", flat=True))
    return (found | _parents()) & set(refs)


def _parents() -> set[str]:
    """What the builds at work read of the version before theirs."""
    found: set[str] = set()
    for parent in Build.objects.filter(state__in=AT_WORK).values_list("brief__parent", flat=True):
        if parent:
            found |= {str(parent.get("index")), str(parent.get("card"))}
    return found


def user_of(version: Version) -> Build | None:
    """A build at work that reads the finished work of this version: of it, or of its successor."""
    mine = Q(version=version) | Q(version__parent=version)
    return Build.objects.select_related("version").filter(mine, state__in=AT_WORK).first()


def in_batches(keys: Iterable[str]) -> Iterator[list[str]]:
    """The keys in parts that one statement takes."""
    left = iter(keys)
    while some := list(islice(left, BATCH)):
        yield some
