"""Every change to the removal ledger."""

import re
from datetime import datetime

from django.db import transaction

from governance.access import selectors as access
from governance.audit import services as audit
from governance.audit.actors import Actor, Role
from governance.audit.services import Place
from governance.catalogue.models import Dataset
from governance.errors import InvalidError, WrongStateError
from governance.removals.models import Kind, Removal

SHAPES = {
    Kind.ACCOUNT: (re.compile(r"[^\s/]{1,100}"), "an account's name, like octocat"),
    Kind.REPOSITORY: (re.compile(r"[^\s/]{1,100}/[^\s/]{1,99}"), "owner/name"),
    Kind.BLOB: (re.compile(r"[0-9a-f]{40}"), "a git blob id of 40 hex digits"),
}


def record_removal(
    *, actor: Actor, dataset: Dataset, kind: str, value: str, reason: str, now: datetime
) -> Removal:
    """Take a selector into the ledger: the next version is built without what it matches.

    Raises:
        NotPermittedError: `actor` is no steward or admin of the dataset.
        InvalidError: the value has not the shape of its kind.
        WrongStateError: it is in the ledger already, or no reason was given.
    """
    access.require(actor, Role.STEWARD, Role.ADMIN, dataset_id=dataset.pk)
    if kind not in SHAPES:
        raise InvalidError("Choose account, repository or blob.", fields={"kind": "Choose one."})
    shape, wanted = SHAPES[Kind(kind)]
    value = value.strip()
    if not shape.fullmatch(value):
        raise InvalidError("This can't be removed as typed.", fields={"value": f"Write {wanted}."})
    if not reason.strip():
        raise WrongStateError("Give a reason; it stays in the record.")
    with transaction.atomic():
        if Removal.objects.filter(dataset=dataset, kind=kind, value__iexact=value).exists():
            raise WrongStateError("This is in the ledger already.")
        made = Removal.objects.create(
            dataset=dataset,
            kind=kind,
            value=value,
            recorded_at=now,
            recorded_by=actor.user_id,
            reason=reason.strip(),
        )
        audit.removal_recorded(
            actor=actor,
            place=Place(dataset=dataset.slug),
            removal=made.pk,
            reason=reason.strip(),
            now=now,
        )
    return made
