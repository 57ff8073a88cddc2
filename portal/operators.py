"""What the commands of an operator share: in whose name they act, and errors as one sentence."""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from django.conf import settings
from django.core.management.base import CommandError
from django.urls import reverse
from django.utils import timezone

from governance.access import selectors as access
from governance.audit.actors import CARRY_FACTOR, HOUSE, Actor, Scope
from governance.errors import GovernanceError, InvalidError
from portal import environment
from portal.accounts import tokens
from portal.accounts.actors import operator
from portal.accounts.models import ApiToken, User

TOKEN = "GATEHOUSE_TOKEN"  # noqa: S105  a variable's name
ON_TOKEN = f"in whose name; outside the demo {TOKEN} holds a token of theirs"


@contextmanager
def told_in_one_sentence() -> Iterator[None]:
    """A refusal of the rules ends the command with its sentence and exit code 1."""
    try:
        yield
    except InvalidError as error:
        raise CommandError(" ".join([error.sentence, *error.fields.values()])) from error
    except GovernanceError as error:
        raise CommandError(error.sentence) from error


def person(email: str) -> User:
    found = User.objects.filter(email=email.strip().lower()).first()
    if found is None:
        raise CommandError(f"Nobody has the address {email}.")
    return found


def acting_as(email: str, *, dataset: str = "", scope: Scope = Scope.OPERATE) -> Actor:
    """The person in whose name the command acts; the entry also names the machine's user.

    Outside the demo the command needs that person's token in GATEHOUSE_TOKEN, so that whoever
    holds the machine can't be two people: of `scope`, or of one that includes it, and made for
    `dataset` (NS/NAME) or for all.

    Raises CommandError with the exact next step.
    """
    user, now = person(email), timezone.now()
    suspended = access.suspended(user_id=user.pk, now=now)
    if suspended is not None:
        raise CommandError(f"{user.email} can't act. {suspended.step.sentence}")
    if settings.DEMO:
        return replace(operator(user, now=now), agent=f"manage.py by {who()}")
    token = _token_of(user, dataset=dataset, scope=scope)
    tokens.note_use(token, now=now)
    actor = operator(user, now=now, second_factor=token.second_factor)
    return replace(
        actor, verified=token.verified, agent=f"manage.py by {who()}, token {token.name}"
    )


def _token_of(user: User, *, dataset: str, scope: Scope) -> ApiToken:
    """The token in the environment, if it is good for this act of this person."""
    secret = environment.text(TOKEN)
    there = f"{site()}{reverse('tokens')}"
    mend = f"{user.email} makes one at {there} (it may: {scope}) and sets {TOKEN} to it."
    if not secret:
        raise CommandError(f"To act as {user.email} a token of theirs is needed: {mend}")
    token = tokens.find(secret, now=timezone.now())
    if token is None:
        raise CommandError(f"The token in {TOKEN} is unknown, ended or revoked: {mend}")
    if token.user_id != user.pk:
        raise CommandError(f"The token in {TOKEN} is another person's: {mend}")
    if token.dataset and token.dataset != dataset:
        reach = f"reaches {token.dataset} alone"
        raise CommandError(f"The token in {TOKEN} {reach}: {mend}")
    if list(Scope).index(Scope(token.scope)) < list(Scope).index(scope):
        raise CommandError(f"The token in {TOKEN} has the scope {token.scope} only: {mend}")
    if scope in CARRY_FACTOR and not token.second_factor:
        raise CommandError(f"The token in {TOKEN} was made without a second factor: {mend}")
    return token


def site() -> str:
    """Where people reach the site: as it was set, or as script/server said of this home."""
    told = settings.HOME / "address"
    if not settings.PUBLIC_URL and told.exists():
        return told.read_text().strip()
    return settings.PUBLIC_URL or "http://localhost:8000"


def house() -> Actor:
    """An act of the operator's own, in nobody's name."""
    return replace(HOUSE, agent=f"manage.py by {who()}")


def who() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
