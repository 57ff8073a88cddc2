"""Make the demo: people, a real dataset, and its version 1.0."""

import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from governance.errors import GovernanceError
from pipeline.engine import selectors as engine
from portal import demo

LOOK_EVERY = 0.3  # seconds


class Command(BaseCommand):
    help = (
        "Make the demo's people and dataset, wait for the worker to build version 1.0, publish it. "
        "Does nothing when that is done. Example: GATEHOUSE_DEMO=1 manage.py demo"
    )

    def handle(self, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("This is not a demo: set GATEHOUSE_DEMO=1 to make it one.")
        try:
            demo.prepare(self._say)
            build_id = demo.start_first_build()
            if build_id is not None:
                self._wait(build_id)
            demo.publish_first()
        except GovernanceError as error:
            raise CommandError(error.sentence) from error

    def _wait(self, build_id: int) -> None:
        """Tell each stage once, with how long the one before took."""
        told = ""
        while True:
            build = engine.build(build_id)
            if build.state != build.State.RUNNING:
                break
            progress = engine.progress(build, now=timezone.now())
            stage = progress.stages[progress.number - 1]
            if stage.name != told:
                told = stage.name
                self._say(f"Building {demo.DATASET} 1.0: {told}, stage {progress.number} of 8.")
            time.sleep(LOOK_EVERY)
        if build.state != build.State.DONE:
            raise CommandError(f"The build of {demo.DATASET} 1.0 {build.state}: {build.cause}")

    def _say(self, sentence: str) -> None:
        self.stdout.write(sentence)
        self.stdout.flush()
