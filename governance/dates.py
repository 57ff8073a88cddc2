"""Days and moments in words, the same in a mail, in a refusal and on a page.

>>> day(datetime(2026, 12, 7, 9, 5, tzinfo=UTC))
'7 Dec 2026'
>>> moment("2026-12-07T09:05:00Z")
'7 Dec 2026, 09:05 UTC'
"""

from datetime import UTC, date, datetime

# Not strftime's %b, which follows the locale of the process, nor its %d, which writes 07.
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def in_utc(at: datetime | str) -> datetime:
    """A moment or its ISO text, in UTC; what has no zone is taken as UTC."""
    known = datetime.fromisoformat(at) if isinstance(at, str) else at
    return known.astimezone(UTC) if known.tzinfo else known.replace(tzinfo=UTC)


def day(at: date | str) -> str:
    """`7 Dec 2026`; a moment gives its day in UTC, a text is ISO."""
    known = in_utc(at) if isinstance(at, datetime | str) else at
    return f"{known.day} {MONTHS[known.month - 1]} {known.year}"


def moment(at: datetime | str) -> str:
    """`7 Dec 2026, 09:05 UTC`."""
    known = in_utc(at)
    return f"{day(known)}, {known:%H:%M} UTC"
