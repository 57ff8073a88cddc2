"""One rule for every surface. Pure: facts in, decision out; no query, no clock.

The vocabulary of needs is code (`needs.py`); which of them a tier's policy uses, in which order, is
data. An action that a policy leaves out, an empty list and a need that the code does not know are
refused: silence never grants. Standing and artefact are judged whatever the policy says.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from governance.access.needs import AFTER, ALWAYS, BEFORE, EVERY, NEEDS, Facts, grant_open
from governance.errors import Step

Policy = Mapping[str, Sequence[str]]  # e.g. {"download": ["served", "signed_in", "terms"]}


class Decision(NamedTuple):
    """The answer, with everything that the record and a refusal must tell."""

    allowed: bool
    reasons: tuple[str, ...]  # codes of the needs that are not met, in order; "ok" when none
    missing_steps: tuple[Step, ...]
    grant: int | None
    terms_version: str
    valid_until: datetime | None  # when a yes would turn into a no by itself


def asked(policy: Policy, action: str) -> tuple[str, ...]:
    """Every need that is judged, in order: what holds anyway, then what the policy names."""
    names = policy.get(action)
    if not names or any(name not in NEEDS for name in names):
        return (*BEFORE, "not_offered")
    return (*BEFORE, *names, *(name for name in ALWAYS if name not in names), *AFTER)


def judge(policy: Policy, action: str, facts: Facts) -> Decision:
    """Judge `action` by a tier's policy.

    All unmet needs are told, in their order; the first is the next step.
    """
    names = asked(policy, action)
    unmet = _unmet(names, facts)
    return Decision(
        allowed=not unmet,
        reasons=tuple(unmet) or ("ok",),
        missing_steps=tuple(EVERY[name].step(facts) for name in unmet),
        grant=facts.grant if "grant" in names and grant_open(facts) else None,
        terms_version=(facts.terms_signed or facts.terms) if "terms" in names else "",
        valid_until=_until(names, facts) if not unmet else None,
    )


def _unmet(names: Sequence[str], facts: Facts) -> list[str]:
    found = []
    for name in names:
        need = EVERY[name]
        if not need.met(facts):
            found.append(name)
            if need.final:
                break
    return found


def _until(names: Sequence[str], facts: Facts) -> datetime | None:
    ends = [EVERY[name].until(facts) for name in names]
    return min((end for end in ends if end is not None), default=None)


class Mark(NamedTuple):
    """One line of the gate that a page draws."""

    state: str  # done | next | later
    title: str
    detail: str
    route: str = ""
    params: Mapping[str, str] = {}
    action: str = ""


def gate(policy: Policy, action: str, facts: Facts) -> list[Mark]:
    """Every need as a line: met ones, the next one, the later ones."""
    marks: list[Mark] = []
    state = "next"
    for name in asked(policy, action):
        need = EVERY[name]
        if need.met(facts):
            if need.told:
                title, detail = need.done(facts)
                marks.append(Mark("done", title, detail))
            continue
        step = need.step(facts)
        marks.append(Mark(state, step.title, step.sentence, step.route, step.params, step.action))
        state = "later"
        if need.final:
            break
    return marks


__all__ = ["NEEDS", "Decision", "Facts", "Mark", "Policy", "asked", "gate", "judge"]
