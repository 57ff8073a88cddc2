"""Find private values in a Parquet file."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from pipeline.redact.spans import FURTHER


class Command(BaseCommand):
    help = (
        "Write the spans found in column `content`: row, start, end, class, rule, score; offsets "
        "in code points, ends exclusive. Example: manage.py detect in.parquet spans.parquet"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("source", type=Path, metavar="IN.parquet")
        parser.add_argument("target", type=Path, metavar="OUT.parquet")
        parser.add_argument(
            "--class",
            dest="further",
            action="append",
            default=[],
            choices=sorted(FURTHER),
            help="look for a further class too; may be given more than once",
        )

    def handle(self, *, source: Path, target: Path, further: list[str], **options: Any) -> None:
        from pipeline.redact import scan, tables

        try:
            detector = scan.detector_for({"classes": dict.fromkeys(further)})
            report = tables.detect_file(source, target, detector=detector)
        except (ValueError, OSError) as error:
            raise CommandError(f"{source}: {error}") from error
        told = ", ".join(f"{cls} {count}" for cls, count in sorted(report.counts.items()))
        self.stdout.write(f"{target}: {report.rows} rows; {told or 'nothing found'}")
