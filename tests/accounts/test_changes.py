"""Changes to how somebody signs in: each is an entry, and ends what should end."""

import html
import re

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from governance.audit.models import Entry
from governance.notices import services as notices
from governance.notices.models import Message, Unreachable
from tests.accounts.people import PASSWORD, code, shows_it_is_them, signs_in, somebody, totp
from tests.support import PAGE

pytestmark = pytest.mark.django_db
NEW = "a new long word"


def is_in(client: Client) -> bool:
    return client.get(reverse("account"), **PAGE).status_code == 200


def two(user) -> tuple[Client, Client]:
    here, there = signs_in(user), signs_in(user)
    assert is_in(here)
    assert is_in(there)
    shows_it_is_them(here)
    return here, there


def entry(verb: str) -> Entry:
    return Entry.objects.select_related("person").get(action=f"account.{verb}")


def test_a_changed_password():
    user = somebody()
    here, _ = two(user)
    here.post(
        reverse("account_change_password"),
        {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW},
    )
    assert entry("password").person.user_id == user.pk
    assert entry("password").detail == {"sessions": 2}


def test_a_password_that_was_reset_by_mail():
    user = somebody()
    there = signs_in(user)
    assert is_in(there)
    lost = Client()
    lost.post(reverse("account_reset_password"), {"email": user.email})
    told = Message.objects.get(kind="password_reset_key").text
    link = re.search(r"http://testserver(\S+)", told)[1]
    form = lost.get(link)["Location"]
    lost.post(form, {"password1": NEW, "password2": NEW})
    assert not is_in(there)
    assert entry("password").person.user_id == user.pk, "who it was is known by the link"
    assert is_in(signs_in(user, NEW))


@pytest.mark.django_db(transaction=True)  # the library tells of these after the commit
def test_an_app_is_added_and_removed():
    user = somebody()
    here, there = two(user)
    page = here.get(reverse("mfa_activate_totp"), **PAGE).content.decode()
    secret = re.search(r"\b[A-Z2-7]{32}\b", page)[0]
    here.post(reverse("mfa_activate_totp"), {"code": totp(secret)})
    assert is_in(here)
    assert not is_in(there)
    told = Entry.objects.filter(action="account.factor-add").values_list("detail", flat=True)
    assert {each["type"] for each in told} == {"totp", "recovery_codes"}

    there = signs_in(user)
    here.post(reverse("mfa_generate_recovery_codes"))
    assert entry("factor-reset").detail["type"] == "recovery_codes"
    assert not is_in(there)

    there = signs_in(user)
    here.post(reverse("mfa_deactivate_totp"))
    assert not Authenticator.objects.exists()
    assert is_in(here)
    assert not is_in(there)
    told = Entry.objects.filter(action="account.factor-remove").values_list("detail", flat=True)
    assert {each["type"] for each in told} == {"totp", "recovery_codes"}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("asked", "led"), [("/invitations", "/invitations"), ("//evil.example/", "/accounts/2fa/")]
)
def test_an_app_that_a_page_asked_for_leads_back_to_it(asked, led):
    here = signs_in(somebody())
    shows_it_is_them(here)
    page = here.get(reverse("mfa_activate_totp"), {"next": asked}, **PAGE).content.decode()
    secret = re.search(r"\b[A-Z2-7]{32}\b", page)[0]
    action = re.search(r'action="(/accounts/2fa/totp[^"]*)"', page)[1]
    here.post(html.unescape(action), {"code": totp(secret)})
    codes = here.get(reverse("mfa_view_recovery_codes"), **PAGE).content.decode()
    assert f'<a href="{led}">I have saved them</a>' in codes


def test_addresses():
    user = somebody()
    here, there = two(user)
    old = user.email
    notices.mark_unreachable(email="new@example.org", why="it bounced", now=timezone.now())
    here.post(reverse("account_email"), {"action_add": "", "email": "new@example.org"})
    assert entry("address-add").person.user_id == user.pk
    told = Message.objects.filter(email="new@example.org").last().text
    link = re.search(r"http://testserver(\S+confirm-email\S+)", told)[1]
    here.post(link)
    assert entry("address-confirm")
    assert not Unreachable.objects.exists(), "mail reaches it: somebody opened the link"
    assert is_in(there), "one more address changes nothing for a session"

    here.post(reverse("account_email"), {"action_primary": "", "email": "new@example.org"})
    user.refresh_from_db()
    assert user.email == "new@example.org"
    assert entry("address-change")
    assert is_in(here)
    assert not is_in(there)

    here.post(reverse("account_email"), {"action_remove": "", "email": old})
    assert entry("address-remove")
    assert not EmailAddress.objects.filter(email=old).exists()


def test_no_entry_seals_an_address():
    user = somebody()
    here, _ = two(user)
    here.post(reverse("account_email"), {"action_add": "", "email": "new@example.org"})
    for each in Entry.objects.all():
        assert "@" not in str(each.__dict__)


def test_what_asks_for_the_password_again_changes_nothing_without_it():
    user = somebody(factor=True)
    here = signs_in(user)
    here.post(reverse("mfa_deactivate_totp"))
    here.post(reverse("account_email"), {"action_add": "", "email": "new@example.org"})
    assert Authenticator.objects.filter(user=user).exists()
    assert not EmailAddress.objects.filter(email="new@example.org").exists()
    assert not Entry.objects.filter(action__startswith="account.").exists()


def test_a_change_that_can_not_be_recorded_does_not_happen(monkeypatch):
    """Of a password, which is changed in the same transaction."""
    user = somebody()
    here, there = two(user)

    def broken(**told: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr("governance.audit.services.account_changed", broken)
    body = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    with pytest.raises(OSError, match="full"):
        here.post(reverse("account_change_password"), body)
    user.refresh_from_db()
    assert user.check_password(PASSWORD)
    assert is_in(there)


def test_a_code_that_was_used_is_no_code(monkeypatch):
    user = somebody(factor=True)
    used = code(user)
    for answer in (302, 200):
        client = Client()
        client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
        assert client.post(reverse("mfa_authenticate"), {"code": used}).status_code == answer
