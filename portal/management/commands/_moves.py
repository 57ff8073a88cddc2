"""What approve, publish and withdraw have in common: one move of one version."""

from argparse import ArgumentParser
from collections.abc import Callable, Mapping
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from governance.audit.actors import Scope
from governance.catalogue import selectors as catalogue
from pipeline.engine import publishing
from portal.operators import ON_TOKEN, acting_as, told_in_one_sentence


class MoveCommand(BaseCommand):
    """A subclass names the verb of `governance.catalogue.services` and what to say after it."""

    verb: Callable[..., Any]
    done: str
    scope = Scope.OPERATE  # of the token that the act needs

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dataset", help="NS/NAME")
        parser.add_argument("version", help="e.g. 1.1")
        parser.add_argument("--as", dest="email", required=True, help=ON_TOKEN)
        parser.add_argument("--reason", required=True, help="kept in the record")

    def handle(
        self, *, dataset: str, version: str, email: str, reason: str, **options: Any
    ) -> None:
        with told_in_one_sentence():
            found = catalogue.version(catalogue.dataset_by_slug(dataset), version, hidden=True)
            actor = acting_as(email, dataset=dataset, scope=self.scope)
            more = self.more(found, actor, **options)
            type(self).verb(
                version_id=found.pk, actor=actor, reason=reason, now=timezone.now(), **more
            )
        self.stdout.write(f"{dataset} {version} is {self.done}.")

    def more(self, version: Any, actor: Any, **options: Any) -> dict[str, Any]:
        """What else the verb takes; what the person should read first is printed here."""
        return {}

    def add_accept(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--accept",
            dest="accepts",
            action="append",
            choices=publishing.ACCEPTABLE,
            default=[],
            help="a line of the checklist that was not measured though the last version was; the "
            "reason is yours, and who approves and who publishes must both say so",
        )


def difference_lines(told: Mapping[str, Any]) -> list[str]:
    """What changed, for a terminal: counts by kind, and why rows went."""
    if not told:
        return ["No difference was counted."]
    rows = told["rows"]
    lines = [f"{told['unchanged']:,} rows unchanged"]
    for kind in ("added", "removed", "changed"):
        held = rows[kind]
        reasons = ", ".join(
            f"{count:,} {reason.replace('-', ' ')}"
            for reason, count in (held.get("reasons") or {}).items()
        )
        why = f" ({reasons})" if reasons and kind != "added" else ""
        lines.append(f"{held['rows']:,} rows {kind}{why}, {held['bytes']:,} bytes of source")
    return lines
