"""Which acceptance counts, and until when. Pure: rows in, an answer out; no query, no clock.

An acceptance counts from the day on which its version takes effect until the moment that later
versions set (`TermsVersion.accepted_until`). It follows from what they say of earlier ones.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple


class Standing(NamedTuple):
    """Where somebody stands with the terms of a dataset. `number` is empty when it has none."""

    number: str  # in force
    accepted: bool
    until: datetime | None = None  # when this stops by itself; None: it does not, or there is none
    signed: str = ""  # number of the version whose acceptance counts
    sha256: str = ""  # of the text that was signed, or else of the one in force

    @property
    def text(self) -> str:
        """Number of the version that `sha256` is of: what goes with the data."""
        return self.signed or self.number


NONE = Standing("", accepted=False)
FOR_EVER = datetime.max.replace(tzinfo=UTC)


class Kept(NamedTuple):
    """A version of the terms as it concerns one person."""

    number: str
    effective_at: datetime
    accepted_until: datetime | None
    signed: bool
    sha256: str = ""


class Rule(NamedTuple):
    """What a version says of acceptances of earlier ones."""

    effective_at: datetime
    earlier: str  # good | until | end
    earlier_until: datetime | None

    @property
    def end(self) -> datetime | None:
        """When acceptances of earlier versions stop counting for this version's sake."""
        return {"until": self.earlier_until, "end": self.effective_at}.get(self.earlier)


def ends(effective_at: datetime, rules: Iterable[Rule]) -> datetime | None:
    """When acceptances of the version that took effect at `effective_at` stop counting.

    The earliest end that a later version sets; never before that one takes effect.
    """
    later = (rule.end for rule in rules if rule.effective_at > effective_at)
    return min((end for end in later if end is not None), default=None)


def stand(versions: Sequence[Kept], *, now: datetime) -> Standing:
    """The standing of one person with the versions of one dataset, in any order.

    What was signed ahead takes over when it takes effect: `until` looks past an end that it covers.
    """
    ordered = sorted(versions, key=lambda each: each.effective_at)
    begun = [each for each in ordered if each.effective_at <= now]
    number, sha256 = (begun[-1].number, begun[-1].sha256) if begun else ("", "")
    signed = [each for each in ordered if each.signed]
    counting = [each for each in begun if each.signed and _lasts(each, now)]
    if not counting:
        return Standing(number, accepted=False, sha256=sha256)
    best = max(counting, key=lambda each: (each.accepted_until or FOR_EVER, each.effective_at))
    until = best.accepted_until
    for each in signed:
        if until is not None and each.effective_at <= until:
            until = max(until, each.accepted_until or FOR_EVER)
    return Standing(number, True, None if until == FOR_EVER else until, best.number, best.sha256)


def _lasts(version: Kept, now: datetime) -> bool:
    return version.accepted_until is None or now < version.accepted_until
