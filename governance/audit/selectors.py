"""Questions to the record."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

from django.db.models import Count, Max, Min, Q, QuerySet
from django.db.models.functions import TruncDate

from client import checkpoint, tiles, tree
from governance.audit import leaves
from governance.audit.models import Checkpoint, Entry, Leaf, Pending, Person, Rotation, Tile
from governance.errors import MissingError, WrongStateError


class Unsealed(NamedTuple):
    count: int
    oldest: datetime | None


def unsealed() -> Unsealed:
    """Entries that no checkpoint covers yet. One query."""
    found = Pending.objects.aggregate(count=Count("entry"), oldest=Min("entry__at"))
    return Unsealed(found["count"], found["oldest"])


FIELDS = ("person", "dataset", "version", "tier", "action", "outcome", "since", "until")


def search(wanted: Mapping[str, str]) -> QuerySet[Entry]:
    """Entries, newest first, with their personal part joined.

    `wanted` may hold the names in FIELDS; `person` is part of an address or name, of who acted or
    of whom it is about (where an entry of their own tells their name), `action` a beginning,
    `since` and `until` dates (YYYY-MM-DD, both included). Unknown names are ignored.
    """
    found = Entry.objects.select_related("person", "sealed").order_by("-id")
    if person := wanted.get("person"):
        named = Person.objects.filter(Q(email__icontains=person) | Q(name__icontains=person))
        about = Q(person__concerns__in=named.exclude(user_id=None).values("user_id"))
        found = found.filter(Q(person__in=named) | about)
    for name in ("dataset", "version", "tier", "outcome"):
        if wanted.get(name):
            found = found.filter(**{name: wanted[name]})
    if action := wanted.get("action"):
        found = found.filter(action__startswith=action)
    # Moments, not `at__date`, which no index of `at` answers.
    if since := wanted.get("since"):
        found = found.filter(at__gte=_midnight(since))
    if until := wanted.get("until"):
        found = found.filter(at__lt=_midnight(until) + timedelta(days=1))
    return found


def _midnight(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time.min, UTC)


class Extent(NamedTuple):
    count: int
    last: int  # the newest id, 0 when there is none


def extent(found: QuerySet[Entry]) -> Extent:
    """How much a search finds, and up to where: what comes later is not a part of it. One query."""
    told = found.order_by().aggregate(count=Count("id"), last=Max("id"))
    return Extent(told["count"], told["last"] or 0)


def per_day(found: QuerySet[Entry]) -> list[dict]:
    """`[{day, outcome, n}]` of a search, oldest first."""
    return list(
        found.order_by()
        .annotate(day=TruncDate("at"))
        .values("day", "outcome")
        .annotate(n=Count("id"))
        .order_by("day", "outcome")
    )


def actions() -> list[str]:
    return list(Entry.objects.order_by("action").values_list("action", flat=True).distinct())


def tickets_of(user_id: int) -> QuerySet[Entry]:
    """What a person was let to, newest first: their downloads."""
    return Entry.objects.filter(action="ticket.issue", person__user_id=user_id).order_by("-id")


def after(actions: tuple[str, ...]) -> QuerySet[Entry]:
    """Entries of these actions with their personal part, oldest first."""
    return Entry.objects.filter(action__in=actions).select_related("person").order_by("id")


def entry(entry_id: int) -> Entry:
    """One entry with its personal part."""
    found = Entry.objects.select_related("person", "sealed").filter(pk=entry_id).first()
    if found is None:
        raise MissingError("There is no such entry.")
    return found


def acts_on(subject: str, actions: tuple[str, ...]) -> list[Entry]:
    """What these actions did to one thing, e.g. `application:GH-2026-0042`, oldest first."""
    found = Entry.objects.filter(action__in=actions, subject=subject)
    return list(found.select_related("person").order_by("id"))


def copies_of(user_id: int) -> list[dict[str, Any]]:
    """What a person was let to, by version and tier: `[{dataset, version, tier, files, times,
    last}]`, the latest first. `files` counts each once, `times` every ticket."""
    return list(
        tickets_of(user_id)
        .order_by()
        .values("dataset", "version", "tier")
        .annotate(files=Count("artefact", distinct=True), times=Count("id"), last=Max("at"))
        .order_by("-last")
    )


def holders(dataset: str, version: str = "") -> list[int]:
    """Ids of the people who were let to a file of a version, or of any, in order. One query."""
    let = Entry.objects.filter(action="ticket.issue", dataset=dataset)
    let = let.filter(version=version) if version else let
    found = let.exclude(person__user_id=None).order_by("person__user_id")
    return list(found.values_list("person__user_id", flat=True).distinct())


# ------------------------------------------------------------------ the sealed log


def latest_checkpoint() -> Checkpoint | None:
    return Checkpoint.objects.first()


def checkpoints() -> QuerySet[Checkpoint]:
    """Newest first."""
    return Checkpoint.objects.all()


def checkpoint_of(size: int) -> Checkpoint:
    """The checkpoint of so many entries; raises `MissingError` when none was signed there."""
    found = Checkpoint.objects.filter(size=size).first() if size < tree.MAX_SIZE else None
    if found is None:
        raise MissingError(f"No checkpoint was signed at {size} entries.")
    return found


def rotations() -> list[str]:
    """Signed statements about new keys, oldest first."""
    return list(Rotation.objects.values_list("note", flat=True))


def tile(path: str) -> bytes:
    """The bytes of a hash tile by its path (C2SP tlog-tiles).

    Raises:
        MissingError: no such tile, or the log has not so many hashes there.
    """
    try:
        wanted = tiles.Tile.parse(path)
    except Exception as error:
        raise MissingError("There is no such tile.") from error
    if wanted.level == tiles.ENTRIES:
        raise MissingError("Entries are never public.")
    found = Tile.objects.filter(level=wanted.level, number=wanted.index).first()
    data = bytes(found.hashes) if found else b""
    if len(data) < wanted.width * tree.HASH_SIZE:
        raise MissingError("There is no such tile.")
    return data[: wanted.width * tree.HASH_SIZE]


def reader(size: int) -> tiles.Reader:
    """The stored tree at a size, for proofs."""

    def fetch(path: str) -> bytes:
        try:
            return tile(path)
        except MissingError as error:
            raise LookupError(path) from error

    return tiles.Reader(size, fetch)


def receipt(entry_id: int, *, user_id: int | None) -> dict[str, Any]:
    """What shows that one's own entry stands in the record (format of `client.receipts`).

    Raises:
        MissingError: no such entry, or it is somebody else's.
        WrongStateError: it is not sealed yet.
    """
    from client import receipts

    person = Person.objects.select_related("entry").filter(entry=entry_id).first()
    if person is None or user_id is None or person.user_id != user_id:
        raise MissingError("There is no such entry of yours.")
    sealed = Leaf.objects.filter(entry=entry_id).first()
    # The newest one: it is signed by the key that the site shows today.
    signed = Checkpoint.objects.filter(size__gt=sealed.place).first() if sealed else None
    if sealed is None or signed is None:
        raise WrongStateError("This entry is not sealed yet: try again in a minute or two.")
    size = checkpoint.unverified(signed.note).size
    proof = tree.inclusion_proof(sealed.place, size, reader(size).node)
    return receipts.make(
        leaf=leaves.leaf_of(person.entry) | {leaves.PLACE: sealed.place},
        personal=leaves.personal_of(person),
        salt=bytes(person.salt),
        proof=proof,
        note=signed.note,
        rotations=rotations(),
    )


def own_entries(user_id: int, actions: tuple[str, ...]) -> QuerySet[Entry]:
    """Somebody's own entries of these actions, newest first, with their place in the log."""
    return (
        Entry.objects.filter(person__user_id=user_id, action__in=actions)
        .select_related("sealed")
        .order_by("-id")
    )
