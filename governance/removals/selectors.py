"""Questions to the ledger."""

from django.db.models import QuerySet

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
