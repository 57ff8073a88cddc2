"""No version and no application moves but by the table."""

import pytest

from governance.access import states as application
from governance.catalogue import services
from governance.catalogue.states import MOVES, State, step
from governance.errors import WrongStateError


def test_every_state_but_the_first_is_reached():
    assert {move.after for move in MOVES.values()} | {State.BUILDING} == set(State)


@pytest.mark.parametrize("verb", ["approve", "reject", "publish", "withdraw", "finish"])
def test_each_move_has_a_verb(verb):
    assert callable(getattr(services, f"{verb}_version"))


@pytest.mark.parametrize("verb", MOVES)
@pytest.mark.parametrize("state", State)
def test_only_moves_of_the_table_are_possible(state, verb):
    if state in MOVES[verb].before:
        assert step(state, verb, reason="because") == MOVES[verb].after
    else:
        with pytest.raises(WrongStateError, match=r"must be"):
            step(state, verb, reason="because")


@pytest.mark.parametrize("verb", ["approve", "publish", "withdraw", "reject"])
def test_these_moves_need_a_reason(verb):
    before = min(MOVES[verb].before)
    with pytest.raises(WrongStateError, match="reason"):
        step(before, verb, reason="  ")


@pytest.mark.parametrize("verb", application.MOVES)
@pytest.mark.parametrize("state", application.State)
def test_what_was_decided_stays_decided(state, verb):
    if state == application.State.SUBMITTED:
        assert application.step(state, verb) == application.MOVES[verb]
    else:
        with pytest.raises(WrongStateError, match="already"):
            application.step(state, verb)
