"""Where a private value stands in a text, and how spans that meet become one."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

# The classes that a detector here can find, the gravest first: of spans that meet, the gravest
# names the whole. `_LICENSE`: in a licence header or an attribution; `_EXAMPLE`: a placeholder.
CLASSES = (
    "PRIVATE_KEY", "KEY", "URL_CREDENTIALS", "PASSWORD", "PAYMENT_CARD", "NATIONAL_ID", "EMAIL",
    "IP_ADDRESS", "PHONE", "NAME", "USERNAME", "EMAIL_LICENSE", "NAME_LICENSE", "USERNAME_LICENSE",
    "EMAIL_EXAMPLE", "NAME_EXAMPLE", "USERNAME_EXAMPLE",
)  # fmt: skip
# Those that are looked for only where a policy names them ...
FURTHER = frozenset({"PRIVATE_KEY", "URL_CREDENTIALS", "PAYMENT_CARD", "NATIONAL_ID", "PHONE"})
# ... of which these are found in any case, under a broader class.
BROADER = {"PRIVATE_KEY": "KEY", "URL_CREDENTIALS": "PASSWORD"}
# People: a name gives way where it overlaps a value of another kind.
_PEOPLE = ("NAME", "USERNAME")


class Span(NamedTuple):
    """A value in a text. Offsets count Unicode code points from 0; `end` is exclusive."""

    start: int
    end: int
    cls: str
    rule: str = ""
    score: float = 1.0  # how sure the rule is, 0 to 1


def gravity(cls: str) -> int:
    """Rank of a class: 0 is the gravest, a class unknown here comes last."""
    return CLASSES.index(cls) if cls in CLASSES else len(CLASSES)


def merge(spans: Iterable[Span]) -> list[Span]:
    """Return the spans in order, those that overlap or touch made into one; empty ones go.

    The one span covers all that they covered. Class and rule are those of the gravest class
    among them (of equals the longest, then the first), the score is the best of its class.
    """
    merged: list[Span] = []
    group: list[Span] = []
    end = 0
    for span in sorted(span for span in spans if span.start < span.end):
        if group and span.start > end:
            merged.append(_union(group))
            group = []
        end = max(end, span.end) if group else span.end
        group.append(span)
    if group:
        merged.append(_union(group))
    return merged


def settle(spans: Iterable[Span]) -> list[Span]:
    """The spans merged, in order; what overlaps a name does not take it along, and none overlap.

    A policy may leave names and redact an address that they touch, so names stand by themselves:
    cut where another value begins, and gone where nothing of them is left.
    """
    people: list[Span] = []
    others: list[Span] = []
    for span in spans:
        (people if span.cls.startswith(_PEOPLE) else others).append(span)
    settled = merge(others)
    if not people:
        return settled
    return sorted([*settled, *_cut(merge(people), settled)])


def _cut(people: list[Span], others: list[Span]) -> Iterator[Span]:
    """The parts of `people` that no other covers; both in order, each without overlaps."""
    at = 0
    for person in people:
        while at < len(others) and others[at].end <= person.start:
            at += 1
        start, step = person.start, at
        while step < len(others) and others[step].start < person.end:
            if start < others[step].start:
                yield person._replace(start=start, end=others[step].start)
            start = max(start, others[step].end)
            step += 1
        if start < person.end:
            yield person._replace(start=start)


def _union(group: list[Span]) -> Span:
    if len(group) == 1:
        return group[0]
    lead = min(group, key=lambda span: (gravity(span.cls), span.start - span.end, span.start))
    return Span(
        group[0].start,
        max(span.end for span in group),
        lead.cls,
        lead.rule,
        max(span.score for span in group if span.cls == lead.cls),
    )
