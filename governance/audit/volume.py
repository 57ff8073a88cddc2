"""Unusual volume: somebody is let to far more files in a day than they used to be, and than others.

It refuses nothing: whoever signed may take all of a version in an hour. It makes stewards look.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from datetime import UTC, date, datetime, time, timedelta
from math import ceil
from statistics import median

from django.db import transaction
from django.db.models import Count
from django.db.models.functions import TruncDate

from governance.audit import services as audit
from governance.audit.actors import HOUSE
from governance.audit.models import Entry, LogState

ALWAYS = 50  # tickets in a day that are never unusual
OF_ONESELF = 5  # times the median of one's own days
OF_OTHERS = 3  # times the 95th percentile of the other people of that day
BEFORE = timedelta(days=30)
MOST_NAMED = 20  # datasets named in an entry


def look(*, now: datetime) -> list[Entry]:
    """Write one entry for each person and day that is unusual; today, and what ended an hour ago.

    May run as often as one likes, and beside itself.
    """
    days = sorted({(now - timedelta(hours=1)).date(), now.date()})
    return [entry for day in days for entry in _look_at(day, now=now)]


def _look_at(day: date, *, now: datetime) -> Iterable[Entry]:
    counts = _tickets_on(day)
    busy = [person for person, tickets in counts.items() if tickets > ALWAYS]
    usual = _medians(busy, day) if busy else {}
    for person in busy:
        most = limit(usual.get(person, 0), [n for who, n in counts.items() if who != person])
        if counts[person] > most:
            yield from _notice(person, day, tickets=counts[person], most=most, now=now)


def limit(usual: float, others: Collection[int]) -> int:
    """Tickets of a day above which they are unusual. `usual` is the median of one's own days."""
    return max(ALWAYS, ceil(OF_ONESELF * usual), OF_OTHERS * percentile_95(others))


def percentile_95(counts: Collection[int]) -> int:
    """The smallest count that at least 95 of 100 do not exceed; 0 of nobody."""
    ranked = sorted(counts)
    return ranked[ceil(0.95 * len(ranked)) - 1] if ranked else 0


def _day(day: date) -> dict[str, object]:
    begin = datetime.combine(day, time.min, UTC)
    return {"action": "ticket.issue", "at__gte": begin, "at__lt": begin + timedelta(days=1)}


def _tickets_on(day: date) -> Counter[int]:
    found = (
        Entry.objects.filter(**_day(day), person__user_id__isnull=False)
        .order_by()
        .values("person__user_id")
        .annotate(tickets=Count("id"))
    )
    return Counter({each["person__user_id"]: each["tickets"] for each in found})


def _medians(people: Collection[int], day: date) -> dict[int, float]:
    """The median of the days on which each was let to anything; a day without says nothing."""
    begin = datetime.combine(day, time.min, UTC)
    found = (
        Entry.objects.filter(
            action="ticket.issue",
            at__gte=begin - BEFORE,
            at__lt=begin,
            person__user_id__in=people,
        )
        .order_by()
        .annotate(day=TruncDate("at"))
        .values("person__user_id", "day")
        .annotate(tickets=Count("id"))
    )
    days: dict[int, list[int]] = {}
    for each in found:
        days.setdefault(each["person__user_id"], []).append(each["tickets"])
    return {person: median(counts) for person, counts in days.items()}


def _notice(person: int, day: date, *, tickets: int, most: int, now: datetime) -> list[Entry]:
    datasets = (
        Entry.objects.filter(**_day(day), person__user_id=person)
        .order_by("dataset")
        .values_list("dataset", flat=True)
        .distinct()
    )
    with transaction.atomic():
        # The one row that every process can lock: two that look at once must not both write.
        LogState.objects.get_or_create(pk=1)
        LogState.objects.select_for_update().get(pk=1)
        told = Entry.objects.filter(
            action="volume.notice", person__concerns=person, detail__day=day.isoformat()
        )
        if told.exists():
            return []
        return [
            audit.volume_noticed(
                actor=HOUSE,
                person=person,
                day=day,
                tickets=tickets,
                limit=most,
                datasets=list(datasets[:MOST_NAMED]),
                now=now,
            )
        ]
