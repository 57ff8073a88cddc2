"""Winding a dataset down: one admin proposes it, another confirms it within a week.

What belongs to it above the catalogue, the restricted terms, is `governance.terms.services`:
`confirm_wind_down` there is the verb that surfaces call.
"""

from datetime import datetime, timedelta

from django.db import transaction

from governance import dates
from governance.audit import services as audit
from governance.audit.actors import Actor, Role
from governance.audit.services import Place
from governance.catalogue.models import Dataset, Winding
from governance.errors import MissingError, NotPermittedError, WrongStateError

OPEN_FOR = timedelta(days=7)
ERASE_WITHIN = timedelta(days=42)  # what holders have from the confirmation on
LONGEST = 4000  # characters of a reason


def propose_wind_down(*, dataset: Dataset, actor: Actor, reason: str, now: datetime) -> Winding:
    """Ask another admin to confirm, within OPEN_FOR, that the dataset ends. Nothing changes yet.

    Raises:
        NotPermittedError: `actor` is no admin of the dataset.
        WrongStateError: no reason, a proposal that is open, or it was wound down already.
    """
    _check_admin(actor, dataset)
    with transaction.atomic():
        _locked(dataset.pk, now=now)
        _check_reason(reason)
        Winding.objects.filter(
            dataset=dataset, state=Winding.State.OPEN, expires_at__lte=now
        ).update(state=Winding.State.EXPIRED)
        there = Winding.objects.filter(dataset=dataset, state=Winding.State.OPEN).first()
        if there is not None:
            raise WrongStateError(
                f"{there.proposed_by_name} proposed this on {dates.day(there.proposed_at)}: "
                "another admin confirms or cancels that proposal."
            )
        made = Winding.objects.create(
            dataset=dataset,
            reason=reason.strip(),
            proposed_at=now,
            proposed_by=actor.user_id,
            proposed_by_name=actor.name or actor.email,
            expires_at=now + OPEN_FOR,
        )
        audit.wind_down_proposed(
            actor=actor,
            place=Place(dataset=dataset.slug),
            winding=made.pk,
            expires=made.expires_at,
            reason=made.reason,
            now=now,
        )
    return made


def cancel_wind_down(*, winding_id: int, actor: Actor, reason: str, now: datetime) -> Winding:
    """Take an open proposal back: any admin of the dataset may, who proposed it too.

    Raises:
        NotPermittedError: `actor` is no admin of the dataset.
        WrongStateError: it is not open any more, or no reason was given.
    """
    with transaction.atomic():
        winding = open_winding(winding_id, actor, now=now)
        _check_reason(reason)
        _end(winding, Winding.State.CANCELLED, actor, reason.strip(), now=now)
        audit.wind_down_cancelled(
            actor=actor,
            place=Place(dataset=winding.dataset.slug),
            winding=winding.pk,
            reason=reason.strip(),
            now=now,
        )
    return winding


def close_dataset(
    *, winding: Winding, actor: Actor, terms_version: str, erase_by: datetime, now: datetime
) -> None:
    """Nothing of the dataset is handed out from the commit on. Within the transaction of
    `confirm_wind_down`, which has locked the proposal and published the restricted terms."""
    winding.erase_by = erase_by
    _end(winding, Winding.State.CONFIRMED, actor, "", now=now)
    winding.dataset.wound_down_at = now
    winding.dataset.save(update_fields=["wound_down_at"])
    audit.wind_down_confirmed(
        actor=actor,
        place=Place(dataset=winding.dataset.slug),
        winding=winding.pk,
        terms_version=terms_version,
        erase_by=erase_by,
        reason=winding.reason,
        now=now,
    )


def open_winding(winding_id: int, actor: Actor, *, now: datetime) -> Winding:
    """The open proposal with its dataset, both locked until the transaction ends.

    Raises as `cancel_wind_down`.
    """
    found = Winding.objects.filter(pk=winding_id).select_related("dataset").first()
    if found is None:
        raise MissingError("There is no such proposal.")
    _check_admin(actor, found.dataset)
    dataset = _locked(found.dataset_id, now=now)
    # Looked at again under the lock: another admin may have been faster.
    winding = Winding.objects.select_for_update().get(pk=winding_id)
    winding.dataset = dataset
    if winding.state != Winding.State.OPEN:
        told = Winding.State(winding.state).label.lower()
        raise WrongStateError(f"This proposal is {told} already.")
    if winding.expires_at <= now:
        raise WrongStateError(
            f"This proposal expired on {dates.day(winding.expires_at)}: propose it again."
        )
    return winding


def _end(winding: Winding, state: str, actor: Actor, reason: str, *, now: datetime) -> None:
    winding.state, winding.ended_at, winding.ended_reason = state, now, reason
    winding.ended_by, winding.ended_by_name = actor.user_id, actor.name or actor.email
    winding.save()


def _check_admin(actor: Actor, dataset: Dataset) -> None:
    if actor.user_id is None or not actor.acts_as(Role.ADMIN, dataset.pk):
        raise NotPermittedError("Only an admin winds a dataset down, and two of them together.")


def _check_reason(reason: str) -> None:
    if not reason.strip() or len(reason) > LONGEST:
        raise WrongStateError(f"Give a reason of at most {LONGEST:,} characters; it is kept.")


def _locked(dataset_id: int, *, now: datetime) -> Dataset:
    dataset = Dataset.objects.select_for_update().get(pk=dataset_id)
    refuse_wound_down(dataset, now=now)
    return dataset


def refuse_wound_down(dataset: Dataset, *, now: datetime) -> None:
    """Raise WrongStateError for a dataset that was wound down: nothing new is made of it."""
    if dataset.wound_down_at is not None and dataset.wound_down_at <= now:
        raise WrongStateError(
            f"{dataset.slug} was wound down on {dates.day(dataset.wound_down_at)}: nothing new "
            "is made of it."
        )
