"""Working time: all of it but Saturdays and Sundays, in UTC. Public holidays are not known here."""

from datetime import UTC, datetime, timedelta

DAY = timedelta(days=1)
WEEK, WORKING_WEEK = 7 * DAY, 5 * DAY
MONDAY = datetime(2001, 1, 1, tzinfo=UTC)  # any Monday; what lies before it counts backwards


def _since_monday(at: datetime) -> timedelta:
    weeks, rest = divmod(at - MONDAY, WEEK)
    return weeks * WORKING_WEEK + min(rest, WORKING_WEEK)


def worked(start: datetime, end: datetime) -> timedelta:
    """Working time from `start` to `end`; a whole day of it is 24 hours."""
    return _since_monday(end) - _since_monday(start)


def after(at: datetime, amount: timedelta) -> datetime:
    """When so much working time has gone by since `at`; never on a weekend."""
    weeks, rest = divmod(_since_monday(at) + amount, WORKING_WEEK)
    return MONDAY + weeks * WEEK + rest


def working_days(count: int) -> timedelta:
    return count * DAY
