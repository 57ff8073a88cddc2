"""How good a detector is on labelled text: precision, recall and F1, by class and repository.

A label is a span with a truth: `T` a real value, `F` not one, `X` a test value, an example or a
placeholder. As no corpus is labelled to the end, a detection that touches no label is *unknown*,
neither right nor wrong, and counted apart; so is one that touches `X` alone.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from .spans import Span

ROUNDS = 1000  # of the bootstrap
LEVEL = 0.95


class Label(NamedTuple):
    """Offsets in code points, `end` exclusive. `cls` is the class that it is judged under."""

    start: int
    end: int
    truth: str
    cls: str


class Row(NamedTuple):
    """One labelled text. `group` is what may not be torn apart: its repository."""

    group: str
    content: str
    labels: Sequence[Label]
    path: str = ""


@dataclass(slots=True)
class Tally:
    """Counts of one class, of one group or of all. `hits` of `truths` were found."""

    truths: int = 0
    hits: int = 0
    exact: int = 0  # of the hits, those with the label's own start and end
    false: int = 0  # detections that overlap a false label and no true one
    examples: int = 0  # detections that overlap a test value or placeholder alone
    unknown: int = 0  # detections that overlap no label

    def __iadd__(self, other: "Tally") -> "Tally":
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        return self

    @property
    def precision(self) -> float | None:
        """Of the detections that a label judges, the share that is right; None without any."""
        judged = self.hits + self.false
        return self.hits / judged if judged else None

    @property
    def recall(self) -> float | None:
        """Of the true labels, the share that a detection overlaps; None without any."""
        return self.hits / self.truths if self.truths else None

    @property
    def f1(self) -> float | None:
        """Harmonic mean of the two; None where one of them is."""
        judged = self.truths + self.hits + self.false
        return 2 * self.hits / judged if self.truths and judged else None


@dataclass(slots=True)
class Measured:
    """What `measure` found: tallies by class, and by class and group."""

    groups: dict[str, dict[str, Tally]] = field(default_factory=dict)  # class -> group -> tally
    rows: int = 0
    size: int = 0  # code points of text: with the truths, the prevalence

    def total(self, cls: str) -> Tally:
        """All groups of a class together."""
        total = Tally()
        for tally in self.groups.get(cls, {}).values():
            total += tally
        return total

    def mean_recall(self, cls: str) -> float | None:
        """Mean of the recalls of the groups that have a true label: each repository counts once."""
        found = [each.recall for each in self.groups.get(cls, {}).values()]
        told = [each for each in found if each is not None]
        return sum(told) / len(told) if told else None

    def interval(self, cls: str, of: Callable[[Tally], float | None]) -> tuple[float, float] | None:
        """The middle 95 % of a figure when groups are drawn anew with replacement, 1,000 times.

        Groups and not rows are drawn, since the rows of a repository resemble each other (Efron and
        Tibshirani 1993, section 8.3 on blocks). None with fewer than two groups.
        """
        tallies = list(self.groups.get(cls, {}).values())
        if len(tallies) < 2:
            return None
        draw = random.Random(0)  # noqa: S311  a fixed seed: the same figures each time
        found = sorted(
            value
            for value in (of(_sum(draw.choices(tallies, k=len(tallies)))) for _ in range(ROUNDS))
            if value is not None
        )
        if not found:
            return None
        cut = (1 - LEVEL) / 2
        return found[int(cut * len(found))], found[min(len(found) - 1, int((1 - cut) * len(found)))]


def _sum(tallies: Iterable[Tally]) -> Tally:
    total = Tally()
    for tally in tallies:
        total += tally
    return total


Detect = Callable[[str, str], Sequence[Span]]  # content, path -> spans


def measure(rows: Iterable[Row], detect: Detect, *, as_class: Callable[[str], str]) -> Measured:
    """Compare what `detect` finds with the labels, by span overlap.

    `as_class` names the class under which a detection of some class is judged ("" for not at all):
    the labels of a corpus may know only one class for keys and passwords.
    """
    measured = Measured()
    for row in rows:
        measured.rows += 1
        measured.size += len(row.content)
        spans = [s._replace(cls=as_class(s.cls)) for s in detect(row.content, row.path)]
        classes = {label.cls for label in row.labels} | {span.cls for span in spans if span.cls}
        for cls in classes:
            tally = measured.groups.setdefault(cls, {}).setdefault(row.group, Tally())
            tally += _row(
                [label for label in row.labels if label.cls == cls],
                [span for span in spans if span.cls == cls],
            )
    return measured


def _row(labels: Sequence[Label], spans: Sequence[Span]) -> Tally:
    tally = Tally()
    for label in labels:
        if label.truth != "T":
            continue
        tally.truths += 1
        touching = [span for span in spans if _meet(span, label)]
        tally.hits += bool(touching)
        tally.exact += any((s.start, s.end) == (label.start, label.end) for s in touching)
    for span in spans:
        told = Counter(label.truth for label in labels if _meet(span, label))
        if told["T"]:
            continue
        tally.false += bool(told["F"])
        tally.examples += bool(told["X"]) and not told["F"]
        tally.unknown += not told
    return tally


def _meet(span: Span, label: Label) -> bool:
    return span.start < label.end and span.end > label.start
