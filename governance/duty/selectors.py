"""Questions about copies and duties."""

from django.db.models import Count, Prefetch

from governance.catalogue.models import Version
from governance.duty.models import Copy, Duty


def holders_of(version: Version) -> list[int]:
    """Ids of the people who hold a copy of a version, in order. One query."""
    held = Copy.objects.filter(version=version, closed_at=None, holder__isnull=False)
    return list(held.order_by("holder").values_list("holder", flat=True).distinct())


def held_by(person: int) -> list[Copy]:
    """The open copies of somebody, with `due` (what is owed, the earliest first) and `had` (how
    many files): what is due soonest first, then the newest. Two queries."""
    unmet = Duty.objects.filter(met_at=None).select_related("cause").order_by("deadline", "id")
    found = (
        Copy.objects.filter(person=person, closed_at=None)
        .select_related("version__dataset", "tier")
        .prefetch_related(Prefetch("duties", queryset=unmet, to_attr="due"))
        .annotate(had=Count("files"))
        .order_by("-id")
    )
    return sorted(found, key=lambda each: each.due[0].deadline.timestamp() if each.due else 1e12)
