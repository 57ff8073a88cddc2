"""What a tier's policy may say. Pure: a list of needs in, a checked list or a refusal out.

A policy is data (`{"download": ["signed_in", "terms", ...]}`), and these are its guard rails: what
every policy asks, what a need asks before it, and what a tier never gives up.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from governance.access.needs import ALWAYS, NEEDS
from governance.errors import InvalidError

Policy = Mapping[str, Sequence[str]]

ACTIONS = ("download",)
OF_PEOPLE = frozenset(NEEDS) - {*ALWAYS, "signed_in"}  # facts about somebody: they sign in first
KEPT = {  # what a tier's policy asks whatever else it says
    "raw": ("steward", "second_factor"),
    "annotations": ("grant", "second_factor"),
}


class Change(NamedTuple):
    added: tuple[str, ...]  # needs that are new
    dropped: tuple[str, ...]  # needs that are gone
    opens: bool  # somebody may get what was shut to them


def check(tier: str, needs: Sequence[str]) -> list[str]:
    """The needs as a policy keeps them, in the order given.

    An empty list closes the tier. `served` and `token` are put in where they are missing.

    Raises:
        InvalidError: an unknown or repeated need, one without what it rests on, or one missing that
            the tier never gives up; `fields["needs"]` says which.
    """
    given = list(needs)
    if not given:
        return []
    unknown = [name for name in given if name not in NEEDS]
    if unknown:
        raise _wrong(f"There is no need {unknown[0]!r}; known: {', '.join(NEEDS)}.")
    if len(set(given)) != len(given):
        raise _wrong("A need stands twice.")
    missing = [name for name in KEPT.get(tier, ()) if name not in given]
    if missing:
        raise _wrong(f"The {tier} tier always asks for: {', '.join(KEPT[tier])}.")
    if "signed_in" not in given and OF_PEOPLE & set(given):
        raise _wrong("What is asked of a person needs them signed in: add signed_in.")
    return given + [name for name in ALWAYS if name not in given]


def _wrong(sentence: str) -> InvalidError:
    return InvalidError(sentence, fields={"needs": sentence})


def change(before: Sequence[str], after: Sequence[str]) -> Change:
    """What a new list of needs does. To ask for less, or for anything after nothing, opens."""
    added = tuple(name for name in after if name not in before)
    dropped = tuple(name for name in before if name not in after)
    opens = bool(after) and (not before or bool(dropped))
    return Change(added, dropped, opens)
