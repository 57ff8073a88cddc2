"""What the commands of an operator share: in whose name they act, and errors as one sentence."""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from django.core.management.base import CommandError
from django.utils import timezone

from governance.audit.actors import HOUSE, Actor
from governance.errors import GovernanceError, InvalidError
from portal.accounts.actors import operator
from portal.accounts.models import User


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


def acting_as(email: str) -> Actor:
    """The person in whose name the command acts; the record also names the machine's user."""
    return replace(operator(person(email), now=timezone.now()), agent=f"manage.py by {who()}")


def house() -> Actor:
    """An act of the operator's own, in nobody's name."""
    return replace(HOUSE, agent=f"manage.py by {who()}")


def who() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
