"""Take the second factor off somebody who has lost it."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from portal.accounts import resetting
from portal.operators import house, person, told_in_one_sentence


class Command(BaseCommand):
    help = (
        "Take every second factor off a person who lost it and the recovery codes. Ends all their "
        "sessions and the tokens that carry a second factor; they are told by mail, and it stands "
        "in the record. Roles and password stay. Make sure first that it is them who asks. "
        'Example: manage.py reset_factors ada@example.org --reason "lost her phone, met her"'
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument(
            "--reason", required=True, help="the person reads it; kept in the record"
        )

    def handle(self, *, email: str, reason: str, **options: Any) -> None:
        found = person(email)
        with told_in_one_sentence():
            done = resetting.reset_factors(
                actor=house(), person=found.pk, reason=reason, now=timezone.now()
            )
        self.stdout.write(
            f"{found.email} has no second factor any more (ended: {done.sessions} sessions, "
            f"{done.tokens} tokens). They sign in with their password and add a new one."
        )
