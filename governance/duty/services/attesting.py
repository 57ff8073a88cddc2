"""A holder declares what became of a copy: that meets every duty for it."""

from datetime import datetime

from django.db import transaction

from governance.audit import services as audit
from governance.audit.actors import Actor
from governance.audit.services import Place
from governance.catalogue import selectors as catalogue
from governance.catalogue.models import Version
from governance.duty.models import Attestation, Copy, How
from governance.duty.services import holds
from governance.errors import InvalidError, MissingError, NotPermittedError, WrongStateError
from governance.terms.services.accepting import code


def statement_of(copy: Copy, how: str, current: str) -> str:
    """What somebody declares about a copy, word for word. `current` is the number of the version
    that replaces it."""
    what = f"the {copy.tier.name} files of version {copy.version.number} of "
    what += copy.version.dataset.slug
    if how == How.REPLACED:
        return f"I replaced {what} by those of version {current}, and erased every copy of them."
    return f"I erased every copy that I held of {what}."


def attest(*, actor: Actor, copy_id: int, how: str, via: str, now: datetime) -> Attestation:
    """Record that `actor` replaced a copy of theirs by the current version, or deleted it.

    Every duty for the copy is met and what it held back opens again, in the same transaction.

    Raises:
        NotPermittedError: nobody is signed in.
        InvalidError: `how` is neither replaced nor deleted.
        MissingError: they hold no such copy, or said already what became of it.
        WrongStateError: nothing replaces it, or no file of what does was ever handed to them.
    """
    if actor.user_id is None:
        raise NotPermittedError("Sign in first: a copy is its holder's to account for.")
    if how not in How.values:
        raise InvalidError("Say `replaced` or `deleted`.", fields={"how": "replaced or deleted"})
    with transaction.atomic():
        copy = (
            Copy.objects.select_for_update(of=("self",))
            .select_related("version__dataset", "tier")
            .filter(pk=copy_id, person=actor.user_id, closed_at=None)
            .first()
        )
        if copy is None:
            raise MissingError("You hold no such copy, or said already what became of it.")
        current = _replacement(copy) if how == How.REPLACED else None
        statement = statement_of(copy, how, current.number if current else "")
        number = f"GH-C-{code()}"
        dataset = copy.version.dataset
        place = Place(dataset=dataset.slug, version=copy.version.number, tier=copy.tier.name)
        entry = audit.copy_attested(
            actor=actor, place=place, number=number, how=how, statement=statement, now=now
        )
        copy.closed_at, copy.closed_how = now, how
        copy.save(update_fields=["closed_at", "closed_how"])
        copy.duties.filter(met_at=None).update(met_at=now)
        holds.follow([actor.user_id], dataset.pk)
        made = Attestation.objects.create(
            number=number,
            person=actor.user_id,
            how=how,
            via=via,
            tier=copy.tier,
            version=current,
            statement=statement,
            at=now,
            entry=entry.pk,
        )
        made.copies.add(copy)
    return made


def _replacement(copy: Copy) -> Version:
    current = catalogue.current(copy.version.dataset)
    if current is None or current.pk == copy.version_id:
        raise WrongStateError(
            f"No version replaces {copy.version.number}. When it is erased, say that."
        )
    held = Copy.objects.filter(person=copy.person, version=current, tier=copy.tier, closed_at=None)
    if not held.exists():
        raise WrongStateError(
            f"No {copy.tier.name} file of version {current.number} was handed to you. Take it "
            "first; or, when your copy is erased and not replaced, say that."
        )
    return current
