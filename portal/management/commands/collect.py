"""Name the sources of a dataset."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from governance.access import defaults
from governance.catalogue import selectors as catalogue
from governance.catalogue import services
from governance.errors import MissingError
from portal.operators import house, told_in_one_sentence


class Command(BaseCommand):
    help = (
        "Name what the next build of a dataset collects from; one that does not exist is made with "
        "the default tiers, not listed. The kind `distributions` reads installed Python "
        "distributions. Example: manage.py collect distributions "
        ".venv/lib/python3.11/site-packages --dataset lab/shelf"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", choices=["distributions"])
        parser.add_argument("sources", nargs="+", metavar="SOURCE", help="a site-packages folder")
        parser.add_argument("--dataset", required=True, help="NS/NAME")

    def handle(self, *, kind: str, sources: list[str], dataset: str, **options: Any) -> None:
        from pipeline.collect import distributions

        folders = [Path(source).expanduser().resolve() for source in sources]
        for folder in folders:
            if not folder.is_dir():
                raise CommandError(f"{folder} is no folder.")
        found = distributions.find(folders)
        if not found:
            raise CommandError("There is no installed distribution in these folders.")
        source = {"kind": kind, "paths": [str(folder) for folder in folders]}
        with told_in_one_sentence():
            self._keep(dataset, source)
        self.stdout.write(
            f"{dataset} collects {len(found)} distributions from {len(folders)} folders at its "
            f"next build: manage.py build {dataset} VERSION --as ADMIN"
        )

    def _keep(self, slug: str, source: dict[str, Any]) -> None:
        now = timezone.now()
        try:
            made = catalogue.dataset_by_slug(slug)
        except MissingError:
            from pipeline.redact.policy import DEFAULT_POLICY

            made = services.make_dataset(
                actor=house(),
                slug=slug,
                title=slug.rpartition("/")[2].capitalize(),
                summary="Not described yet.",
                licence_set="permissive",
                redaction=DEFAULT_POLICY,
                sources=[],
                tiers=defaults.TIERS,
                contact=settings.CONTACT_EMAIL if "." in settings.CONTACT_EMAIL else "",
                listed=False,
                reason="made by collect",
                now=now,
            )
            self.stdout.write(f"Made the dataset {slug} with the default tiers.")
        services.add_source(
            actor=house(), dataset=made, source=source, reason="named by command", now=now
        )
