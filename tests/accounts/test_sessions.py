"""Sessions: staff's end in time, all can be seen, all can be ended at once."""

from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from governance.access.models import RoleHeld
from governance.audit.actors import Role
from governance.audit.models import Entry
from portal.accounts import agents, sessions
from portal.accounts.models import ApiToken
from tests.accounts.people import PASSWORD, signs_in, somebody
from tests.factories import NOW, UserFactory
from tests.pages.visitors import queries, text
from tests.support import PAGE, signed_in

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def is_in(client: Client) -> bool:
    return client.get(reverse("account"), **PAGE).status_code == 200


def age(client: Client, **by: int) -> None:
    """Make the session of a browser older than it is."""
    session = client.session
    session[sessions.BEGAN] -= timedelta(**by).total_seconds()
    session.save()


# ------------------------------------------------------------------ staff


@pytest.mark.parametrize("role", list(Role))
def test_a_session_of_staff_ends_after_eight_hours_however_busy(role):
    client = signed_in(UserFactory(role=role), second_factor=True)
    for _ in range(7):
        assert is_in(client)
        age(client, hours=1)
    assert is_in(client)
    age(client, minutes=61)
    response = client.get(reverse("builds"), follow=True, **PAGE)
    assert response.redirect_chain[0][0].startswith(reverse("account_login"))
    assert "last 8 hours" in text(response)
    assert not is_in(client)


def test_a_session_of_a_researcher_goes_on():
    client = signed_in(UserFactory())
    assert is_in(client)
    age(client, hours=100)
    assert is_in(client)


def test_who_becomes_staff_in_a_long_session_signs_in_again():
    user = UserFactory()
    client = signed_in(user)
    assert is_in(client)
    age(client, hours=9)
    assert is_in(client)
    RoleHeld.objects.create(user=user, role=Role.STEWARD, begins=NOW - timedelta(9999))
    assert not is_in(client)


def test_the_eight_hours_count_from_signing_in():
    client = signs_in(somebody(role=Role.AUDITOR))
    assert is_in(client)
    age(client, hours=8)
    assert not is_in(client)


def test_the_public_pages_go_on_without_the_session():
    client = signed_in(UserFactory(role=Role.ADMIN))
    assert is_in(client)
    age(client, hours=9)
    assert client.get(reverse("home"), **PAGE).status_code == 200


# ------------------------------------------------------------------ the list


def test_the_list_says_where_one_is_signed_in():
    user = UserFactory()
    here, there = signed_in(user), signed_in(user)
    there.get(reverse("home"), headers={"user-agent": FIREFOX}, REMOTE_ADDR="192.0.2.7", **PAGE)
    told = text(here.get(reverse("sessions"), **PAGE))
    assert "Firefox on Linux" in told
    assert "192.0.2.7" in told
    assert told.count("This one") == 1
    other = signed_in(UserFactory())
    assert "Firefox" not in text(other.get(reverse("sessions"), **PAGE))


def test_a_session_that_ended_by_itself_is_not_listed():
    user = UserFactory()
    here, there = signed_in(user), signed_in(user)
    assert is_in(there)
    there.logout()
    assert text(here.get(reverse("sessions"), **PAGE)).count('value="end"') == 0


def test_the_list_takes_as_many_queries_for_one_as_for_many():
    user = UserFactory()
    here = signed_in(user)
    few = queries(here, reverse("sessions"))
    for _ in range(6):
        assert is_in(signed_in(user))
    assert queries(here, reverse("sessions")) == few


def test_being_seen_is_written_at_most_every_ten_minutes():
    client = signed_in(UserFactory())
    assert is_in(client)
    seen = UserSession.objects.get().last_seen_at
    assert is_in(client)
    assert UserSession.objects.get().last_seen_at == seen


@pytest.mark.parametrize(
    ("agent", "told"),
    [
        (FIREFOX, "Firefox on Linux"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) CriOS/140",
            "Chrome on iPhone",
        ),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("curl/8.5", "curl"),
        ("", "Unknown browser"),
        ("<script>", "Unknown browser"),
    ],
)
def test_a_browser_is_named_in_words(agent, told):
    assert agents.words(agent) == told


# ------------------------------------------------------------------ ending


def test_one_session_is_ended_by_its_owner_alone():
    user = UserFactory()
    here, there = signed_in(user), signed_in(user)
    assert is_in(here)
    assert is_in(there)
    pk = UserSession.objects.get(session_key=there.session.session_key).pk
    stranger = signed_in(UserFactory())
    body = {"do": "end", "session": pk}
    assert stranger.post(reverse("sessions"), body, **PAGE).status_code == 404
    assert is_in(there)
    here.post(reverse("sessions"), body, **PAGE)
    assert not is_in(there)
    assert is_in(here)
    assert Entry.objects.get(action="account.session-end").detail == {"sessions": 1}


@pytest.mark.parametrize("given", ["", "x", "-1", "9" * 40])
def test_a_session_that_is_none_is_not_there(given):
    body = {"do": "end", "session": given}
    assert signed_in(UserFactory()).post(reverse("sessions"), body, **PAGE).status_code == 404


@pytest.mark.parametrize("tokens", [True, False])
def test_signing_out_everywhere_else(tokens):
    user = UserFactory()
    here, there = signed_in(user), signed_in(user)
    unlisted = signed_in(user)  # it was never seen, so no list has it
    assert is_in(here)
    assert is_in(there)
    ApiToken.objects.create(
        user=user, name="laptop", digest="1", ending="abcd", made_at=timezone.now(),
        ends_at=timezone.now() + timedelta(days=1),
    )  # fmt: skip
    body = {"do": "everywhere"} | ({"tokens": "on"} if tokens else {})
    here.post(reverse("sessions"), body, **PAGE)
    assert is_in(here)
    assert not is_in(there)
    assert not is_in(unlisted)
    assert (ApiToken.objects.get().revoked_at is not None) is tokens
    assert Entry.objects.filter(action="token.revoke").count() == (1 if tokens else 0)
    assert Entry.objects.get(action="account.session-end").detail["tokens"] == int(tokens)


def test_a_new_password_ends_every_session():
    user = somebody()
    here, there = signs_in(user), signs_in(user)
    new = {"oldpassword": PASSWORD, "password1": "a new long word", "password2": "a new long word"}
    here.post(reverse("account_change_password"), new)
    assert not is_in(here)
    assert not is_in(there)
    assert is_in(signs_in(user, "a new long word"))
