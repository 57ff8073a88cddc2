"""The one rule, as people meet it. Facts in, decision out: no database."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.access.defaults import TIERS
from governance.access.rules import NEEDS, Facts, gate, judge

NOW = datetime(2030, 1, 1, 12, tzinfo=UTC)
POLICIES = {spec.name: spec.policy for spec in TIERS}

GOOD = Facts(
    now=NOW,
    dataset="lab/shelf",
    tier="processed",
    version="1.0",
    version_state="published",
    signed_in=True,
    email="ada@example.org",
    verified=True,
    second_factor=True,
    has_second_factor=True,
    terms="1.0",
    terms_accepted=True,
    grant=7,
    grant_begins=NOW - timedelta(days=1),
    grant_ends=NOW + timedelta(days=1),
)
STEWARD = GOOD._replace(steward=True)


@pytest.mark.parametrize("tier", ["processed", "annotations"])
def test_who_has_done_everything_may_download(tier):
    decision = judge(POLICIES[tier], "download", GOOD)
    assert decision.allowed
    assert decision.reasons == ("ok",)
    assert not decision.missing_steps


def test_a_steward_may_have_raw_without_terms():
    facts = STEWARD._replace(terms_accepted=False)
    assert judge(POLICIES["raw"], "download", facts).allowed


@pytest.mark.parametrize(
    ("tier", "change", "reason"),
    [
        ("processed", {"signed_in": False}, "signed_in"),
        ("processed", {"verified": False}, "verified"),
        ("processed", {"terms_accepted": False}, "terms"),
        ("processed", {"terms": ""}, "terms"),
        ("processed", {"version_state": "withdrawn"}, "served"),
        ("processed", {"version_state": "candidate"}, "served"),
        ("processed", {"version_state": ""}, "served"),
        ("processed", {"token_covers": False}, "token"),
        ("annotations", {"grant": None}, "grant"),
        ("annotations", {"grant_ends": NOW}, "grant"),  # the end itself is shut
        ("annotations", {"grant_begins": NOW + timedelta(seconds=1)}, "grant"),
        ("annotations", {"grant_revoked": True}, "grant"),
        ("annotations", {"second_factor": False}, "second_factor"),
        ("raw", {}, "steward"),
        ("raw", {"steward": True, "second_factor": False}, "second_factor"),
    ],
)
def test_one_missing_thing_is_a_refusal_that_names_it(tier, change, reason):
    decision = judge(POLICIES[tier], "download", GOOD._replace(**change))
    assert not decision.allowed
    assert decision.reasons == (reason,)
    (step,) = decision.missing_steps
    assert step.code == reason
    assert step.sentence
    assert step.route


def test_a_stranger_is_told_every_step_in_order():
    facts = Facts(now=NOW, dataset="lab/shelf", version_state="published", version="1.0", terms="1")
    decision = judge(POLICIES["annotations"], "download", facts)
    assert decision.reasons == ("signed_in", "verified", "terms", "grant", "second_factor")


def test_a_superseded_version_is_served_until_its_day():
    later = GOOD._replace(version_state="superseded", serve_until=NOW + timedelta(seconds=1))
    decision = judge(POLICIES["processed"], "download", later)
    assert decision.allowed
    assert decision.valid_until == NOW + timedelta(seconds=1)
    assert not judge(POLICIES["processed"], "download", later._replace(serve_until=NOW)).allowed


@pytest.mark.parametrize(
    "policy", [{}, {"download": []}, {"download": ["signed_in", "a need nobody wrote"]}]
)
def test_silence_never_grants(policy):
    assert not judge(policy, "download", STEWARD).allowed
    assert not judge(POLICIES["processed"], "an action nobody wrote", STEWARD).allowed


def test_the_next_step_leads_to_the_page_where_it_is_done():
    told = judge(POLICIES["annotations"], "download", GOOD._replace(grant=None, applied="GH-1"))
    assert told.missing_steps[0].params == {"number": "GH-1"}
    lacking = GOOD._replace(grant=None, tier="annotations")
    told = judge(POLICIES["annotations"], "download", lacking)
    assert told.missing_steps[0].params == {
        "namespace": "lab", "name": "shelf", "tier": "annotations",
    }  # fmt: skip


def facts() -> st.SearchStrategy[Facts]:
    times = st.sampled_from([None, NOW - timedelta(days=1), NOW, NOW + timedelta(days=1)])
    return st.builds(
        Facts,
        now=st.just(NOW),
        dataset=st.just("lab/shelf"),
        tier=st.sampled_from(sorted(POLICIES)),
        version=st.just("1.0"),
        version_state=st.sampled_from(
            ["", "building", "candidate", "approved", "published", "superseded", "withdrawn"]
        ),
        serve_until=times,
        withdrawn_reason=st.sampled_from(["", "a licence was misread"]),
        email=st.just("ada@example.org"),
        signed_in=st.booleans(),
        verified=st.booleans(),
        second_factor=st.booleans(),
        has_second_factor=st.booleans(),
        token_covers=st.booleans(),
        steward=st.booleans(),
        terms=st.sampled_from(["", "1.0"]),
        terms_accepted=st.booleans(),
        grant=st.sampled_from([None, 1]),
        grant_begins=times,
        grant_ends=times,
        grant_revoked=st.booleans(),
        applied=st.sampled_from(["", "GH-1"]),
    )


@given(facts(), st.sampled_from(sorted(POLICIES)))
def test_yes_means_that_every_need_is_met_and_no_names_why(drawn, tier):
    decision = judge(POLICIES[tier], "download", drawn)
    unmet = [name for name in POLICIES[tier]["download"] if not NEEDS[name].met(drawn)]
    assert decision.allowed == (not unmet)
    assert bool(decision.missing_steps) == bool(unmet)
    if unmet:
        assert decision.reasons[0] == unmet[0]


@given(facts(), st.sampled_from(sorted(POLICIES)))
def test_the_gate_that_a_page_draws_agrees_with_the_decision(drawn, tier):
    marks = gate(POLICIES[tier], "download", drawn)
    decision = judge(POLICIES[tier], "download", drawn)
    assert decision.allowed == all(mark.state == "done" for mark in marks)
    assert [mark.state for mark in marks].count("next") == (0 if decision.allowed else 1)


@given(facts())
def test_what_a_refusal_says_can_travel_in_a_header(drawn):
    for step in judge(POLICIES["annotations"], "download", drawn).missing_steps:
        assert step.sentence.isascii()
        assert "\n" not in step.sentence
