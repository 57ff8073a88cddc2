"""People are told what happened, once, and never of what did not."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.db import DataError, transaction

from governance.access import services as access
from governance.audit.actors import Role
from governance.notices import mailbox, selectors, services
from governance.notices.models import Message, State
from governance.terms import services as terms
from tests.factories import (
    NOW,
    ApplicationFactory,
    GrantFactory,
    MemberFactory,
    TermsFactory,
    UserFactory,
    actor,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _mail(settings):
    settings.PUBLIC_URL = "https://data.example.org"


def approved(application):
    return access.approve_application(
        application_id=application.pk,
        actor=actor(UserFactory(role=Role.STEWARD)),
        ends=NOW + timedelta(days=30),
        reason="fits the programme",
        now=NOW,
    )


def test_the_applicant_is_told_in_the_inbox_and_by_mail_with_reason_and_link():
    application = ApplicationFactory()
    approved(application)
    assert services.make_from_record(now=NOW) == 1
    assert selectors.unread(application.applicant_id) == 1
    assert services.deliver_due(now=NOW) == 1
    (sent,) = mail.outbox
    assert sent.to == [application.applicant.email]
    assert "fits the programme" in sent.body
    assert f"https://data.example.org/applications/{application.number}" in sent.body


def test_nobody_is_told_twice():
    approved(ApplicationFactory())
    services.make_from_record(now=NOW)
    services.make_from_record(now=NOW)
    services.deliver_due(now=NOW)
    services.deliver_due(now=NOW)
    assert len(mail.outbox) == 1


def test_what_was_rolled_back_is_told_to_nobody():
    application = ApplicationFactory()
    with pytest.raises(RuntimeError), transaction.atomic():
        approved(application)
        raise RuntimeError("the disk is full")
    assert services.make_from_record(now=NOW) == 0


def test_an_application_tells_every_steward_and_the_applicant():
    stewards = [UserFactory(role=Role.STEWARD) for _ in range(2)]
    tier = ApplicationFactory().tier
    applicant = UserFactory()
    answers = {
        "affiliation": "Example University",
        "purpose": "Compare detectors on held-out code, in aggregate only.",
        "ethics": "Reviewed by the board of the university.",
        "protection": "An encrypted disk, erased when the grant ends.",
        "no_sharing": True,
        "erasure": True,
    }
    access.apply(actor=actor(applicant), tier=tier, answers=answers, now=NOW)
    services.make_from_record(now=NOW)
    told = set(Message.objects.filter(channel="mail").values_list("email", flat=True))
    assert told == {applicant.email, *(each.email for each in stewards)}


def test_who_signs_gets_a_copy_with_number_and_hash():
    agreed, user = TermsFactory(), UserFactory()
    made = terms.accept(
        actor=actor(user),
        terms_id=agreed.pk,
        ticked=[1, 2, 3, 4, 5],
        typed_name="Ada Lovelace",
        purpose="Measuring detectors.",
        now=NOW,
    )
    services.make_from_record(now=NOW)
    services.deliver_due(now=NOW)
    assert made.number in mail.outbox[0].body
    assert agreed.text_sha256 in mail.outbox[0].body
    assert mail.outbox[0].alternatives


def test_a_mail_server_that_is_away_costs_patience_not_the_message(settings):
    settings.EMAIL_BACKEND = "tests.governance.test_notices.Away"
    approved(ApplicationFactory())
    services.make_from_record(now=NOW)
    assert services.deliver_due(now=NOW) == 0
    message = Message.objects.get(channel="mail")
    assert (message.state, message.attempts, message.last_error) == (
        State.QUEUED,
        1,
        "ConnectionRefusedError",
    )
    assert message.next_at > NOW
    assert services.deliver_due(now=NOW) == 0  # not before its time
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert services.deliver_due(now=message.next_at) == 1


def test_after_its_deadline_a_message_is_given_up(settings):
    settings.EMAIL_BACKEND = "tests.governance.test_notices.Away"
    approved(ApplicationFactory())
    services.make_from_record(now=NOW)
    services.deliver_due(now=NOW + timedelta(days=3))
    assert Message.objects.get(channel="mail").state == State.FAILED


class Away(BaseEmailBackend):
    """A mail server that does not answer."""

    def send_messages(self, messages: object) -> int:
        raise ConnectionRefusedError("ada@example.org: refused")


def test_mail_in_a_folder_can_be_read_again(settings):
    settings.EMAIL_BACKEND = "governance.notices.mailbox.FolderBackend"
    approved(ApplicationFactory(applicant__email="åda@example.org", applicant__name="Åda"))
    services.make_from_record(now=NOW)
    services.deliver_due(now=NOW)
    (letter,) = mailbox.letters()
    assert letter.subject.startswith("Access granted")
    assert "fits the programme" in letter.text
    assert re.search(r"until [1-9]\d? \w{3} \d{4}, \d\d:\d\d UTC", letter.text), "as on every page"
    assert list(mailbox.letters(to="nobody@")) == []


def test_one_that_can_not_be_told_keeps_nobody_else_from_being_told(monkeypatch):
    first, second = UserFactory(), UserFactory()
    told = services.TELLERS["grant.revoke"]
    steward = actor(UserFactory(role=Role.STEWARD))
    for person in (first, second):
        grant = GrantFactory(holder=person)
        access.revoke_grant(grant_id=grant.pk, actor=steward, reason="misuse", now=NOW)

    def teller(entry):
        if entry.person.concerns == first.pk:
            raise DataError("value too long")
        return told(entry)

    monkeypatch.setitem(services.TELLERS, "grant.revoke", teller)
    services.make_from_record(now=NOW)
    assert Message.objects.filter(user=second).exists()
    assert not Message.objects.filter(user=first).exists()
    monkeypatch.setitem(services.TELLERS, "grant.revoke", told)
    services.make_from_record(now=NOW)
    assert Message.objects.filter(user=first).exists()


def test_an_address_of_any_length_is_told():
    address = "a" * 64 + "@" + ".".join(["b" * 60, "c" * 60, "d" * 61, "org"])
    application = ApplicationFactory()
    MemberFactory(application=application, email=address)
    access.approve_application(
        application_id=application.pk, actor=actor(UserFactory(role=Role.STEWARD)),
        ends=NOW + timedelta(days=9), reason="x", now=NOW,
    )  # fmt: skip
    services.make_from_record(now=NOW)
    (message,) = Message.objects.filter(email=address)
    assert address not in message.key
    assert len(message.key) <= 200
