"""Secrets that the database keeps encrypted: keys of the environment, one derived a purpose.

The first key encrypts; every key decrypts, so that a key is changed by putting a new one first,
rewriting what lies there, and dropping the old.
"""

import base64
from functools import lru_cache

from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


@lru_cache(maxsize=16)
def _made(purpose: bytes, secrets: tuple[str, ...]) -> MultiFernet:
    def key(secret: str) -> Fernet:
        derived = HKDF(hashes.SHA256(), 32, salt=None, info=purpose).derive(secret.encode())
        return Fernet(base64.urlsafe_b64encode(derived))

    return MultiFernet([key(secret) for secret in secrets])


def cipher(purpose: bytes) -> MultiFernet:
    """MFA_KEYS first, then SECRET_KEY, which stays readable and writes where no key is set."""
    return _made(purpose, (*settings.MFA_KEYS, settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))
