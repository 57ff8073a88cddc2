"""What approve, publish and withdraw have in common: one move of one version."""

from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from governance.audit.actors import Scope
from governance.catalogue import selectors as catalogue
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
            type(self).verb(version_id=found.pk, actor=actor, reason=reason, now=timezone.now())
        self.stdout.write(f"{dataset} {version} is {self.done}.")
