"""Second factors: what the database keeps of them, and for whom a passkey is made.

Secrets of authenticator apps and of recovery codes are encrypted (`governance.ciphers`). Of a
passkey only the public half is ever here.
"""

from typing import Any

from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import InvalidToken, MultiFernet
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction

from governance import ciphers

PURPOSE = b"gatehouse second factor"
SEALED = "gAAAA"  # how a Fernet token begins, and no base32 or hexadecimal secret


def cipher() -> MultiFernet:
    return ciphers.cipher(PURPOSE)


class MfaAdapter(DefaultMFAAdapter):
    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": "That code is wrong or was used, or no account here has that passkey.",
    }

    def encrypt(self, text: str) -> str:
        return cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """The secret. One that was kept before secrets were encrypted is returned as it is.

        Raises:
            ImproperlyConfigured: none of the keys opens it.
        """
        if not encrypted_text.startswith(SEALED):
            return encrypted_text
        try:
            return cipher().decrypt(encrypted_text.encode()).decode()
        except InvalidToken as error:
            raise ImproperlyConfigured(
                "A second factor can't be read: MFA_KEYS (or SECRET_KEY_FALLBACKS) lacks the key "
                "that it was encrypted with."
            ) from error

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return super().get_public_key_credential_rp_entity() | {"name": "Gatehouse"}

    def generate_authenticator_name(self, user: Any, type: Any) -> str:
        del user, type
        return "Passkey"


def rewritten(data: dict[str, Any]) -> dict[str, Any]:
    """The data of one authenticator, its secrets under the first key."""

    def under_first(secret: str) -> str:
        if not secret.startswith(SEALED):
            return cipher().encrypt(secret.encode()).decode()
        return cipher().rotate(secret.encode()).decode()

    changed = {name: under_first(data[name]) for name in ("secret", "seed") if name in data}
    if "migrated_codes" in data:
        changed["migrated_codes"] = [under_first(code) for code in data["migrated_codes"]]
    return data | changed


def rewrite(authenticators: Any) -> int:
    """Put all secrets under the first key; returns how many rows. Takes the model's manager.

    Raises:
        cryptography.fernet.InvalidToken: one of them is under a key that is not given.
    """
    found = 0
    for pk in authenticators.exclude(type="webauthn").values_list("pk", flat=True):
        with transaction.atomic():  # a code may be used meanwhile: that is a change of the same row
            row = authenticators.select_for_update().filter(pk=pk).first()
            if row is not None:
                found += authenticators.filter(pk=pk).update(data=rewritten(row.data))
    return found
