"""Erasing who it was, while what happened stays provable."""

from datetime import timedelta

import pytest

from client import receipts
from governance.audit import retention, selectors
from governance.audit import services as audit
from governance.audit.actors import Actor
from governance.audit.models import Entry, Person
from governance.errors import MissingError, NotPermittedError, WrongStateError
from tests.factories import NOW
from tests.record.log import (
    ADA,
    SHELF,
    as_operator,
    check,
    check_offline,
    decision,
    exported,
    pin,
    seal,
    ticket,
    tickets,
)

pytestmark = pytest.mark.django_db
OTHER = Actor(user_id=8, email="grace@university.example", name="Grace")


def erase(**told):
    told = {"user_id": 7, "actor": ADA, "reason": "my wish", "now": NOW} | told
    return retention.erase_person(**told)


def accept():
    return audit.terms_accepted(
        actor=ADA,
        place=SHELF,
        terms_version="1.0",
        number="GH-A-000001",
        text_sha256="5" * 64,
        purpose="study",
        now=NOW,
    )


def test_downloads_are_erased_agreements_and_decisions_stay(monkeypatch, tmp_path):
    monkeypatch.setattr(retention, "BATCH", 4)
    mine = [each.pk for each in tickets(10)]
    kept = [accept().pk, decision().pk, ticket(OTHER).pk]
    seal()
    root = selectors.latest_checkpoint().root
    before = list(Entry.objects.order_by("id").values())
    late = ticket().pk  # erased before it is sealed
    assert erase() == 11
    assert set(
        Person.objects.exclude(entry__action="person.erase").values_list("pk", flat=True)
    ) == set(kept)
    told = Entry.objects.filter(action="person.erase").order_by("id")
    assert [each.detail["count"] for each in told] == [4, 4, 3]
    assert (told[0].detail["first"], told[2].detail["last"]) == (mine[0], late)
    assert {(each.reason, each.person.user_id) for each in told} == {("my wish", 7)}
    seal()
    assert list(Entry.objects.filter(pk__lt=late).order_by("id").values()) == before
    found = check()
    assert (found.faults, found.erased, found.entries) == ([], 11, 17)
    report = check_offline(exported(tmp_path), pin())
    assert (report.ok, report.without_personal) == (True, 11)
    assert selectors.checkpoints().last().root == root
    with pytest.raises(MissingError):
        selectors.receipt(mine[0], user_id=7)
    assert receipts.check(selectors.receipt(kept[0], user_id=7), pin())


def test_the_trace_of_a_person_is_gone_from_every_table(tmp_path):
    ticket()
    salt = bytes(Person.objects.get().salt)
    erase(actor=as_operator(), reason="asked by letter")
    seal()
    data = exported(tmp_path).read_bytes()
    for trace in (ADA.email, ADA.address, ADA.agent, ADA.name, salt.hex()):
        assert trace.encode() not in data
    assert not Person.objects.filter(user_id=7).exists()


def test_who_may_not_erase():
    ticket()
    with pytest.raises(NotPermittedError):
        erase(actor=OTHER)
    with pytest.raises(WrongStateError):
        erase(reason="")
    assert erase(user_id=99, actor=as_operator()) == 0
    assert Person.objects.count() == Entry.objects.count() == 1


def test_each_kind_is_kept_for_its_time():
    def at(days, write, **told):
        return write(now=NOW - timedelta(days=days), **told).pk

    def refused(now):
        return audit.access_refused(
            actor=ADA, place=SHELF, action="ticket", reasons=["terms"], now=now
        )

    def revoked(now):
        return audit.token_revoked(actor=ADA, name="laptop", now=now)

    year = retention.YEAR
    gone = [
        at(year + 1, refused),
        at(2 * year + 1, revoked),
        at(3 * year + 1, lambda now: ticket(now=now)),
    ]
    kept = [
        at(year, refused),
        at(2 * year - 1, revoked),
        at(3 * year - 1, lambda now: ticket(now=now)),
        accept().pk,
    ]
    assert retention.erase_old(now=NOW) == 3
    left = Person.objects.exclude(entry__action="person.erase").values_list("pk", flat=True)
    assert set(left) == set(kept)
    assert not set(left) & set(gone)
    told = Entry.objects.filter(action="person.erase")
    assert {each.detail["kind"] for each in told} == {"ticket.refuse", "token.", "ticket.issue"}
    assert retention.erase_old(now=NOW) == 0
    seal()
    found = check()
    assert (found.faults, found.erased) == ([], 3)


@pytest.mark.parametrize(
    ("action", "years"),
    [
        ("ticket.issue", 3),
        ("ticket.refuse", 1),
        ("token.make", 2),
        ("record.search", 3),
        ("terms.accept", 10),
        ("application.approve", 10),
        ("person.erase", 10),
        ("something.new", 10),
    ],
)
def test_the_longest_beginning_counts(action, years):
    assert retention.days_of(action) == years * retention.YEAR


def test_a_longer_time_for_a_kind_within_a_kind_is_kept(monkeypatch):
    monkeypatch.setattr(retention, "DAYS", {"ticket.": 10, "ticket.issue": 100, "": 1000})
    old = NOW - timedelta(days=50)
    ticket(now=old)
    refused = audit.access_refused(
        actor=ADA, place=SHELF, action="ticket", reasons=["terms"], now=old
    )
    assert retention.erase_old(now=NOW) == 1
    assert not Person.objects.filter(entry=refused).exists()
    assert Person.objects.filter(entry__action="ticket.issue").exists()


def test_an_erasure_ends_even_where_what_tells_of_it_is_among_what_is_chosen(monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 2)
    monkeypatch.setattr(retention, "KEPT", ())
    tickets(5)
    assert erase() == 5
    told = Entry.objects.filter(action="person.erase")
    assert [each.detail["count"] for each in told.order_by("id")] == [2, 2, 1]
    assert erase() == 3  # what told of it, which is of the same person
    seal()
    assert check().faults == []
