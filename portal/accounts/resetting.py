"""Taking the second factor off somebody who has lost it, recovery codes and all.

Nobody can do this for themselves: a session that could would make the factor worth no more than
the password. An admin does it for another person, the operator for the only admin.
"""

from datetime import datetime
from typing import NamedTuple

from allauth.mfa.models import Authenticator
from django.db import transaction

from governance.access import selectors as access
from governance.audit import services as audit
from governance.audit.actors import Actor, Role
from governance.errors import InvalidError, MissingError, NotPermittedError, WrongStateError
from portal.accounts import sessions, tokens
from portal.accounts.models import User

LONGEST_REASON = 2000  # characters


class Reset(NamedTuple):
    """How much was taken off."""

    factors: int  # recovery codes count as one
    sessions: int
    tokens: int


def reset_factors(*, actor: Actor, person: int, reason: str, now: datetime) -> Reset:
    """Take every second factor off a person, end all their sessions, and revoke each of their
    tokens that carries a second factor. Roles and password stay; they are told the reason.

    Raises:
        NotPermittedError: `actor` is neither the operator nor an admin of the whole site, comes by
            a token or without a second factor, or is the person.
        InvalidError: no reason, or a long one.
        MissingError: there is no such person.
        WrongStateError: they have no second factor.
    """
    _check(actor, person)
    kept = _checked(reason)
    with transaction.atomic():
        user = User.objects.select_for_update().filter(pk=person).first()
        if user is None:
            raise MissingError("There is no such person.")
        factors = Authenticator.objects.filter(user=user)
        kinds = sorted(set(factors.values_list("type", flat=True)))
        if not kinds:
            raise WrongStateError(
                "This person has no second factor: signing in asks for none. A lost password is "
                "mended at the sign-in page."
            )
        taken, _ = factors.delete()
        told = Reset(taken, sessions.drop(user.pk), tokens.drop_proved(user.pk, now=now))
        audit.factors_reset(
            actor=actor,
            person=user.pk,
            kinds=kinds,
            factors=told.factors,
            sessions=told.sessions,
            tokens=told.tokens,
            reason=kept,
            now=now,
        )
    return told


def _check(actor: Actor, person: int) -> None:
    if actor.system:
        return
    access.require(actor, Role.ADMIN)
    if actor.user_id == person:
        raise NotPermittedError(
            "Nobody takes off their own second factor like this: ask another admin, or the "
            "operator."
        )


def _checked(reason: str) -> str:
    kept = reason.strip()
    if not kept:
        sentence = "Give a reason; the person reads it."
    elif len(kept) > LONGEST_REASON:
        sentence = f"Keep this under {LONGEST_REASON:,} characters."
    else:
        return kept
    raise InvalidError("The second factor stays.", fields={"reason": sentence})
