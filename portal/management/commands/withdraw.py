"""Withdraw a version of a dataset."""

from argparse import ArgumentParser
from typing import Any

from governance.catalogue import services
from portal.management.commands._moves import MoveCommand
from portal.management.commands.hold import end_of


class Command(MoveCommand):
    help = (
        "Withdraw a version, in the name of a person: nothing of it is handed out from then on, "
        "and its bytes are erased. "
        "Example: manage.py withdraw gatehouse/shelf 1.1 --as admin@example.org --reason reviewed"
    )
    verb = staticmethod(services.withdraw_version)
    done = "withdrawn"

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--erase-by", help="last day for holders of a copy, UTC; two weeks unless given"
        )
        parser.add_argument(
            "--successor", help="version to take in its place; the current one unless given"
        )

    def more(self, version: Any, actor: Any, **options: Any) -> dict[str, Any]:
        day = options["erase_by"]
        return {"erase_by": end_of(day) if day else None, "successor": options["successor"]}
