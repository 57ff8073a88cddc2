"""The outbox: what goes out once, what waits, what stops, and what nobody may silence."""

import smtplib
import threading
from datetime import timedelta

import pytest
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection, transaction

from governance.access import services as access
from governance.audit import services as audit
from governance.audit.actors import Limits, Role, Scope
from governance.audit.models import Entry
from governance.audit.services import Place
from governance.catalogue import services as catalogue
from governance.errors import InvalidError, NotPermittedError
from governance.notices import bounces, selectors, services, unsubscribing
from governance.notices.kinds import TELLERS, Draft, tell
from governance.notices.models import Body, Handled, Message, Preference, State, Unreachable
from governance.notices.services import delivering, making
from tests.factories import (
    NOW,
    DatasetFactory,
    GrantFactory,
    UserFactory,
    VersionFactory,
    actor,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _site(settings):
    settings.PUBLIC_URL = "https://data.example.org"
    Server.answers, Server.opened, Server.sent = {}, 0, []


class Server(BaseEmailBackend):
    """A mail server with an answer for some addresses; it counts its connections."""

    answers: dict[str, Exception] = {}
    opened = 0
    sent: list[str] = []

    def open(self) -> bool:
        type(self).opened += 1
        return True

    def send_messages(self, messages):
        for each in messages:
            if each.to[0] in self.answers:
                raise self.answers[each.to[0]]
            self.sent.append(each.to[0])
        return len(messages)


def refused(address, code, words):
    return smtplib.SMTPRecipientsRefused({address: (code, words)})


@pytest.fixture
def server(settings):
    settings.EMAIL_BACKEND = f"{__name__}.Server"
    return Server


def revoked(person):
    grant = GrantFactory(holder=person)
    steward = actor(UserFactory(role=Role.STEWARD))
    access.revoke_grant(grant_id=grant.pk, actor=steward, reason="misuse", now=NOW)
    return grant


def make(now=NOW):
    return services.make_from_record(now=now)


# ------------------------------------------------------------------ many readers


def withdrawn(holders, **told):
    version = VersionFactory()
    slug = version.dataset.slug
    for each in holders:
        place = Place(slug, version.number, "processed", "data/python/0.parquet")
        for _ in range(2):  # ranges and retries
            audit.ticket_issued(
                actor=actor(each), place=place, terms_version="1.0", grant=None, size=1, now=NOW
            )
    admin = actor(UserFactory(role=Role.ADMIN))
    catalogue.withdraw_version(
        version_id=version.pk, actor=admin, reason="a licence was misread", now=NOW, **told
    )
    return version


def test_every_holder_of_a_withdrawn_version_is_told_once_by_when_to_erase_it():
    holders = UserFactory.create_batch(3)
    version = withdrawn(holders)
    make()
    assert services.deliver_due(now=NOW) == 3
    assert {each.to[0] for each in mail.outbox} == {each.email for each in holders}
    (one, *_) = mail.outbox
    assert "Erase every copy that you hold by 15 Jan 2030, 12:00 UTC" in one.body
    assert "a licence was misread" in one.body
    assert f"Withdrawn: {version.dataset.slug} {version.number}" in one.subject
    assert "No usable version takes its place" in one.body


def test_who_follows_a_dataset_learns_of_a_new_version_without_a_copy():
    follower = UserFactory()
    before = VersionFactory(superseded=True)
    version = VersionFactory(dataset=before.dataset, parent=before)
    services.follow(actor=actor(follower), dataset=version.dataset, now=NOW)
    services.follow(actor=actor(UserFactory()), dataset=DatasetFactory(), now=NOW)
    with transaction.atomic():
        audit.version_moved(
            actor=actor(UserFactory()),
            place=Place(version.dataset.slug, version.number),
            verb="publish",
            reason="reviewed",
            now=NOW,
        )
    make()
    services.deliver_due(now=NOW)
    (sent,) = mail.outbox
    assert sent.to == [follower.email]
    assert f"{version.dataset.slug} {version.number}" in sent.subject
    assert "on 1 Jan 2030" in sent.body
    services.unfollow(actor=actor(follower), dataset=version.dataset, now=NOW)
    assert selectors.followers(version.dataset) == []


def test_many_are_told_in_parts_and_their_mail_is_kept_once(monkeypatch):
    monkeypatch.setattr(making, "PART", 2)
    holders = UserFactory.create_batch(5)
    withdrawn(holders)
    make()
    assert Message.objects.filter(channel="mail").count() == 5
    assert Message.objects.filter(channel="inbox").count() == 5
    assert Body.objects.count() == 1
    services.deliver_due(now=NOW)
    assert len({each.body for each in mail.outbox}) == 1
    assert len({each.extra_headers["Message-ID"] for each in mail.outbox}) == 5


def test_one_that_dies_among_many_parts_is_finished_by_another(monkeypatch):
    monkeypatch.setattr(making, "PART", 2)
    holders = UserFactory.create_batch(5)
    withdrawn(holders)
    write, written = making._write, []

    def dies(rows):
        if written:
            raise SystemExit("killed")
        written.append(rows)
        write(rows)

    monkeypatch.setattr(making, "_write", dies)
    with pytest.raises(SystemExit):
        make()
    monkeypatch.setattr(making, "_write", write)
    assert make() == 0
    assert Message.objects.filter(channel="mail").count() == 2, "its lease has not ended"
    assert make(now=NOW + making.LEASE + timedelta(minutes=1)) == 1
    told = list(Message.objects.filter(channel="mail").values_list("email", flat=True))
    assert sorted(told) == sorted(each.email for each in holders)
    assert Handled.objects.filter(done=False).count() == 0


def test_two_areas_may_tell_of_one_act_and_a_person_hears_the_later_one_alone(monkeypatch):
    person = UserFactory()
    monkeypatch.setitem(TELLERS, "grant.revoke", TELLERS["grant.revoke"])

    @tell("grant.revoke")
    def _more(entry):
        return [Draft([person.pk], "What a later area says", ["More."])]

    revoked(person)
    make()
    (message,) = Message.objects.filter(channel="inbox")
    assert message.subject == "What a later area says"


# ------------------------------------------------------------------ one connection, many mails


def test_a_batch_uses_one_connection(server):
    for _ in range(4):
        revoked(UserFactory())
    make()
    assert services.deliver_due(now=NOW) == 4
    assert server.opened == 1


def test_a_connection_that_breaks_is_opened_again_for_those_that_follow(server):
    people = UserFactory.create_batch(3)
    for each in people:
        revoked(each)
    make()
    server.answers = {people[0].email: smtplib.SMTPServerDisconnected("gone")}
    assert services.deliver_due(now=NOW) == 2
    assert server.opened == 2
    message = Message.objects.get(channel="mail", user=people[0])
    assert (message.state, message.last_error) == (State.QUEUED, "SMTPServerDisconnected")


def test_a_server_that_can_not_be_reached_puts_all_off_and_gives_up_at_the_deadline(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    revoked(UserFactory())
    make()
    assert services.deliver_due(now=NOW) == 0
    message = Message.objects.get(channel="mail")
    assert (message.state, message.claim) == (State.QUEUED, "")
    assert NOW < message.next_at <= NOW + delivering.AWAY
    services.deliver_due(now=message.deadline)
    assert Message.objects.get(channel="mail").state == State.FAILED


def test_what_a_killed_process_had_in_hand_waits_for_the_end_of_its_claim(server):
    revoked(UserFactory())
    make()
    mine = Message.objects.filter(channel="mail")
    assert delivering._claimed(mine.filter(state=State.QUEUED), 10, now=NOW)  # and killed
    assert services.deliver_due(now=NOW + timedelta(minutes=4)) == 0
    assert services.deliver_due(now=NOW + delivering.CLAIM) == 1
    assert services.deliver_due(now=NOW + 2 * delivering.CLAIM) == 0


def test_what_was_not_tried_in_time_is_put_back_at_once(server, monkeypatch):
    for _ in range(3):
        revoked(UserFactory())
    make()
    monkeypatch.setattr(delivering, "STOP", -1.0)
    assert services.deliver_due(now=NOW) == 0
    left = Message.objects.filter(channel="mail")
    assert set(left.values_list("claim", "attempts", "next_at")) == {("", 0, NOW)}
    monkeypatch.undo()
    assert services.deliver_due(now=NOW) == 3


def test_two_processes_send_at_the_same_time_and_a_third_does_not(server):
    for _ in range(3):
        revoked(UserFactory())
    make()
    due = Message.objects.filter(channel="mail", state=State.QUEUED, next_at__lte=NOW)
    for _ in range(delivering.SENDERS):
        assert delivering._claimed(due, 1, now=NOW)
    assert services.deliver_due(now=NOW) == 0
    assert due.count() == 1


# ------------------------------------------------------------------ addresses that give mail back


def test_a_bouncing_address_is_marked_at_once_and_its_notices_wait_in_the_inbox(server):
    person = UserFactory()
    revoked(person)
    make()
    server.answers = {person.email: refused(person.email, 550, b"5.1.1 no such user here")}
    services.deliver_due(now=NOW)
    assert Message.objects.get(channel="mail").state == State.FAILED
    assert Unreachable.objects.get().email == person.email
    make()  # of the entry that it failed
    revoked(person)
    make()
    assert services.deliver_due(now=NOW) == 0
    assert "Mail to your address came back" in selectors.inbox(person.pk)[1].subject
    assert Message.objects.filter(channel="mail", state=State.HELD).count() == 2
    server.answers = {}
    assert services.confirm_address(email=person.email, user_id=person.pk, now=NOW)
    assert services.deliver_due(now=NOW) == 2


def test_a_bounce_of_one_keeps_nothing_from_another(server):
    first, second = UserFactory(), UserFactory()
    for each in (first, second):
        revoked(each)
    make()
    server.answers = {first.email: refused(first.email, 550, b"no such user")}
    assert services.deliver_due(now=NOW) == 1
    assert server.sent == [second.email]


@pytest.mark.parametrize(
    ("code", "words", "dead"),
    [
        (550, b"5.1.1 no such user", True),
        (550, b"no such user", True),
        (553, b"5.1.3 bad address", True),
        (550, b"5.2.1 disabled", True),
        (550, b"5.7.1 relaying denied", False),
        (554, b"5.7.1 looks like spam", False),
        (554, b"rejected", False),
        (552, b"5.2.2 mailbox full", False),
        (450, b"4.1.1 try later", False),
        (421, b"too many connections", False),
    ],
)
def test_only_a_word_about_the_address_gives_it_up(code, words, dead):
    assert bool(bounces.permanent(refused("ada@example.org", code, words))) is dead


def test_a_new_password_reaches_also_an_address_that_gave_mail_back():
    services.mark_unreachable(email="ada@example.org", why="it bounced", now=NOW)
    for kind in ("password_reset_key", "password_changed"):
        services.post_mail(
            key=kind, kind=kind, user_id=None, email="ada@example.org", subject=kind, text="x",
            html="", now=NOW,
        )  # fmt: skip
    services.deliver_due(now=NOW)
    assert [each.subject for each in mail.outbox] == ["password_reset_key"]


# ------------------------------------------------------------------ silence


def silent(person, topic, channel="mail"):
    services.choose(actor=actor(person), wanted={topic: {channel: False}}, now=NOW)


def test_who_wants_no_mail_about_grants_finds_the_notice_in_the_inbox():
    person, other = UserFactory(), UserFactory()
    silent(person, "grant")
    for each in (person, other):
        revoked(each)
    make()
    services.deliver_due(now=NOW)
    assert [each.to for each in mail.outbox] == [[other.email]]
    assert selectors.unread(person.pk) == 1


@pytest.mark.parametrize("topic", ["duty", "withdrawal", "terms", "account"])
def test_what_the_law_asks_to_be_told_can_not_be_silenced(topic):
    person = UserFactory()
    with pytest.raises(InvalidError) as refusal:
        silent(person, topic)
    assert "can't be silenced" in refusal.value.fields[topic]
    assert len(refusal.value.fields[topic]) > 60, "and why"
    assert not unsubscribing.offered(topic)


def test_a_line_in_the_database_silences_no_withdrawal():
    """Also one that was put there while the topic could be silenced."""
    person = UserFactory()
    Preference.objects.create(user=person, topic="withdrawal", channel="mail", made_at=NOW)
    withdrawn([person])
    make()
    assert services.deliver_due(now=NOW) == 1


def test_one_click_ends_mail_about_a_topic_and_goes_on_record():
    person = UserFactory()
    revoked(person)
    make()
    services.deliver_due(now=NOW)
    (sent,) = mail.outbox
    link = sent.extra_headers["List-Unsubscribe"].strip("<>")
    assert sent.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert link in sent.body
    assert link in sent.alternatives[0][0]
    assert services.silence_by_link(token=link.rpartition("/")[2], now=NOW) == "grant"
    entry = Entry.objects.get(action="notices.choose")
    assert entry.detail == {"channel": "mail", "wanted": False, "how": "link"}
    assert entry.person.user_id == person.pk
    mail.outbox.clear()
    revoked(person)
    make()
    assert services.deliver_due(now=NOW) == 0


def test_a_withdrawal_has_no_link_to_unsubscribe():
    withdrawn([UserFactory(), UserFactory()])
    make()
    services.deliver_due(now=NOW)
    for sent in mail.outbox:
        assert "List-Unsubscribe" not in sent.extra_headers
        assert "unsubscribe" not in sent.body + sent.alternatives[0][0]


def test_a_token_of_scope_read_chooses_nothing():
    person = actor(UserFactory(), token=Limits("laptop", scope=Scope.READ))
    with pytest.raises(NotPermittedError):
        services.choose(actor=person, wanted={"grant": {"mail": False}}, now=NOW)
    narrow = actor(UserFactory(), token=Limits("laptop", dataset="lab/shelf", scope=Scope.ACT))
    with pytest.raises(NotPermittedError):
        services.choose(actor=narrow, wanted={"grant": {"mail": False}}, now=NOW)


# ------------------------------------------------------------------ what goes by itself


def test_old_mail_goes_and_the_inbox_stays():
    withdrawn(UserFactory.create_batch(2))
    make()
    services.deliver_due(now=NOW)
    services.tidy(now=NOW + timedelta(days=89))
    assert Message.objects.filter(channel="mail").count() == 2
    services.tidy(now=NOW + timedelta(days=91))
    assert set(Message.objects.values_list("channel", flat=True)) == {"inbox"}
    assert Body.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_two_processes_send_each_mail_once_between_them(server):
    """Threads with connections of their own, on a database file or PostgreSQL."""
    for _ in range(12):
        revoked(UserFactory())
    make()
    ready = threading.Barrier(2)

    def sends():
        try:
            ready.wait(20)
            while services.deliver_due(now=NOW, at_most=3):
                pass
        finally:
            connection.close()

    threads = [threading.Thread(target=sends) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    while services.deliver_due(now=NOW):  # what the slower one left
        pass
    assert len(server.sent) == len(set(server.sent)) == 12
