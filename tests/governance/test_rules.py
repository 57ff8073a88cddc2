"""The one rule, as people meet it. Facts in, decision out: no database."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.access.defaults import TIERS
from governance.access.needs import STRUCTURE
from governance.access.owing import Owed
from governance.access.rules import NEEDS, Facts, gate, judge
from governance.audit.actors import Suspended

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


SUSPENDED = Suspended("it was shared", "stewards@example.org")
TIMES = st.sampled_from([None, NOW - timedelta(days=1), NOW, NOW + timedelta(days=1)])
OWED = [
    (),
    (Owed(NOW, 1, "lab/shelf"),),
    (Owed(NOW, 2, "lab/other"),),
    (Owed(NOW + timedelta(days=1), 2, "lab/other"),),
    (Owed(NOW - timedelta(days=1), 1, "lab/shelf"), Owed(NOW, 2, "lab/other")),
]


def facts() -> st.SearchStrategy[Facts]:
    return st.builds(
        Facts,
        now=st.just(NOW),
        dataset=st.just("lab/shelf"),
        listed=st.booleans(),
        wound_down_at=TIMES,
        tier=st.sampled_from(sorted(POLICIES)),
        version=st.just("1.0"),
        version_state=st.sampled_from(
            ["", "building", "candidate", "approved", "published", "superseded", "withdrawn"]
        ),
        serve_until=TIMES,
        withdrawn_reason=st.sampled_from(["", "a licence was misread"]),
        email=st.just("ada@example.org"),
        suspended=st.sampled_from([None, SUSPENDED]),
        signed_in=st.booleans(),
        verified=st.booleans(),
        identities=st.frozensets(st.sampled_from(["orcid", "github", "huggingface", "other"])),
        second_factor=st.booleans(),
        has_second_factor=st.booleans(),
        token_covers=st.booleans(),
        token_ends=TIMES,
        steward=st.booleans(),
        steward_until=TIMES,
        terms=st.sampled_from(["", "1.0"]),
        terms_accepted=st.booleans(),
        terms_signed=st.sampled_from(["", "0.9"]),
        terms_until=TIMES,
        grant=st.sampled_from([None, 1]),
        grant_begins=TIMES,
        grant_ends=TIMES,
        grant_until=st.just(None),
        grant_revoked=st.booleans(),
        applied=st.sampled_from(["", "GH-1"]),
        dataset_id=st.just(1),
        owed=st.sampled_from(OWED),
    )


def policies() -> st.SearchStrategy[dict]:
    drawn = st.lists(st.sampled_from([*NEEDS, *STRUCTURE, "a need nobody wrote"]), max_size=5)
    return st.builds(lambda names: {"download": names}, drawn) | st.sampled_from(
        [{}, *POLICIES.values()]
    )


@given(facts(), policies())
def test_yes_means_that_every_need_is_met_and_no_names_why(drawn, policy):
    decision = judge(policy, "download", drawn)
    names = policy.get("download", [])
    known = bool(names) and set(names) <= set(NEEDS)
    unmet = [name for name in names if known and not NEEDS[name].met(drawn)]
    structural = [
        drawn.listed,
        drawn.suspended is None,
        not (drawn.wound_down_at and drawn.wound_down_at <= NOW),
        NEEDS["served"].met(drawn),
        drawn.token_covers,
    ]
    assert decision.allowed == (known and not unmet and all(structural))
    assert bool(decision.missing_steps) == (not decision.allowed)
    assert [step.code for step in decision.missing_steps] == (
        [] if decision.allowed else list(decision.reasons)
    )
    if unmet and all(structural[:3]):
        assert decision.reasons[0] == unmet[0]


@settings(deadline=None)  # the first look reads all addresses
@given(facts(), policies())
def test_every_missing_step_has_a_sentence_and_a_page_that_is_there(drawn, policy):
    for step in judge(policy, "download", drawn).missing_steps:
        assert step.title
        assert step.sentence.endswith(".")
        assert reverse(step.route, kwargs=dict(step.params))


@given(facts(), policies())
def test_the_gate_that_a_page_draws_agrees_with_the_decision(drawn, policy):
    marks = gate(policy, "download", drawn)
    decision = judge(policy, "download", drawn)
    assert decision.allowed == all(mark.state == "done" for mark in marks)
    assert [mark.state for mark in marks].count("next") == (0 if decision.allowed else 1)


@pytest.mark.parametrize("policy", [{}, {"download": []}, *POLICIES.values()])
def test_a_suspension_stands_before_every_policy_and_alone(policy):
    decision = judge(policy, "download", STEWARD._replace(suspended=SUSPENDED))
    assert decision.reasons == ("suspended",)
    (step,) = decision.missing_steps
    assert "it was shared" in step.sentence
    assert "stewards@example.org" in step.sentence


@pytest.mark.parametrize("policy", POLICIES.values())
def test_what_was_wound_down_is_shut_from_that_moment(policy):
    done = STEWARD._replace(wound_down_at=NOW)
    assert judge(policy, "download", done).reasons == ("wound_down",)
    soon = judge(policy, "download", done._replace(wound_down_at=NOW + timedelta(hours=1)))
    assert soon.allowed
    assert soon.valid_until == NOW + timedelta(hours=1)


def test_no_policy_forgets_the_version_or_the_token():
    policy = {"download": ["signed_in"]}
    assert judge(policy, "download", GOOD).allowed
    withdrawn = GOOD._replace(version_state="withdrawn", token_covers=False)
    assert judge(policy, "download", withdrawn).reasons == ("served", "token")


@pytest.mark.parametrize(
    ("need", "opens"),
    [
        ("linked_orcid", {"orcid"}),
        ("linked_github", {"github"}),
        ("linked_huggingface", {"huggingface"}),
        ("linked_identity", {"orcid", "github", "huggingface"}),
    ],
)
def test_a_linked_identity_can_be_asked_for(need, opens):
    policy = {"download": [need]}
    for provider in ("orcid", "github", "huggingface"):
        linked = GOOD._replace(identities=frozenset({provider}))
        assert judge(policy, "download", linked).allowed == (provider in opens)
    refused = judge(policy, "download", GOOD)
    assert refused.reasons == (need,)
    assert refused.missing_steps[0].route == "socialaccount_connections"


def test_a_yes_is_good_until_the_first_of_all_ends():
    ends = {
        "grant_ends": ("annotations", GOOD),
        "terms_until": ("annotations", GOOD),
        "token_ends": ("annotations", GOOD),
        "wound_down_at": ("annotations", GOOD),
        "steward_until": ("raw", STEWARD),
    }
    for at, (name, (tier, base)) in enumerate(ends.items()):
        end = NOW + timedelta(minutes=10 - at)
        decision = judge(POLICIES[tier], "download", base._replace(**{name: end}))
        assert decision.valid_until == end, name
    assert judge(POLICIES["processed"], "download", GOOD).valid_until is None


@given(facts())
def test_what_a_refusal_says_can_travel_in_a_header(drawn):
    for step in judge(POLICIES["annotations"], "download", drawn).missing_steps:
        assert step.sentence.isascii()
        assert "\n" not in step.sentence
