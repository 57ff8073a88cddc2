"""Questions about terms: what is in force, and who accepted it."""

from collections import defaultdict
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from governance.audit.actors import Actor, Role
from governance.catalogue import selectors as catalogue
from governance.catalogue.models import Dataset
from governance.errors import MissingError
from governance.prepared import Prepared
from governance.terms.models import Acceptance, Clause, SharedCopy, TermsDraft, TermsVersion
from governance.terms.standings import Kept, Standing, stand


def _plain(asked: str) -> str:
    """What an address names, as the database can compare it: a NUL is in no name of ours."""
    return asked[:30].replace("\x00", "?")


def in_force(dataset: Dataset, *, now: datetime) -> TermsVersion | None:
    return TermsVersion.objects.filter(dataset=dataset, effective_at__lte=now).first()


def counting(*, user_id: int | None, now: datetime) -> QuerySet[Acceptance]:
    """Acceptances of this person that count now, of any dataset: for an `Exists` over lists."""
    return Acceptance.objects.filter(
        Q(terms__accepted_until=None) | Q(terms__accepted_until__gt=now),
        user_id=user_id or 0,  # nobody has the id 0: a stranger has accepted nothing
        terms__effective_at__lte=now,
    )


def _kept(user_id: int) -> QuerySet:
    """All versions of terms as they concern a person: what `stand` takes, after the dataset."""
    signed = Acceptance.objects.filter(terms=OuterRef("pk"), user_id=user_id)
    return (
        TermsVersion.objects.order_by()
        .annotate(signed=Exists(signed))
        .values_list(
            "dataset_id", "number", "effective_at", "accepted_until", "signed", "text_sha256"
        )
    )


_STANDING = Prepared(
    lambda user_id, dataset_id: _kept(user_id).filter(dataset_id=dataset_id),
    user_id=998877665544332211,
    dataset_id=998877665544332212,
)


def standing(*, user_id: int | None, dataset_id: int, now: datetime) -> Standing:
    """The terms in force, and whether an acceptance of this person counts. One query."""
    found = _STANDING.rows(user_id=user_id or 0, dataset_id=dataset_id)
    return stand([Kept(*row[1:]) for row in found], now=now)


def standings(*, user_id: int | None, now: datetime) -> dict[int, Standing]:
    """The same for every dataset with terms in force, by dataset id. One query."""
    by_dataset: dict[int, list[Kept]] = {}
    for row in _kept(user_id or 0):
        by_dataset.setdefault(row[0], []).append(Kept(*row[1:]))
    found = {dataset: stand(kept, now=now) for dataset, kept in by_dataset.items()}
    return {dataset: each for dataset, each in found.items() if each.number}


def clauses(terms: TermsVersion) -> list[Clause]:
    return list(terms.clauses.all())


def acceptance_of(actor: Actor, terms: TermsVersion) -> Acceptance | None:
    if not actor.signed_in:
        return None
    return Acceptance.objects.filter(user=actor.user_id, terms=terms).first()


def version(dataset: Dataset, number: str) -> TermsVersion:
    """One version of the terms by its number, in force or not."""
    found = TermsVersion.objects.filter(dataset=dataset, number=_plain(number)).first()
    if found is None:
        raise MissingError(f"{dataset.slug} has no terms {number[:20]}.")
    found.dataset = dataset
    return found


def versions(dataset: Dataset) -> list[TermsVersion]:
    """All versions of the terms, the newest first."""
    return list(TermsVersion.objects.filter(dataset=dataset))


def coming(dataset: Dataset, *, now: datetime) -> TermsVersion | None:
    """The next version that is published and not yet in force."""
    later = TermsVersion.objects.filter(dataset=dataset, effective_at__gt=now)
    return later.order_by("effective_at").first()


def signed_before(actor: Actor, terms: TermsVersion) -> Acceptance | None:
    """What this person signed last of the dataset's earlier terms."""
    if not actor.signed_in:
        return None
    return (
        Acceptance.objects.select_related("terms")
        .filter(
            user=actor.user_id,
            terms__dataset=terms.dataset_id,
            terms__effective_at__lt=terms.effective_at,
        )
        .order_by("-terms__effective_at", "-terms_id")
        .first()
    )


def copy_of(acceptance: Acceptance) -> dict[str, Any]:
    """What was signed, for programs. `text_sha256` is that of `text` as UTF-8."""
    terms = acceptance.terms
    return {
        "number": acceptance.number,
        "dataset": terms.dataset.slug,
        "terms": terms.number,
        "title": terms.title,
        "text": terms.text,
        "text_sha256": acceptance.text_sha256,
        "clauses": acceptance.clauses,
        "typed_name": acceptance.typed_name,
        "email": acceptance.email,
        "purpose": acceptance.purpose,
        "at": acceptance.at.isoformat(),
        "shared_copy": acceptance.via.code if acceptance.via_id else None,
        "accepted_until": terms.accepted_until.isoformat() if terms.accepted_until else None,
        "entry": acceptance.entry,
    }


def acceptances_of(actor: Actor) -> QuerySet[Acceptance]:
    return Acceptance.objects.filter(user=actor.user_id).select_related("terms__dataset")


def acceptance(number: str, *, actor: Actor) -> Acceptance:
    """One's own acceptance by its number; anyone else's answers as if there were none."""
    known = Acceptance.objects.select_related("terms__dataset", "via")
    found = known.filter(number=_plain(number)).first()
    own = found is not None and actor.signed_in and found.user_id == actor.user_id
    if found is None or not own or not actor.reaches(found.terms.dataset.slug):
        raise MissingError("There is no such acceptance.")
    return found


def previous(terms: TermsVersion) -> TermsVersion | None:
    return (
        TermsVersion.objects.filter(dataset=terms.dataset_id, effective_at__lt=terms.effective_at)
        .exclude(pk=terms.pk)
        .first()
    )


# ------------------------------------------------------------------ whose acceptance ends


def ending(dataset: Dataset, *, now: datetime) -> dict[int, Standing]:
    """Where those people stand whose acceptance will stop counting, by user id.

    Who has signed ahead what takes over is not among them. One query.
    """
    kept: dict[int, set[int]] = defaultdict(set)
    signed = Acceptance.objects.filter(terms__dataset=dataset).exclude(user=None)
    for user_id, terms_id in signed.values_list("user_id", "terms_id").iterator():
        kept[user_id].add(terms_id)
    known = versions(dataset)
    found = {}
    for user_id, accepted in kept.items():
        told = stand(
            [
                Kept(each.number, each.effective_at, each.accepted_until, each.pk in accepted)
                for each in known
            ],
            now=now,
        )
        if told.accepted and told.until is not None:
            found[user_id] = told
    return found


def count_holders(dataset: Dataset, *, now: datetime) -> int:
    """How many people hold an acceptance that counts."""
    counts = Acceptance.objects.filter(
        Q(terms__accepted_until=None) | Q(terms__accepted_until__gt=now),
        terms__dataset=dataset,
        terms__effective_at__lte=now,
    ).exclude(user=None)
    return counts.values("user").distinct().count()


# ------------------------------------------------------------------ drafts


def draft(dataset: Dataset) -> TermsDraft | None:
    found = TermsDraft.objects.filter(dataset=dataset).first()
    if found is not None:
        found.dataset = dataset
    return found


def newest(dataset: Dataset) -> TermsVersion | None:
    """What a draft is compared with: the newest version, in force or still to come."""
    return TermsVersion.objects.filter(dataset=dataset).first()


# ------------------------------------------------------------------ shared copies


def _counted(copies: QuerySet[SharedCopy]) -> QuerySet[SharedCopy]:
    known = copies.select_related("dataset", "acceptance__terms")
    return known.annotate(acceptances=Count("accepted")).order_by("-made_at", "-pk")


def copies_of(actor: Actor) -> QuerySet[SharedCopy]:
    """The mirrors that this person registered, with how many accepted there."""
    return _counted(SharedCopy.objects.filter(holder=actor.user_id))


def register(actor: Actor) -> QuerySet[SharedCopy]:
    """The mirrors of the datasets that this steward or admin keeps."""
    kept = catalogue.kept_by(actor, Role.STEWARD, Role.ADMIN)
    return _counted(SharedCopy.objects.filter(dataset__in=kept)).select_related("holder")


def copy(dataset: Dataset, code: str) -> SharedCopy:
    """A registration by its code, also one that has ended."""
    found = SharedCopy.objects.filter(dataset=dataset, code=_plain(code)).first()
    if found is None:
        raise MissingError("There is no such copy.")
    found.dataset = dataset
    return found
