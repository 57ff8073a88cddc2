"""Where the account pages meet the house: mail through the outbox, factors encrypted at rest."""

import base64
from typing import Any
from uuid import uuid4

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils import timezone

from governance.notices import services as notices


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


def _fernet() -> Fernet:
    derived = HKDF(hashes.SHA256(), 32, salt=None, info=b"gatehouse second factor")
    return Fernet(base64.urlsafe_b64encode(derived.derive(settings.SECRET_KEY.encode())))


class MfaAdapter(DefaultMFAAdapter):
    """Secrets of authenticators are encrypted with a key derived from SECRET_KEY."""

    def encrypt(self, text: str) -> str:
        return _fernet().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _fernet().decrypt(encrypted_text.encode()).decode()
