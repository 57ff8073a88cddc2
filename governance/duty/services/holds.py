"""Holds follow duties: from when on new downloads of somebody wait for a dataset."""

from collections.abc import Collection

from django.db.models import Min

from governance.access.models import Hold
from governance.duty.models import Duty


def follow(people: Collection[int], dataset_id: int) -> None:
    """Bring the holds of these people in line with what they owe of a dataset. In the transaction
    that changed it; three statements, however many people."""
    owed = (
        Duty.objects.filter(
            met_at=None,
            held_from__isnull=False,
            copy__closed_at=None,
            copy__holder__in=people,
            copy__version__dataset=dataset_id,
        )
        .order_by()
        .values("copy__holder")
        .annotate(begins=Min("held_from"))
        .values_list("copy__holder", "begins")
    )
    holds = [Hold(user_id=person, dataset_id=dataset_id, begins=begins) for person, begins in owed]
    Hold.objects.filter(dataset=dataset_id, user__in=people).exclude(
        user__in=[each.user_id for each in holds]
    ).delete()
    Hold.objects.bulk_create(
        holds,
        update_conflicts=True,
        unique_fields=["user", "dataset"],
        update_fields=["begins"],
    )
