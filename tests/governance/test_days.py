"""Working time counts no weekend, and what is added can be measured again."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from governance.access.days import after, worked, working_days

moments = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
FRIDAY = datetime(2026, 11, 27, 16, tzinfo=UTC)


def test_ten_working_days_are_two_weeks():
    assert after(FRIDAY, working_days(10)) == FRIDAY + timedelta(days=14)
    assert after(FRIDAY, timedelta(hours=9)) == datetime(2026, 11, 30, 1, tzinfo=UTC)


def test_a_weekend_counts_for_nothing():
    saturday, monday = datetime(2026, 11, 28, tzinfo=UTC), datetime(2026, 11, 30, tzinfo=UTC)
    assert worked(saturday, monday) == timedelta(0)
    assert after(saturday, working_days(1)) == datetime(2026, 12, 1, tzinfo=UTC)


@given(moments, st.timedeltas(timedelta(0), timedelta(days=400)))
def test_what_is_added_has_been_worked(at, amount):
    end = after(at, amount)
    assert worked(at, end) == amount
    assert end.weekday() < 5
    assert end >= at or amount == timedelta(0)


@given(moments, moments, moments)
def test_working_time_adds_up(one, two, three):
    assert worked(one, two) + worked(two, three) == worked(one, three)
    assert abs(worked(one, two)) <= abs(two - one)
