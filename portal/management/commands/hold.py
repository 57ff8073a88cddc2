"""Place or lift a legal hold on a version's bytes."""

from argparse import ArgumentParser
from datetime import UTC, date, datetime, time
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from governance.catalogue import selectors as catalogue
from governance.catalogue import services
from governance.dates import day
from portal.operators import ON_TOKEN, acting_as, told_in_one_sentence


def end_of(day: str) -> datetime:
    """The last second of a day, UTC. Raises CommandError."""
    try:
        return datetime.combine(date.fromisoformat(day), time(23, 59, 59), tzinfo=UTC)
    except ValueError as error:
        raise CommandError(f"'{day}' is no day: write it like 2027-01-31.") from error


class Command(BaseCommand):
    help = (
        "Keep the bytes of a version for a legal matter until a day, or lift that hold. "
        "Example: manage.py hold gatehouse/shelf 1.0 --until 2027-01-31 --as admin@example.org "
        "--reason 'Case 12/2026'"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dataset", help="NS/NAME")
        parser.add_argument("version", help="e.g. 1.1")
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--until", help="its last day, UTC, like 2027-01-31")
        what.add_argument("--lift", action="store_true", help="end the hold that is in force")
        parser.add_argument("--as", dest="email", required=True, help=ON_TOKEN)
        parser.add_argument("--reason", required=True, help="kept in the record")

    def handle(
        self, *, dataset: str, version: str, email: str, reason: str, **options: Any
    ) -> None:
        now = timezone.now()
        with told_in_one_sentence():
            found = catalogue.version(catalogue.dataset_by_slug(dataset), version)
            actor = acting_as(email, dataset=dataset)
            if options["lift"]:
                hold = catalogue.hold_of(found, now=now)
                if hold is None:
                    raise CommandError(f"No legal hold is in force on {dataset} {version}.")
                services.lift_hold(actor=actor, hold_id=hold.pk, reason=reason, now=now)
                self.stdout.write(f"The hold on {dataset} {version} is lifted.")
                return
            until = end_of(options["until"])
            services.place_hold(
                actor=actor, version_id=found.pk, reason=reason, until=until, now=now
            )
        self.stdout.write(f"The bytes of {dataset} {version} stay until {day(until)}.")
