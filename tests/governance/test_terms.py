"""What was signed is known: which text, which clauses, when, by whom."""

import hashlib
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from governance.audit.actors import STRANGER, Role
from governance.audit.models import Entry, Person
from governance.errors import (
    InvalidError,
    MissingError,
    NotPermittedError,
    RefusedError,
    WrongStateError,
)
from governance.terms import defaults, selectors, services
from governance.terms.models import Acceptance
from tests.factories import NOW, AcceptanceFactory, DatasetFactory, TermsFactory, UserFactory, actor

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
    with pytest.raises(RefusedError, match="Sign in") as refused:
        accept(terms, STRANGER)
    assert refused.value.steps[0].route == "account_login"
    with pytest.raises(RefusedError, match="Confirm"):
        accept(terms, actor(UserFactory(), verified=False))


def test_replaced_terms_can_not_be_signed_those_of_tomorrow_can():
    dataset = DatasetFactory()
    old, new = publish(dataset, "1.0", NOW - timedelta(days=2)), publish(dataset, "1.1")
    later = publish(dataset, "2.0", NOW + timedelta(days=1))
    who = actor(UserFactory())
    with pytest.raises(WrongStateError, match="not in force any more: read"):
        accept(old, who)
    accept(new, who)
    tomorrow = NOW + timedelta(days=1)

    def standing(at):
        return selectors.standing(user_id=who.user_id, dataset_id=dataset.pk, now=at)

    assert standing(NOW)[:4] == ("1.1", True, tomorrow, "1.1")
    assert standing(tomorrow)[:4] == ("2.0", False, None, "")
    accept(later, who)
    assert standing(NOW)[:4] == ("1.1", True, None, "1.1")
    assert standing(tomorrow)[:4] == ("2.0", True, None, "2.0")


def test_an_acceptance_of_somebody_else_is_as_if_it_were_not_there():
    made = accept(TermsFactory(), actor(UserFactory()))
    for other in (actor(UserFactory()), STRANGER, actor(UserFactory(role=Role.ADMIN))):
        with pytest.raises(MissingError):
            selectors.acceptance(made.number, actor=other)


def test_a_signature_proves_which_text_once_and_outlives_account_and_terms():
    """A portal kept who and when alone: no text, twice if pressed twice, gone with the account."""
    terms, user = publish(DatasetFactory()), UserFactory(name="Ada")
    first = accept(terms, actor(user))
    assert accept(terms, actor(user)).pk == first.pk
    person = user.pk
    user.delete()
    publish(terms.dataset, "2.0", NOW + timedelta(days=1))
    kept = Acceptance.objects.get()
    assert (kept.person, kept.user_id, kept.terms.number) == (person, None, "1.0")
    assert kept.text_sha256 == hashlib.sha256(kept.terms.text.encode()).hexdigest()
    with pytest.raises(IntegrityError), transaction.atomic():
        AcceptanceFactory(terms=terms, person=person)
    for owner in (terms.dataset, terms):
        with pytest.raises(ProtectedError):
            owner.delete()


def test_the_entry_of_a_signature_holds_neither_address_nor_browser():
    accept(TermsFactory(), actor(UserFactory(), address="192.0.2.1", agent="curl"))
    told = Person.objects.get(entry__action="terms.accept")
    assert (told.address, told.agent) == ("", "")


def test_nobody_erases_the_traces_of_another():
    made = accept(TermsFactory(), actor(UserFactory(), address="192.0.2.1"))
    with pytest.raises(NotPermittedError):
        services.erase_traces(
            actor=actor(UserFactory(role=Role.ADMIN)), person=made.person, reason="x", now=NOW
        )
    assert Acceptance.objects.get().address == "192.0.2.1"
