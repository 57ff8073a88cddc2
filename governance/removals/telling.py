"""What is told about removals: that they took effect, to who recorded them."""

from collections import Counter

from django.db.models import Q

from governance.audit.models import Entry
from governance.catalogue import selectors as catalogue
from governance.errors import MissingError
from governance.notices.kinds import Draft, tell
from governance.removals.models import Removal


@tell("version.publish")
def _took_effect(entry: Entry) -> list[Draft]:
    """One notice a person, however many: those recorded before this build began and after that of
    the version before. Whom they concern is not said."""
    try:
        dataset = catalogue.dataset_by_slug(entry.dataset)
        version = catalogue.version(dataset, entry.version)
    except MissingError:
        return []
    since = Q(recorded_at__gt=version.parent.made_at) if version.parent else Q()
    applied = Removal.objects.filter(since, dataset=dataset, recorded_at__lte=version.made_at)
    counted = Counter(applied.exclude(recorded_by=None).values_list("recorded_by", flat=True))
    return [
        Draft(
            [person],
            f"{_many(n)} took effect: {dataset.slug} {version.number}",
            [
                f"Version {version.number} of {dataset.slug} is the first that was built without "
                f"what {_many(n)} of yours {'names' if n == 1 else 'name'}.",
                "Versions before it stop being handed out by themselves; what was handed out is "
                "for its holders to replace.",
            ],
            "steward-removals",
            {},
            "See the ledger",
            topic="removal",
        )
        for person, n in sorted(counted.items())
    ]


def _many(n: int) -> str:
    return f"{n} removal{'' if n == 1 else 's'}"
