"""The vocabulary of the rule: what may be asked of somebody, when it is met, what is done next.

Pure: facts in, answers out. `NEEDS` are the words that a tier's policy may use. `STRUCTURE` holds
whatever the policy says, and no policy can name it.
"""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from governance import dates
from governance.access.owing import Owed, Owing
from governance.audit.actors import Suspended
from governance.errors import Step


class Facts(NamedTuple):
    """All that a decision may depend on; `selectors.facts_for` reads it."""

    now: datetime
    # the artefact
    dataset: str = ""  # NS/NAME
    dataset_id: int | None = None
    listed: bool = True
    wound_down_at: datetime | None = None
    tier: str = ""
    version: str = ""
    version_state: str = ""
    serve_until: datetime | None = None
    withdrawn_reason: str = ""
    removals_pending: bool = False  # not looked through for the newest removals yet
    withheld: bool = False  # holds raw rows that were removed since it was made
    # standing and identity
    suspended: Suspended | None = None
    signed_in: bool = False
    email: str = ""
    verified: bool = False
    identities: frozenset[str] = frozenset()  # providers of linked identities, e.g. orcid
    second_factor: bool = False
    has_second_factor: bool = False
    token_covers: bool = True  # no token, or one that reaches this dataset and action
    token_ends: datetime | None = None
    # entitlement and agreement
    steward: bool = False
    steward_until: datetime | None = None
    terms: str = ""  # number in force, "" when the dataset has none
    terms_accepted: bool = False
    terms_signed: str = ""  # number of the version whose acceptance counts
    terms_until: datetime | None = None  # when that stops counting
    grant: int | None = None
    grant_begins: datetime | None = None
    grant_ends: datetime | None = None
    grant_until: datetime | None = None  # end of the grants that follow without a gap
    grant_revoked: bool = False
    applied: str = ""  # number of an open application
    invited: bool = False  # to a group whose grant is open
    owed: tuple[Owed, ...] = ()  # the earliest first


class Need(NamedTuple):
    asks: str  # in a word or two: "a confirmed address"
    met: Callable[[Facts], bool]
    step: Callable[[Facts], Step]
    done: Callable[[Facts], tuple[str, str]] = lambda _: ("", "")  # title and detail once met
    until: Callable[[Facts], datetime | None] = lambda _: None  # when it ceases to be met by itself
    final: bool = False  # while it is not met, what comes after it can't help
    told: bool = True  # a gate shows that it is met


def _place(facts: Facts) -> dict[str, str]:
    namespace, _, name = facts.dataset.partition("/")
    return {"namespace": namespace, "name": name}


def _day(at: datetime) -> str:
    return dates.moment(at)


def _served(facts: Facts) -> bool:
    if facts.version_state == "published":
        return True
    superseded = facts.version_state == "superseded" and facts.serve_until is not None
    return superseded and facts.now < facts.serve_until


def _served_until(facts: Facts) -> datetime | None:
    return facts.serve_until if facts.version_state == "superseded" else None


def grant_open(facts: Facts) -> bool:
    return (
        facts.grant is not None
        and not facts.grant_revoked
        and facts.grant_begins is not None
        and facts.grant_ends is not None
        and facts.grant_begins <= facts.now < facts.grant_ends
    )


def _grant_until(facts: Facts) -> datetime | None:
    return facts.grant_until or facts.grant_ends


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
        told += f" ({facts.withdrawn_reason.rstrip('.')})"
    return Step(
        "served",
        "Take a served version",
        f"{told}. The page of versions says which one can be had now.",
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


def _sign(facts: Facts) -> Step:
    if not facts.terms:
        return Step(
            "terms",
            "Wait for the terms",
            f"{facts.dataset} has no terms in force yet; it opens to who signs them.",
            "dataset",
            _place(facts),
            "See the dataset",
        )
    return Step(
        "terms",
        f"Sign terms {facts.terms}",
        f"Read and sign the terms {facts.terms} of {facts.dataset}; nobody has to approve it.",
        "terms",
        _place(facts),
        "Read and sign",
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
    if _to_come(facts):
        return Step(
            "grant",
            "Wait for the beginning",
            f"Your access to the {facts.tier} tier begins on {_day(facts.grant_begins)}.",
            "applications",
            {},
            "See your applications",
        )
    if facts.invited:
        return Step(
            "grant",
            "Answer your invitation",
            f"You are invited to a group that may have the {facts.tier} tier: accept to join it.",
            "invitations",
            {},
            "See your invitation",
        )
    return Step(
        "grant",
        "Apply for access",
        f"{_why_no_grant(facts)} Apply for access.",
        "apply",
        where,
        "Apply for access",
    )


def _to_come(facts: Facts) -> bool:
    begins = facts.grant_begins if facts.grant is not None and not facts.grant_revoked else None
    return begins is not None and facts.now < begins


def _why_no_grant(facts: Facts) -> str:
    if facts.grant is None or facts.grant_ends is None:
        return f"The {facts.tier} tier is open to approved people."
    if facts.grant_revoked:
        return "Your grant was ended early."
    return f"Your grant ended on {_day(facts.grant_ends)}."


def _good_until(facts: Facts) -> str:
    if not facts.terms_until:
        return ""
    newer = f"; sign terms {facts.terms} to go on" if facts.terms != facts.terms_signed else ""
    return f"good until {_day(facts.terms_until)}{newer}"


def _owed(facts: Facts) -> Owing:
    current = facts.dataset_id if facts.version_state == "published" else None
    return Owing(facts.owed, current)


def _linked(code: str, name: str, met: Callable[[Facts], bool]) -> Need:
    return Need(
        f"a linked identity ({name})",
        met,
        lambda _: Step(
            code,
            f"Link {name}",
            f"This asks for an account that is linked to {name}.",
            "socialaccount_connections",
            {},
            "Link an identity",
        ),
        lambda _: (f"Linked to {name}", ""),
    )


NEEDS: dict[str, Need] = {
    "steward": Need(
        "a steward",
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
        lambda f: f.steward_until,
        final=True,
    ),
    "served": Need(
        "a version that is handed out",
        _served,
        _not_served,
        lambda f: ("Version can be had", f"{f.version} is {f.version_state}"),
        _served_until,
    ),
    "signed_in": Need(
        "an account",
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
        "a confirmed address",
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
    "linked_identity": _linked(
        "linked_identity", "ORCID, GitHub or Hugging Face", lambda f: bool(f.identities)
    ),
    "linked_orcid": _linked("linked_orcid", "ORCID", lambda f: "orcid" in f.identities),
    "linked_github": _linked("linked_github", "GitHub", lambda f: "github" in f.identities),
    "linked_huggingface": _linked(
        "linked_huggingface", "Hugging Face", lambda f: "huggingface" in f.identities
    ),
    "token": Need(
        "a token that reaches the dataset",
        lambda f: f.token_covers,
        lambda _: Step(
            "token",
            "Use a token that covers this",
            "This token does not reach this dataset: make another one.",
            "tokens",
            {},
            "Make a token",
        ),
        until=lambda f: f.token_ends,
        told=False,  # a page has no token, a program needs no praise
    ),
    "second_factor": Need(
        "a second factor, used",
        lambda f: f.second_factor,
        _second_factor,
        lambda _: ("Second factor used", ""),
    ),
    "terms": Need(
        "the terms, signed",
        lambda f: bool(f.terms) and f.terms_accepted,
        _sign,
        lambda f: (f"Terms {f.terms_signed or f.terms} signed", _good_until(f)),
        lambda f: f.terms_until,
    ),
    "grant": Need(
        "a grant in force",
        grant_open,
        _apply,
        lambda f: ("Access granted", f"until {_day(_grant_until(f))}"),
        _grant_until,
    ),
}

# What holds whatever a policy says. Names of needs that come before those of the policy, in this
# order; and those that are judged after them, even where the policy forgot them.
BEFORE = ("listed", "suspended", "wound_down")
ALWAYS = ("served", "token")
# Judged last: what the person owes, then the file, which is the same for who ever asks.
AFTER = ("copies", "removals_pending", "removed_rows")

STRUCTURE: dict[str, Need] = {
    "listed": Need(
        "a dataset that anyone may know of",
        lambda f: f.listed,
        lambda f: Step(
            "listed",
            "Nothing to do",
            f"There is no dataset {f.dataset}.",
            "catalogue",
            {},
            "Datasets",
        ),
        final=True,
        told=False,
    ),
    "suspended": Need(
        "an account in good standing",
        lambda f: f.suspended is None,
        lambda f: f.suspended.step,
        final=True,
        told=False,
    ),
    "wound_down": Need(
        "a dataset that was not wound down",
        lambda f: f.wound_down_at is None or f.now < f.wound_down_at,
        lambda f: Step(
            "wound_down",
            "Nothing to do",
            f"{f.dataset} was wound down on {_day(f.wound_down_at)}: nothing of it is handed out "
            "any more.",
            "dataset",
            _place(f),
            "See the dataset",
        ),
        until=lambda f: f.wound_down_at,
        final=True,
        told=False,
    ),
    "copies": Need(
        "no overdue copies",
        lambda f: not _owed(f).held(f.now),
        lambda f: _owed(f).step(f.now),
        until=lambda f: _owed(f).held_from,
        told=False,
    ),
    "removals_pending": Need(
        "raw files that were looked through for every removal",
        lambda f: not f.removals_pending,
        lambda f: Step(
            "removals_pending",
            "Try again in a minute",
            f"Something was removed from {f.dataset}, and the {f.tier} files of {f.version} are "
            "being looked through for it. Files without such rows open again by themselves.",
            "dataset-files",
            _place(f),
            "See the files",
        ),
        told=False,
    ),
    "removed_rows": Need(
        "no row that was removed",
        lambda f: not f.withheld,
        lambda f: Step(
            "removed_rows",
            "Wait for the next version",
            f"This {f.tier} file of {f.version} holds rows that were removed since it was made. "
            "The next version has it without them.",
            "dataset-versions",
            _place(f),
            "See the versions",
        ),
        told=False,
    ),
    "not_offered": Need(
        "a policy that offers it",
        lambda _: False,
        lambda _: Step(
            "not_offered",
            "Nothing to do",
            "This tier does not offer that.",
            "catalogue",
            {},
            "Datasets",
        ),
        final=True,
        told=False,
    ),
}
EVERY = NEEDS | STRUCTURE
