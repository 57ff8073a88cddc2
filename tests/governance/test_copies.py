"""A ticket makes or extends a copy: once, whatever is asked again, and never without its entry."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from governance.audit.models import Entry
from governance.audit.writing import insert
from governance.duty.models import Copy, CopyFile, Download
from portal.delivery import tickets
from tests.factories import NOW, AcceptanceFactory, ArtefactFactory, TermsFactory, actor

pytestmark = pytest.mark.django_db


@pytest.fixture
def file():
    made = ArtefactFactory()
    TermsFactory(dataset=made.version.dataset)
    return made


@pytest.fixture
def person(file):
    return AcceptanceFactory(terms=file.version.dataset.terms.get()).user


def take(person, file, at=NOW):
    dataset = file.version.dataset
    asked = tickets.ask(
        actor=actor(person), namespace=dataset.namespace, name=dataset.name,
        revision=f"v{file.version.number}", path=file.path, now=at,
    )  # fmt: skip
    tickets.issue(actor=actor(person), asked=asked, now=at)


def test_a_ticket_makes_a_copy_and_ranges_and_retries_count_once(file, person):
    for minute in range(4):
        take(person, file, NOW + timedelta(minutes=minute))
    copy = Copy.objects.get()
    assert (copy.holder, copy.person, copy.version, copy.tier) == (
        person, person.pk, file.version, file.tier,
    )  # fmt: skip
    assert (copy.made_at, copy.closed_at) == (NOW, None)
    assert [each.artefact for each in copy.files.all()] == [file]
    assert Download.objects.count() == 1
    assert Entry.objects.filter(action="ticket.issue").count() == 4


def test_another_file_extends_it_and_another_day_is_another_download(file, person):
    other = ArtefactFactory(version=file.version)
    take(person, file)
    take(person, other, NOW + timedelta(days=1))
    take(person, file, NOW + timedelta(days=1))
    assert {each.artefact for each in Copy.objects.get().files.all()} == {file, other}
    assert Download.objects.filter(person=person.pk, version=file.version).count() == 2


def test_each_person_and_each_version_has_a_copy_of_its_own(file, person):
    newer = ArtefactFactory(version__dataset=file.version.dataset, version__superseded=True)
    second = AcceptanceFactory(terms=file.version.dataset.terms.get()).user
    for who, what in ((person, file), (second, file)):
        take(who, what)
    newer.version.serve_until = NOW + timedelta(days=3)
    newer.version.save()
    take(person, newer)
    assert Copy.objects.count() == Download.objects.count() == 3


def test_a_refusal_makes_none(file):
    stranger_to_terms = AcceptanceFactory().user
    with pytest.raises(tickets.RefusedError):
        take(stranger_to_terms, file)
    assert not Copy.objects.exists()


def test_what_was_taken_again_after_an_attestation_is_a_copy_anew(file, person):
    take(person, file)
    Copy.objects.update(closed_at=NOW, closed_how="deleted")
    take(person, file, NOW + timedelta(minutes=1))
    assert Copy.objects.filter(closed_at=None).count() == 1
    assert CopyFile.objects.count() == Copy.objects.count() == 2


def test_without_the_copy_there_is_no_ticket(file, person, monkeypatch):
    """Both or neither: what can't be written beside the entry takes the entry with it."""
    monkeypatch.setattr("governance.duty.holding._at_once", lambda: "held AS (SELECT no_column)")
    monkeypatch.setattr("governance.duty.holding._look", lambda: "SELECT no_column")
    with pytest.raises(tickets.UnavailableError):
        take(person, file)


@pytest.mark.django_db(transaction=True)
def test_the_entry_goes_with_the_copy_that_can_t_be_written(file, person, monkeypatch):
    monkeypatch.setattr("governance.duty.holding._at_once", lambda: "held AS (SELECT no_column)")
    monkeypatch.setattr("governance.duty.holding._look", lambda: "SELECT no_column")
    with pytest.raises(tickets.UnavailableError):
        take(person, file)
    assert not Entry.objects.filter(action="ticket.issue").exists()
    assert not Copy.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_eight_tickets_at_once_make_one_copy(file, person):
    """A Hub client asks for many files at the same moment."""
    files = [file, *(ArtefactFactory(version=file.version) for _ in range(3))]
    now = timezone.now()

    def one(at):
        try:
            take(person, files[at % 4], now)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(8)))
    assert Copy.objects.count() == Download.objects.count() == 1
    assert CopyFile.objects.count() == 4
    assert Entry.objects.filter(action="ticket.issue").count() == 8


def test_an_entry_with_nothing_beside_it_is_as_before():
    made = insert(
        {"at": NOW, "action": "act.refuse", "outcome": "refused"},
        dict.fromkeys(("email", "name", "token", "purpose", "address", "agent"), "")
        | {"user_id": None, "concerns": None},
    )
    assert Entry.objects.get() == made
