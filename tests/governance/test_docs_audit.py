"""docs/audit.md says what the code does: every verb, and nothing that is none."""

import inspect
import re
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from governance.audit import documenting, retention, services
from governance.audit.models import Entry

ROOT = Path(__file__).parents[2]


def test_the_page_is_not_stale():
    told = documenting.FILE.read_text()
    assert told == documenting.text(), "`manage.py docs` writes docs/audit.md anew"


def test_every_verb_that_writes_an_entry_stands_there_with_a_sentence():
    writers = {
        name
        for name, each in inspect.getmembers(services, inspect.isfunction)
        if not name.startswith("_") and each.__module__ == services.__name__
        and inspect.signature(each).return_annotation is Entry
    }  # fmt: skip
    found = {each.name: each for each in documenting.verbs()}
    assert writers <= set(found)
    assert [name for name, each in found.items() if not each.told] == []
    assert found["grant_revoked"].privileged
    assert not found["ticket_issued"].privileged
    assert found["ticket_issued"].takes == ["place", "terms_version", "grant", "size"]


def test_actions_are_told_as_they_stand_in_entries():
    actions = {each.action for each in documenting.verbs()}
    assert {"ticket.issue", "ticket.refuse", "version.VERB", "key.HOW"} <= actions


def test_the_command_writes_the_page_and_tells_when_it_is_stale(monkeypatch, tmp_path, capsys):
    file = tmp_path / "audit.md"
    monkeypatch.setattr(documenting, "FILE", file)
    with pytest.raises(CommandError, match="stale"):
        call_command("docs", check=True)
    call_command("docs")
    call_command("docs", check=True)
    assert file.read_text() == documenting.text()
    file.write_text("something else")
    with pytest.raises(CommandError, match="stale"):
        call_command("docs", check=True)
    capsys.readouterr()


def test_the_page_about_the_record_tells_every_period_of_retention():
    told = (ROOT / "docs" / "record.md").read_text()
    for begin, days in retention.DAYS.items():
        whole = days % retention.YEAR == 0
        period = f"{days // retention.YEAR} year" if whole else f"{days} days"
        row = rf"\| `{re.escape(begin)}\*?`.*\| {period}s? \|" if begin else rf"all else.*{period}"
        assert re.search(row, told), (begin, period)
    for begin in retention.KEPT:
        assert f"`{begin}`" in told, begin


def test_every_act_of_the_command_is_told():
    told = (ROOT / "docs" / "record.md").read_text()
    acts = ["checkpoint", "verify", "export", "key", "new-key", "rotate-key", "erase"]
    assert [act for act in acts if f"manage.py audit {act}" not in told] == []
