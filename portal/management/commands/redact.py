"""Redact private values in a Parquet file."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from pipeline.engine.services import dataset_secret


class Command(BaseCommand):
    help = (
        "Write the same file with `content` redacted and `redactions` (class and count) added. "
        "Example: manage.py redact in.parquet out.parquet"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("source", type=Path, metavar="IN.parquet")
        parser.add_argument("target", type=Path, metavar="OUT.parquet")
        parser.add_argument("--dataset", default="", help="NS/NAME whose surrogates to use")

    def handle(self, *, source: Path, target: Path, dataset: str, **options: Any) -> None:
        from pipeline.redact import tables
        from pipeline.redact.policy import DEFAULT_POLICY

        try:
            report = tables.redact_file(source, target, DEFAULT_POLICY, dataset_secret(dataset))
        except (ValueError, OSError) as error:
            raise CommandError(f"{source}: {error}") from error
        told = ", ".join(f"{cls} {count}" for cls, count in sorted(report.counts.items()))
        self.stdout.write(f"{target}: {report.rows} rows; {told or 'nothing to redact'}")
