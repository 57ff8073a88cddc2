"""What was signed is known: which text, which clauses, when, by whom."""

import hashlib
from datetime import timedelta

import pytest

from governance.audit.actors import STRANGER, Role
from governance.audit.models import Entry
from governance.errors import InvalidError, MissingError, NotPermittedError, WrongStateError
from governance.terms import defaults, selectors, services
from governance.terms.models import Acceptance
from tests.factories import NOW, DatasetFactory, TermsFactory, UserFactory, actor

pytestmark = pytest.mark.django_db
EVERY = [1, 2, 3, 4, 5]


def accept(terms, who, **told):
    told = {
        "ticked": EVERY,
        "typed_name": "Ada Lovelace",
        "purpose": "Measuring detectors.",
        "now": NOW,
    } | told
    return services.accept(actor=who, terms_id=terms.pk, **told)


def publish(dataset, number="1.0", at=NOW):
    return services.publish_terms(
        actor=actor(UserFactory(role=Role.ADMIN)),
        dataset=dataset,
        number=number,
        title=defaults.TITLE,
        summary=defaults.SUMMARY,
        clauses=defaults.CLAUSES,
        uses=defaults.USES,
        effective_at=at,
        reason="first terms",
        now=NOW,
    )


def test_the_sha256_is_that_of_the_text_which_is_served():
    terms = publish(DatasetFactory())
    assert hashlib.sha256(terms.text.encode()).hexdigest() == terms.text_sha256
    for clause in defaults.CLAUSES:
        assert clause.law in terms.text


def test_an_acceptance_keeps_what_by_whom_and_when():
    terms, user = TermsFactory(), UserFactory()
    made = accept(terms, actor(user, address="192.0.2.1", agent="curl"))
    assert (made.text_sha256, made.clauses, made.typed_name, made.email, made.at) == (
        terms.text_sha256,
        EVERY,
        "Ada Lovelace",
        user.email,
        NOW,
    )
    entry = Entry.objects.get(pk=made.entry)
    assert entry.detail["text_sha256"] == terms.text_sha256
    assert entry.terms_version == "1.0"


def test_it_outlives_the_account():
    terms, user = TermsFactory(), UserFactory(email="ada@example.org")
    made = accept(terms, actor(user))
    user.delete()
    kept = Acceptance.objects.get(pk=made.pk)
    assert (kept.user_id, kept.email, kept.typed_name) == (None, "ada@example.org", "Ada Lovelace")


def test_signing_again_is_the_same_signature():
    terms, who = TermsFactory(), actor(UserFactory())
    assert accept(terms, who) == accept(terms, who, typed_name="Somebody Else")
    assert Entry.objects.count() == 1


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"ticked": [1, 2, 3, 4]}, "clause_5"),
        ({"ticked": []}, "clause_1"),
        ({"typed_name": " "}, "typed_name"),
        ({"typed_name": "x" * 201}, "typed_name"),
        ({"purpose": "fun"}, "purpose"),
        ({"purpose": "x" * 4001}, "purpose"),
    ],
)
def test_what_is_missing_is_named_and_nothing_is_kept(told, field):
    with pytest.raises(InvalidError) as refused:
        accept(TermsFactory(), actor(UserFactory()), **told)
    assert field in refused.value.fields
    assert not Acceptance.objects.exists()


def test_only_a_confirmed_person_signs():
    terms = TermsFactory()
    with pytest.raises(NotPermittedError):
        accept(terms, STRANGER)
    with pytest.raises(NotPermittedError, match="Confirm"):
        accept(terms, actor(UserFactory(), verified=False))


def test_old_and_future_terms_can_not_be_signed():
    dataset = DatasetFactory()
    old, new = publish(dataset, "1.0", NOW - timedelta(days=2)), publish(dataset, "1.1")
    later = publish(dataset, "2.0", NOW + timedelta(days=1))
    who = actor(UserFactory())
    for terms in (old, later):
        with pytest.raises(WrongStateError, match="not in force"):
            accept(terms, who)
    accept(new, who)
    assert selectors.standing(user_id=who.user_id, dataset_id=dataset.pk, now=NOW) == ("1.1", True)
    tomorrow = NOW + timedelta(days=1)
    assert selectors.standing(user_id=who.user_id, dataset_id=dataset.pk, now=tomorrow) == (
        "2.0",
        False,
    )


def test_an_acceptance_of_somebody_else_is_as_if_it_were_not_there():
    made = accept(TermsFactory(), actor(UserFactory()))
    for other in (actor(UserFactory()), STRANGER, actor(UserFactory(role=Role.ADMIN))):
        with pytest.raises(MissingError):
            selectors.acceptance(made.number, actor=other)
