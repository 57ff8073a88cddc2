"""What is exported verifies without this database; receipts are for their owners."""

import gzip
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from django.core.management import call_command

from client import receipts
from client.audit import Named
from governance.audit import exporting, selectors
from governance.audit.models import Checkpoint, Entry
from governance.errors import MissingError, WrongStateError
from tests.record.log import (
    ADA,
    as_bytes,
    check_offline,
    decision,
    exported,
    pin,
    seal,
    ticket,
    tickets,
)

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.mark.parametrize("personal", [True, False])
def test_an_export_is_found_right_with_and_without_who(personal, tmp_path, monkeypatch):
    monkeypatch.setattr(exporting, "CHUNK", 7)
    tickets(20)
    seal()
    decision()
    seal()
    ticket()  # not sealed: not in it
    file = exported(tmp_path, personal=personal)
    older = [Named("mine", Checkpoint.objects.last().note)]
    report = check_offline(file, pin(), older=older)
    assert report.ok, report.findings
    assert (report.entries, report.without_personal) == (21, 0 if personal else 21)
    assert (b"ada@university.example" in file.read_bytes()) is personal


def test_text_of_every_kind_survives_the_way(tmp_path):
    for text in ('"\\\n\t\x7f', "\u2028\u00e9\U0001f600", "<script>", "=1+1", "x" * 999):
        ticket(replace(ADA, name=text[:200], agent=text, request_id=text[:60]))
    seal()
    assert check_offline(exported(tmp_path), pin()).ok


def test_nothing_sealed_is_nothing_to_export():
    ticket()
    with pytest.raises(WrongStateError, match="audit checkpoint"):
        next(exporting.lines(personal=False))


def test_the_commands_of_both_sides_agree(tmp_path, capsys):
    tickets(3)
    call_command("audit", "checkpoint")
    capsys.readouterr()
    call_command("audit", "key")
    key, file = tmp_path / "log.key", tmp_path / "record.jsonl.gz"
    key.write_text(capsys.readouterr().out)
    call_command("audit", "export", str(file), "--personal")
    assert Entry.objects.filter(action="record.export").count() == 1
    assert len(gzip.decompress(file.read_bytes()).splitlines()) == 4

    def verify():
        return subprocess.run(
            [sys.executable, "-m", "client", "audit-verify", str(file), "--key", str(key)],
            cwd=ROOT,
            capture_output=True,
            text=True,
        )

    right = verify()
    assert (right.returncode, right.stdout.splitlines()[-1]) == (0, "All is right.")
    wrong = gzip.decompress(file.read_bytes()).replace(b"Ada", b"Eve", 1)
    file.write_bytes(gzip.compress(wrong))
    altered = verify()
    assert altered.returncode == 1
    assert "entry 0" in altered.stdout.lower()


def test_a_receipt_of_ones_own_holds_and_of_others_there_is_none(tmp_path):
    entry = ticket()
    tickets(300)
    with pytest.raises(WrongStateError, match="not sealed yet"):
        selectors.receipt(entry.pk, user_id=ADA.user_id)
    seal()
    receipt = selectors.receipt(entry.pk, user_id=ADA.user_id)
    checked = receipts.check(receipt, pin(), origin="data.example.org/record")
    assert (checked.index, checked.leaf["artefact"]) == (0, "data/python/0000.parquet")
    report = check_offline(exported(tmp_path), pin(), own_receipts=[("mine", as_bytes(receipt))])
    assert report.ok, report.findings
    refusals = []
    for entry_id, user_id in ((entry.pk, 8), (entry.pk, None), (10**9, ADA.user_id)):
        with pytest.raises(MissingError) as refused:
            selectors.receipt(entry_id, user_id=user_id)
        refusals.append(str(refused.value))
    assert len(set(refusals)) == 1  # nobody learns which entries exist


def test_a_receipt_shows_that_its_entry_was_dropped(tmp_path):
    entries = tickets(5)
    seal()
    receipt = selectors.receipt(entries[2].pk, user_id=ADA.user_id)
    file = exported(tmp_path)
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join(lines[:3] + lines[4:]))
    report = check_offline(file, pin(), own_receipts=[("mine", as_bytes(receipt))])
    assert 2 in {each.first for each in report.findings}
