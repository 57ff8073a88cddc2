"""An entry exists if and only if the act does."""

import pytest
from django.db import IntegrityError, connection, transaction

from governance.access import selectors as access_selectors
from governance.access import services as access
from governance.audit import selectors, writing
from governance.audit import services as audit
from governance.audit.actors import Limits, Role
from governance.audit.models import Entry, Person
from governance.audit.services import OutsideTransactionError, Place
from governance.catalogue import services as catalogue
from governance.errors import WrongStateError
from tests.factories import (
    NOW,
    ApplicationFactory,
    UserFactory,
    VersionFactory,
    actor,
)

pytestmark = pytest.mark.django_db


def ticket(who, **told):
    place = Place("lab/shelf", "1.0", "processed", "data/python/0000.parquet")
    with transaction.atomic():
        return audit.ticket_issued(
            actor=who, place=place, terms_version="1.0", grant=None, size=7, now=NOW, **told
        )


def test_an_entry_copies_who_and_what():
    user = UserFactory(name="Ada")
    who = actor(
        user,
        token=Limits("laptop"),
        address="192.0.2.1",
        agent="curl/8",
        request_id="r-1",
    )
    entry = ticket(who)
    person = Person.objects.get(entry=entry)
    assert (entry.action, entry.outcome, entry.artefact, entry.request_id) == (
        "ticket.issue",
        "allowed",
        "data/python/0000.parquet",
        "r-1",
    )
    assert (person.user_id, person.name, person.token, person.address, person.agent) == (
        user.pk,
        "Ada",
        "laptop",
        "192.0.2.1",
        "curl/8",
    )
    assert len(bytes(person.salt)) == 32


def test_the_entry_outlives_the_account():
    user = UserFactory()
    entry = ticket(actor(user))
    user.delete()
    assert selectors.search({"person": "person"}).get(pk=entry.pk).person.email


@pytest.mark.django_db(transaction=True)
def test_writing_outside_a_transaction_is_a_bug_that_shows():
    with pytest.raises(OutsideTransactionError):
        audit.token_revoked(actor=actor(UserFactory()), name="laptop", now=NOW)
    assert not Entry.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_ticket_outside_a_transaction_is_committed_when_it_returns():
    entry = audit.ticket_issued(
        actor=actor(UserFactory()), place=Place(), terms_version="1.0", grant=None, size=1, now=NOW
    )
    connection.close()  # what was not committed is lost
    assert Entry.objects.get(pk=entry.pk).person.email


def test_an_entry_has_no_other_fields_than_those_of_the_table():
    assert set(writing.BLANK) == {
        each.name for each in Entry._meta.concrete_fields if not each.primary_key
    }
    with pytest.raises(TypeError, match="colour"), transaction.atomic():
        writing.insert({"colour": "red"}, {})


def test_a_privileged_act_without_a_reason_is_refused_by_the_database():
    with pytest.raises(IntegrityError), transaction.atomic():
        audit.dataset_made(actor=actor(UserFactory()), place=Place(), reason="", now=NOW)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("act", ["approve_version", "approve_application", "apply", "give_role"])
def test_when_the_entry_can_not_be_written_the_act_does_not_happen(act):
    def full(execute, sql, params, many, context):
        if sql.startswith(("INSERT", "WITH")) and "audit_entry" in sql:
            raise RuntimeError("the disk is full")
        return execute(sql, params, many, context)

    steward = actor(UserFactory(role=Role.STEWARD))
    acts = prepared(steward)
    do, unchanged = acts[act]
    with connection.execute_wrapper(full), pytest.raises(RuntimeError):
        do()
    assert unchanged()


def prepared(steward):
    version = VersionFactory(state="candidate", published_at=None)
    application = ApplicationFactory()
    applicant = actor(UserFactory())
    admin = actor(UserFactory(role=Role.ADMIN))
    tier = application.tier
    answers = {
        "affiliation": "Example University",
        "purpose": "Compare detectors on held-out code, in aggregate only.",
        "ethics": "Reviewed by the board of the university.",
        "protection": "An encrypted disk, erased when the grant ends.",
        "no_sharing": True,
        "erasure": True,
    }
    return {
        "approve_version": (
            lambda: catalogue.approve_version(
                version_id=version.pk, actor=steward, reason="fine", now=NOW
            ),
            lambda: type(version).objects.get(pk=version.pk).state == "candidate",
        ),
        "approve_application": (
            lambda: access.approve_application(
                application_id=application.pk,
                actor=steward,
                ends=NOW.replace(month=2),
                reason="fine",
                now=NOW,
            ),
            lambda: type(application).objects.get(pk=application.pk).state == "submitted",
        ),
        "apply": (
            lambda: access.apply(actor=applicant, tier=tier, answers=answers, now=NOW),
            lambda: type(application).objects.count() == 1,
        ),
        "give_role": (
            lambda: access.give_role(
                actor=admin,
                person=applicant.user_id,
                role=Role.STEWARD,
                dataset=None,
                ends=None,
                reason="elected",
                now=NOW,
            ),
            lambda: not access_selectors.roles_of(applicant.user_id, now=NOW),
        ),
    }


def test_an_act_that_is_refused_leaves_no_entry_of_it():
    version = VersionFactory(state="published")
    with pytest.raises(WrongStateError):
        catalogue.approve_version(
            version_id=version.pk,
            actor=actor(UserFactory(role=Role.STEWARD)),
            reason="again",
            now=NOW,
        )
    assert not Entry.objects.exists()


def test_a_search_finds_by_person_place_action_and_day():
    ticket(actor(UserFactory(email="ada@example.org")))
    ticket(actor(UserFactory(email="grace@example.org")))
    assert selectors.search({"person": "ada@"}).count() == 1
    assert selectors.search({"dataset": "lab/shelf", "action": "ticket"}).count() == 2
    assert selectors.search({"action": "terms"}).count() == 0
    assert selectors.search({"since": "2030-01-02"}).count() == 0
    assert selectors.search({"since": "2030-01-01", "until": "2030-01-01"}).count() == 2
