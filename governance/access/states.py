"""The life of an application."""

from enum import StrEnum

from governance.errors import WrongStateError


class State(StrEnum):
    SUBMITTED = "submitted"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


MOVES = {
    "approve": State.APPROVED,
    "reject": State.REJECTED,
    "withdraw": State.WITHDRAWN,
    "expire": State.EXPIRED,
}


def step(state: str, verb: str) -> State:
    """Every move starts from `submitted`; what was decided stays decided."""
    after = MOVES[verb]
    if state != State.SUBMITTED:
        raise WrongStateError(f"This application was already {state}.")
    return after
