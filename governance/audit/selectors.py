"""Questions to the record."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Count, Max, Min, Q, QuerySet
from django.db.models.functions import TruncDate

from governance.audit.models import Entry
from governance.errors import MissingError


class Unsealed(NamedTuple):
    count: int
    oldest: datetime | None


def unsealed() -> Unsealed:
    """Entries that no checkpoint covers yet. One query."""
    found = Entry.objects.filter(leaf=None).aggregate(count=Count("id"), oldest=Min("at"))
    return Unsealed(found["count"], found["oldest"])


FIELDS = ("person", "dataset", "version", "tier", "action", "outcome", "since", "until")


def search(wanted: Mapping[str, str]) -> QuerySet[Entry]:
    """Entries, newest first, with their personal part joined.

    `wanted` may hold the names in FIELDS; `person` is part of an address or name, `action` a
    beginning, `since` and `until` dates (YYYY-MM-DD, both included). Unknown names are ignored.
    """
    found = Entry.objects.select_related("person").order_by("-id")
    if person := wanted.get("person"):
        found = found.filter(Q(person__email__icontains=person) | Q(person__name__icontains=person))
    for name in ("dataset", "version", "tier", "outcome"):
        if wanted.get(name):
            found = found.filter(**{name: wanted[name]})
    if action := wanted.get("action"):
        found = found.filter(action__startswith=action)
    if since := wanted.get("since"):
        found = found.filter(at__date__gte=since)
    if until := wanted.get("until"):
        found = found.filter(at__date__lte=until)
    return found


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
    found = Entry.objects.select_related("person").filter(pk=entry_id).first()
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
