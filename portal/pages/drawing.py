"""Bars as SVG attributes: no style, no script, colours from the stylesheet's classes."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

WIDTH, HEIGHT = 640, 200
LEFT, TOP, BASE = 52, 12, 168  # where the bars stand, in units of the drawing
MOST_LABELS = 7  # dates below the bars that a phone can still show
MOST_DAYS = 60
MOST_WEEKS = 26
LEAST = 1.5  # height of the smallest bar that is not nothing
SERIES = (
    ("allowed", "f1", "Allowed"),
    ("recorded", "f5", "Recorded"),
    ("refused", "f3", "Refused"),
)
COLOURS = ("f1", "f5", "f2", "f3", "f4")  # neighbours in a bar stay distinct in this order
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


Counts = Mapping[date, Mapping[str, int]]


def per_day(counted: Iterable[Mapping[str, Any]]) -> dict[str, Any] | None:
    """Stacked bars of `[{day, outcome, n}]`: the last 60 days that hold anything, gaps as gaps.

    None when there is nothing to draw.
    """
    days: dict[date, dict[str, int]] = defaultdict(dict)
    for each in counted:
        days[each["day"]][each["outcome"]] = each["n"]
    if not days:
        return None
    first, shown = _span(days, timedelta(days=1), MOST_DAYS)
    drawn = _drawn(days, shown, SERIES, ("Entries", "day"))
    return drawn | {"cut": min(days) < first}


def per_week(counted: Iterable[Mapping[str, Any]], tiers: Sequence[str]) -> dict[str, Any] | None:
    """The same of `[{week, tier, downloads}]`, with a series for each tier in this order."""
    weeks: dict[date, dict[str, int]] = defaultdict(dict)
    for each in counted:
        weeks[each["week"]][each["tier"]] = each["downloads"]
    if not weeks:
        return None
    _, shown = _span(weeks, timedelta(weeks=1), MOST_WEEKS)
    series = [(tier, COLOURS[at % len(COLOURS)], tier) for at, tier in enumerate(tiers)]
    return _drawn(weeks, shown, series, ("Downloads", "week")) | {"cut": False}


def _span(counts: Counts, step: timedelta, most: int) -> tuple[date, list[date]]:
    """The first bar, and all bars up to the last that holds anything."""
    last = max(counts)
    first = max(min(counts), last - (most - 1) * step)
    return first, [first + at * step for at in range((last - first) // step + 1)]


def _drawn(
    counts: Counts,
    shown: list[date],
    series: Sequence[tuple[str, str, str]],
    what: tuple[str, str],  # what is counted, and in which time
) -> dict[str, Any]:
    highest = max(sum(counts[each].values()) for each in shown if each in counts)
    step = _step(highest)
    top = step * math.ceil(highest / step)
    totals = _totals(counts, shown, series)
    return {
        "title": f"{what[0]} a {what[1]}",
        "unit": what[1],
        "width": WIDTH,
        "height": HEIGHT,
        "left": LEFT,
        "base": BASE,
        "rules": _rules(step, top),
        "bars": _bars(counts, shown, series, top),
        "labels": _labels(shown),
        "legend": totals,
        "sentence": _sentence(shown, totals, highest, what),
        "days": len(shown),
    }


def _step(highest: int) -> int:
    """A round distance between rules, so that at most four are drawn."""
    power = 10 ** max(int(math.log10(highest)) - 1, 0)
    return next(
        step
        for step in (power * size for size in (1, 2, 5, 10, 20, 25, 50, 100))
        if highest <= 4 * step
    )


def _height(count: int, top: int) -> float:
    return (BASE - TOP) * count / top


def _rules(step: int, top: int) -> list[dict[str, Any]]:
    rules = []
    for value in range(0, top + 1, step):
        y = BASE - _height(value, top)
        rules.append({"value": value, "y": f"{y:.1f}", "text": f"{y + 4:.1f}"})
    return rules


def _bars(
    days: Counts, shown: list[date], among: Sequence[tuple[str, str, str]], top: int
) -> list[dict[str, Any]]:
    room = (WIDTH - LEFT) / len(shown)
    width = min(room * 0.76, 40)
    bars = []
    for at, day in enumerate(shown):
        y = float(BASE)
        x = LEFT + room * at + (room - width) / 2
        for outcome, series, label in among:
            count = days.get(day, {}).get(outcome, 0)
            if not count:
                continue
            height = max(_height(count, top), LEAST)
            y -= height
            bars.append(
                {
                    "series": series,
                    "x": f"{x:.1f}",
                    "y": f"{y:.1f}",
                    "width": f"{width:.1f}",
                    "height": f"{height:.1f}",
                    "title": f"{_words(day)}: {count:,} {label.lower()}",
                }
            )
    return bars


def _labels(shown: list[date]) -> list[dict[str, str]]:
    """A few dates below the bars, the first always."""
    room = (WIDTH - LEFT) / len(shown)
    every = math.ceil(len(shown) / MOST_LABELS)
    return [
        {"x": f"{LEFT + room * (at + 0.5):.1f}", "text": _words(shown[at])}
        for at in range(0, len(shown), every)
    ]


def _totals(
    days: Counts, shown: list[date], among: Sequence[tuple[str, str, str]]
) -> list[dict[str, Any]]:
    found = []
    for outcome, series, label in among:
        count = sum(days.get(day, {}).get(outcome, 0) for day in shown)
        found.append({"series": series, "label": label, "count": count})
    return [each for each in found if each["count"]]


def _sentence(
    shown: list[date], totals: list[dict[str, Any]], highest: int, what: tuple[str, str]
) -> str:
    counts = ", ".join(f"{each['count']:,} {each['label'].lower()}" for each in totals)
    span = _words(shown[0]) if len(shown) == 1 else f"{_words(shown[0])} to {_words(shown[-1])}"
    title = f"{what[0]} a {what[1]}, {span} {shown[-1].year}"
    return f"{title}: {counts}; at most {highest:,} in one {what[1]}."


def _words(day: date) -> str:
    return f"{day.day} {MONTHS[day.month - 1]}"
