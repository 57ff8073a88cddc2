"""docs/access-matrix.md: every state put to the rule itself, equal answers folded together.

Nothing here knows the rule. The tables are the answers of `rules.judge` under the policies that a
new dataset starts with, and of the questions of `Actor`, over the whole product of their states.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

from governance.access.defaults import TIERS
from governance.access.needs import NEEDS, STRUCTURE, Facts
from governance.access.owing import Owed
from governance.access.rules import Policy, asked, judge
from governance.audit.actors import CARRY_FACTOR, Actor, Limits, Role, Scope, Suspended
from governance.catalogue.services import TierSpec
from governance.catalogue.states import State

FILE = Path(__file__).parents[2] / "docs" / "access-matrix.md"
NOW = datetime(2030, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
BASE = Facts(now=NOW, dataset="NS/NAME", dataset_id=1, tier="TIER", version="1.0", terms="2.0")
OUT = Suspended("REASON", "CONTACT")
YES = "**yes**"


class Dimension(NamedTuple):
    title: str
    values: Mapping[str, Mapping[str, Any]]  # label -> the facts that it sets


def _grant(begins: int, ends: int, **more: Any) -> dict[str, Any]:
    return {"grant": 1, "grant_begins": NOW + begins * DAY, "grant_ends": NOW + ends * DAY, **more}


_FACTOR: dict[str, Any] = {"second_factor": True, "has_second_factor": True}
_SIGNED = {"terms_accepted": True}
DIMENSIONS = (
    Dimension(
        "dataset",
        {
            "listed": {},
            "not listed": {"listed": False},
            "wound down": {"wound_down_at": NOW},
        },
    ),
    Dimension("account", {"in good standing": {}, "suspended": {"suspended": OUT}}),
    Dimension(
        "role",
        {
            "none": {},
            "steward": {"steward": True},
            "admin": {},
            "auditor": {},
        },
    ),
    Dimension(
        "person",
        {
            "stranger": {},
            "address not confirmed": {"signed_in": True},
            "address confirmed": {"signed_in": True, "verified": True},
        },
    ),
    Dimension(
        "version",
        {
            "none": {"version": "", "version_state": ""},
            **{
                state.value: {"version_state": state.value}
                for state in State
                if state is not State.SUPERSEDED
            },
            "superseded, still handed out": {
                "version_state": "superseded",
                "serve_until": NOW + DAY,
            },
            "superseded, its time over": {"version_state": "superseded", "serve_until": NOW},
        },
    ),
    Dimension(
        "way",
        {
            "session": {},
            "session, second factor used": _FACTOR,
            "token": {},
            "token with second factor": _FACTOR,
            "token of another dataset": {**_FACTOR, "token_covers": False},
        },
    ),
    Dimension(
        "terms",
        {
            "signed": _SIGNED,
            "earlier ones signed, still good": {
                **_SIGNED,
                "terms_signed": "1.0",
                "terms_until": NOW + DAY,
            },
            "earlier ones signed, over": {},
            "never signed": {},
            "none in force": {"terms": ""},
        },
    ),
    Dimension(
        "grant",
        {
            "none": {},
            "applied, waiting": {"applied": "GH-1"},
            "invited to a group": {"invited": True},
            "begins later": _grant(1, 2),
            "open": _grant(-1, 1),
            "over": _grant(-1, 0),
            "revoked": _grant(-1, 1, grant_revoked=True),
        },
    ),
    Dimension(
        "copies",
        {
            "none overdue": {},
            "due later": {"owed": (Owed(NOW + DAY, 1, "NS/NAME"),)},
            "overdue, of this dataset": {"owed": (Owed(NOW, 1, "NS/NAME"),)},
            "overdue, of another dataset": {"owed": (Owed(NOW, 2, "NS/OTHER"),)},
        },
    ),
)

HEAD = f"""\
# Who may have what

Made by `manage.py docs` from the rule (`governance/access/rules.py`) and the policies that a new
dataset starts with (`governance/access/defaults.py`); a test fails when it is stale. Each table is
the whole product of the states in its head, {len(DIMENSIONS)} dimensions put to the rule one by
one; states with the same answer stand in one row, and "any" means that it makes no difference.

An answer is **yes**, or the first step that is missing; a refusal lists the others after it, each
with a sentence and the address where it is done. Pages, the API, file addresses and lists all give
this answer. Whoever has no account can't hold a role, a grant or a token: those rows are there
because the rule was asked all the same.
"""
ALWAYS_HEAD = """\
## What holds whatever a policy says

A policy names needs of this vocabulary, for each action, in order. An action that it leaves out, an
empty list and a word that is not here are refused.
"""


# ------------------------------------------------------------------ the rule, over all states


class Row(NamedTuple):
    cells: tuple[str, ...]  # one for each dimension
    answer: str


def rows_of(spec: TierSpec, action: str = "download") -> list[Row]:
    """The decisions on a tier as the fewest rows that the order of dimensions gives."""
    answer = _asking(spec.policy, action)

    def fold(at: int, facts: Mapping[str, Any]) -> tuple[Row, ...]:
        if at == len(DIMENSIONS):
            return (Row((), answer(tuple(facts.items()))),)
        values = DIMENSIONS[at].values
        below = {label: fold(at + 1, {**facts, **sets}) for label, sets in values.items()}
        return tuple(_merged(below))

    return list(fold(0, {}))


def _merged(below: Mapping[str, tuple[Row, ...]]) -> Iterator[Row]:
    """Values with the same rows below them become one."""
    groups: dict[tuple[Row, ...], list[str]] = {}
    for label, rows in below.items():
        groups.setdefault(rows, []).append(label)
    for rows, labels in groups.items():
        cell = "any" if len(labels) == len(below) else "; ".join(labels)
        yield from (Row((cell, *row.cells), row.answer) for row in rows)


def _asking(policy: Policy, action: str) -> Callable[[tuple[tuple[str, Any], ...]], str]:
    @cache
    def answer(facts: tuple[tuple[str, Any], ...]) -> str:
        decision = judge(policy, action, BASE._replace(**dict(facts)))
        if decision.allowed:
            return YES
        if decision.reasons[0] == "listed":
            return "as if it were not there"
        return f"{decision.missing_steps[0].title} (`{decision.reasons[0]}`)"

    return answer


def _table(spec: TierSpec) -> str:
    rows = rows_of(spec)
    told = [at for at in range(len(DIMENSIONS)) if any(row.cells[at] != "any" for row in rows)]
    head = [DIMENSIONS[at].title for at in told]
    return _drawn(
        [*head, "answer"], [[*(row.cells[at] for at in told), row.answer] for row in rows]
    )


# ------------------------------------------------------------------ what else somebody may do

# Each act asks one of the questions of `Actor`; the verbs of the services ask the same ones.
ACTS: Mapping[str, Callable[[Actor], bool]] = {
    "sign, apply": lambda who: who.signed_in and who.verified and who.may_act("NS/NAME"),
    "answer applications": lambda who: who.may_review("NS/NAME", 1),
    "approve a version": lambda who: who.acts_as(Role.STEWARD, 1) or who.acts_as(Role.ADMIN, 1),
    "build, publish, withdraw": lambda who: who.acts_as(Role.ADMIN, 1),
    "suspend, give roles": lambda who: who.acts_as(Role.ADMIN),
    "read the record": lambda who: who.acts_as(Role.AUDITOR, 1),
}
WAYS: Mapping[str, Mapping[str, Any]] = {
    "session": {},
    "session, second factor used": {"second_factor": True},
    **{
        f"token: {scope.value}": {
            "token": Limits("t", scope=scope),
            "second_factor": scope in CARRY_FACTOR,
        }
        for scope in Scope
    },
    "token of another dataset": {
        "token": Limits("t", "NS/OTHER", Scope.REVIEW),
        "second_factor": True,
    },
}
ROLES: Mapping[str, frozenset[tuple[Role, int | None]]] = {
    "none": frozenset(),
    **{role.value: frozenset({(role, None)}) for role in Role},
    **{f"{role.value} of this dataset": frozenset({(role, 1)}) for role in Role},
}
ACCOUNTS: Mapping[str, Mapping[str, Any]] = {
    "stranger": {},
    "address not confirmed": {"user_id": 1},
    "address confirmed": {"user_id": 1, "verified": True},
    "suspended": {"user_id": 1, "verified": True, "suspended": OUT},
}


def acts() -> Iterator[tuple[str, str, str, Actor, list[bool]]]:
    """(account, role, way, actor, a yes or no for each of ACTS) for all that can be."""
    for (account, is_), (role, held), (way, comes) in product(
        ACCOUNTS.items(), ROLES.items(), WAYS.items()
    ):
        if "user_id" not in is_ and (held or comes):
            continue  # nobody is it
        actor = replace(Actor(**is_, roles=held), **comes)
        yield account, role, way, actor, [allowed(actor) for allowed in ACTS.values()]


def _acts_table() -> str:
    groups: dict[tuple[bool, ...], dict[tuple[str, str], list[str]]] = {}
    for account, role, way, _, told in acts():
        groups.setdefault(tuple(told), {}).setdefault((account, role), []).append(way)
    rows = [
        [*each, *("yes" if one else "" for one in told)]
        for told, who in groups.items()
        for each in _folded(who)
    ]
    return _drawn(["account", "role", "way", *ACTS], rows)


def _folded(who: Mapping[tuple[str, str], list[str]]) -> Iterator[list[str]]:
    """Accounts and roles with the same ways as one row."""
    by_ways: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for (account, role), ways in who.items():
        by_ways.setdefault((account, tuple(ways)), []).append(role)
    for (account, ways), roles in by_ways.items():
        role = "any" if len(roles) == len(ROLES) else "; ".join(roles)
        yield [account, role, "any" if len(ways) == len(WAYS) else "; ".join(ways)]


# ------------------------------------------------------------------ the page


def text() -> str:
    """The whole page."""
    parts = [HEAD]
    for spec in TIERS:
        needs = ", ".join(f"`{name}`" for name in spec.policy["download"])
        parts += [f"## Download of the {spec.name} tier\n\nPolicy: {needs}.\n", _table(spec)]
    parts += [
        "## Acts\n\nWhat somebody may do beside downloading. Nobody decides their own application, "
        "and a version\nneeds different people to build, approve and publish it.\n",
        _acts_table(),
        ALWAYS_HEAD,
        _vocabulary(),
    ]
    return "\n".join(parts)


def _vocabulary() -> str:
    anyway = asked({"download": ["verified"]}, "download")
    every = {**STRUCTURE, **NEEDS}
    rows = [
        [
            f"`{name}`",
            need.asks,
            "yes" if name in NEEDS else "",
            "yes" if name in anyway and name != "verified" else "",
        ]
        for name, need in every.items()
        if name != "not_offered"
    ]
    return _drawn(["need", "asks for", "a policy may name it", "judged anyway"], rows)


def _drawn(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(each)} |" for each in (head, *rows)]
    lines.insert(1, f"|{'---|' * len(head)}")
    return "\n".join(lines) + "\n"
