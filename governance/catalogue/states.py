"""The life of a version. No other module knows which move is possible."""

from enum import StrEnum
from typing import NamedTuple

from governance.errors import WrongStateError


class State(StrEnum):
    BUILDING = "building"
    CANDIDATE = "candidate"
    REJECTED = "rejected"
    APPROVED = "approved"
    PUBLISHED = "published"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


class Move(NamedTuple):
    before: frozenset[State]
    after: State
    needs_reason: bool


MOVES = {
    "finish": Move(frozenset({State.BUILDING}), State.CANDIDATE, False),
    "reject": Move(
        frozenset({State.BUILDING, State.CANDIDATE, State.APPROVED}), State.REJECTED, True
    ),
    "approve": Move(frozenset({State.CANDIDATE}), State.APPROVED, True),
    "publish": Move(frozenset({State.APPROVED}), State.PUBLISHED, True),
    "supersede": Move(frozenset({State.PUBLISHED}), State.SUPERSEDED, False),
    "withdraw": Move(frozenset({State.PUBLISHED, State.SUPERSEDED}), State.WITHDRAWN, True),
    "close": Move(frozenset({State.SUPERSEDED}), State.WITHDRAWN, False),  # its time was over
}

OPEN = frozenset({State.PUBLISHED, State.SUPERSEDED})  # may be served, a superseded one for a time
PUBLIC = frozenset({State.PUBLISHED, State.SUPERSEDED, State.WITHDRAWN})  # anyone may know of it


def step(state: str, verb: str, *, reason: str = "") -> State:
    """Return the state after `verb`, or raise `WrongStateError` with what would be possible."""
    move = MOVES[verb]  # an unknown verb is a bug: KeyError, not a refusal
    if state not in move.before:
        wanted = " or ".join(sorted(move.before))
        raise WrongStateError(f"To {verb} a version it must be {wanted}; this one is {state}.")
    if move.needs_reason and not reason.strip():
        raise WrongStateError(f"Give a reason to {verb} a version.")
    return move.after
