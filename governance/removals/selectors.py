"""Questions to the ledger."""

from datetime import datetime

from django.db.models import QuerySet

from governance.audit.actors import Actor, Role
from governance.catalogue import selectors as catalogue
from governance.catalogue.models import Dataset
from governance.removals.models import Removal


def ledger(dataset: Dataset) -> QuerySet[Removal]:
    return Removal.objects.filter(dataset=dataset)


def every() -> QuerySet[Removal]:
    """The whole ledger, newest first, with the datasets."""
    return Removal.objects.select_related("dataset")


def in_force(dataset: Dataset) -> list[dict[str, str]]:
    """What a build must leave out, in an order that does not depend on when it was asked."""
    found = ledger(dataset).order_by("kind", "value").values("kind", "value")
    return [{"kind": each["kind"], "value": each["value"]} for each in found]


def seen_by(actor: Actor) -> QuerySet[Removal]:
    """The ledger of the datasets that this steward or admin keeps, newest first."""
    return every().filter(dataset__in=catalogue.kept_by(actor, Role.STEWARD, Role.ADMIN))


def since(dataset: Dataset, at: datetime) -> int:
    """How many selectors came into the ledger after `at`."""
    return ledger(dataset).filter(recorded_at__gt=at).count()
