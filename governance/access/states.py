"""The life of an application. No other module knows which move is possible, or whose it is."""

from enum import StrEnum
from typing import NamedTuple

from governance.errors import WrongStateError


class State(StrEnum):
    DRAFT = "draft"  # the applicant's own; nobody else reads it
    SUBMITTED = "submitted"
    RETURNED = "returned"  # with questions; the applicant answers
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"  # unanswered too long, or its grant is over
    REVOKED = "revoked"


class Who(StrEnum):
    APPLICANT = "applicant"
    REVIEWER = "reviewer"  # a steward of the dataset who has no part in the application
    KEEPER = "keeper"  # a steward or an admin of the dataset
    HOUSE = "house"  # the clock


OPEN = frozenset({State.DRAFT, State.SUBMITTED, State.RETURNED})  # one a person and tier
WAITING = frozenset({State.SUBMITTED, State.RETURNED})  # known to the stewards, not decided
AGAIN = frozenset({State.REJECTED, State.WITHDRAWN, State.EXPIRED, State.REVOKED})


class Move(NamedTuple):
    who: Who
    before: frozenset[State]
    after: State
    needs_reason: bool = False


MOVES = {
    "submit": Move(Who.APPLICANT, frozenset({State.DRAFT}), State.SUBMITTED),
    "return": Move(Who.REVIEWER, frozenset({State.SUBMITTED}), State.RETURNED, needs_reason=True),
    "answer": Move(Who.APPLICANT, frozenset({State.RETURNED}), State.SUBMITTED),
    "approve": Move(Who.REVIEWER, frozenset({State.SUBMITTED}), State.APPROVED, needs_reason=True),
    "reject": Move(Who.REVIEWER, frozenset({State.SUBMITTED}), State.REJECTED, needs_reason=True),
    "withdraw": Move(Who.APPLICANT, OPEN, State.WITHDRAWN),
    "expire": Move(Who.HOUSE, WAITING, State.EXPIRED),
    "end": Move(Who.HOUSE, frozenset({State.APPROVED}), State.EXPIRED),  # with its grant
    "revoke": Move(Who.KEEPER, frozenset({State.APPROVED}), State.REVOKED, needs_reason=True),
}


def step(state: str, verb: str, *, reason: str = "") -> State:
    """The state after `verb`.

    Raises:
        WrongStateError: the move is not possible from `state`, or it needs a reason.
    """
    move = MOVES[verb]  # an unknown verb is a bug: KeyError, not a refusal
    if state not in move.before:
        if state in OPEN:
            wanted = " or ".join(sorted(move.before))
            raise WrongStateError(f"To {verb} an application it must be {wanted}; it is {state}.")
        raise WrongStateError(f"This application was already {state}.")
    if move.needs_reason and not reason.strip():
        raise WrongStateError("Give a reason; the applicant reads it.")
    return move.after
