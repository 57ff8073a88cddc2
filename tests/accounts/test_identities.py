"""Sign-in by other sites, against one that really gives codes and signs tokens."""

import re
from html import unescape
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount, SocialToken
from allauth.socialaccount.providers.github.views import GitHubOAuth2Adapter
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from django.test import Client
from django.urls import reverse

from governance.audit.models import Entry
from governance.notices.models import Message
from portal import environment, signin_sites
from portal.accounts.identities import PinnedSession
from portal.accounts.models import User
from portal.signin_sites import Site
from tests.accounts.people import code, shows_it_is_them, signs_in, somebody
from tests.accounts.provider import CLIENTS, SECRET, Provider
from tests.pages.visitors import text
from tests.support import PAGE

pytestmark = pytest.mark.django_db
SITES = ["github", "orcid", "huggingface"]


@pytest.fixture
def provider(settings, monkeypatch):
    with Provider() as started:
        sites = [
            Site(id_, signin_sites.NAMES[id_], started.url, CLIENTS[id_], SECRET) for id_ in SITES
        ]
        settings.SIGNIN_SITES, settings.SIGNIN_ORIGINS = sites, [started.url]
        settings.SOCIALACCOUNT_PROVIDERS = signin_sites.providers(sites)
        for name, path in (  # read once, at import
            ("authorize_url", "/login/oauth/authorize"),
            ("access_token_url", "/login/oauth/access_token"),
            ("profile_url", "/api/v3/user"),
        ):
            monkeypatch.setattr(GitHubOAuth2Adapter, name, f"{started.url}{path}")
        yield started


def start(site: str, process: str = "login") -> str:
    where = (
        reverse("github_login")
        if site == "github"
        else reverse("openid_connect_login", kwargs={"provider_id": site})
    )
    return f"{where}?process={process}"


def agrees(address: str) -> str:
    """Follow the link on the other site's page; where it leads back to."""
    parts = urlsplit(address)
    asked = HTTPConnection(parts.netloc, timeout=10)
    asked.request("GET", f"{parts.path}?{parts.query}")
    page = asked.getresponse().read().decode()
    asked.close()
    back = unescape(re.search(r'id="allow" href="([^"]+)"', page)[1])
    return back.removeprefix("http://testserver")


def goes_there_and_back(client: Client, site: str, process: str = "login"):
    there = client.post(start(site, process))
    assert there.status_code == 302, there.content
    return client.get(agrees(there["Location"]), **PAGE)


def signs_up(client: Client, site: str, email: str = "ada@example.org"):
    back = goes_there_and_back(client, site)
    assert back["Location"] == reverse("socialaccount_signup")
    return client.post(reverse("socialaccount_signup"), {"name": "Ada Lovelace", "email": email})


def confirms(client: Client, email: str = "ada@example.org") -> None:
    told = Message.objects.filter(email=email).last().text
    client.post(re.search(r"http://testserver(\S+confirm-email\S+)", told)[1])


def is_in(client: Client) -> bool:
    return client.get(reverse("account"), **PAGE).status_code == 200


@pytest.mark.parametrize("site", SITES)
def test_the_whole_way_from_sign_up_to_the_next_sign_in(site, provider):
    client = Client()
    page = text(client.get(reverse("account_login"), **PAGE))
    assert signin_sites.NAMES[site] in page
    signs_up(client, site)
    assert not is_in(client), "the address is ours to confirm, whatever the other site says"
    confirms(client)
    later = Client()
    goes_there_and_back(later, site)
    assert is_in(later)
    user = User.objects.get()
    assert (user.name, user.email, user.has_usable_password()) == (
        "Ada Lovelace", "ada@example.org", False,
    )  # fmt: skip
    assert SocialAccount.objects.get().provider == site


@pytest.mark.parametrize("site", SITES)
def test_of_a_person_a_name_and_a_number_are_kept(site, provider):
    signs_up(Client(), site, email="other@example.org")
    kept = SocialAccount.objects.get()
    assert set(kept.extra_data) <= {"login", "preferred_username", "name"}
    assert not EmailAddress.objects.filter(email="ada@example.org").exists()
    assert not SocialToken.objects.exists()


@pytest.mark.parametrize("site", SITES)
def test_an_equal_address_links_nothing(site, provider):
    """Who owns the address there does not own the account here."""
    victim = somebody(email="ada@example.org")
    client = Client()
    signs_up(client, site)
    assert not is_in(client)
    assert not SocialAccount.objects.exists()
    assert User.objects.get() == victim
    assert not is_in(client)
    goes_there_and_back(client, site)
    assert not is_in(client)


@pytest.mark.parametrize("site", SITES)
def test_linking_by_somebody_signed_in(site, provider):
    user = somebody()
    client = signs_in(user)
    answer = goes_there_and_back(client, site, "connect")
    assert answer["Location"].startswith(reverse("account_reauthenticate"))
    assert not SocialAccount.objects.exists(), "the password is asked for first"
    shows_it_is_them(client)
    assert SocialAccount.objects.get().user == user
    assert signin_sites.NAMES[site] in text(client.get(reverse("identities"), **PAGE))
    entry = Entry.objects.select_related("person").get(action="account.identity-link")
    assert (entry.detail, entry.person.user_id) == ({"provider": site}, user.pk)
    other = Client()
    goes_there_and_back(other, site)
    assert is_in(other)


def test_an_identity_of_somebody_else_is_not_taken_over(provider):
    first, second = signs_in(somebody()), signs_in(somebody())
    shows_it_is_them(first)
    goes_there_and_back(first, "orcid", "connect")
    owner = SocialAccount.objects.get().user
    shows_it_is_them(second)
    answer = second.get(goes_there_and_back(second, "orcid", "connect")["Location"], **PAGE)
    assert "linked to somebody else" in text(answer)
    assert SocialAccount.objects.get().user == owner


def test_unlinking_ends_that_way_in(provider):
    user = somebody()
    client = signs_in(user)
    shows_it_is_them(client)
    goes_there_and_back(client, "github", "connect")
    there = Client()
    goes_there_and_back(there, "github")
    assert is_in(there)
    body = {"do": "unlink", "identity": SocialAccount.objects.get().pk}
    stranger = signs_in(somebody())
    shows_it_is_them(stranger)
    assert stranger.post(reverse("identities"), body, **PAGE).status_code == 404
    client.post(reverse("identities"), body, **PAGE)
    assert not SocialAccount.objects.exists()
    assert not is_in(there)
    assert is_in(client)
    assert Entry.objects.get(action="account.identity-unlink").detail["provider"] == "github"
    assert Message.objects.filter(kind="account_disconnected", email=user.email).exists()
    goes_there_and_back(there, "github")
    assert not is_in(there)


def test_the_only_way_in_is_not_unlinked(provider):
    client = Client()
    signs_up(client, "huggingface")
    confirms(client)
    goes_there_and_back(client, "huggingface")
    body = {"do": "unlink", "identity": SocialAccount.objects.get().pk}
    told = text(client.post(reverse("identities"), body, follow=True, **PAGE))
    assert "only way to sign in" in told
    assert SocialAccount.objects.exists()


def test_the_second_factor_is_asked_for_all_the_same(provider):
    user = somebody(factor=True)
    SocialAccount.objects.create(user=user, provider="orcid", uid=provider.person["sub"])
    client = Client()
    assert goes_there_and_back(client, "orcid")["Location"] == reverse("mfa_authenticate")
    assert not is_in(client)
    client.post(reverse("mfa_authenticate"), {"code": code(user)})
    assert is_in(client)


# ------------------------------------------------------------------ what a site may not do


@pytest.mark.parametrize(
    "lie",
    [
        {"/oauth/token": {"access_token": "made up"}},
        {"/oauth/token": (500, {})},
        {"/oauth/userinfo": {"sub": "somebody else"}},
        {"/oauth/userinfo": {"sub": "1", "name": "x" * (1 << 20)}},
        {"claims": {"aud": "another site"}},
        {"claims": {"iss": "https://elsewhere.example"}},
        {"claims": {"exp": 1}},
    ],
)
def test_a_site_that_lies_signs_nobody_in(lie, provider):
    user = somebody()
    SocialAccount.objects.create(user=user, provider="orcid", uid=provider.person["sub"])
    client = Client()
    there = client.post(start("orcid"))
    provider.lies = lie
    answer = client.get(agrees(there["Location"]), **PAGE)
    assert "Sign-in did not work" in text(answer)
    assert not is_in(client)


@pytest.mark.parametrize("endpoint", ["token_endpoint", "userinfo_endpoint"])
@pytest.mark.parametrize("inside", ["http://169.254.169.254/", "file:///etc/passwd", "other port"])
def test_no_document_of_a_site_makes_us_ask_another_address(endpoint, inside, provider):
    with Provider() as victim:
        address = f"{victim.url}/secret" if inside == "other port" else inside
        configuration = provider._configuration() | {endpoint: address}
        provider.lies = {"/.well-known/openid-configuration": configuration}
        client = Client()
        answer = goes_there_and_back(client, "huggingface")
        assert "Sign-in did not work" in text(answer)
        assert not victim.asked


def test_a_redirect_is_not_followed(provider):
    with Provider() as victim:
        provider.lies = {"/oauth/userinfo": (302, f"{victim.url}/secret")}
        answer = goes_there_and_back(Client(), "huggingface")
        assert "Sign-in did not work" in text(answer)
        assert not victim.asked


def test_a_site_that_is_down_is_a_page_that_says_so(provider):
    provider.lies = {"/.well-known/openid-configuration": (503, {})}
    answer = Client().post(start("orcid"), **PAGE)
    assert answer.status_code == 503
    assert "Try again later" in text(answer)


def test_a_code_of_another_browser_is_worth_nothing(provider):
    """Else somebody could be signed in as another without knowing (login CSRF)."""
    user = somebody()
    SocialAccount.objects.create(user=user, provider="orcid", uid=provider.person["sub"])
    theirs = agrees(Client().post(start("orcid"))["Location"])
    mine = Client()
    assert "Sign-in did not work" in text(mine.get(theirs, **PAGE))
    assert not is_in(mine)


def test_only_what_is_configured_is_asked():
    session = PinnedSession(["https://orcid.org"])
    for address in (
        "http://orcid.org/",
        "https://orcid.org.evil.example/",
        "https://orcid.org@evil.example/",
        "https://orcid.org:444/",
        "file:///etc/passwd",
    ):
        with pytest.raises(OAuth2Error, match="not its own"):
            session.get(address)


# ------------------------------------------------------------------ the environment


def test_without_a_configured_site_none_is_offered():
    page = text(Client().get(reverse("account_login"), **PAGE))
    assert not any(name in page for name in signin_sites.NAMES.values())
    page = text(signs_in(somebody()).get(reverse("identities"), **PAGE))
    assert "no sign-in by other sites" in page


def test_a_site_appears_once_both_are_set(monkeypatch):
    assert signin_sites.read() == []
    monkeypatch.setenv("ORCID_CLIENT_ID", "APP-1")
    with pytest.raises(environment.WrongSettingError, match="ORCID_CLIENT_SECRET"):
        signin_sites.read()
    monkeypatch.setenv("ORCID_CLIENT_SECRET", "s")
    [site] = signin_sites.read()
    assert (site.id, site.origins) == ("orcid", ("https://orcid.org",))
    monkeypatch.setenv("ORCID_URL", "http://orcid.example")
    with pytest.raises(environment.WrongSettingError, match="https"):
        signin_sites.read()
