"""Figures of use, counted from the record itself: there is no second count that could differ.

The rule: one person, version, tier and day (UTC) is one download, however many files it took. Where
the personal part of entries was erased, all of a version, tier and day count as one download and as
nobody, so figures of the distant past are lower bounds.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any, TypedDict

from django.core.cache import cache
from django.db.models import CharField, Count, QuerySet, Value
from django.db.models.functions import Cast, Concat, TruncDate, TruncWeek

from governance.audit.models import Entry

KEPT = 300  # seconds that a figure is remembered
RECENT = timedelta(days=30)
WEEKS = 26  # drawn at most
RULE = "One person, version, tier and day counts as one download."


class OfTier(TypedDict):
    version: str
    tier: str
    downloads: int
    people: int


class OfWeek(TypedDict):
    week: date  # its Monday
    tier: str
    downloads: int
    people: int


def _tickets() -> QuerySet[Entry]:
    return Entry.objects.filter(action="ticket.issue").order_by()


def _counted() -> dict[str, Count]:
    """What counts as one; the parts are apart by a sign that no name of a version or tier has."""
    parts = [
        Cast("person__user_id", CharField()),
        "version",
        "tier",
        Cast(TruncDate("at"), CharField()),
    ]
    spaced = [part for each in parts for part in (Value("|"), each)]
    return {
        "downloads": Count(Concat(*spaced, output_field=CharField()), distinct=True),
        "people": Count("person__user_id", distinct=True),
    }


def _kept(name: str, ask: Callable[[], Any]) -> Any:
    return cache.get_or_set(f"metrics:{name}", ask, KEPT)


def by_tier(dataset: str) -> list[OfTier]:
    """Downloads and people by version and tier, all time; by version's name. One query."""
    return _kept(
        f"tier:{dataset}",
        lambda: list(
            _tickets()
            .filter(dataset=dataset)
            .values("version", "tier")
            .annotate(**_counted())
            .order_by("version", "tier")
        ),
    )


def by_week(dataset: str, *, now: datetime) -> list[OfWeek]:
    """The same by week and tier, the last WEEKS weeks, oldest first. One query."""
    monday = now.date() - timedelta(days=now.weekday())
    since = datetime.combine(
        monday - timedelta(weeks=WEEKS - 1), datetime.min.time(), tzinfo=now.tzinfo
    )

    def ask() -> list[dict[str, Any]]:
        found = (
            _tickets()
            .filter(dataset=dataset, at__gte=since)
            .annotate(week=TruncWeek("at"))
            .values("week", "tier")
            .annotate(**_counted())
            .order_by("week", "tier")
        )
        return [each | {"week": each["week"].date()} for each in found]

    return _kept(f"week:{dataset}:{monday}", ask)


def by_person(dataset: str) -> dict[int, int]:
    """Downloads by user id, of those whose personal part stands; for sums over them. One query."""
    return _kept(
        f"person:{dataset}",
        lambda: dict(
            _tickets()
            .filter(dataset=dataset, person__user_id__isnull=False)
            .values("person__user_id")
            .annotate(downloads=_counted()["downloads"])
            .values_list("person__user_id", "downloads")
        ),
    )


def recent(*, now: datetime) -> dict[str, int]:
    """Downloads of the last 30 days by dataset, of all that had any. One query."""
    return _kept(
        "recent",
        lambda: dict(
            _tickets()
            .filter(at__gt=now - RECENT)
            .values("dataset")
            .annotate(downloads=_counted()["downloads"])
            .values_list("dataset", "downloads")
        ),
    )


def recent_of(dataset: str, *, now: datetime) -> int:
    """The same of one dataset, as old as the other figures of its own page. One query."""
    return _kept(
        f"recent:{dataset}",
        lambda: (
            _tickets()
            .filter(dataset=dataset, at__gt=now - RECENT)
            .aggregate(downloads=_counted()["downloads"])["downloads"]
        ),
    )
