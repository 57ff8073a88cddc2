"""Receipts: each person's own entries, shown with their proof, checked here and offline."""

import json
from pathlib import Path

import pytest
from django.db import transaction
from django.utils import timezone

from client import notes, receipts
from client.cli import main
from governance.audit import keys, sealing
from governance.audit import services as audit
from governance.audit.actors import HOUSE
from governance.audit.services import Place
from tests.factories import AcceptanceFactory, UserFactory, actor
from tests.pages.visitors import text
from tests.support import PAGE, signed_in

pytestmark = pytest.mark.django_db
PLACE = Place("lab/shelf", "1.0", "processed", "data/go/0000.parquet")


@pytest.fixture(autouse=True)
def _own_key(settings, tmp_path):
    settings.AUDIT_KEY_FILE = str(tmp_path / "record.key")
    settings.AUDIT_KEY_MADE_AT_NEED = True


def ticket(user):
    with transaction.atomic():
        return audit.ticket_issued(
            actor=actor(user),
            place=PLACE,
            terms_version="1.0",
            grant=None,
            size=7,
            now=timezone.now(),
        )


def acceptance(user):
    with transaction.atomic():
        return audit.terms_accepted(
            actor=actor(user),
            place=Place("lab/shelf"),
            terms_version="1.0",
            number="GH-A-1",
            text_sha256="5" * 64,
            purpose="Measuring things.",
            now=timezone.now(),
        )


def seal():
    return sealing.seal(now=timezone.now())


@pytest.mark.parametrize("make", [ticket, acceptance])
def test_the_page_says_that_the_entry_stands_as_it_was_written(make):
    user = UserFactory()
    entry = make(user)
    seal()
    told = text(signed_in(user).get(f"/receipts/{entry.pk}", **PAGE))
    assert "is recorded exactly as this receipt shows it." in told
    assert "Its personal part is the one that was sealed with it." in told
    assert f"/receipts/{entry.pk}.json" in told


@pytest.mark.parametrize("make", [ticket, acceptance])
def test_the_file_is_checked_offline_under_the_public_key(make, client, tmp_path, capsys):
    user = UserFactory()
    ticket(UserFactory())
    entry = make(user)
    ticket(UserFactory())
    seal()
    answer = signed_in(user).get(f"/receipts/{entry.pk}.json", **PAGE)
    assert answer["Content-Disposition"] == f'attachment; filename="receipt-{entry.pk}.json"'
    assert answer["Cache-Control"] == "no-store"
    (tmp_path / "mine.json").write_bytes(answer.content)
    (tmp_path / "log.key").write_bytes(client.get("/record/key").content)
    asked = ["audit-verify", "--key", f"{tmp_path / 'log.key'}", "--receipt"]
    assert main([*asked, f"{tmp_path / 'mine.json'}"]) == 0
    forged = json.loads(answer.content)
    forged["leaf"]["version"] = "1.1"
    (tmp_path / "mine.json").write_text(json.dumps(forged))
    assert main([*asked, f"{tmp_path / 'mine.json'}"]) == 1
    capsys.readouterr()


def test_a_receipt_is_the_owners_alone():
    entry = ticket(UserFactory())
    seal()
    for path in (f"/receipts/{entry.pk}", f"/receipts/{entry.pk}.json", "/receipts/999999"):
        assert signed_in(UserFactory()).get(path, **PAGE).status_code == 404


def test_other_entries_of_ones_own_have_no_receipt():
    user = UserFactory()
    with transaction.atomic():
        entry = audit.token_revoked(actor=actor(user), name="x", now=timezone.now())
    seal()
    assert signed_in(user).get(f"/receipts/{entry.pk}", **PAGE).status_code == 404


def test_what_is_not_sealed_yet_says_when_to_come_back():
    user = UserFactory()
    entry = ticket(user)
    client = signed_in(user)
    told = text(client.get(f"/receipts/{entry.pk}", **PAGE))
    assert "not sealed yet" in told
    assert "come back at" in told
    assert "Download the receipt" not in told
    assert client.get(f"/receipts/{entry.pk}.json", **PAGE).status_code == 409


def test_a_receipt_that_does_not_hold_says_so_loudly(settings):
    user = UserFactory()
    entry = ticket(user)
    seal()
    # Somebody replaces the key; the checkpoints of the old one are no longer this log's.
    Path(settings.AUDIT_KEY_FILE).unlink()
    keys.keep(keys.make("localhost/record"))
    told = text(signed_in(user).get(f"/receipts/{entry.pk}", **PAGE))
    assert "This receipt does not hold." in told
    assert "is recorded exactly" not in told


def test_a_receipt_holds_after_the_key_was_changed():
    user = UserFactory()
    entry = ticket(user)
    seal()
    old = keys.load().verifier
    sealing.rotate_key(actor=HOUSE, reason="yearly", now=timezone.now())
    seal()
    client = signed_in(user)
    assert "recorded exactly" in text(client.get(f"/receipts/{entry.pk}", **PAGE))
    made = client.get(f"/receipts/{entry.pk}.json", **PAGE).json()
    for pinned in (old, keys.load().verifier):
        assert receipts.check(made, pinned).leaf["dataset"] == "lab/shelf"
    assert isinstance(old, notes.Verifier)


def test_downloads_and_signatures_lead_to_their_receipts():
    user = UserFactory()
    entry = ticket(user)
    signed = AcceptanceFactory(user=user, entry=acceptance(user).pk)
    client = signed_in(user)
    assert f'href="/receipts/{entry.pk}"' in text(client.get("/downloads", **PAGE))
    page = text(client.get(f"/acceptances/{signed.number}", **PAGE))
    assert f'href="/receipts/{signed.entry}"' in page
