"""Which entries are missing, repeated or out of order, from the runs in which they came."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

from .scan import Fault

MAX_RUNS = 5000  # beyond it the order is called broken, and no entry is named

Run = tuple[int, int]  # (first, end) of entries that follow one another


def faults(runs: Sequence[Run], size: int) -> list[Fault]:
    """What is wrong with the order of a log of `size` entries that came in these runs."""
    return [*_gaps(runs, size), *_misplaced(runs)]


def _gaps(runs: Sequence[Run], size: int) -> Iterator[Fault]:
    covered = 0
    for first, end in sorted(runs):
        if covered < first and covered < size:
            yield Fault("missing", covered, min(first, size) - 1)
        if first < covered:
            yield Fault("repeated", first, min(end, covered) - 1)
        if end > size:
            yield Fault("surplus", max(first, size), end - 1)
        covered = max(covered, end)
    if covered < size:
        yield Fault("cut_off" if covered else "missing", covered, size - 1)


def _misplaced(runs: Sequence[Run]) -> Iterator[Fault]:
    """The runs outside the heaviest rising sequence: the fewest entries that must have moved."""
    kept = _heaviest_rising(runs)
    for at, (first, end) in enumerate(runs):
        if at not in kept:
            before = f"after entry {runs[at - 1][1] - 1}" if at else "at the beginning"
            yield Fault("misplaced", first, end - 1, before)


def _heaviest_rising(runs: Sequence[Run]) -> set[int]:
    """Places of runs that rise by their first entries and hold the most entries together."""
    starts: list[int] = []  # of the last runs of sequences worth going on with, rising
    weights: list[int] = []  # of these sequences, rising
    ends: list[int] = []  # places of their last runs
    previous: dict[int, int | None] = {}
    for place, (first, end) in enumerate(runs):
        at = bisect_right(starts, first)
        previous[place] = ends[at - 1] if at else None
        weight = end - first + (weights[at - 1] if at else 0)
        beaten = at
        while beaten < len(starts) and weights[beaten] <= weight:
            beaten += 1
        if at and starts[at - 1] == first:
            at = bisect_left(starts, first)
        starts[at:beaten], weights[at:beaten], ends[at:beaten] = [first], [weight], [place]
    chosen: set[int] = set()
    step = ends[-1] if ends else None
    while step is not None:
        chosen.add(step)
        step = previous[step]
    return chosen
