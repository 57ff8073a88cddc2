"""Every change to the removal ledger."""

import re
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F

from governance.access import selectors as access
from governance.audit import services as audit
from governance.audit.actors import Actor, Role
from governance.audit.services import Place
from governance.bells import ring
from governance.catalogue.models import Dataset
from governance.errors import InvalidError, MissingError, WrongStateError
from governance.removals.models import Cause, Kind, Removal

SHAPES = {
    Kind.ACCOUNT: (re.compile(r"[^\s/]{1,100}"), "an account's name, like octocat"),
    Kind.REPOSITORY: (re.compile(r"[^\s/]{1,100}/[^\s/]{1,99}"), "owner/name"),
    Kind.BLOB: (re.compile(r"[0-9a-f]{40}"), "a git blob id of 40 hex digits"),
    Kind.COMMIT: (re.compile(r"[0-9a-f]{40}"), "a commit id of 40 hex digits"),
    Kind.ISSUE: (re.compile(r"[^\s/#]{1,100}/[^\s/#]{1,80}#[0-9]{1,18}"), "owner/name#12"),
}


ALIASES = 50  # at most
NUMBER = re.compile(r"id:[0-9]{1,19}")  # the host's number, which a rename keeps


def record_removal(
    *,
    actor: Actor,
    dataset: Dataset,
    kind: str,
    value: str,
    reason: str,
    now: datetime,
    aliases: Sequence[str] = (),
    host: str = "",
    everywhere: bool = False,
    cause: str = Cause.REMOVAL,
) -> Removal:
    """Take a selector into the ledger: the next version is built without what it matches.

    `aliases` are further names of the same account or repository, or `id:NUMBER`. With
    `everywhere` each content that stands there goes wherever else it stands. Raw rows are hidden
    from now on and erased at the next compaction.

    Raises:
        NotPermittedError: `actor` is no steward or admin of the dataset.
        InvalidError: the value has not the shape of its kind.
        WrongStateError: it is in the ledger already, or no reason was given.
    """
    access.require(actor, Role.STEWARD, Role.ADMIN, dataset_id=dataset.pk)
    if kind not in SHAPES:
        names = ", ".join(SHAPES)
        raise InvalidError(f"Choose one of {names}.", fields={"kind": "Choose one."})
    value = value.strip()
    further = sorted({name.strip() for name in aliases} - {"", value})
    if len(further) > ALIASES or (further and kind not in (Kind.ACCOUNT, Kind.REPOSITORY)):
        raise InvalidError("These further names can't be taken.", fields={"aliases": "Too many."})
    for name in (value, *further):
        _check_shape(Kind(kind), name)
    if cause not in Cause.values:
        raise InvalidError("A removal or a report.", fields={"cause": "Choose one."})
    if not reason.strip():
        raise WrongStateError("Give a reason; it stays in the record.")
    with transaction.atomic():
        if Removal.objects.filter(dataset=dataset, kind=kind, value__iexact=value).exists():
            raise WrongStateError("This is in the ledger already.")
        made = Removal.objects.create(
            dataset=dataset,
            kind=kind,
            value=value,
            host=host.strip(),
            aliases=further,
            everywhere=everywhere and kind in (Kind.ACCOUNT, Kind.REPOSITORY),
            cause=cause,
            recorded_at=now,
            recorded_by=actor.user_id,
            reason=reason.strip(),
        )
        _hide(dataset)
        audit.removal_recorded(
            actor=actor,
            place=Place(dataset=dataset.slug),
            removal=made.pk,
            reason=reason.strip(),
            now=now,
        )
    return made


def _hide(dataset: Dataset) -> None:
    """From this commit on no raw file is handed out that was not looked through since."""
    Dataset.objects.filter(pk=dataset.pk).update(ledger=F("ledger") + 1)
    ring("pipeline.engine.tasks.look_through", dataset.pk)


def hold_removal(
    *,
    actor: Actor,
    removal_id: int,
    matter: str,
    until: datetime | None,
    reason: str,
    now: datetime,
) -> Removal:
    """Keep the raw rows of a removal for a legal matter until a day, or let go (`until` None).

    They stay hidden: only a search that names the matter shows them.

    Raises:
        NotPermittedError: `actor` is no admin of the dataset.
        WrongStateError: no matter, no reason, or an end that has passed.
    """
    with transaction.atomic():
        found = Removal.objects.select_for_update(of=("self",)).filter(pk=removal_id).first()
        if found is None:
            raise MissingError("There is no such removal.")
        access.require(actor, Role.ADMIN, dataset_id=found.dataset_id)
        if not reason.strip() or (until and not matter.strip()):
            raise WrongStateError("Name the matter and give a reason; both stay in the record.")
        if until and until <= now:
            raise WrongStateError("A hold ends in the future.")
        found.held_until, found.held_for = until, matter.strip() if until else ""
        found.save(update_fields=["held_until", "held_for"])
        audit.removal_held(
            actor=actor,
            place=Place(dataset=found.dataset.slug),
            removal=found.pk,
            until=until.isoformat() if until else "",
            reason=reason.strip(),
            now=now,
        )
    return found


def _check_shape(kind: Kind, value: str) -> None:
    shape, wanted = SHAPES[kind]
    numbered = kind in (Kind.ACCOUNT, Kind.REPOSITORY) and NUMBER.fullmatch(value)
    if not numbered and not shape.fullmatch(value):
        raise InvalidError("This can't be removed as typed.", fields={"value": f"Write {wanted}."})
