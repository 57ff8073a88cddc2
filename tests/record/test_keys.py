"""The signing key: made, kept to its owner, handed over, lost."""

import os
import stat
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from client import receipts
from client.audit import Named
from client.errors import ReceiptError
from governance.audit import keys, sealing, selectors
from governance.audit.models import Checkpoint, Entry, Rotation
from governance.errors import MissingError, NotPermittedError, WrongStateError
from tests.factories import NOW
from tests.record.log import (
    ADA,
    as_bytes,
    as_operator,
    check,
    check_offline,
    exported,
    pin,
    seal,
    ticket,
    tickets,
)

pytestmark = pytest.mark.django_db


def make(**told):
    told = {"actor": as_operator(), "lost": False, "reason": "first key", "now": NOW} | told
    return sealing.make_key(origin="data.example.org/record", **told)


def rotate(**told):
    told = {"actor": as_operator(), "reason": "yearly", "now": NOW} | told
    return sealing.rotate_key(**told)


def test_the_key_is_for_its_owner_alone_and_in_no_table(settings):
    old = os.umask(0)
    try:
        made = make()
    finally:
        os.umask(old)
    file = Path(settings.AUDIT_KEY_FILE)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert [each.name for each in file.parent.iterdir()] == [file.name]
    assert pin() == made.verifier
    entry = Entry.objects.get(action="key.make")
    assert entry.detail == {"key": str(made.verifier)}
    *_, secret = file.read_text().strip().split("+", 4)  # base64 may hold a plus of its own
    assert len(secret) > 40
    assert secret not in str(list(Entry.objects.values()))


def test_a_second_first_key_is_refused_and_leaves_no_entry():
    make()
    first = pin()
    with pytest.raises(WrongStateError, match="rotate it instead"):
        make()
    assert pin() == first
    assert Entry.objects.count() == 1


def test_who_may_not_change_a_key_and_what_it_needs():
    for act in (make, rotate):
        with pytest.raises(NotPermittedError):
            act(actor=ADA)
        with pytest.raises(WrongStateError, match="reason"):
            act(reason=" ")
    assert not Entry.objects.exists()


def test_without_a_key_nothing_is_sealed_and_the_way_out_is_named(settings):
    settings.AUDIT_KEY_MADE_AT_NEED = False
    ticket()
    with pytest.raises(MissingError, match="audit new-key"):
        seal()
    with pytest.raises(CommandError, match="audit new-key"):
        call_command("audit", "checkpoint")
    assert not Checkpoint.objects.exists()


def test_a_file_that_is_no_key_is_told(settings):
    file = Path(settings.AUDIT_KEY_FILE)
    file.parent.mkdir()
    file.write_text("nonsense")
    with pytest.raises(WrongStateError, match="holds no key"):
        keys.load()


def test_receipts_from_before_and_after_a_rotation_hold_under_the_first_key(tmp_path):
    before = ticket()
    seal()
    first = pin()
    early = selectors.receipt(before.pk, user_id=ADA.user_id)
    second, after = rotate().verifier, ticket()
    seal()
    third, last = rotate().verifier, ticket()
    seal()
    assert len({first, second, third}) == 3
    late = [selectors.receipt(each.pk, user_id=ADA.user_id) for each in (before, after, last)]
    for receipt in (early, *late):
        assert receipts.check(receipt, first).checkpoint.origin == "data.example.org/record"
    for pinned in (first, second, third):  # also who pinned later sees a record without faults
        assert check(pinned).faults == []
        assert receipts.check(late[2], pinned)
    file = exported(tmp_path)
    for pinned in (second, third):
        assert check_offline(file, pinned).ok
    report = check_offline(
        file,
        first,
        older=[Named("first", Checkpoint.objects.last().note)],
        own_receipts=[("early", as_bytes(early)), ("late", as_bytes(late[2]))],
    )
    assert report.ok, report.findings


def test_a_rotation_signs_with_the_old_key_what_waited():
    tickets(3)
    old = keys.load_or_make()
    new = rotate()
    assert (pin(), old.origin) == (new.verifier, new.origin)
    assert Checkpoint.objects.get().size == 3
    statement = Rotation.objects.get().note
    assert str(new.verifier) in statement
    assert Entry.objects.filter(action="key.rotate", reason="yearly").exists()


@pytest.mark.django_db(transaction=True)
def test_when_the_statement_is_not_kept_the_old_key_stays(monkeypatch):
    ticket()
    seal()
    old, propose = pin(), keys.propose

    def propose_and_fail(signer):
        propose(signer)
        raise OSError("the connection is gone")

    monkeypatch.setattr(keys, "propose", propose_and_fail)
    with pytest.raises(OSError, match="connection"):
        rotate()
    assert pin() == old
    assert not Rotation.objects.exists()
    ticket()
    seal()
    assert check(old).faults == []


def test_a_rotation_beside_a_sealer_is_obeyed(monkeypatch):
    """The old key signs nothing more once its statement stands, whatever a sealer began with."""
    ticket()
    seal()
    first, right = pin(), sealing._seal_batch

    def rotated_beside():
        monkeypatch.setattr(sealing, "_seal_batch", right)
        rotate()
        ticket()
        return right()

    monkeypatch.setattr(sealing, "_seal_batch", rotated_beside)
    seal()
    assert pin() != first
    assert check(first).faults == []


def test_after_a_loss_the_old_pin_accepts_nothing_new(tmp_path):
    make()
    ticket()
    seal()
    old = pin()
    kept = Checkpoint.objects.get().note
    new = make(lost=True, reason="the disk died").verifier
    entry = ticket()
    seal()
    assert pin() == new != old
    assert Entry.objects.filter(action="key.replace", reason="the disk died").exists()
    receipt = selectors.receipt(entry.pk, user_id=ADA.user_id)
    assert receipts.check(receipt, new)
    with pytest.raises(ReceiptError) as refused:
        receipts.check(receipt, old)
    assert refused.value.code == "receipt_key"
    assert check(new).faults == []
    assert check(old).faults
    file = exported(tmp_path)
    assert not check_offline(file, old).ok
    assert check_offline(file, new).ok
    # Who pins both also sees that the new key goes on from what the old one had signed.
    from client import audit

    assert audit.verify(file, [old, new], older=[Named("old", kept)], processes=1).ok


def test_verify_reads_every_key_of_the_file(tmp_path):
    old = make().verifier
    ticket()
    seal()
    new = make(lost=True, reason="the disk died").verifier
    ticket()
    seal()
    both, one = tmp_path / "both.key", tmp_path / "one.key"
    both.write_text(f"# of two disks\n{old}\n{new}\n")
    one.write_text(f"{old}\n")
    call_command("audit", "verify", "--key", str(both))
    with pytest.raises(CommandError, match="faults"):
        call_command("audit", "verify", "--key", str(one))


def test_a_key_that_waits_is_taken_only_on_the_word_of_the_record():
    first = make().verifier
    ticket()
    keys.propose(keys.make("data.example.org/record"))  # and then the process died
    seal()
    assert (pin(), keys.proposed()) == (first, False)


def test_a_key_that_the_record_tells_of_is_taken_by_the_next_sealer(monkeypatch):
    make()
    ticket()
    with monkeypatch.context() as patched:
        patched.setattr(keys, "settle", lambda told: False)  # the process died after the commit
        new = rotate().verifier
    assert pin() != new
    ticket()
    seal()
    assert pin() == new
    assert check().faults == []
