"""Name the sources of a dataset."""

import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from governance.access import defaults
from governance.catalogue import selectors as catalogue
from governance.catalogue import services
from governance.errors import MissingError
from portal.collecting import KINDS, folder_of
from portal.operators import house, site, told_in_one_sentence

_EVERY = 10.0  # seconds between lines of progress where they are kept


class Command(BaseCommand):
    help = (
        "Fetch what a dataset is made from, and name it for its next builds. A run that was broken "
        "off goes on when it is started again; a dataset that does not exist is made with the "
        "default tiers, not listed. Example: manage.py collect git repositories.txt --dataset "
        "lab/web"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        kinds = parser.add_subparsers(dest="kind", required=True, metavar="KIND")
        for name, kind in KINDS.items():
            about = f"{kind.help[0].upper()}{kind.help[1:]}."
            each = kinds.add_parser(
                name, help=kind.help, description=about, epilog=f"Example: {kind.example}"
            )
            each.add_argument("sources", nargs="+", metavar="SOURCE", help=kind.source)
            each.add_argument("--dataset", required=True, help="NS/NAME")
            kind.arguments(each)

    def handle(self, *, kind: str, sources: list[str], dataset: str, **options: Any) -> None:
        with told_in_one_sentence():
            services.check_slug(dataset)
        try:
            folder = folder_of(dataset, kind)
            named = KINDS[kind].collect(sources, folder, options, self._tell)
        except (ValueError, OSError) as error:
            raise CommandError(str(error)) from error
        finally:
            self._told_all()
        with told_in_one_sentence():
            self._keep(dataset, named.source)
        self.stdout.write(
            f"{dataset} collects {named.sentence} at its next build: "
            f"manage.py build {dataset} VERSION --as ADMIN"
        )

    def _tell(self, line: str) -> None:
        """Progress: over the last line on a terminal, else a line now and then."""
        now = time.monotonic()
        if self.stderr.isatty():
            self.stderr.write(f"\r{line:<78}", ending="")
            self._open_line = True
        elif now - self._told_at > _EVERY:
            self.stderr.write(line)
            self._told_at = now

    _open_line = False
    _told_at = float("-inf")

    def _told_all(self) -> None:
        if self._open_line:
            self.stderr.write("")
            self._open_line = False

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
            self.stdout.write(
                f"Made the dataset {slug} with the default tiers and policies. Only its staff see "
                f"it: describe it, put terms in force and list it at {site()}/admin/datasets/{slug}"
            )
        services.add_source(
            actor=house(), dataset=made, source=source, reason="named by command", now=now
        )
