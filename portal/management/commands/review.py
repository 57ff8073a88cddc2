"""Say on record that somebody looked at what a version changes."""

from argparse import ArgumentParser
from typing import Any

from governance.audit.actors import Scope
from governance.catalogue import comparing, services
from portal.management.commands._moves import MoveCommand, difference_lines


class Command(MoveCommand):
    help = (
        "Print what a candidate changes and record that a person looked at it; approving does so "
        "too. Example: manage.py review lab/shelf 1.1 --as steward@example.org --reason checked"
    )
    verb = staticmethod(services.review_difference)
    done = "reviewed"
    scope = Scope.REVIEW

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--difference",
            dest="digest",
            help="sha256 of the difference that was looked at; any other one is refused",
        )

    def more(self, version: Any, actor: Any, **options: Any) -> dict[str, Any]:
        digest = comparing.digest_of(version.difference)
        self.stdout.write("\n".join([*difference_lines(version.difference), f"sha256 {digest}"]))
        return {"digest": options["digest"] or digest}
