"""The block-list: whose applications are refused, for how long, and why."""

import re
from datetime import datetime, timedelta

from django.contrib.auth import get_user_model
from django.db import transaction

from governance.access.models import Block, BlockKind
from governance.audit import services as audit
from governance.audit.actors import Actor, Role
from governance.audit.services import Place
from governance.catalogue.models import Dataset
from governance.errors import InvalidError, MissingError, NotPermittedError, WrongStateError

LONGEST = timedelta(days=5 * 366)
DOMAIN = re.compile(r"(?=.{3,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")
ADDRESS = re.compile(r"[^@\s\x00]{1,64}@[^@\s\x00]{3,189}")


def add_block(
    *,
    actor: Actor,
    kind: str,
    value: str,
    dataset: Dataset | None,
    reason: str,
    ends: datetime,
    now: datetime,
) -> Block:
    """Refuse applications of an address, of a person by their address, or of a domain.

    `dataset` None means all. What waits or was granted already stays as it is.

    Raises:
        NotPermittedError: no steward or admin of the dataset (of all: everywhere).
        InvalidError: not an address or domain, nobody has it, or the end is out of bounds.
    """
    _may_block(actor, dataset)
    if not reason.strip():
        raise WrongStateError("Give a reason for the block.")
    words = value.strip().lower().removeprefix("@" if kind == BlockKind.DOMAIN else "")
    fields = _faults(kind, words, ends, now)
    person = None
    if kind == BlockKind.PERSON and not fields:
        person = get_user_model().objects.filter(email=words).first()
        if person is None:
            fields["value"] = "Nobody here has this address: block the address itself."
    if fields:
        raise InvalidError("The block can't be made like this.", fields=fields)
    with transaction.atomic():
        made = Block.objects.create(
            kind=kind,
            value=words,
            user=person,
            dataset=dataset,
            reason=reason.strip(),
            made_by=actor.user_id,
            begins=now,
            ends=ends,
        )
        audit.block_added(
            actor=actor,
            place=_place(dataset),
            block=made.pk,
            kind=kind,
            value=words,
            person=made.user_id,
            ends=ends,
            reason=reason.strip(),
            now=now,
        )
    return made


def _faults(kind: str, words: str, ends: datetime, now: datetime) -> dict[str, str]:
    fields = {}
    if kind not in BlockKind.values:
        fields["kind"] = "An address, a domain or a person."
    elif kind == BlockKind.DOMAIN and not DOMAIN.fullmatch(words):
        fields["value"] = "Write a domain such as lab.example.org."
    elif kind != BlockKind.DOMAIN and not ADDRESS.fullmatch(words):
        fields["value"] = "Write an e-mail address."
    if not now < ends <= now + LONGEST:
        fields["ends"] = "After today, and at most five years away."
    return fields


def lift_block(*, block_id: int, actor: Actor, reason: str, now: datetime) -> Block:
    """End a block before its time."""
    with transaction.atomic():
        found = (
            Block.objects.select_for_update(of=("self",))
            .select_related("dataset")
            .filter(pk=block_id)
            .first()
        )
        if found is None:
            raise MissingError("There is no such block.")
        _may_block(actor, found.dataset)
        if found.lifted_at is not None or found.ends <= now:
            raise WrongStateError("This block is over already.")
        if not reason.strip():
            raise WrongStateError("Give a reason to lift the block.")
        found.lifted_at, found.lifted_reason = now, reason.strip()
        found.save(update_fields=["lifted_at", "lifted_reason"])
        audit.block_lifted(
            actor=actor,
            place=_place(found.dataset),
            block=found.pk,
            person=found.user_id,
            reason=reason.strip(),
            now=now,
        )
    return found


def _may_block(actor: Actor, dataset: Dataset | None) -> None:
    actor.require_standing()
    pk = dataset.pk if dataset else None
    if actor.acts_as(Role.STEWARD, pk) or actor.acts_as(Role.ADMIN, pk):
        return
    if dataset is None:
        raise NotPermittedError("Only a steward or admin of all datasets blocks on all of them.")
    raise NotPermittedError("Only a steward or an admin of the dataset may do this.")


def _place(dataset: Dataset | None) -> Place:
    return Place(dataset=dataset.slug if dataset else "")
