"""Changes to an account enter the record, and end sessions elsewhere where that fits.

The library tells of its changes by signals, most of them after they were made. Nothing is decided
here: each handler calls one verb. A new password goes another way, through the adapter.
"""

from typing import Any

from allauth.account import signals as account
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa import signals as mfa
from allauth.mfa.models import Authenticator
from allauth.socialaccount import signals as social
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from governance.audit import services as audit
from governance.notices import services as notices
from portal.accounts import sessions
from portal.accounts.actors import person_of
from portal.accounts.models import User


def changed(
    request: HttpRequest, user: User, verb: str, *, ends_others: bool = False, **detail: str
) -> None:
    """One entry `account.VERB`; `ends_others` ends every other session in the same transaction."""
    with transaction.atomic():
        told: dict[str, str | int] = dict(detail)
        if ends_others:
            told["sessions"] = sessions.drop(user.pk, keep=request.session)
        audit.account_changed(
            actor=person_of(user, request), verb=verb, detail=told, now=timezone.now()
        )
    for known in {id(each): each for each in (user, request.user)}.values():
        if known == user:  # a later `save` of theirs must not turn the epoch back
            known.refresh_from_db(fields=["session_epoch"])


def factor_added(request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    codes = authenticator.type == Authenticator.Type.RECOVERY_CODES  # they come with the first
    back = request.GET.get("next", "")
    safe = url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure())
    # The page of recovery codes comes between: its last link leads back to what asked for this.
    request.session["after_factor"] = back if safe else ""
    changed(request, user, "factor-add", ends_others=not codes, type=authenticator.type)
    if authenticator.type == Authenticator.Type.TOTP and request.user == user:
        # A code of it was typed just now, after the password: to ask for the next one proves
        # nothing more, and would make people wait half a minute.
        record_authentication(
            request, user, "mfa", type=authenticator.type, id=authenticator.pk, reauthenticated=True
        )


def factor_removed(
    request: HttpRequest, user: User, authenticator: Authenticator, **_: Any
) -> None:
    changed(request, user, "factor-remove", ends_others=True, type=authenticator.type)


def codes_made(request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    changed(request, user, "factor-reset", ends_others=True, type=authenticator.type)


def address_added(request: HttpRequest, user: User, **_: Any) -> None:
    changed(request, user, "address-add")


def address_confirmed(request: HttpRequest, email_address: Any, **_: Any) -> None:
    user = email_address.user
    changed(request, user, "address-confirm")
    # A mail reached it: that it once gave mail back is over.
    notices.confirm_address(email=email_address.email, user_id=user.pk, now=timezone.now())


def address_removed(request: HttpRequest, user: User, **_: Any) -> None:
    changed(request, user, "address-remove")


def address_changed(request: HttpRequest, user: User, **_: Any) -> None:
    changed(request, user, "address-change", ends_others=request.user == user)


def identity_linked(request: HttpRequest, sociallogin: Any, **_: Any) -> None:
    provider = sociallogin.account.provider
    changed(request, sociallogin.user, "identity-link", provider=provider)


def identity_unlinked(request: HttpRequest, socialaccount: Any, **_: Any) -> None:
    provider = socialaccount.provider
    changed(request, socialaccount.user, "identity-unlink", ends_others=True, provider=provider)


def listen() -> None:
    """Called once, when the application is ready."""
    for signal, handler in (
        (mfa.authenticator_added, factor_added),
        (mfa.authenticator_removed, factor_removed),
        (mfa.authenticator_reset, codes_made),
        (account.email_added, address_added),
        (account.email_confirmed, address_confirmed),
        (account.email_removed, address_removed),
        (account.email_changed, address_changed),
        (social.social_account_added, identity_linked),
        (social.social_account_removed, identity_unlinked),
    ):
        signal.connect(handler, dispatch_uid=f"record:{handler.__name__}")
