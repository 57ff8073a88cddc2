"""The pages of docs/ that are made from the code."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from governance.access import matrix
from governance.audit import documenting


class Command(BaseCommand):
    help = (
        "Write docs/audit.md from the verbs of the record and docs/access-matrix.md from the rule. "
        "Example: manage.py docs"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="only say whether they are stale")

    def handle(self, *, check: bool, **options: Any) -> None:
        for page in (documenting, matrix):
            self._write(page.FILE, page.text(), check=check)

    def _write(self, file: Path, made: str, *, check: bool) -> None:
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
