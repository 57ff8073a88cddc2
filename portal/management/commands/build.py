"""Build a version of a dataset."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from governance.catalogue import selectors as catalogue
from pipeline.engine import selectors as engine
from pipeline.engine import services
from portal.operators import ON_TOKEN, acting_as, told_in_one_sentence


class Command(BaseCommand):
    help = (
        "Start the build of a version; the workers do it. "
        "Example: manage.py build gatehouse/shelf 1.1 --as admin@example.org --reason quarterly"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dataset", help="NS/NAME")
        parser.add_argument("version", help="e.g. 1.1")
        parser.add_argument("--as", dest="email", required=True, help=ON_TOKEN)
        parser.add_argument("--reason", default="built by command", help="kept in the record")
        parser.add_argument("--wait", action="store_true", help="wait until it ends, with progress")

    def handle(
        self, *, dataset: str, version: str, email: str, reason: str, wait: bool, **options: Any
    ) -> None:
        with told_in_one_sentence():
            build = services.start_build(
                actor=acting_as(email, dataset=dataset),
                dataset=catalogue.dataset_by_slug(dataset),
                number=version,
                reason=reason,
                now=timezone.now(),
            )
        self.stdout.write(f"Build {build.pk} of {dataset} {version} has begun.")
        if wait:
            self._wait(build.pk)

    def _wait(self, build_id: int) -> None:
        told = ""
        while True:
            build = engine.build(build_id)
            progress = engine.progress(build, now=timezone.now())
            stage = progress.stages[progress.number - 1]
            line = f"{stage.name}: {stage.done} of {stage.planned} shards, {stage.rows_in:,} rows"
            if progress.speed:
                line += f", {progress.speed:.1f} MB/s"
            if progress.left:
                line += f", about {progress.left:.0f} s more"
            if line != told:
                told = line
                self.stdout.write(f"{progress.share:4.0%}  {line}")
                self.stdout.flush()
            if build.state not in (build.State.RUNNING, build.State.PAUSED):
                break
            time.sleep(0.5)
        if build.state == build.State.HELD:
            raise CommandError(
                f"The build is held: {build.cause} Mend this, then resume it at its page."
            )
        if build.state != build.State.DONE:
            raise CommandError(f"The build {build.state}: {build.cause}")
        self.stdout.write(f"Done after {progress.seconds:.0f} s; the version is a candidate.")
