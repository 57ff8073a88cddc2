"""On which days a dataset's versions are due: plain dates, no clock, no database."""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import count, islice, takewhile

QUARTERLY = (1, 4, 7, 10)  # January, April, July, October
LAST_DAY = 28  # every month has it


def after(months: Sequence[int], day: int, start: date) -> Iterator[date]:
    """Every due date after `start`, in order and without end. `months` are 1 to 12, not empty."""
    for year in count(start.year):
        for month in sorted(set(months)):
            due = date(year, month, day)
            if due > start:
                yield due


def between(months: Sequence[int], day: int, start: date, end: date) -> list[date]:
    """Due dates after `start`, up to and with `end`."""
    return list(takewhile(lambda due: due <= end, after(months, day, start)))


def coming(months: Sequence[int], day: int, start: date, most: int) -> list[date]:
    """The next due dates after `start`."""
    return list(islice(after(months, day, start), most))
