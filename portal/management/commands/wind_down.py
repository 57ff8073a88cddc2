"""Wind a dataset down: proposed in the name of one admin, confirmed in that of another."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from governance import dates
from governance.catalogue import selectors as catalogue
from governance.catalogue import services
from governance.terms import services as terms
from portal.operators import ON_TOKEN, acting_as, told_in_one_sentence


class Command(BaseCommand):
    help = (
        "End a dataset for everybody: one admin proposes it, another confirms it within seven "
        "days; then nothing of it is handed out. "
        "Example: manage.py wind_down gatehouse/shelf --as admin@example.org "
        "--reason 'The programme ends'; then --as admin2@example.org --confirm"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dataset", help="NS/NAME")
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--confirm", action="store_true", help="what another admin proposed")
        what.add_argument("--cancel", action="store_true", help="take the open proposal back")
        parser.add_argument("--as", dest="email", required=True, help=ON_TOKEN)
        parser.add_argument(
            "--reason", default="", help="kept in the record; to propose and to cancel"
        )

    def handle(
        self, *, dataset: str, email: str, reason: str, confirm: bool, cancel: bool, **options: Any
    ) -> None:
        now = timezone.now()
        with told_in_one_sentence():
            found = catalogue.dataset_by_slug(dataset)
            actor = acting_as(email, dataset=dataset)
            if not (confirm or cancel):
                made = services.propose_wind_down(
                    dataset=found, actor=actor, reason=reason, now=now
                )
                self.stdout.write(
                    f"Proposed: another admin confirms it by {dates.moment(made.expires_at)}."
                )
                return
            waiting = next(
                (each for each in catalogue.windings_of(found) if each.state == "open"), None
            )
            if waiting is None:
                raise CommandError(f"Nobody has proposed to wind {dataset} down: propose it first.")
            if cancel:
                services.cancel_wind_down(
                    winding_id=waiting.pk, actor=actor, reason=reason, now=now
                )
                self.stdout.write("Cancelled: nothing has changed.")
                return
            done = terms.confirm_wind_down(winding_id=waiting.pk, actor=actor, now=now)
        self.stdout.write(
            f"{dataset} is wound down: holders erase their copies by {dates.moment(done.erase_by)}."
        )
