"""Put the secrets of all second factors and webhooks under the first key."""

from typing import Any

from allauth.mfa.models import Authenticator
from cryptography.fernet import InvalidToken
from django.core.management.base import BaseCommand, CommandError

from governance.notices import services as notices
from portal.accounts import factors


class Command(BaseCommand):
    help = (
        "Encrypt the secrets of all second factors and webhooks with the first of MFA_KEYS (or "
        "SECRET_KEY). "
        "Run it after a new key was put first, before the old one is dropped. "
        "Example: manage.py rewrite_factors"
    )

    def handle(self, **options: Any) -> None:
        try:
            found = factors.rewrite(Authenticator.objects)
            hooks = notices.rotate_keys()
        except InvalidToken as error:
            raise CommandError(
                "One secret is under a key that is not given: add it to MFA_KEYS."
            ) from error
        told = f"{found} second factors and {hooks} webhooks"
        self.stdout.write(f"{told} are under the first key.")
