"""A version is no longer served."""

from datetime import datetime

from django.db import transaction

from governance.audit import services as audit
from governance.audit.actors import Actor, Role
from governance.catalogue.models import Version
from governance.catalogue.services.rows import locked, place
from governance.catalogue.states import step
from governance.errors import NotPermittedError


def withdraw_version(*, version_id: int, actor: Actor, reason: str, now: datetime) -> Version:
    """Stop serving a version at once, on every surface. Its record stays."""
    with transaction.atomic():
        version = locked(version_id)
        if not actor.acts_as(Role.ADMIN, version.dataset_id):
            raise NotPermittedError("Only an admin withdraws a version.")
        version.state = step(version.state, "withdraw", reason=reason)
        version.withdrawn_at, version.withdrawn_reason = now, reason
        version.save(update_fields=["state", "withdrawn_at", "withdrawn_reason"])
        audit.version_moved(
            actor=actor, place=place(version), verb="withdraw", reason=reason, now=now
        )
    return version
