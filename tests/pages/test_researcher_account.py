"""One's own account: a token is shown once, a profile is saved, what is missing is said."""

import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import reverse
from django.utils import timezone

from governance.audit.actors import Role
from portal.accounts import tokens
from portal.accounts.models import ApiToken
from tests.factories import AcceptanceFactory, ArtefactFactory, UserFactory, VersionFactory
from tests.pages.visitors import queries, text
from tests.support import PAGE, signed_in, staff_client

pytestmark = pytest.mark.django_db
TOKEN = {"name": "workstation", "dataset": "", "days": "30", "do": "make"}
SECRET = re.compile(r"gh_[A-Za-z0-9_-]{40,}")


def test_a_token_is_shown_once_and_works():
    user = UserFactory()
    client = signed_in(user)
    response = client.post(reverse("tokens"), TOKEN, **PAGE)
    [secret] = set(SECRET.findall(response.content.decode()))
    assert response["Cache-Control"] == "no-store"
    assert f"export HF_TOKEN={secret}" in text(response)
    assert secret not in client.get(reverse("tokens"), **PAGE).content.decode()
    assert secret not in str(dict(client.session.items()))
    assert tokens.find(secret, now=timezone.now()).user == user


def test_the_commands_name_a_file_that_this_person_may_have():
    signed = AcceptanceFactory()
    version = VersionFactory(dataset=signed.terms.dataset)
    ArtefactFactory(version=version, path="data/a file.parquet")
    response = signed_in(signed.user).post(reverse("tokens"), TOKEN, **PAGE)
    slug = signed.terms.dataset.slug
    here = f"http://testserver/datasets/{slug}/resolve/v{version.number}"
    assert f"{here}/data/a%20file.parquet" in text(response)
    assert "--create-dirs --output 'data/a file.parquet'" in text(response)


def test_without_an_open_file_the_commands_say_what_is_missing():
    ArtefactFactory()
    response = signed_in(UserFactory()).post(reverse("tokens"), TOKEN, **PAGE)
    assert "No file is open to you yet" in text(response)
    assert "/resolve/" not in text(response)


@pytest.mark.parametrize(
    ("change", "status", "told"),
    [
        ({"name": " "}, 422, "Give the token a name"),
        ({"days": "91"}, 422, "Choose 1 to 90 days"),
        ({"days": "soon"}, 422, "Enter a whole number"),
        ({"dataset": "lab/unknown"}, 422, "Select a valid choice"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(change, status, told):
    response = signed_in(UserFactory()).post(reverse("tokens"), TOKEN | change, **PAGE)
    assert response.status_code == status
    assert told in text(response)
    assert not ApiToken.objects.exists()


def test_an_unconfirmed_address_makes_no_token():
    response = signed_in(UserFactory(verified=False)).post(reverse("tokens"), TOKEN, **PAGE)
    assert response.status_code == 403
    assert "confirmed address" in text(response)


@pytest.mark.parametrize("asked", [True, False])
def test_a_token_carries_the_second_factor_when_it_is_asked_to(asked):
    client = signed_in(UserFactory(), second_factor=True)
    client.post(reverse("tokens"), TOKEN | ({"factor": "on"} if asked else {}), **PAGE)
    assert ApiToken.objects.get().second_factor is asked


@pytest.mark.parametrize("told", [{"factor": "on"}, {"scope": "review"}])
def test_a_token_that_carries_the_second_factor_asks_for_it_first(told):
    client = signed_in(UserFactory(role=Role.STEWARD))
    response = client.post(reverse("tokens"), TOKEN | told, **PAGE)
    assert not ApiToken.objects.exists()
    assert response["Location"].startswith(reverse("mfa_activate_totp"))
    [back] = parse_qs(urlsplit(response["Location"]).query)["next"]
    filled = text(client.get(back, **PAGE))
    assert 'value="workstation"' in filled
    for name, value in told.items():
        assert re.search(rf'name="{name}"[^>]*( value="{value}"[^>]*)?checked', filled)


@pytest.mark.parametrize(("scope", "allowed"), [("read", 1), ("act", 1), ("review", 0), ("all", 0)])
def test_a_researcher_is_offered_no_scope_of_a_steward(scope, allowed):
    client = signed_in(UserFactory(), second_factor=True)
    client.post(reverse("tokens"), TOKEN | {"scope": scope}, **PAGE)
    assert ApiToken.objects.filter(scope=scope).count() == allowed


def test_a_token_is_revoked_by_its_owner_alone():
    owner, other = UserFactory(), UserFactory()
    client = signed_in(owner)
    client.post(reverse("tokens"), TOKEN, **PAGE)
    token = ApiToken.objects.get()
    revoke = {"do": "revoke", "token": token.pk}
    assert signed_in(other).post(reverse("tokens"), revoke, **PAGE).status_code == 404
    told = text(client.post(reverse("tokens"), revoke, follow=True, **PAGE))
    assert "is revoked" in told
    assert "Revoked and ended: 1" in told
    assert 'value="revoke"' not in told
    token.refresh_from_db()
    assert token.revoked_at is not None


@pytest.mark.parametrize("given", ["", "x", "-1", "9" * 40])
def test_a_token_that_is_none_is_not_there(given):
    response = signed_in(UserFactory()).post(
        reverse("tokens"), {"do": "revoke", "token": given}, **PAGE
    )
    assert response.status_code == 404


def test_tokens_take_as_many_queries_for_one_as_for_many():
    user = UserFactory()

    def make(number):
        ApiToken.objects.create(
            user=user,
            name=f"token {number}",
            digest=str(number),
            ending="abcd",
            made_at=timezone.now(),
            ends_at=timezone.now() + timedelta(days=1),
        )

    make(0)
    client = signed_in(user)
    few = queries(client, reverse("tokens"))
    for number in range(1, 9):
        make(number)
    assert queries(client, reverse("tokens")) == few


# ------------------------------------------------------------------ profile


def test_a_profile_is_saved():
    user = UserFactory()
    given = {"name": "Ada <Lovelace>", "affiliation": "Analytical Engines"}
    response = signed_in(user).post(reverse("account"), given, follow=True, **PAGE)
    user.refresh_from_db()
    assert (user.name, user.affiliation) == ("Ada <Lovelace>", "Analytical Engines")
    assert "Your profile is saved." in text(response)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"name": "A", "affiliation": "x"}, "Write your full name"),
        ({"name": "Ada Lovelace", "affiliation": "x" * 201}, "Keep this under 200 characters"),
    ],
)
def test_a_profile_that_can_not_be_kept(given, told):
    user = UserFactory(name="Before")
    response = signed_in(user).post(reverse("account"), given, **PAGE)
    user.refresh_from_db()
    assert response.status_code == 422
    assert told in text(response)
    assert given["affiliation"] in text(response)
    assert user.name == "Before"


def test_the_account_says_what_is_missing():
    bare = text(staff_client(Role.STEWARD, second_factor=False).get(reverse("account"), **PAGE))
    assert "Use your second factor" in bare
    assert "Steward" in bare
    ready = text(staff_client(Role.STEWARD).get(reverse("account"), **PAGE))
    assert "Use your second factor" not in ready
    unconfirmed = signed_in(UserFactory(verified=False)).get(reverse("account"), **PAGE)
    assert "Confirm your address" in text(unconfirmed)


def test_a_country_is_kept_and_one_that_there_is_not_is_refused():
    user = UserFactory()
    body = {"name": user.name, "affiliation": "Example University", "country": "SE"}
    assert signed_in(user).post("/account", body, **PAGE).status_code == 302
    user.refresh_from_db()
    assert user.country == "SE"
    refused = signed_in(user).post("/account", body | {"country": "Atlantis"}, **PAGE)
    assert refused.status_code == 422
    user.refresh_from_db()
    assert user.country == "SE"
