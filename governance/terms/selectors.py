"""Questions about terms: what is in force, and who accepted it."""

from datetime import UTC, datetime
from typing import NamedTuple

from django.db.models import Exists, OuterRef, QuerySet

from governance.audit.actors import Actor
from governance.catalogue.models import Dataset
from governance.errors import MissingError
from governance.prepared import Prepared
from governance.terms.models import Acceptance, Clause, TermsVersion


class Standing(NamedTuple):
    """What is in force for somebody. `number` is empty when a dataset has no terms."""

    number: str
    accepted: bool


def in_force(dataset: Dataset, *, now: datetime) -> TermsVersion | None:
    return TermsVersion.objects.filter(dataset=dataset, effective_at__lte=now).first()


_STANDING = Prepared(
    lambda user_id, dataset_id, now: (
        TermsVersion.objects.filter(dataset_id=dataset_id, effective_at__lte=now)
        .annotate(accepted=Exists(Acceptance.objects.filter(terms=OuterRef("pk"), user_id=user_id)))
        .values_list("number", "accepted")[:1]
    ),
    user_id=998877665544332211,
    dataset_id=998877665544332212,
    now=datetime(1901, 2, 3, 4, 5, 6, 789, tzinfo=UTC),
)


def standing(*, user_id: int | None, dataset_id: int, now: datetime) -> Standing:
    """The terms in force and whether this person accepted just them. One query."""
    # Nobody has the id 0: a stranger has accepted nothing.
    found = _STANDING.first(user_id=user_id or 0, dataset_id=dataset_id, now=now)
    return Standing(found[0], bool(found[1])) if found else Standing("", False)


def standings(*, user_id: int | None, now: datetime) -> dict[int, Standing]:
    """The same for every dataset, by dataset id. One query."""
    found = (
        TermsVersion.objects.filter(effective_at__lte=now)
        .annotate(accepted=Exists(Acceptance.objects.filter(terms=OuterRef("pk"), user=user_id)))
        .order_by("effective_at", "id")
        .values_list("dataset_id", "number", "accepted")
    )
    return {each[0]: Standing(each[1], each[2] and user_id is not None) for each in found}


def clauses(terms: TermsVersion) -> list[Clause]:
    return list(terms.clauses.all())


def acceptance_of(actor: Actor, terms: TermsVersion) -> Acceptance | None:
    if not actor.signed_in:
        return None
    return Acceptance.objects.filter(user=actor.user_id, terms=terms).first()


def signed_before(actor: Actor, terms: TermsVersion) -> Acceptance | None:
    """What this person signed last of the dataset's earlier terms."""
    if not actor.signed_in:
        return None
    return (
        Acceptance.objects.select_related("terms")
        .filter(user=actor.user_id, terms__dataset=terms.dataset_id)
        .exclude(terms=terms)
        .order_by("-terms__effective_at", "-terms_id")
        .first()
    )


def acceptances_of(actor: Actor) -> QuerySet[Acceptance]:
    return Acceptance.objects.filter(user=actor.user_id).select_related("terms__dataset")


def acceptance(number: str, *, actor: Actor) -> Acceptance:
    """One's own acceptance by its number; anyone else's answers as if there were none."""
    found = Acceptance.objects.select_related("terms__dataset").filter(number=number).first()
    if found is None or not actor.signed_in or found.user_id != actor.user_id:
        raise MissingError("There is no such acceptance.")
    return found


def previous(terms: TermsVersion) -> TermsVersion | None:
    return (
        TermsVersion.objects.filter(dataset=terms.dataset_id, effective_at__lt=terms.effective_at)
        .exclude(pk=terms.pk)
        .first()
    )
