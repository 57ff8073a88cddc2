"""Where the account pages meet the house: mail goes through the outbox."""

from typing import Any
from uuid import uuid4

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.models import Authenticator
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from governance.audit import services as audit
from governance.notices import services as notices
from portal.accounts import sessions
from portal.accounts.actors import person_of
from portal.accounts.models import User

BY_PASSKEY = "mfa_reauthenticate:webauthn"
WAYS = {
    "reauthenticate": "your password",
    "mfa_reauthenticate": "a code",
    BY_PASSKEY: "a passkey",
}


class AccountAdapter(DefaultAccountAdapter):
    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Queue the mail: a slow mail server must not hold up a page."""
        user = context.get("user")
        message = self.render_mail(template_prefix, email, {**context, "email": email})
        html = "".join(body for body, kind in getattr(message, "alternatives", ()) if kind)
        notices.post_mail(
            key=f"account:{uuid4()}",
            kind=template_prefix.rpartition("/")[2],
            user_id=user.pk if user is not None and user.pk else None,
            email=email,
            subject=message.subject,
            text=message.body if message.content_subtype == "plain" else "",
            html=html,
            now=timezone.now(),
        )

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, str]]:
        """The ways to show that it is you, in our words; the first is the usual one.

        Who has a passkey and no app is led to the passkey, not to a form for a code.
        """
        found = {each["id"]: each for each in super().get_reauthentication_methods(user)}
        app = Authenticator.objects.filter(user_id=user.pk, type=Authenticator.Type.TOTP)
        if BY_PASSKEY in found and not app.exists():
            found.pop("mfa_reauthenticate", None)
            found = {BY_PASSKEY: found[BY_PASSKEY], **found}
        return [each | {"description": WAYS[name]} for name, each in found.items()]

    def login(self, request: HttpRequest, user: User) -> None:
        super().login(request, user)
        sessions.begin(request.session, now=timezone.now())

    def set_password(self, user: User, password: str) -> None:
        """A new password: an entry of the record, and the end of every session.

        The slow hash is made before the transaction begins.
        """
        user.set_password(password)
        with transaction.atomic():
            user.save(update_fields=["password"])
            audit.account_changed(
                actor=person_of(user, self.request),
                verb="password",
                detail={"sessions": sessions.drop(user.pk)},
                now=timezone.now(),
            )
            user.refresh_from_db(fields=["session_epoch"])
