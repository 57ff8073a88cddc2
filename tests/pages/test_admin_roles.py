"""Pages of roles and invitations: who is on them, what they do, what stands in the way."""

import re
from datetime import timedelta
from time import time

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from allauth.socialaccount.models import SocialAccount
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from governance.access import holding
from governance.access import selectors as access
from governance.access.models import RoleHeld, RoleInvitation
from governance.audit.actors import HOUSE, Role
from governance.audit.models import Entry
from governance.errors import WrongStateError
from governance.notices.models import Message
from portal.accounts import inviting, tokens
from portal.accounts.models import User
from tests.factories import LONG_AGO, DatasetFactory, UserFactory
from tests.pages.visitors import VISITORS, answered, browser, queries, text
from tests.support import PAGE, signed_in, staff_client

pytestmark = pytest.mark.django_db
ANSWERS = {
    "stranger": "account_login",
    "researcher": "404",
    "steward without factor": "404",
    "steward": "404",
    "admin": "200",
    "auditor": "404",
}
NEW = {"name": "Grace Next", "password1": "a gate of one's own", "password2": "a gate of one's own"}


@pytest.mark.parametrize("visitor", VISITORS)
@pytest.mark.parametrize("route", ["admin", "roles", "people", "admin-datasets", "dataset-new"])
def test_who_administers(visitor, route):
    assert answered(browser(visitor), reverse(route)) == ANSWERS[visitor]


def invite(client, email="grace@example.org", **change):
    told = {"do": "invite", "email": email, "role": "steward", "dataset": "", "ends": "",
            "reason": "joins the team"} | change  # fmt: skip
    return client.post(reverse("roles"), told, **PAGE)


def link() -> str:
    mail = Message.objects.filter(kind="invitation").latest("id")
    return re.search(r"/invitations/[\w-]{40,}", mail.text)[0]


def holds(email, role=Role.STEWARD, dataset=None):
    user = User.objects.get(email=email)
    return (role, dataset) in access.roles_of(user.pk, now=timezone.now())


def test_who_has_an_account_gets_the_role_at_once():
    person = UserFactory()
    response = invite(staff_client(Role.ADMIN), person.email)
    assert response.status_code == 302
    assert holds(person.email)
    assert not RoleInvitation.objects.exists()


def test_the_link_goes_to_the_address_and_to_nobody_else():
    admin = staff_client(Role.ADMIN)
    assert invite(admin).status_code == 302
    assert Message.objects.get(kind="invitation").email == "grace@example.org"
    pages = [text(admin.get(reverse("roles"), **PAGE)) for _ in range(2)]  # a message shows once
    assert "grace@example.org" in pages[1]
    assert not any(link() in page for page in pages)


def test_a_new_person_takes_the_invitation_and_is_led_to_a_second_factor():
    invite(staff_client(Role.ADMIN))
    client, where = Client(), link()
    assert "grace@example.org to be steward of the whole site" in re.sub(
        "</?b>", "", text(client.get(where, **PAGE))
    )
    response = client.post(where, NEW, **PAGE)
    assert response["Location"] == reverse("steward-queue")
    assert holds("grace@example.org")
    assert EmailAddress.objects.get(email="grace@example.org").verified
    assert answered(client, reverse("steward-queue")) == "mfa_activate_totp"
    assert client.get(reverse("mfa_activate_totp"), **PAGE).status_code == 200, "asked for nothing"
    again = Client().get(where, **PAGE)
    assert again.status_code == 404
    assert "can't be used" in text(again)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"password2": "another gate"}, "not the same"),
        ({"password1": "short", "password2": "short"}, "too short"),
        ({"password1": "grace@example.org", "password2": "grace@example.org"}, "too similar"),
        ({"name": ""}, "required"),
    ],
)
def test_a_new_account_asks_for_a_name_and_a_good_password(change, told):
    invite(staff_client(Role.ADMIN))
    response = Client().post(link(), NEW | change, **PAGE)
    assert response.status_code == 422
    assert told in text(response)
    assert not User.objects.filter(email="grace@example.org").exists()


def test_an_account_that_somebody_made_beforehand_is_taken_over_whole():
    """Who knew that an invitation was to come could sign up first, and wait."""
    squatter = UserFactory(email="grace@example.org", verified=False)
    squatter.set_password("known to a stranger")
    squatter.save()
    TOTP.activate(squatter, generate_totp_secret())
    SocialAccount.objects.create(user=squatter, provider="github", uid="7")
    _, secret = tokens.make(
        actor=HOUSE, owner_id=squatter.pk, name="for later", dataset="", days=9,
        second_factor=True, now=timezone.now(),
    )  # fmt: skip
    assert tokens.find(secret, now=timezone.now())
    waiting = signed_in(squatter)
    invite(staff_client(Role.ADMIN))
    assert Client().post(link(), NEW, **PAGE).status_code == 302
    assert holds("grace@example.org")
    squatter.refresh_from_db()
    assert not squatter.check_password("known to a stranger")
    assert answered(waiting, reverse("account")) == "account_login"
    assert not Authenticator.objects.filter(user=squatter).exists()
    assert not SocialAccount.objects.filter(user=squatter).exists()
    assert tokens.find(secret, now=timezone.now()) is None


def test_an_account_of_its_owner_is_signed_in_to_and_never_taken_over():
    admin = staff_client(Role.ADMIN)
    invite(admin)
    where = link()
    owner = UserFactory(email="grace@example.org")
    owner.set_password("hers since yesterday")
    owner.save()
    assert "Sign in to accept" in text(Client().get(where, **PAGE))
    Client().post(where, NEW, **PAGE)
    owner.refresh_from_db()
    assert owner.check_password("hers since yesterday")
    assert not holds(owner.email)
    found = holding.invitation(where.rpartition("/")[2], now=timezone.now())
    with pytest.raises(WrongStateError, match="sign in to accept"):  # whoever calls it
        inviting.enter(
            None, found, secret="", name="Grace", affiliation="", password="taken over now",
            to="/", now=timezone.now(),
        )  # fmt: skip
    assert "under another address" in text(signed_in(UserFactory()).get(where, **PAGE))
    assert signed_in(UserFactory()).post(where, {}, **PAGE).status_code != 302
    assert signed_in(owner).post(where, {}, **PAGE).status_code == 302
    assert holds(owner.email)


def test_an_invitation_is_withdrawn_and_its_link_is_dead():
    admin = staff_client(Role.ADMIN)
    invite(admin)
    where, made = link(), RoleInvitation.objects.get()
    told = {"do": "withdraw", "invitation": made.pk}
    assert admin.post(reverse("roles"), told, **PAGE).status_code == 302
    assert Client().get(where, **PAGE).status_code == 404
    assert admin.post(reverse("roles"), told, **PAGE).status_code == 404


def test_an_admin_of_one_dataset_gives_roles_there_alone():
    dataset, other = DatasetFactory(), DatasetFactory()
    keeper = UserFactory()
    RoleHeld.objects.create(user=keeper, role=Role.ADMIN, dataset=dataset, begins=LONG_AGO)
    client = signed_in(keeper, second_factor=True)
    page = text(client.get(reverse("roles"), **PAGE))
    assert dataset.slug in page
    assert other.slug not in page
    assert "The whole site</option>" not in page
    for where, status in ((dataset.slug, 302), (other.slug, 422), ("", 403)):
        assert invite(client, f"x{status}@example.org", dataset=where).status_code == status
    assert client.get(reverse("people"), **PAGE).status_code == 404
    person = reverse("person", kwargs={"user_id": UserFactory().pk})
    assert client.get(person, **PAGE).status_code == 404
    for verb in ("suspend", "lift", "reset"):
        assert client.post(person, {"do": verb, "reason": "mine"}, **PAGE).status_code == 404
    assert client.get(reverse("dataset-new"), **PAGE).status_code == 404
    assert client.get(f"/admin/datasets/{other.slug}", **PAGE).status_code == 404
    assert client.get(f"/admin/datasets/{dataset.slug}", **PAGE).status_code == 200


def test_the_last_admins_page_says_why_it_stays():
    admin = UserFactory(role=Role.ADMIN)
    held = RoleHeld.objects.get(user=admin)
    client = signed_in(admin, second_factor=True)
    where = reverse("role", kwargs={"held_id": held.pk})
    assert "last admin" in text(client.get(where, **PAGE))
    response = client.post(where, {"do": "end", "reason": "tired"}, **PAGE)
    assert response.status_code == 409
    assert "last admin" in text(response)
    assert "There is one admin alone" in text(client.get(reverse("roles"), **PAGE))


def test_a_role_is_prolonged_to_the_last_minute_of_the_day():
    held = RoleHeld.objects.create(
        user=UserFactory(), role=Role.STEWARD, begins=LONG_AGO,
        ends=timezone.now() + timedelta(days=3),
    )  # fmt: skip
    day = (timezone.now() + timedelta(days=200)).date()
    where = reverse("role", kwargs={"held_id": held.pk})
    told = {"do": "change", "ends": day.isoformat(), "reason": "still here"}
    assert staff_client(Role.ADMIN).post(where, told, **PAGE).status_code == 302
    held.refresh_from_db()
    assert (held.ends.date(), held.ends.hour, held.ends.minute) == (day, 23, 59)
    assert Entry.objects.get(action="role.give").reason == "still here"


def test_the_page_of_roles_costs_the_same_for_many():
    admin = staff_client(Role.ADMIN)
    invite(admin)
    few = queries(admin, reverse("roles"))
    for at in range(6):
        RoleHeld.objects.create(
            user=UserFactory(), role=Role.STEWARD, dataset=DatasetFactory(), begins=LONG_AGO,
            given_by=UserFactory().pk,
        )  # fmt: skip
        invite(admin, f"p{at}@example.org")
    # One more query finds the names of who gave them.
    assert queries(admin, reverse("roles")) <= few + 1


def test_the_first_admin_makes_their_password_by_the_link(settings):
    where = inviting.first_admin(
        actor=HOUSE, email="ada@example.org", site="http://localhost:1", now=timezone.now()
    )
    assert holds("ada@example.org", Role.ADMIN)
    client = Client()
    path = where.removeprefix("http://localhost:1")
    assert client.post(path, NEW | {"name": "Ada First"}, **PAGE)["Location"] == reverse("admin")
    assert User.objects.get(email="ada@example.org").name == "Ada First"
    assert answered(client, reverse("admin")) == "mfa_activate_totp"


def test_who_has_an_account_becomes_the_first_admin_without_a_link():
    user = UserFactory()
    user.set_password("theirs already")
    user.save()
    told = inviting.first_admin(actor=HOUSE, email=user.email, site="", now=timezone.now())
    assert told == ""
    assert holds(user.email, Role.ADMIN)
    user.refresh_from_db()
    assert user.check_password("theirs already")


@pytest.mark.django_db(transaction=True)  # what waits for a commit happens as it does in life
def test_the_code_of_the_enrolment_opens_the_pages_of_the_role_at_once():
    invite(staff_client(Role.ADMIN))
    client = Client()
    client.post(link(), NEW, **PAGE)
    page = text(client.get(reverse("mfa_activate_totp"), **PAGE))
    secret = re.search(r"[A-Z2-7]{32}", page.replace(" ", ""))[0]
    code = format_hotp_value(hotp_value(secret, int(time()) // 30))
    assert client.post(reverse("mfa_activate_totp"), {"code": code}, **PAGE).status_code == 302
    assert answered(client, reverse("steward-queue")) == "200"
