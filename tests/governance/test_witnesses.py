"""A checkpoint a day leaves the house, to people who keep it."""

from datetime import timedelta

import pytest
from django.core import mail
from django.db import transaction

from client import checkpoint, notes
from governance.audit import keys, sealing
from governance.audit import services as audit
from governance.notices import services
from governance.notices.models import Message
from tests.factories import NOW, UserFactory, actor

pytestmark = pytest.mark.django_db
WITNESSES = ["press@example.org", "board@example.net"]


@pytest.fixture(autouse=True)
def _site(settings, tmp_path):
    settings.AUDIT_KEY_FILE = str(tmp_path / "record.key")
    settings.AUDIT_KEY_MADE_AT_NEED = True
    settings.AUDIT_WITNESSES = WITNESSES
    settings.PUBLIC_URL = "https://data.example.org"


def seal(at=NOW):
    with transaction.atomic():
        audit.token_revoked(actor=actor(UserFactory()), name="x", now=at)
    return sealing.seal(now=at).checkpoint


def test_each_witness_gets_a_mail_with_the_signed_note():
    signed = seal()
    assert services.post_checkpoint(now=NOW) == 2
    services.deliver_due(now=NOW)
    assert sorted(each.to[0] for each in mail.outbox) == sorted(WITNESSES)
    body = mail.outbox[0].body
    note = body[body.index(signed.note.split("\n")[0]) : body.index("It was signed at")]
    opened = notes.open(note.strip() + "\n", [keys.load().verifier])
    assert checkpoint.parse(opened).size == signed.size
    assert "https://data.example.org/record/log" in body


def test_one_mail_a_day_and_witness_however_often_it_is_asked_for():
    seal()
    services.post_checkpoint(now=NOW)
    seal(NOW + timedelta(hours=1))
    assert services.post_checkpoint(now=NOW + timedelta(hours=1)) == 0
    assert services.post_checkpoint(now=NOW + timedelta(days=1)) == 2
    assert Message.objects.count() == 4


def test_the_key_of_a_mail_names_size_address_and_day():
    seal()
    services.post_checkpoint(now=NOW)
    assert set(Message.objects.values_list("key", flat=True)) == {
        f"checkpoint:1:{address}:2030-01-01" for address in WITNESSES
    }


def test_the_message_id_is_one_that_mail_servers_take():
    seal()
    services.post_checkpoint(now=NOW)
    services.deliver_due(now=NOW)
    told = mail.outbox[0].extra_headers["Message-ID"]
    assert told.count("@") == 1


def test_without_a_checkpoint_or_a_witness_nothing_is_sent(settings):
    assert services.post_checkpoint(now=NOW) == 0
    settings.AUDIT_WITNESSES = []
    seal()
    assert services.post_checkpoint(now=NOW) == 0
