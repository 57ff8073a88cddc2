"""A lost second factor is taken off by somebody else, at once and told to its owner."""

import getpass
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from governance.access.models import RoleHeld
from governance.audit.actors import HOUSE, STRANGER, Limits, Role, Scope
from governance.audit.models import Entry
from governance.errors import (
    InvalidError,
    MissingError,
    NotPermittedError,
    RefusedError,
    WrongStateError,
)
from governance.notices import services as notices
from portal.accounts import resetting, tokens
from portal.accounts.models import ApiToken
from tests.accounts.people import PASSWORD, signs_in, somebody
from tests.factories import LONG_AGO, NOW, DatasetFactory, SuspensionFactory, UserFactory, actor
from tests.pages.visitors import answered, text
from tests.support import PAGE, signed_in, staff_client

pytestmark = pytest.mark.django_db
REASON = "lost her phone, met her"


@pytest.fixture
def locked_out():
    """Somebody with an app, and recovery codes that nobody has any more."""
    user = somebody(factor=True, role=Role.ADMIN, name="Ada")
    RecoveryCodes.activate(user)
    return user


def reset(who, person, reason=REASON):
    return resetting.reset_factors(actor=who, person=person.pk, reason=reason, now=timezone.now())


def token_of(user, **told):
    told = {"name": "ci", "dataset": "", "days": 9, "second_factor": True} | told
    return tokens.make(actor=actor(user), owner_id=user.pk, now=timezone.now(), **told)


def is_in(client: Client) -> bool:
    return client.get(reverse("account"), **PAGE).status_code == 200


def factors(user) -> int:
    return Authenticator.objects.filter(user=user).count()


# ------------------------------------------------------------------ who may


def by(kind, person):
    """Somebody of this kind who asks for it."""
    if kind == "admin of one dataset":
        held = RoleHeld.objects.create(
            user=UserFactory(), role=Role.ADMIN, dataset=DatasetFactory(), begins=LONG_AGO
        )
        return actor(held.user)
    if kind == "suspended admin":
        return actor(SuspensionFactory(user=UserFactory(role=Role.ADMIN)).user)
    admin = UserFactory(role=Role.ADMIN)
    return {
        "house": HOUSE,
        "admin": actor(admin),
        "themselves": actor(person),
        "admin by token": actor(admin, token=Limits("ci", scope=Scope.OPERATE)),
        "admin without factor": actor(admin, second_factor=False),
        "admin of an address not confirmed": actor(admin, verified=False),
        "steward": actor(UserFactory(role=Role.STEWARD)),
        "auditor": actor(UserFactory(role=Role.AUDITOR)),
        "researcher": actor(UserFactory()),
        "stranger": STRANGER,
    }[kind]


@pytest.mark.parametrize("kind", ["house", "admin"])
def test_the_operator_and_another_admin_may(kind, locked_out):
    assert reset(by(kind, locked_out), locked_out).factors == 2
    assert not factors(locked_out)


@pytest.mark.parametrize(
    "kind",
    [
        "themselves",
        "admin by token",
        "admin without factor",
        "admin of an address not confirmed",
        "admin of one dataset",
        "suspended admin",
        "steward",
        "auditor",
        "researcher",
        "stranger",
    ],
)
def test_nobody_else_may(kind, locked_out):
    there = signed_in(locked_out)
    assert is_in(there)
    with pytest.raises((NotPermittedError, RefusedError)):
        reset(by(kind, locked_out), locked_out)
    assert factors(locked_out) == 2
    assert is_in(there)
    assert not Entry.objects.filter(action="person.reset-factors").exists()


@pytest.mark.parametrize("reason", ["", "  \n", "x" * 2001])
def test_a_reason_of_bounded_length_is_asked_for(reason, locked_out):
    with pytest.raises(InvalidError) as refused:
        reset(HOUSE, locked_out, reason)
    assert set(refused.value.fields) == {"reason"}
    assert factors(locked_out) == 2


def test_who_has_none_and_who_is_nobody():
    with pytest.raises(WrongStateError, match="no second factor"):
        reset(HOUSE, UserFactory())
    with pytest.raises(MissingError):
        resetting.reset_factors(actor=HOUSE, person=10**6, reason=REASON, now=NOW)


# ------------------------------------------------------------------ what it does


def test_they_sign_in_with_the_password_and_are_led_to_a_new_factor(locked_out):
    other = somebody(factor=True)
    reset(HOUSE, locked_out)
    assert factors(other) == 1, "nobody else's"
    client = Client()
    told = client.post(reverse("account_login"), {"login": locked_out.email, "password": PASSWORD})
    assert told["Location"] != reverse("mfa_authenticate")
    assert is_in(client)
    assert answered(client, reverse("admin")) == "mfa_activate_totp", "the role waits for one"


def test_every_session_ends_at_once_and_nobody_elses(locked_out):
    here, there = signs_in(locked_out), signs_in(locked_out)
    unseen, other = signed_in(locked_out, second_factor=True), signed_in(UserFactory())
    assert all(map(is_in, (here, there, other)))  # seen: in the list of sessions
    done = reset(HOUSE, locked_out)
    assert done.sessions >= 2
    assert not any(map(is_in, (here, there, unseen)))
    assert is_in(other)


def test_tokens_that_carry_the_factor_are_revoked_and_others_go_on(locked_out):
    proved = [token_of(locked_out), token_of(locked_out, scope=Scope.OPERATE)]
    plain, others = token_of(locked_out, second_factor=False), token_of(UserFactory())
    ended, _ = token_of(locked_out)
    ApiToken.objects.filter(pk=ended.pk).update(ends_at=timezone.now() - timedelta(1))
    assert reset(HOUSE, locked_out).tokens == 2
    now = timezone.now()
    assert [tokens.find(secret, now=now) for _, secret in proved] == [None, None]
    assert tokens.find(plain[1], now=now)
    assert tokens.find(others[1], now=now)
    ended.refresh_from_db()
    assert ended.revoked_at is None, "it was over before"


def test_one_privileged_entry_tells_of_it(locked_out):
    signed = signs_in(locked_out)
    assert is_in(signed)
    token_of(locked_out)
    admin = UserFactory(role=Role.ADMIN)
    before = Entry.objects.latest("id").pk
    done = reset(actor(admin), locked_out)
    entry = Entry.objects.select_related("person").get(pk__gt=before)
    assert entry.action == "person.reset-factors"
    assert entry.privileged
    assert entry.reason == REASON
    assert (entry.person.user_id, entry.person.concerns) == (admin.pk, locked_out.pk)
    assert entry.detail == {
        "kinds": ["recovery_codes", "totp"],
        "factors": 2,
        "sessions": done.sessions,
        "tokens": 1,
    }
    assert locked_out.email not in str(entry.__dict__)


def test_nothing_changes_when_the_entry_cannot_be_written(locked_out, monkeypatch):
    token, _ = token_of(locked_out)
    there = signed_in(locked_out)
    assert is_in(there)

    def fails(**_):
        raise OSError("disk full")

    monkeypatch.setattr("governance.audit.services.factors_reset", fails)
    with pytest.raises(OSError, match="disk full"):
        reset(HOUSE, locked_out)
    assert factors(locked_out) == 2
    assert is_in(there)
    token.refresh_from_db()
    assert token.revoked_at is None


@pytest.mark.parametrize("by_admin", [True, False])
def test_they_are_told_by_whom_why_and_whom_to_write_to(by_admin, locked_out, settings):
    settings.CONTACT_EMAIL = "stewards@example.org"
    who = actor(UserFactory(role=Role.ADMIN, name="Grace")) if by_admin else HOUSE
    reset(who, locked_out)
    now = timezone.now()
    notices.make_from_record(now=now)
    notices.deliver_due(now=now)
    (told,) = mail.outbox
    assert told.to == [locked_out.email]
    assert told.subject == "Your second factor was taken off"
    assert ("Grace, an admin," if by_admin else "The operator of this site") in told.body
    assert REASON in told.body
    assert "If you did not ask for this, write to stewards@example.org" in told.body


# ------------------------------------------------------------------ by page and by command


def url(user):
    return reverse("person", kwargs={"user_id": user.pk})


def test_an_admin_takes_it_off_on_the_persons_page(locked_out):
    admin = staff_client(Role.ADMIN)
    assert 'value="reset"' in text(admin.get(url(locked_out), **PAGE))
    missing = admin.post(url(locked_out), {"do": "reset", "reason": " "}, **PAGE)
    assert missing.status_code == 422
    assert "Give a reason; the person reads it." in text(missing)
    done = admin.post(url(locked_out), {"do": "reset", "reason": REASON}, follow=True, **PAGE)
    assert "Ada has no second factor any more, and is told." in text(done)
    assert 'value="reset"' not in text(done), "there is nothing to take off"
    assert not factors(locked_out)
    again = admin.post(url(locked_out), {"do": "reset", "reason": REASON}, **PAGE)
    assert again.status_code == 409
    assert "This person has no second factor" in text(again)


def test_ones_own_page_says_whom_to_ask(locked_out):
    client = signed_in(locked_out, second_factor=True)
    page = text(client.get(url(locked_out), **PAGE))
    assert "another admin, or the operator by command" in page
    assert 'value="reset"' not in page
    refused = client.post(url(locked_out), {"do": "reset", "reason": REASON}, **PAGE)
    assert refused.status_code == 403
    assert "Nobody takes off their own second factor" in text(refused)
    assert factors(locked_out) == 2


def test_the_operator_takes_it_off_the_only_admin_by_command(locked_out, capsys):
    call_command("reset_factors", locked_out.email.upper(), "--reason", REASON)
    assert f"{locked_out.email} has no second factor any more" in capsys.readouterr().out
    assert not factors(locked_out)
    acting = Entry.objects.get(action="person.reset-factors").person
    assert acting.user_id is None
    assert acting.agent == f"manage.py by {getpass.getuser()}"
    for words, told in (
        ((locked_out.email, "--reason", REASON), "no second factor"),
        (("nobody@example.org", "--reason", REASON), "Nobody has the address"),
        ((locked_out.email, "--reason", " "), "Give a reason"),
        ((locked_out.email,), "--reason"),
    ):
        with pytest.raises(CommandError, match=told):
            call_command("reset_factors", *words)
