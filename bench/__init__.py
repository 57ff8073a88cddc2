"""Measurements. `script/bench [NAME ...]` runs them and prints a table.

Each module here that has a function `run() -> list[Figure]` is one. What two machines may compare
is a ratio of two things measured in the same run, a median of five alternating rounds; plain
numbers stand beside it for the one who tunes. Tests never time anything.
"""

import statistics
from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeVar

ROUNDS = 5
T = TypeVar("T")


class Figure(NamedTuple):
    """One line of the table; `aim` is what the project promises, where it promises something."""

    name: str
    value: float
    unit: str
    aim: str = ""


def alternate(parts: Mapping[str, Callable[[], T]]) -> dict[str, list[T]]:
    """Run all parts in turn, ROUNDS times, so that a slow spell of the machine hits each alike."""
    found: dict[str, list[T]] = {name: [] for name in parts}
    for _ in range(ROUNDS):
        for name, part in parts.items():
            found[name].append(part())
    return found


def median_ratio(above: list[float], below: list[float]) -> float:
    """The median of the ratios of each round."""
    return statistics.median(one / other for one, other in zip(above, below, strict=True))
