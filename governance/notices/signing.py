"""Signatures of Standard Webhooks (https://www.standardwebhooks.com): HMAC-SHA256, version v1.

What is signed is `id.timestamp.body`. A secret is shown as `whsec_` and base64; its bytes are the
key. While two secrets hold, both sign, so that a receiver may change over when it suits.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Iterable

from cryptography.fernet import InvalidToken
from django.core.exceptions import ImproperlyConfigured

from governance.ciphers import cipher

PREFIX = "whsec_"
BYTES = 32  # the scheme asks for 24 to 64
PURPOSE = b"gatehouse webhook secret"


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(BYTES)).decode()


def seal(secret: str) -> str:
    """As the database keeps it."""
    return cipher(PURPOSE).encrypt(secret.encode()).decode()


def opened(sealed: str) -> str:
    """Raises ImproperlyConfigured when none of the keys opens it."""
    try:
        return cipher(PURPOSE).decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise ImproperlyConfigured(
            "A webhook's secret can't be read: MFA_KEYS (or SECRET_KEY_FALLBACKS) lacks the key "
            "that it was encrypted with."
        ) from error


def resealed(sealed: str) -> str:
    """The same under the first key. Raises InvalidToken when none of the keys opens it."""
    return cipher(PURPOSE).rotate(sealed.encode()).decode()


def signature(secret: str, *, message_id: str, timestamp: int, body: bytes) -> str:
    """`v1,BASE64` by one secret."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("a secret is whsec_ and base64") from error
    signed = b"%s.%d.%s" % (message_id.encode(), timestamp, body)
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def headers(
    known: Iterable[str], *, message_id: str, timestamp: int, body: bytes
) -> dict[str, str]:
    """What a receiver checks; one signature for each secret that holds."""
    signed = [
        signature(each, message_id=message_id, timestamp=timestamp, body=body) for each in known
    ]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signed),
    }
