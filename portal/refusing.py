"""Refusals of signed-in people, put on record before they are answered."""

from django.db import DatabaseError
from django.http import HttpRequest
from django.utils import timezone

from governance.audit import services as audit
from governance.errors import GovernanceError, MissingError, NotPermittedError, RefusedError
from portal.accounts.actors import actor_of
from portal.delivery.tickets import UnavailableError


class HiddenError(MissingError):
    """Somebody without the right asks for a page; they are answered as if there were none."""


def recorded(request: HttpRequest, error: GovernanceError) -> GovernanceError:
    """The error to answer with: this one, or that the record can't be written.

    Refusals of files are recorded where they are decided, and those of strangers are counted.
    """
    on_record = isinstance(error, RefusedError) and hasattr(error, "asked")
    refused = isinstance(error, NotPermittedError | HiddenError | RefusedError) and not on_record
    if not refused or not actor_of(request).signed_in:
        return error
    match = request.resolver_match
    code = error.steps[0].code if error.steps else error.code
    try:
        audit.act_refused(
            actor=actor_of(request),
            what=(match.view_name if match else "") or request.path,
            reason_code="role" if isinstance(error, HiddenError) else code,
            now=timezone.now(),
        )
    except DatabaseError:
        return UnavailableError("The record can't be written just now. Try again in a minute.")
    return error
