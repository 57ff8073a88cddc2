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


# ------------------------------------------------------------------ applications


@pytest.mark.parametrize("verb", application.MOVES)
@pytest.mark.parametrize("state", application.State)
def test_an_application_moves_by_its_table_and_no_other_way(state, verb):
    move = application.MOVES[verb]
    if state in move.before:
        assert application.step(state, verb, reason="because") == move.after
        return
    told = "must be" if state in application.OPEN else "already"
    with pytest.raises(WrongStateError, match=told):
        application.step(state, verb, reason="because")


def test_every_state_of_an_application_is_reached():
    reached = {move.after for move in application.MOVES.values()}
    assert reached | {application.State.DRAFT} == set(application.State)


def test_what_the_stewards_decide_needs_a_reason():
    wanted = {"return", "approve", "reject", "revoke"}
    assert {verb for verb, move in application.MOVES.items() if move.needs_reason} == wanted
    for verb in wanted:
        with pytest.raises(WrongStateError, match="reason"):
            application.step(min(application.MOVES[verb].before), verb, reason="  ")


def test_no_move_but_a_reviewers_yes_leads_to_an_approval():
    """Silence never grants: neither the clock nor the applicant can approve."""
    approving = {verb for verb, move in application.MOVES.items() if move.after == "approved"}
    assert approving == {"approve"}
    assert application.MOVES["approve"].who == application.Who.REVIEWER
