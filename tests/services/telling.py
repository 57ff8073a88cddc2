"""A dataset whose only version was withdrawn, and people who were let to it."""

from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.utils import timezone

from governance.audit import services as audit
from governance.audit.actors import HOUSE, Actor
from governance.audit.services import Place
from governance.catalogue.models import Dataset, Version
from governance.catalogue.states import State
from portal.accounts.models import User

AT_ONCE = 500


def withdrawn_with(holders: int) -> None:
    """So many holders of one version, and the entry of its withdrawal, which nobody was told."""
    now = timezone.now()
    dataset = Dataset.objects.create(
        namespace="lab", name="shelf", title="Shelf", summary="Files.", made_at=now
    )
    Version.objects.create(
        dataset=dataset, number="1.0", state=State.WITHDRAWN, commit="0" * 40, made_at=now,
        published_at=datetime(2026, 1, 1, tzinfo=UTC), withdrawn_at=now,
    )  # fmt: skip
    people = User.objects.bulk_create(
        [User(email=f"holder{n}@example.org", name=f"Holder {n}") for n in range(holders)],
        batch_size=AT_ONCE,
    )
    place = Place("lab/shelf", "1.0", "processed", "data/python/0000.parquet")
    for at in range(0, holders, AT_ONCE):
        with transaction.atomic():
            for each in people[at : at + AT_ONCE]:
                audit.ticket_issued(
                    actor=Actor(user_id=each.pk, email=each.email), place=place,
                    terms_version="1.0", grant=None, size=7, now=now,
                )  # fmt: skip
    with transaction.atomic():
        audit.version_moved(
            actor=HOUSE,
            place=Place("lab/shelf", "1.0"),
            verb="withdraw",
            reason="a licence was misread",
            now=now,
            detail={"erase_by": (now + timedelta(days=14)).isoformat(), "successor": ""},
        )
