"""The first of two people: a candidate is approved or rejected."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from governance.audit import services as audit
from governance.audit.actors import Actor, Role
from governance.catalogue.models import Version
from governance.catalogue.services.judging import accept_unmeasured
from governance.catalogue.services.rows import is_either, locked, place
from governance.catalogue.services.withdrawing import ask_for_purge
from governance.catalogue.states import step
from governance.errors import NotPermittedError


def approve_version(
    *,
    version_id: int,
    actor: Actor,
    reason: str,
    now: datetime,
    accepts: Collection[str] = (),
) -> Version:
    """A steward or admin says that a candidate may be published.

    `accepts` are lines of the checklist that were not measured, for which they answer.

    Raises:
        NotPermittedError: `actor` is neither, or started the build.
        WrongStateError: it is no candidate, or no reason was given.
    """
    with transaction.atomic():
        version = locked(version_id)
        if not is_either(actor, version, Role.STEWARD, Role.ADMIN):
            raise NotPermittedError("Only a steward or an admin approves a version.")
        if version.started_by == actor.user_id:
            raise NotPermittedError("You started this build: somebody else must approve it.")
        version.state = step(version.state, "approve", reason=reason)
        version.approved_by, version.approved_at = actor.user_id, now
        version.save(update_fields=["state", "approved_by", "approved_at"])
        audit.version_moved(
            actor=actor, place=place(version), verb="approve", reason=reason, now=now
        )
        for item in sorted(accepts):
            accept_unmeasured(
                version, actor=actor, item=item, act="approve", reason=reason, now=now
            )
    return version


def reject_version(*, version_id: int, actor: Actor, reason: str, now: datetime) -> Version:
    """A steward or admin says that a version must not come out; its number is free again."""
    with transaction.atomic():
        version = locked(version_id)
        if not (actor.system or is_either(actor, version, Role.STEWARD, Role.ADMIN)):
            raise NotPermittedError("Only a steward or an admin rejects a version.")
        version.state = step(version.state, "reject", reason=reason)
        version.save(update_fields=["state"])
        if version.artefacts.exists() or version.stored.exists():
            ask_for_purge(version, now=now)
        audit.version_moved(
            actor=actor, place=place(version), verb="reject", reason=reason, now=now
        )
    return version
