"""One rule for every surface. Pure: facts in, decision out; no query, no clock.

The vocabulary of needs is code; which of them a tier's policy uses, in which order, is data.
An action that a policy leaves out, an empty list and a need that the code does not know are
refused: silence never grants.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from governance.errors import Step


class Facts(NamedTuple):
    """All that a decision may depend on; `selectors.facts_for` reads it."""

    now: datetime
    dataset: str = ""  # NS/NAME
    tier: str = ""
    version: str = ""
    version_state: str = ""
    serve_until: datetime | None = None
    withdrawn_reason: str = ""
    signed_in: bool = False
    email: str = ""
    verified: bool = False
    second_factor: bool = False
    has_second_factor: bool = False
    token_covers: bool = True  # no token, or one that reaches this dataset and action
    steward: bool = False
    terms: str = ""  # number in force, "" when the dataset has none
    terms_accepted: bool = False
    grant: int | None = None
    grant_begins: datetime | None = None
    grant_ends: datetime | None = None
    grant_revoked: bool = False
    applied: str = ""  # number of an open application


class Need(NamedTuple):
    met: Callable[[Facts], bool]
    step: Callable[[Facts], Step]
    done: Callable[[Facts], tuple[str, str]]  # title and detail once it is met
    final: bool = False  # while it is not met, what comes after it can't help
    told: bool = True  # a gate shows that it is met


class Decision(NamedTuple):
    """The answer, with everything that the record and a refusal must tell."""

    allowed: bool
    reasons: tuple[str, ...]  # codes of the needs that are not met, in order; "ok" when none
    missing_steps: tuple[Step, ...]
    grant: int | None
    terms_version: str
    valid_until: datetime | None  # when a yes would turn into a no by itself


def _place(facts: Facts) -> dict[str, str]:
    namespace, _, name = facts.dataset.partition("/")
    return {"namespace": namespace, "name": name}


def _served(facts: Facts) -> bool:
    if facts.version_state == "published":
        return True
    superseded = facts.version_state == "superseded" and facts.serve_until is not None
    return superseded and facts.now < facts.serve_until


def _grant_open(facts: Facts) -> bool:
    return (
        facts.grant is not None
        and not facts.grant_revoked
        and facts.grant_begins is not None
        and facts.grant_ends is not None
        and facts.grant_begins <= facts.now < facts.grant_ends
    )


def _not_served(facts: Facts) -> Step:
    if not facts.version:
        return Step(
            "served",
            "Wait for a version",
            "No version of this dataset can be had now.",
            "dataset-versions",
            _place(facts),
            "See the versions",
        )
    told = f"Version {facts.version} is no longer served: it was {facts.version_state}"
    if facts.withdrawn_reason:
        told += f" ({facts.withdrawn_reason})"
    return Step(
        "served",
        "Take a served version",
        f"{told}. Take the current version.",
        "dataset-versions",
        _place(facts),
        "See the versions",
    )


def _second_factor(facts: Facts) -> Step:
    if facts.has_second_factor:
        return Step(
            "second_factor",
            "Use your second factor",
            "This asks for your second factor in this session, or in the one that made the token.",
            "mfa_reauthenticate",
            {},
            "Confirm with a code",
        )
    return Step(
        "second_factor",
        "Add a second factor",
        "This asks for a second factor: add an authenticator app to your account.",
        "mfa_activate_totp",
        {},
        "Add an authenticator",
    )


def _apply(facts: Facts) -> Step:
    where = {**_place(facts), "tier": facts.tier}
    if facts.applied:
        return Step(
            "grant",
            "Wait for the answer",
            f"Your application {facts.applied} waits for a steward's answer.",
            "application",
            {"number": facts.applied},
            "See your application",
        )
    if facts.grant is not None and facts.grant_revoked:
        told = "Your grant was revoked."
    elif facts.grant is not None and facts.grant_ends is not None:
        told = f"Your grant ended on {facts.grant_ends:%d %b %Y, %H:%M} UTC."
    else:
        told = f"The {facts.tier} tier is open to approved people."
    return Step(
        "grant", "Apply for access", f"{told} Apply for access.", "apply", where, "Apply for access"
    )


NEEDS: dict[str, Need] = {
    "steward": Need(
        lambda f: f.steward,
        lambda f: Step(
            "steward",
            "Stewards only",
            f"The {f.tier} tier is open to stewards only and can't be applied for.",
            "dataset-access",
            _place(f),
            "Who may have what",
        ),
        lambda _: ("Steward", "of this dataset"),
        final=True,
    ),
    "served": Need(
        _served, _not_served, lambda f: ("Version can be had", f"{f.version} is {f.version_state}")
    ),
    "signed_in": Need(
        lambda f: f.signed_in,
        lambda _: Step(
            "signed_in",
            "Sign in",
            "Sign in; a program sends a token.",
            "account_login",
            {},
            "Sign in",
        ),
        lambda f: ("Signed in", f.email),
    ),
    "verified": Need(
        lambda f: f.verified,
        lambda _: Step(
            "verified",
            "Confirm your address",
            "Confirm your e-mail address: open the link that was mailed to you.",
            "account_email",
            {},
            "See your addresses",
        ),
        lambda _: ("Address confirmed", ""),
    ),
    "token": Need(
        lambda f: f.token_covers,
        lambda _: Step(
            "token",
            "Use a token that covers this",
            "This token does not reach this dataset: make another one.",
            "tokens",
            {},
            "Make a token",
        ),
        lambda _: ("Token covers this", ""),
        told=False,  # a page has no token, a program needs no praise
    ),
    "second_factor": Need(
        lambda f: f.second_factor, _second_factor, lambda _: ("Second factor used", "")
    ),
    "terms": Need(
        lambda f: bool(f.terms) and f.terms_accepted,
        lambda f: Step(
            "terms",
            f"Sign terms {f.terms}",
            f"Read and sign the terms {f.terms} of {f.dataset}; nobody has to approve it.",
            "terms",
            _place(f),
            "Read and sign",
        ),
        lambda f: (f"Terms {f.terms} signed", ""),
    ),
    "grant": Need(
        _grant_open,
        _apply,
        lambda f: ("Access granted", f"until {f.grant_ends:%d %b %Y, %H:%M} UTC"),
    ),
}

NOT_OFFERED = Step(
    "not_offered", "Nothing to do", "This tier does not offer that.", "catalogue", {}, "Datasets"
)


def judge(policy: Mapping[str, Sequence[str]], action: str, facts: Facts) -> Decision:
    """Judge `action` by a tier's policy, e.g. `{"download": ["served", "signed_in", "terms"]}`.

    All unmet needs are told, in the policy's order; the first is the next step.
    """
    names = policy.get(action)
    if not names or any(name not in NEEDS for name in names):
        return Decision(False, ("not_offered",), (NOT_OFFERED,), None, "", None)
    unmet = _unmet(names, facts)
    steps = tuple(NEEDS[name].step(facts) for name in unmet)
    return Decision(
        allowed=not unmet,
        reasons=tuple(unmet) or ("ok",),
        missing_steps=steps,
        grant=facts.grant if "grant" in names and _grant_open(facts) else None,
        terms_version=facts.terms if "terms" in names else "",
        valid_until=_until(names, facts) if not unmet else None,
    )


def _unmet(names: Sequence[str], facts: Facts) -> list[str]:
    found = []
    for name in names:
        if not NEEDS[name].met(facts):
            found.append(name)
            if NEEDS[name].final:
                break
    return found


def _until(names: Sequence[str], facts: Facts) -> datetime | None:
    ends = [facts.grant_ends] if "grant" in names else []
    if facts.version_state == "superseded":
        ends.append(facts.serve_until)
    return min((end for end in ends if end is not None), default=None)


class Mark(NamedTuple):
    """One line of the gate that a page draws."""

    state: str  # done | next | later
    title: str
    detail: str
    route: str = ""
    params: Mapping[str, str] = {}
    action: str = ""


def gate(policy: Mapping[str, Sequence[str]], action: str, facts: Facts) -> list[Mark]:
    """Every need of the policy as a line: met ones, the next one, the later ones."""
    marks: list[Mark] = []
    seen_next = False
    for name in policy.get(action) or ():
        need = NEEDS.get(name)
        if need is None:
            continue
        if need.met(facts):
            if need.told:
                title, detail = need.done(facts)
                marks.append(Mark("done", title, detail))
            continue
        step = need.step(facts)
        state = "later" if seen_next else "next"
        seen_next = True
        marks.append(Mark(state, step.title, step.sentence, step.route, step.params, step.action))
        if need.final:
            break
    return marks
