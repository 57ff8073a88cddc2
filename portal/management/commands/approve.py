"""Approve a version of a dataset."""

from argparse import ArgumentParser
from typing import Any

from governance.audit.actors import Scope
from governance.catalogue import comparing
from pipeline.engine import publishing
from portal.management.commands._moves import MoveCommand, difference_lines


class Command(MoveCommand):
    help = (
        "Review what a version changes and approve it, in the name of a person. The difference is "
        "printed, and its sha256 goes on record. "
        "Example: manage.py approve gatehouse/shelf 1.1 --as steward@example.org --reason reviewed"
    )
    verb = staticmethod(publishing.approve_version)
    done = "approved"
    scope = Scope.REVIEW

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--difference",
            dest="digest",
            help="sha256 of the difference that was looked at; any other one is refused",
        )
        self.add_accept(parser)

    def more(self, version: Any, actor: Any, **options: Any) -> dict[str, Any]:
        digest = comparing.digest_of(version.difference)
        self.stdout.write("\n".join([*difference_lines(version.difference), f"sha256 {digest}"]))
        return {"digest": options["digest"] or digest, "accepts": options["accepts"]}
