"""Identities at other sites: what is taken from there, linking and unlinking.

An identity is linked only by somebody who is signed in here. An equal mail address proves nothing:
no address is taken from another site, and ours are confirmed by our own mail.
"""

from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import requests
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse

from governance.audit import services as audit
from governance.audit.actors import Actor
from governance.errors import GovernanceError, MissingError, NotPermittedError, WrongStateError
from portal.accounts import sessions
from portal.accounts.models import User
from portal.signin_sites import NAMES

SECONDS = 5  # for an answer of another site to begin
LARGEST = 1 << 20  # bytes of one
KEPT = ("login", "preferred_username", "name")  # of what another site tells of a person


class Identity(NamedTuple):
    pk: int
    provider: str
    site: str  # its name
    account: str  # how the person is called there
    linked: datetime
    used: datetime


class SiteError(GovernanceError, OAuth2Error):
    """Another site failed. On the way back the library shows its page; on the way there, ours."""

    code = "unavailable"


class PinnedSession(requests.Session):
    """Asks the configured sites and nothing else, whatever a document of theirs names.

    No redirects, no proxies of the environment, an answer of a megabyte at most. Every failure is
    one error, so that the person gets a page that says so.
    """

    def __init__(self, origins: list[str]) -> None:
        super().__init__()
        self.origins = set(origins)
        self.trust_env = False

    def request(self, method: str | bytes, url: str | bytes, **told: Any) -> requests.Response:  # type: ignore[override]
        parts = urlsplit(url.decode() if isinstance(url, bytes) else url)
        if f"{parts.scheme}://{parts.netloc}" not in self.origins:
            raise SiteError("A site named an address that is not its own; it is not asked.")
        told |= {"allow_redirects": False, "stream": True, "timeout": SECONDS}
        try:
            answer = super().request(method, url, **told)
            answer._content = answer.raw.read(LARGEST + 1, decode_content=True)
            answer._content_consumed = True
        except (requests.RequestException, OSError) as error:
            raise SiteError("The other site did not answer. Try again later.") from error
        if not answer.ok or answer.is_redirect or len(answer.content) > LARGEST:
            raise SiteError(f"The other site answered with {answer.status_code}. Try again later.")
        return answer


class IdentityAdapter(DefaultSocialAccountAdapter):
    def get_requests_session(self) -> requests.Session:
        return PinnedSession(settings.SIGNIN_ORIGINS)

    def populate_user(self, request: HttpRequest, sociallogin: Any, data: dict[str, Any]) -> User:
        """Keep a name and the number of the account there, no address and nothing else.

        Raises:
            PermissionDenied: the two documents of a site tell of two people.
        """
        del request, data
        told = sociallogin.account.extra_data
        signed, asked = told.get("id_token") or {}, told.get("userinfo") or {}
        if signed and asked and signed.get("sub") != asked.get("sub"):
            raise PermissionDenied("The site told of two people.")
        known = {**signed, **asked} or told
        kept = {name: str(known[name])[:200] for name in KEPT if known.get(name)}
        sociallogin.account.extra_data = kept
        sociallogin.email_addresses = []
        user = sociallogin.user
        user.name = kept.get("name", "")
        user.email = ""
        return user

    def get_signup_form_initial_data(self, sociallogin: Any) -> dict[str, str]:
        return {"name": sociallogin.user.name, "email": ""}

    def get_connect_redirect_url(self, request: HttpRequest, socialaccount: Any) -> str:
        del request, socialaccount
        return reverse("identities")


def of(user_id: int) -> list[Identity]:
    """The identities of a person, by site. One query."""
    return [
        Identity(
            each.pk,
            each.provider,
            NAMES.get(each.provider, each.provider),
            _called(each),
            each.date_joined,
            each.last_login,
        )
        for each in SocialAccount.objects.filter(user_id=user_id).order_by("provider", "pk")
    ]


def _called(account: SocialAccount) -> str:
    known = account.extra_data
    if account.provider == "orcid":
        return account.uid
    return known.get("login") or known.get("preferred_username") or account.uid


def unlink(*, actor: Actor, identity_id: int, keep: SessionBase, now: datetime) -> Identity:
    """Take an identity off one's account; sessions elsewhere end.

    Raises:
        NotPermittedError: a stranger, or a program with a token.
        MissingError: there is no such identity of this person.
        WrongStateError: it is the only way to sign in.
    """
    if not actor.signed_in or actor.token is not None:
        raise NotPermittedError("Sign in to unlink an identity.")
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=actor.user_id)
        theirs = of(user.pk)
        found = next((each for each in theirs if each.pk == identity_id), None)
        if found is None:
            raise MissingError("There is no such identity.")
        if len(theirs) == 1 and not _signs_in_otherwise(user):
            raise WrongStateError(
                "This is your only way to sign in. Set a password or add a passkey first."
            )
        SocialAccount.objects.filter(pk=found.pk).delete()
        audit.account_changed(
            actor=actor,
            verb="identity-unlink",
            detail={"provider": found.provider, "sessions": sessions.drop(user.pk, keep=keep)},
            now=now,
        )
    return found


def _signs_in_otherwise(user: User) -> bool:
    passkeys = Authenticator.objects.filter(user=user, type=Authenticator.Type.WEBAUTHN)
    return user.has_usable_password() or passkeys.exists()
