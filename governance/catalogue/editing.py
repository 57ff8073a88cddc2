"""What an admin changes on a dataset that exists: words, sets, sources, whether it is listed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from governance.audit import services as audit
from governance.audit.actors import Actor, Role
from governance.audit.services import Place
from governance.catalogue.models import Dataset
from governance.errors import InvalidError, MissingError, NotPermittedError, WrongStateError

LONGEST_TITLE, LONGEST_SUMMARY = 200, 2000  # characters


def check_words(*, title: str, summary: str) -> None:
    """Raise InvalidError unless a dataset can be called and described so."""
    fields = {}
    if not 1 <= len(title.strip()) <= LONGEST_TITLE:
        fields["title"] = f"A title of 1 to {LONGEST_TITLE} characters."
    if not 1 <= len(summary.strip()) <= LONGEST_SUMMARY:
        fields["summary"] = f"Say what is in it, in 1 to {LONGEST_SUMMARY:,} characters."
    if fields:
        raise InvalidError("The dataset can't be described like this.", fields=fields)


def change_dataset(
    *,
    actor: Actor,
    dataset_id: int,
    title: str,
    summary: str,
    contact: str,
    licence_set: str,
    redaction: Mapping[str, Any],
    reason: str,
    now: datetime,
) -> Dataset:
    """Set what a dataset says of itself and what its next builds go by.

    Raises:
        NotPermittedError: `actor` is no admin of it.
        InvalidError: title or summary is missing or too long; `fields` says which.
        WrongStateError: no reason was given, or nothing would change.
    """
    check_words(title=title, summary=summary)
    told = {
        "title": title.strip(),
        "summary": summary.strip(),
        "contact": contact.strip(),
        "licence_set": licence_set,
        "redaction": dict(redaction),
    }
    with transaction.atomic():
        dataset = locked_for_admin(dataset_id, actor, reason)
        before = {name: getattr(dataset, name) for name in told}
        changed = [name for name in told if before[name] != told[name]]
        if not changed:
            raise WrongStateError("Nothing was changed.")
        for name in changed:
            setattr(dataset, name, told[name])
        dataset.save(update_fields=changed)
        audit.dataset_changed(
            actor=actor,
            place=Place(dataset=dataset.slug),
            before={name: before[name] for name in changed if name != "contact"},
            after={name: told[name] for name in changed if name != "contact"},
            reason=reason.strip(),
            now=now,
        )
    return dataset


def set_listed(
    *, actor: Actor, dataset_id: int, listed: bool, reason: str, now: datetime
) -> Dataset:
    """Show a dataset to anyone, or to its staff alone: then no file of it is handed out."""
    with transaction.atomic():
        dataset = locked_for_admin(dataset_id, actor, reason)
        if dataset.listed == listed:
            raise WrongStateError(f"It is {'listed' if listed else 'not listed'} already.")
        dataset.listed = listed
        dataset.save(update_fields=["listed"])
        audit.dataset_listed(
            actor=actor,
            place=Place(dataset=dataset.slug),
            listed=listed,
            reason=reason.strip(),
            now=now,
        )
    return dataset


def drop_source(
    *, actor: Actor, dataset_id: int, position: int, reason: str, now: datetime
) -> Dataset:
    """Take one source out (counted from 0): the next builds collect nothing from it."""
    with transaction.atomic():
        dataset = locked_for_admin(dataset_id, actor, reason)
        if not 0 <= position < len(dataset.sources):
            raise MissingError("There is no such source.")
        gone = dataset.sources[position]
        dataset.sources = dataset.sources[:position] + dataset.sources[position + 1 :]
        dataset.save(update_fields=["sources"])
        audit.source_dropped(
            actor=actor,
            place=Place(dataset=dataset.slug),
            kind=str(gone.get("kind", "")),
            reason=reason.strip(),
            now=now,
        )
    return dataset


def locked_for_admin(dataset_id: int, actor: Actor, reason: str) -> Dataset:
    """The dataset, locked until the transaction ends, for one of its admins with a reason."""
    actor.require_standing()
    dataset = Dataset.objects.select_for_update().filter(pk=dataset_id).first()
    if dataset is None:
        raise MissingError("There is no such dataset.")
    if not (actor.system or actor.acts_as(Role.ADMIN, dataset.pk)):
        raise NotPermittedError("Only an admin changes a dataset.")
    if not reason.strip():
        raise WrongStateError("Give a reason: it stays in the record.")
    return dataset
