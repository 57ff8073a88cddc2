"""Which place of a content stands for it in the processed tier, or why none may.

A row passes only if all licences of the repository are in the set and all that the file names for
itself are too. What the file says beats the host's label: it can only take away, never add.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from pipeline.select.sets import LicenceSet, rests_on

# Each dropped content is counted under the first that applies, in this order.
REMOVED = "removed"
NO_LICENCE = "no-licence"
OUTSIDE = "licence-outside-set"
HEADER = "header-licence"
TOO_LARGE = "too-large"
EMPTY = "empty"
REASONS = (REMOVED, NO_LICENCE, OUTSIDE, HEADER, TOO_LARGE, EMPTY)

Place = Mapping[str, Any]  # a row of OCCURRENCE: repo_name, path, stars, licenses, ...


class Content(NamedTuple):
    """What is asked of a content itself."""

    licences: Sequence[str]  # that the file names for itself
    size: int  # bytes
    blank: bool  # nothing but white space


class Chosen(NamedTuple):
    """The place that stands for a content."""

    place: Place
    licences: tuple[str, ...]  # that the row rests on, sorted


def choose(
    content: Content, places: Sequence[Place], licences: LicenceSet, *, max_bytes: int
) -> Chosen | str:
    """Return the place and the licences of a row, or the one reason why there is none.

    `places` are those that no removal took. Of the allowed ones the place with most stars stands
    for all, then the first by name and path.
    """
    if not places:
        return REMOVED
    allowed = [place for place in places if all_met(licences, place["licenses"])]
    if not allowed:
        return OUTSIDE if any(place["licenses"] for place in places) else NO_LICENCE
    of_file = all_met(licences, content.licences)
    if content.licences and not of_file:
        return HEADER
    if content.size > max_bytes:
        return TOO_LARGE
    if content.blank:
        return EMPTY
    best = min(allowed, key=_rank)
    return Chosen(best, of_file or all_met(licences, best["licenses"]))


def all_met(licences: LicenceSet, expressions: Iterable[str] | None) -> tuple[str, ...]:
    """The licences on which expressions rest that must all be met; () when one is not, or none."""
    found: set[str] = set()
    for expression in expressions or ():
        rests = rests_on(licences, expression)
        if not rests:
            return ()
        found.update(rests)
    return tuple(sorted(found))


def _rank(place: Place) -> tuple[int, str, str, str, str]:
    stars = place["stars"] or 0
    return (-stars, place["repo_name"], place["path"], place["repo_host"], place["source"])
