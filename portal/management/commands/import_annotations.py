"""Take human annotations in."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from governance.catalogue import selectors as catalogue
from pipeline.engine import services
from portal.demo import DATASET
from portal.operators import ON_TOKEN, acting_as, house, told_in_one_sentence


class Command(BaseCommand):
    help = (
        "Check a Parquet file of human annotations (content, language, hexsha, spans) and keep its "
        "good rows for the next version; bad rows are counted by reason. "
        "Example: manage.py import_annotations labels.parquet --dataset gatehouse/shelf"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--dataset", default=DATASET, help=f"NS/NAME ({DATASET})")
        parser.add_argument("--as", dest="email", default="", help=ON_TOKEN)
        parser.add_argument("--reason", default="imported by command")

    def handle(self, *, file: Path, dataset: str, email: str, reason: str, **options: Any) -> None:
        from pipeline.release import importing
        from pipeline.shards.hashes import sha256_file

        with told_in_one_sentence():
            found = catalogue.dataset_by_slug(dataset)
        folder = settings.WORK_DIR / "imported"
        folder.mkdir(parents=True, exist_ok=True)
        draft = folder / f".{uuid4().hex}.parquet"
        try:
            counts = importing.read_in(file, draft, services.dataset_secret(dataset))
            sha256 = sha256_file(draft)
            kept = folder / f"{sha256}.parquet"
            draft.replace(kept)
        except (ValueError, OSError) as error:
            raise CommandError(f"{file}: {error}") from error
        finally:
            draft.unlink(missing_ok=True)
        told = ", ".join(f"{reason} {count}" for reason, count in counts.items() if count)
        if not counts["kept"]:
            raise CommandError(f"{file} has no row that can be used: {told or 'it is empty'}.")
        with told_in_one_sentence():
            services.import_annotations(
                actor=acting_as(email, dataset=dataset) if email else house(),
                dataset=found,
                source=kept,
                sha256=sha256,
                rows=counts["kept"],
                reason=reason,
                now=timezone.now(),
            )
        self.stdout.write(f"{dataset}: {told}. The next version carries them.")
