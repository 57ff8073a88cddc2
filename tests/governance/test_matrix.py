"""docs/access-matrix.md says what the rule and the verbs do: every state, and none twice."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.access import matrix, services
from governance.access.defaults import TIERS
from governance.access.rules import judge
from governance.audit.actors import Role
from governance.catalogue import services as catalogue
from governance.errors import GovernanceError, NotPermittedError, RefusedError
from governance.terms import services as terms
from tests.factories import (
    NOW,
    ApplicationFactory,
    TermsFactory,
    UserFactory,
    VersionFactory,
)


@pytest.fixture(scope="module")
def page():
    return matrix.text()


def test_the_page_is_not_stale(page):
    assert matrix.FILE.read_text() == page, "`manage.py docs` writes docs/access-matrix.md anew"


def test_a_person_can_read_it(page):
    """Folded: hundreds of thousands of states, and fewer lines than a screen or three."""
    states = 1
    for dimension in matrix.DIMENSIONS:
        states *= len(dimension.values)
    assert states > 50_000
    assert len(page.splitlines()) < 160
    for spec in TIERS:
        assert len(matrix.rows_of(spec)) < 45


def test_a_changed_policy_makes_it_stale(monkeypatch, page):
    first = TIERS[0]._replace(policy={"download": ["signed_in"]})
    monkeypatch.setattr(matrix, "TIERS", (first, *TIERS[1:]))
    assert matrix.text() != page


STATES = st.tuples(*(st.sampled_from(list(each.values)) for each in matrix.DIMENSIONS))
ROWS = {spec.name: matrix.rows_of(spec) for spec in TIERS}


@settings(deadline=None, max_examples=500)
@given(STATES, st.sampled_from(TIERS))
def test_every_state_stands_in_one_row_with_the_rule_s_own_answer(state, spec):
    fitting = [
        row
        for row in ROWS[spec.name]
        if all(
            cell == "any" or label in cell.split("; ")
            for cell, label in zip(row.cells, state, strict=True)
        )
    ]
    facts = matrix.BASE
    for dimension, label in zip(matrix.DIMENSIONS, state, strict=True):
        facts = facts._replace(**dimension.values[label])
    decision = judge(spec.policy, "download", facts)
    (row,) = fitting
    assert (row.answer == matrix.YES) == decision.allowed
    if not decision.allowed and decision.reasons[0] != "listed":
        assert f"`{decision.reasons[0]}`" in row.answer


# ------------------------------------------------------------------ the acts, tried


class Tried:
    """Runs each act of the table in somebody's name on one dataset; says whether it was let to."""

    def __init__(self):
        self.terms = TermsFactory()
        self.dataset = self.terms.dataset
        self.slug = self.dataset.slug
        self.other = UserFactory(role=Role.ADMIN)
        self.tier = self.dataset.tiers.get(name="annotations")

    def sign(self, who):
        terms.accept(
            actor=who, terms_id=self.terms.pk, ticked=[], typed_name="", purpose="", now=NOW
        )

    def apply(self, who):
        services.apply(actor=who, tier=self.tier, answers={}, now=NOW)

    def answer(self, who):
        waiting = ApplicationFactory(tier=self.tier)
        services.reject_application(application_id=waiting.pk, actor=who, reason="", now=NOW)

    def approve(self, who):
        version = VersionFactory(dataset=self.dataset, state="candidate")
        catalogue.approve_version(version_id=version.pk, actor=who, reason="", now=NOW)

    def withdraw(self, who):
        version = VersionFactory(dataset=self.dataset, state="superseded")
        catalogue.withdraw_version(version_id=version.pk, actor=who, reason="", now=NOW)

    def give_role(self, who):
        services.give_role(
            actor=who, person=self.other.pk, role=Role.STEWARD, dataset=None, ends=None, reason="",
            now=NOW,
        )  # fmt: skip


ACTS = {
    "sign": "sign, apply",
    "apply": "sign, apply",
    "answer": "answer applications",
    "approve": "approve a version",
    "withdraw": "build, publish, withdraw",
    "give_role": "suspend, give roles",
}


@pytest.mark.django_db
@pytest.mark.parametrize("act", ACTS)
def test_the_verbs_let_in_whom_the_table_says(act):
    """Each is given something wrong beside: who is let in hears of that, others of their right."""
    tried = Tried()
    person = UserFactory()
    at = list(matrix.ACTS).index(ACTS[act])
    wrong = []
    for account, role, way, actor, told in matrix.acts():
        roles = {(each, tried.dataset.pk if of else None) for each, of in actor.roles}
        who = replace(actor, user_id=person.pk if actor.signed_in else None, roles=frozenset(roles))
        if who.token is not None and not who.token.dataset:
            who = replace(who, token=replace(who.token, dataset=tried.slug))
        if _let_in(getattr(tried, act), who) != told[at]:
            wrong.append((account, role, way))
    assert wrong == []


def _let_in(act, who):
    try:
        act(who)
    except (NotPermittedError, RefusedError):
        return False
    except GovernanceError:
        return True
    raise AssertionError("something wrong was given, and nobody said so")
