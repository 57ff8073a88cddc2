"""Put the secrets of all second factors under the first key."""

from typing import Any

from allauth.mfa.models import Authenticator
from cryptography.fernet import InvalidToken
from django.core.management.base import BaseCommand, CommandError

from portal.accounts import factors


class Command(BaseCommand):
    help = (
        "Encrypt the secrets of all second factors with the first of MFA_KEYS (or SECRET_KEY). "
        "Run it after a new key was put first, before the old one is dropped. "
        "Example: manage.py rewrite_factors"
    )

    def handle(self, **options: Any) -> None:
        try:
            found = factors.rewrite(Authenticator.objects)
        except InvalidToken as error:
            raise CommandError(
                "One secret is under a key that is not given: add it to MFA_KEYS."
            ) from error
        self.stdout.write(f"{found} second factors are under the first key.")
