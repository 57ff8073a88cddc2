"""Duties come from the record: who holds what was superseded or withdrawn owes something for it.

A duty is looked for by what lacks one, never by the last id that was seen: a copy that is committed
late is found by the next sweep. A process that dies leaves whole batches, and the next goes on.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef

from governance.audit import selectors as audit
from governance.audit.models import Entry
from governance.catalogue import selectors as catalogue
from governance.catalogue.models import Version
from governance.duty.models import Copy, Duty, Event, Kind
from governance.duty.services import holds
from governance.errors import MissingError

PART = 500  # duties made in one transaction: SQLite has one writer
KINDS = {"version.supersede": Kind.UPDATE, "version.withdraw": Kind.WITHDRAWAL}
LATE = timedelta(hours=1)  # for tickets that were being written when the version went
REMIND_BEFORE = timedelta(days=7)


def make_from_record(*, now: datetime, at_most: int = 10_000) -> int:
    """Give every holder what they owe by the record so far. Returns how many duties were made.

    Again is no change; two at once make each duty once. After `at_most` (and what is left of a
    batch) it returns: the next sweep goes on.
    """
    known = Event.objects.filter(pk=OuterRef("pk"), done_at__isnull=False)
    made = 0
    for entry in audit.after(tuple(KINDS)).exclude(Exists(known)).iterator():
        if made >= at_most:
            break
        made += _make(entry, now=now, at_most=at_most - made)
    return made


def _make(entry: Entry, *, now: datetime, at_most: int) -> int:
    event, _ = Event.objects.get_or_create(entry=entry.pk)
    try:
        version = catalogue.version(
            catalogue.dataset_by_slug(entry.dataset), entry.version, hidden=True
        )
        cause, last = _cause(entry, version), _last_copy(entry)
    except MissingError:  # from before there were copies
        Event.objects.filter(pk=event.pk).update(done_at=now)
        return 0
    made = 0
    while made < at_most:
        batch = _batch(entry, version, cause, now=now)
        made += batch
        if batch < PART:
            if now >= last:
                Event.objects.filter(pk=event.pk).update(done_at=now)
            break
    return made


def _batch(entry: Entry, version: Version, cause: Version, *, now: datetime) -> int:
    kind = KINDS[entry.action]
    deadline = deadline_of(entry)
    dataset = version.dataset
    held_from = deadline + timedelta(days=dataset.update_grace) if dataset.update_holds else None
    has = Duty.objects.filter(copy=OuterRef("pk"), kind=kind, cause=cause)
    with transaction.atomic():
        without = Copy.objects.filter(version=version, closed_at=None).exclude(Exists(has))
        # Locked: what its holder accounts for at this moment owes nothing.
        found = without.select_for_update(of=("self",)).order_by("id")
        copies = list(found.values_list("pk", "holder")[:PART])
        duties = [
            Duty(
                copy_id=pk,
                kind=kind,
                cause=cause,
                made_at=now,
                deadline=deadline,
                held_from=held_from,
                remind_at=max(now, deadline - REMIND_BEFORE),
                left_at=now if holder is None else None,
            )
            for pk, holder in copies
        ]
        Duty.objects.bulk_create(duties, ignore_conflicts=True)
        if held_from is not None:
            holds.follow({holder for _, holder in copies if holder is not None}, dataset.pk)
        Event.objects.filter(pk=entry.pk).update(made=F("made") + len(duties))
    return len(duties)


def deadline_of(entry: Entry) -> datetime:
    """Until when holders must have acted: as it was recorded, whatever a policy says later.

    Raises `MissingError` for an entry from before deadlines were recorded.
    """
    told = "serve_until" if entry.action == "version.supersede" else "erase_by"
    if told not in entry.detail:
        raise MissingError(f"Entry {entry.pk} gives no deadline.")
    return datetime.fromisoformat(entry.detail[told])


def _cause(entry: Entry, version: Version) -> Version:
    if entry.action == "version.withdraw":
        return version
    return catalogue.version(version.dataset, entry.detail.get("successor", ""), hidden=True)


def _last_copy(entry: Entry) -> datetime:
    """A superseded version is handed out for a while, and who takes it then owes the same."""
    over = entry.at if entry.action == "version.withdraw" else deadline_of(entry)
    return over + LATE
