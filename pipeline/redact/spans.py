"""Where a private value stands in a text, and how spans that meet become one."""

from collections.abc import Iterable
from typing import NamedTuple

# The classes that a detector here can find, the gravest first: of spans that meet, the
# gravest names the whole. EMAIL_LICENSE is an address in a licence header or an attribution.
CLASSES = ("KEY", "PASSWORD", "EMAIL", "IP_ADDRESS", "EMAIL_LICENSE")


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
