"""Make the first admin of an empty installation."""

import secrets
from argparse import ArgumentParser
from typing import Any

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone

from governance.access import selectors as access
from governance.access import services
from governance.audit.actors import Role
from portal.accounts.models import User
from portal.operators import house


class Command(BaseCommand):
    help = (
        "Make the first admin, and print a password to change at the first sign-in. Refuses when "
        "there is an admin. Example: manage.py init --admin ada@example.org"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--admin", required=True, metavar="EMAIL")

    def handle(self, *, admin: str, **options: Any) -> None:
        now = timezone.now()
        try:
            validate_email(admin)
        except ValidationError as error:
            raise CommandError(f"'{admin}' is no e-mail address.") from error
        if access.holders_of(Role.ADMIN, None, now=now):
            raise CommandError("There is an admin already: they invite others.")
        password = secrets.token_urlsafe(12)
        with transaction.atomic():
            user = User.objects.filter(email=admin.lower()).first()
            if user is None:
                user = User.objects.create_user(admin, password, name=admin.partition("@")[0])
                EmailAddress.objects.create(
                    user=user, email=user.email, verified=True, primary=True
                )
                self.stdout.write(f"Password of {user.email}: {password}")
            services.give_role(
                actor=house(),
                person=user.pk,
                role=Role.ADMIN,
                dataset=None,
                ends=None,
                reason="first admin of the installation",
                now=now,
            )
        self.stdout.write(f"{user.email} is admin. A second factor is asked for at the first page.")
