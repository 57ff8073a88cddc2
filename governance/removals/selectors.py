"""Questions to the ledger."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from governance.audit.actors import Actor, Role
from governance.catalogue import selectors as catalogue
from governance.catalogue.models import Dataset
from governance.removals.models import Cause, Removal


def ledger(dataset: Dataset) -> QuerySet[Removal]:
    return Removal.objects.filter(dataset=dataset)


def every() -> QuerySet[Removal]:
    """The whole ledger, newest first, with the datasets."""
    return Removal.objects.select_related("dataset")


def in_force(dataset: Dataset) -> list[dict[str, Any]]:
    """What a build must leave out, in an order that does not depend on when it was asked."""
    return [_told(each) for each in ledger(dataset).order_by("kind", "value")]


def held(dataset: Dataset, *, now: datetime) -> list[dict[str, Any]]:
    """Removals whose raw rows stay for a legal matter: hidden, but not erased."""
    found = ledger(dataset).filter(held_until__gt=now).order_by("kind", "value")
    return [_told(each) for each in found]


def of_matter(dataset: Dataset, matter: str, *, now: datetime) -> list[dict[str, Any]]:
    """Removals that are held for one matter, by its name."""
    found = ledger(dataset).filter(held_until__gt=now, held_for=matter).order_by("kind", "value")
    return [_told(each) for each in found]


def _told(removal: Removal) -> dict[str, Any]:
    """A removal as a brief tells it: nothing that is empty, so that a plain one stays as it was."""
    told: dict[str, Any] = {"kind": removal.kind, "value": removal.value}
    if removal.host:
        told["host"] = removal.host
    if removal.aliases:
        told["aliases"] = sorted(removal.aliases)
    if removal.everywhere:
        told["everywhere"] = True
    if removal.cause == Cause.REPORT:
        told["cause"] = "report"
    return told


def seen_by(actor: Actor) -> QuerySet[Removal]:
    """The ledger of the datasets that this steward or admin keeps, newest first."""
    return every().filter(dataset__in=catalogue.kept_by(actor, Role.STEWARD, Role.ADMIN))


def since(dataset: Dataset, at: datetime) -> int:
    """How many selectors came into the ledger after `at`."""
    return ledger(dataset).filter(recorded_at__gt=at).count()


def pending(
    dataset: Dataset, *, applied: Iterable[Mapping[str, Any]], before: datetime
) -> tuple[int, int]:
    """How many selectors are not among those that a build applied: recorded before a moment, and
    since. One that was widened afterwards counts as not applied."""
    done = {_key(each) for each in applied}
    late = young = 0
    for each in ledger(dataset).iterator():
        if _key(_told(each)) in done:
            continue
        late, young = (late + 1, young) if each.recorded_at < before else (late, young + 1)
    return late, young


def named_in(dataset: Dataset, text: str) -> bool:
    """Whether a text names the subject of a removal: its value or one of its other names as a word
    of its own, whatever the case. Stewards read the ledger anyway, so yes tells them nothing."""
    words = text.casefold()
    for each in ledger(dataset).iterator():
        for name in (each.value, *each.aliases):
            if _stands_in(name.casefold(), words):
                return True
    return False


def _stands_in(name: str, words: str) -> bool:
    at = words.find(name)
    while at >= 0:
        before, after = words[at - 1 : at], words[at + len(name) : at + len(name) + 1]
        if not (before.isalnum() or after.isalnum()):
            return True
        at = words.find(name, at + 1)
    return False


def _key(told: Mapping[str, Any]) -> str:
    return json.dumps(told, sort_keys=True)
