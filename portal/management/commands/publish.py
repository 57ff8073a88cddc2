"""Publish a version of a dataset."""

from argparse import ArgumentParser
from typing import Any

from django.utils import timezone

from pipeline.engine import publishing
from portal.management.commands._moves import MoveCommand

MARKS = {"met": "met", "open": "OPEN", "not_measured": "not measured", "accepted": "accepted"}


class Command(MoveCommand):
    help = (
        "Publish a version, in the name of a person who neither built nor approved it. Its "
        "checklist is computed and printed; what stands against it is refused. "
        "Example: manage.py publish gatehouse/shelf 1.1 --as admin@example.org --reason reviewed"
    )
    verb = staticmethod(publishing.publish_version)
    done = "published"

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        self.add_accept(parser)

    def more(self, version: Any, actor: Any, **options: Any) -> dict[str, Any]:
        accepts = options["accepts"]
        for item in publishing.checklist(version, now=timezone.now(), accepts=accepts, by=actor):
            self.stdout.write(f"[{MARKS[item.mark]}] {item.title}. {item.evidence}".rstrip())
            if item.step:
                self.stdout.write(f"    {item.step}")
        return {"accepts": accepts}
