"""Redact private values in a Parquet file."""

import json
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
        parser.add_argument(
            "--policy",
            type=Path,
            metavar="FILE.json",
            help="another policy than the default one, see docs/redaction.md: "
            '{"version": 1, "classes": {"EMAIL": "redact", "PHONE": "drop-row"}}',
        )

    def handle(
        self, *, source: Path, target: Path, dataset: str, policy: Path | None, **options: Any
    ) -> None:
        from pipeline.redact import tables
        from pipeline.redact.policy import DEFAULT_POLICY

        asked = _read(policy) if policy else DEFAULT_POLICY
        try:
            report = tables.redact_file(source, target, asked, dataset_secret(dataset))
        except (ValueError, OSError) as error:
            raise CommandError(f"{source}: {error}") from error
        told = ", ".join(f"{cls} {count}" for cls, count in sorted(report.counts.items()))
        self.stdout.write(f"{target}: {report.rows} rows; {told or 'nothing to redact'}")


def _read(policy: Path) -> Any:
    try:
        return json.loads(policy.read_text())
    except (OSError, ValueError) as error:
        raise CommandError(f"{policy} can't be read as a policy in JSON: {error}") from error
