"""Pause, resume or cancel the newest build of a dataset, or tell how far it is."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from governance.catalogue import selectors as catalogue
from pipeline.engine import selectors, services
from portal.operators import ON_TOKEN, acting_as, told_in_one_sentence

VERBS = {
    "pause": services.pause_build,
    "resume": services.resume_build,
    "cancel": services.cancel_build,
}


class Command(BaseCommand):
    help = (
        "Pause, resume or cancel the newest build of a dataset, or tell its status. "
        "Example: manage.py steer_build pause gatehouse/shelf --as admin@example.org "
        "--reason 'the disk is being changed'"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("verb", choices=["status", *VERBS])
        parser.add_argument("dataset", help="NS/NAME")
        parser.add_argument("--as", dest="email", default="", help=f"{ON_TOKEN}; not for status")
        parser.add_argument("--reason", default="", help="kept in the record; not for status")

    def handle(self, *, verb: str, dataset: str, email: str, reason: str, **options: Any) -> None:
        if verb in VERBS and not (email and reason.strip()):
            raise CommandError(f"To {verb} a build give --as EMAIL and --reason TEXT.")
        with told_in_one_sentence():
            found = selectors.newest(catalogue.dataset_by_slug(dataset).pk)
            if verb in VERBS:
                actor = acting_as(email, dataset=dataset)
                VERBS[verb](actor=actor, build_id=found.pk, reason=reason, now=timezone.now())
            self._tell(selectors.build(found.pk))

    def _tell(self, build: Any) -> None:
        told = selectors.progress(build, now=timezone.now())
        self.stdout.write(f"Build {build.pk} of {build.version} is {build.state}.")
        if build.cause:
            self.stdout.write(f"Cause: {build.cause}")
        for each in told.stages:
            if each.planned:
                aside = f", {each.failed} set aside" if each.failed else ""
                self.stdout.write(
                    f"  {each.name:<9} {each.done:>6} of {each.planned} shards{aside}, "
                    f"{each.rows_in:,} rows in, {each.rows_out:,} out, {each.seconds:.0f} s"
                )
        for why, rows in selectors.dropped(build).items():
            self.stdout.write(f"  left out: {rows:,} rows, {why}")
        if told.left:
            self.stdout.write(f"About {told.left:.0f} s more in this stage.")
