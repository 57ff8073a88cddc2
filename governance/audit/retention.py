"""How long the personal part of an entry is kept, and its erasure.

Days by kind of entry; the longest beginning of an action that matches counts. What shows who agreed
to what, or who decided about whom, is kept as long as a claim may be made; see docs/record.md.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max, QuerySet

from governance.audit import services as audit
from governance.audit.actors import HOUSE, Actor
from governance.audit.models import Person
from governance.errors import NotPermittedError, WrongStateError

YEAR = 365
DAYS: Mapping[str, int] = {
    "strangers.": 90,
    "act.refuse": YEAR,
    "ticket.refuse": YEAR,
    "token.": 2 * YEAR,
    "account.": 2 * YEAR,
    "volume.": YEAR,
    "hook.": 2 * YEAR,
    "address.": 2 * YEAR,
    "notices.": 2 * YEAR,
    "follow.": 2 * YEAR,
    "record.": 3 * YEAR,
    "ticket.issue": 3 * YEAR,
    "": 10 * YEAR,
}
# Evidence that outlives a wish to be forgotten: agreements, decisions, acts of privileged people.
KEPT = ("terms.", "application.", "grant.", "group.", "block.", "role.", "version.", "build.",
        "removal.", "dataset.", "key.", "person.", "suspension.", "copy.", "draft.")  # fmt: skip
BATCH = 500


def days_of(action: str) -> int:
    return DAYS[max((begin for begin in DAYS if action.startswith(begin)), key=len)]


def erase_old(*, now: datetime) -> int:
    """Erase the personal parts whose time is over; one entry for each kind and batch."""
    return sum(_erase_kind(begin, now=now) for begin in DAYS)


def _erase_kind(begin: str, *, now: datetime) -> int:
    over = Person.objects.filter(
        entry__action__startswith=begin, entry__at__lt=now - timedelta(days=DAYS[begin])
    )
    for longer in DAYS:
        if longer != begin and longer.startswith(begin):
            over = over.exclude(entry__action__startswith=longer)
    return _erase(over, kind=begin or "other", actor=HOUSE, reason="its time was over", now=now)


def erase_person(*, user_id: int, actor: Actor, reason: str, now: datetime) -> int:
    """Erase what need not be kept of one person: downloads, refusals, tokens, searches.

    Agreements and decisions stay (KEPT). Roots stay valid, and the erasure is itself an entry.
    """
    if not (actor.system or actor.user_id == user_id):
        raise NotPermittedError("Only the person, or an operator, erases a personal part.")
    if not reason.strip():
        raise WrongStateError("Give a reason; it stays in the record.")
    theirs = Person.objects.filter(user_id=user_id)
    for begin in KEPT:
        theirs = theirs.exclude(entry__action__startswith=begin)
    return _erase(theirs, kind="person", actor=actor, reason=reason, now=now)


def _erase(chosen: QuerySet[Person], *, kind: str, actor: Actor, reason: str, now: datetime) -> int:
    """In batches, along the ids that were there at the start: what tells of an erasure may itself
    be among the chosen, and each batch begins after the one before, so there is an end."""
    erased, after = 0, 0
    last = chosen.aggregate(last=Max("entry_id"))["last"] or 0
    while True:
        with transaction.atomic():
            left = chosen.filter(entry_id__gt=after, entry_id__lte=last).order_by("entry_id")
            ids = list(left.values_list("entry_id", flat=True)[:BATCH])
            if not ids:
                return erased
            after = ids[-1]
            Person.objects.filter(entry_id__in=ids).delete()
            audit.personal_erased(
                actor=actor,
                kind=kind,
                count=len(ids),
                first=ids[0],
                last=ids[-1],
                reason=reason,
                now=now,
            )
            erased += len(ids)
