"""Make the first admin of an empty installation."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email
from django.utils import timezone

from governance.access import holding
from portal.accounts import inviting
from portal.operators import house, site, told_in_one_sentence


class Command(BaseCommand):
    help = (
        "Make the first admin, and print a link by which they set their password, good once; it is "
        "mailed too. Who has an account becomes admin. Refuses when there is an admin. "
        "Example: manage.py init --admin ada@example.org"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--admin", required=True, metavar="EMAIL")

    def handle(self, *, admin: str, **options: Any) -> None:
        now = timezone.now()
        try:
            validate_email(admin)
        except ValidationError as error:
            raise CommandError(f"'{admin}' is no e-mail address.") from error
        if holding.there_is_an_admin(now=now):
            raise CommandError(
                f"There is an admin already: they invite others at {site()}/admin/roles. "
                f"Who lost the link or the password asks for a new one at "
                f"{site()}/accounts/password/reset/."
            )
        with told_in_one_sentence():
            link = inviting.first_admin(actor=house(), email=admin, site=site(), now=now)
        if link:
            self.stdout.write(
                f"{admin} is admin. Open this link within 14 days to set a password; it works once "
                f"and was mailed, too:\n{link}"
            )
        else:
            self.stdout.write(f"{admin} has an account and is admin now: {site()}/admin")
