"""The pages of docs/ that are made from the code."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from governance.audit import documenting


class Command(BaseCommand):
    help = "Write docs/audit.md from the verbs of the record. Example: manage.py docs"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="only say whether it is stale")

    def handle(self, *, check: bool, **options: Any) -> None:
        made, file = documenting.text(), documenting.FILE
        if file.exists() and file.read_text() == made:
            self.stdout.write(f"{file.name} is up to date.")
            return
        if check:
            raise CommandError(f"{file.name} is stale: `manage.py docs` writes it anew.")
        try:
            file.write_text(made)
        except OSError as error:
            raise CommandError(f"{file} can't be written: {error.strerror}.") from error
        self.stdout.write(f"{file.name} was written.")
