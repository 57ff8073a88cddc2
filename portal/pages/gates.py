"""The gate as pages draw it: the rule's marks with addresses, and the last line, the bytes."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse

from governance import dates
from governance.access import selectors as access
from governance.access.rules import Decision, Mark
from governance.access.selectors import TierStanding
from governance.catalogue import selectors as catalogue
from portal.accounts.actors import actor_of

if TYPE_CHECKING:
    from governance.catalogue.models import Tier

# Needs that no step of the reader's own meets.
CLOSED = {"steward", "not_offered", "suspended", "wound_down"}


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
    closed = not CLOSED.isdisjoint(decision.reasons)
    left = 0 if decision.allowed or unserved or closed else len(decision.missing_steps)
    drawn = [] if closed else list(_lines(request, standing, files))
    told = closed and "suspended" not in decision.reasons  # that stands on top of every page
    note = decision.missing_steps[-1].sentence if told else ""
    return Shown(of.name, of.summary, decision.allowed, left, words, kind, drawn, note)


def missing(request: HttpRequest, of: "Tier", now: datetime) -> list[Line]:
    """What stands between a holder and the files: a grant is seldom all that a tier asks for."""
    dataset = of.dataset
    standing = access.standing(actor_of(request), dataset, catalogue.current(dataset), now=now)
    mine = next(each for each in standing if each.tier.pk == of.pk)
    if mine.decision.allowed:
        return []
    where = {"namespace": dataset.namespace, "name": dataset.name}
    lines = tier(request, mine, files=reverse("dataset-files", kwargs=where)).lines
    return [line for line in lines if line.state == "next"]


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
    return f"Open to you until {dates.moment(decision.valid_until)}."


def _url(request: HttpRequest, mark: Mark) -> str:
    """Where a step is taken; empty when that is the page itself. Who signs in comes back."""
    own_account = mark.route.startswith(("account_", "mfa_"))
    if not mark.route or (mark.state == "later" and own_account):
        return ""  # who is not signed in has no addresses to look at yet
    address = reverse(mark.route, kwargs=dict(mark.params))
    if mark.route in {"account_login", "mfa_activate_totp", "mfa_reauthenticate"}:
        return f"{address}?{urlencode({'next': request.get_full_path()})}"
    return "" if address == request.path else address


def pill(decision: Decision) -> tuple[str, str]:
    """Words and kind for where a reader stands with a tier."""
    reasons = decision.reasons
    if decision.allowed:
        return "You can download", "ok"
    if "suspended" in reasons:
        return "Account suspended", "bad"
    if "wound_down" in reasons:
        return "Wound down", ""
    if "not_offered" in reasons:
        return "Closed", ""
    if "steward" in reasons:
        return "Stewards only", ""
    if "served" in reasons:
        return "Not handed out", "bad"
    left = len(decision.missing_steps)
    return f"{left} step{'' if left == 1 else 's'} left", "warn"


TOWARDS = {
    *("signed_in", "verified", "terms", "second_factor", "token"),
    *("linked_identity", "linked_orcid", "linked_github", "linked_huggingface"),
}


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
