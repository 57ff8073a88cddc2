"""Making a dataset and naming what its builds collect from."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction

from governance.audit import services as audit
from governance.audit.actors import Actor, Role
from governance.audit.services import Place
from governance.catalogue.editing import check_words
from governance.catalogue.models import Dataset, Tier
from governance.errors import InvalidError, NotPermittedError, WrongStateError

NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,58}[a-z0-9])?")


class TierSpec(NamedTuple):
    name: str
    summary: str
    policy: Mapping[str, Sequence[str]]
    form: Sequence[Mapping[str, Any]] = ()
    days: int = 365
    reviewers: int = 1  # how many different ones must say yes


def check_slug(slug: str) -> tuple[str, str]:
    """Namespace and name of a dataset that may be called so. Raises InvalidError."""
    namespace, _, name = slug.partition("/")
    if not (NAME.fullmatch(namespace) and NAME.fullmatch(name)):
        told = f"'{slug}' can't name a dataset: write namespace/name in small letters and digits."
        raise InvalidError(told, fields={"slug": told})
    if name.endswith(("-raw", "-annotations")):
        told = "A dataset's name can't end in -raw or -annotations: tiers do."
        raise InvalidError(told, fields={"slug": told})
    return namespace, name


def make_dataset(
    *,
    actor: Actor,
    slug: str,
    title: str,
    summary: str,
    licence_set: str,
    redaction: Mapping[str, Any],
    sources: Sequence[Mapping[str, Any]],
    tiers: Sequence[TierSpec],
    contact: str,
    reason: str,
    now: datetime,
    listed: bool = True,
) -> Dataset:
    """Make a dataset with its tiers; it has no version yet.

    Raises:
        NotPermittedError: `actor` is no admin.
        InvalidError: the name is not `ns/name` in small letters, digits, `.`, `_`, `-`, or title
            or summary is missing or too long; `fields` says which.
        WrongStateError: the name is taken.
    """
    if not (actor.system or actor.acts_as(Role.ADMIN)):
        raise NotPermittedError("Only an admin makes a dataset.")
    namespace, name = check_slug(slug)
    check_words(title=title, summary=summary)
    if not reason.strip():
        raise WrongStateError("Give a reason: it stays in the record.")
    with transaction.atomic():
        if Dataset.objects.filter(namespace=namespace, name=name).exists():
            raise WrongStateError(f"There is a dataset {slug} already.")
        made = Dataset.objects.create(
            namespace=namespace,
            name=name,
            title=title,
            summary=summary,
            licence_set=licence_set,
            redaction=dict(redaction),
            sources=list(sources),
            contact=contact,
            listed=listed,
            made_at=now,
        )
        for position, spec in enumerate(tiers):
            Tier.objects.create(
                dataset=made,
                name=spec.name,
                summary=spec.summary,
                policy={name: list(needs) for name, needs in spec.policy.items()},
                form=list(spec.form),
                days=spec.days,
                reviewers=spec.reviewers,
                position=position,
            )
        audit.dataset_made(
            actor=actor,
            place=Place(dataset=slug),
            policies={spec.name: spec.policy for spec in tiers},
            reason=reason,
            now=now,
        )
    return made


def add_source(
    *, actor: Actor, dataset: Dataset, source: Mapping[str, Any], reason: str, now: datetime
) -> Dataset:
    """Name one more source that the next builds collect from; the same again is no change."""
    if not (actor.system or actor.acts_as(Role.ADMIN, dataset.pk)):
        raise NotPermittedError("Only an admin names sources.")
    with transaction.atomic():
        locked = Dataset.objects.select_for_update().get(pk=dataset.pk)
        if dict(source) in locked.sources:
            return locked
        locked.sources = [*locked.sources, dict(source)]
        locked.save(update_fields=["sources"])
        audit.source_named(
            actor=actor,
            place=Place(dataset=locked.slug),
            kind=str(source["kind"]),
            reason=reason,
            now=now,
        )
    return locked
