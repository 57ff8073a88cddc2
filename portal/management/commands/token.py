"""Make a token for a person: an operator's act."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone

from governance.audit.actors import Scope
from portal.accounts import tokens
from portal.operators import house, person, told_in_one_sentence


class Command(BaseCommand):
    help = (
        "Print one new token, once. Example: manage.py token ada@example.org --scope read --days 7"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument(
            "--scope", default="read", choices=list(Scope), help="read, act or review"
        )
        parser.add_argument("--dataset", default="", help="NS/NAME; without it, every dataset")
        parser.add_argument("--days", type=int, default=30, help="1 to 90")

    def handle(self, *, email: str, scope: str, dataset: str, days: int, **options: Any) -> None:
        with told_in_one_sentence():
            _, secret = tokens.make(
                actor=house(),
                owner_id=person(email).pk,
                name="made by command",
                dataset=dataset,
                days=days,
                scope=scope,
                # In the demo as if the second factor had just been used; elsewhere it was not.
                second_factor=settings.DEMO,
                now=timezone.now(),
            )
        self.stdout.write(secret)
