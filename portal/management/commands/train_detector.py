"""Fit the model that scores credentials, from labelled text."""

import hashlib
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

SHIPPED = Path("pipeline/redact/credentials")


class Command(BaseCommand):
    help = (
        "Fit the model that scores keys and passwords on labelled Parquet (repo, content, labels) "
        "and write its weights (ONNX) and card (JSON) to a folder. A quarter of the repositories "
        "is only reported on. Needs requirements-train.txt. "
        f"Example: manage.py train_detector labelled.parquet --output {SHIPPED}"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("source", type=Path, metavar="LABELLED.parquet")
        parser.add_argument("--output", type=Path, required=True, metavar="FOLDER")
        parser.add_argument("--named", default="", help="how the card calls the data")

    def handle(self, *, source: Path, output: Path, named: str, **options: Any) -> None:
        from pipeline.redact import labelled

        try:
            from pipeline.redact import training
        except ImportError as error:
            raise CommandError(
                f"{error.name} is not installed: pip install -r requirements-train.txt"
            ) from error
        try:
            rows = list(labelled.read(source))
            card = training.fit(
                rows,
                output,
                source=named or source.name,
                digest=hashlib.sha256(source.read_bytes()).hexdigest(),
                tell=self.stderr.write,
            )
        except (ValueError, OSError) as error:
            raise CommandError(f"{source}: {error}") from error
        except ImportError as error:
            raise CommandError(
                f"{error.name} is not installed: pip install -r requirements-train.txt"
            ) from error
        kilobytes = card["weights_bytes"] / 1000
        self.stdout.write(f"{output}: {kilobytes:,.0f} kB of weights, fitted on {source.name}")
        for name, figures in card["figures"].items():
            found = figures[labelled.CREDENTIAL]
            self.stdout.write(
                f"{name}, {len(card['held_out'])} repositories that were held out: "
                f"precision {_share(found['precision'])}, recall {_share(found['recall'])}, "
                f"F1 {_share(found['f1'])}"
            )


def _share(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.3f}"
