"""The gate as pages draw it: the rule's marks with addresses, and the last line, the bytes."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse

from governance.access.rules import Decision, Mark
from governance.access.selectors import TierStanding


class Line(NamedTuple):
    """A line of the tag `gate`."""

    state: str  # done | next | later
    title: str
    detail: str = ""
    url: str = ""
    action: str = ""


class Shown(NamedTuple):
    """A tier with what the reader may do about it."""

    name: str
    summary: str
    allowed: bool
    left: int  # steps
    words: str  # of the state, for a pill
    kind: str
    lines: list[Line]  # none when no step of the reader's own leads there
    note: str  # why there is none


def tier(request: HttpRequest, standing: TierStanding, *, files: str) -> Shown:
    """One tier for the reader; `files` is the address of its list of files."""
    decision, of = standing.decision, standing.tier
    words, kind = pill(decision)
    unserved = "served" in decision.reasons
    left = 0 if decision.allowed or unserved else len(decision.missing_steps)
    closed = "steward" in decision.reasons or "not_offered" in decision.reasons
    drawn = [] if closed else list(_lines(request, standing, files))
    note = decision.missing_steps[-1].sentence if closed else ""
    return Shown(of.name, of.summary, decision.allowed, left, words, kind, drawn, note)


def _lines(request: HttpRequest, standing: TierStanding, files: str) -> Iterator[Line]:
    """What is done first, then the steps in their order, then the bytes."""
    if "served" in standing.decision.reasons:
        yield _elsewhere(standing.decision)
        return
    marks = sorted(standing.gate, key=lambda mark: mark.state != "done")
    for mark in marks:
        yield Line(mark.state, mark.title, mark.detail, _url(request, mark), mark.action)
    if standing.decision.allowed:
        yield Line("next", "Download", _until(standing.decision), files, "See the files")
    elif marks:
        yield Line("later", "Download", "With the tools you have, at once.")


def _elsewhere(decision: Decision) -> Line:
    """Nothing that the reader does opens a version that is not served: one line says so."""
    step = next(step for step in decision.missing_steps if step.code == "served")
    where = reverse(step.route, kwargs=dict(step.params))
    return Line("later", step.title, step.sentence, where, step.action)


def _until(decision: Decision) -> str:
    if decision.valid_until is None:
        return "With the tools you have, at once."
    return f"Open to you until {decision.valid_until:%d %b %Y, %H:%M} UTC."


def _url(request: HttpRequest, mark: Mark) -> str:
    """Where a step is taken; empty when that is the page itself. Who signs in comes back."""
    own_account = mark.route.startswith(("account_", "mfa_"))
    if not mark.route or (mark.state == "later" and own_account):
        return ""  # who is not signed in has no addresses to look at yet
    address = reverse(mark.route, kwargs=dict(mark.params))
    if mark.route == "account_login":
        return f"{address}?{urlencode({'next': request.get_full_path()})}"
    return "" if address == request.path else address


def pill(decision: Decision) -> tuple[str, str]:
    """Words and kind for where a reader stands with a tier."""
    reasons = decision.reasons
    if decision.allowed:
        return "You can download", "ok"
    if "not_offered" in reasons:
        return "Closed", ""
    if "steward" in reasons:
        return "Stewards only", ""
    if "served" in reasons:
        return "Not handed out", "bad"
    left = len(decision.missing_steps)
    return f"{left} step{'' if left == 1 else 's'} left", "warn"


TOWARDS = {"signed_in", "verified", "terms", "second_factor", "token"}


def invitation(decision: Decision) -> tuple[str, str]:
    """The same for a list, where the next step is named: `Sign terms 1.0 to download`."""
    if decision.allowed or decision.reasons[0] not in TOWARDS:
        return pill(decision)
    return f"{decision.missing_steps[0].title} to download", "warn"


def policy_words(needs: Iterable[str]) -> str:
    """What a tier asks of anyone, in a word or two."""
    asked = set(needs)
    for need, words in (
        ("steward", "stewards only"),
        ("grant", "by application"),
        ("terms", "signed terms"),
        ("signed_in", "an account"),
    ):
        if need in asked:
            return words
    return "open" if asked else "closed"


def first(standings: Sequence[TierStanding]) -> TierStanding | None:
    """The tier that a dataset is mostly read for: the first one that its admin put."""
    return standings[0] if standings else None
