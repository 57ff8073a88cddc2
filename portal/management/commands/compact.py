"""Erase what is removed, and what no version needs."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from governance.audit.actors import Scope
from governance.catalogue import selectors as catalogue
from pipeline.engine import compacting
from portal.operators import ON_TOKEN, acting_as, told_in_one_sentence


class Command(BaseCommand):
    help = (
        "Erase raw rows of removed subjects, work that no version needs and stored files of "
        "versions that are served no more. Removals that are held keep their rows. "
        "Example: manage.py compact gatehouse/shelf --as admin@example.org --reason monthly"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dataset", help="NS/NAME")
        parser.add_argument("--as", dest="email", required=True, help=ON_TOKEN)
        parser.add_argument("--reason", required=True, help="kept in the record")

    def handle(self, *, dataset: str, email: str, reason: str, **options: Any) -> None:
        with told_in_one_sentence():
            told = compacting.compact(
                actor=acting_as(email, dataset=dataset, scope=Scope.OPERATE),
                dataset=catalogue.dataset_by_slug(dataset),
                reason=reason,
                now=timezone.now(),
            )
        self.stdout.write(
            f"Erased {told['works']:,} pieces of work ({told['bytes'] / 1e6:,.1f} MB) and "
            f"{told['objects']:,} stored files of {dataset}."
        )
