"""What named persons say before a version comes out: that they looked, that they accept."""

from datetime import datetime

from django.db import transaction

from governance.audit import services as audit
from governance.audit.actors import Actor, Role
from governance.catalogue import comparing
from governance.catalogue.models import Judgement, Version
from governance.catalogue.services.rows import is_either, locked, place
from governance.catalogue.states import State
from governance.errors import NotPermittedError, WrongStateError

OPEN = frozenset({State.CANDIDATE, State.APPROVED})


def review_difference(
    *, version_id: int, actor: Actor, digest: str, reason: str, now: datetime
) -> Judgement:
    """A steward or admin looked at what a version changes. `digest` names what they looked at.

    Saying it again is no work.

    Raises:
        NotPermittedError: `actor` is neither, or started the build.
        WrongStateError: it is no candidate, no reason was given, or the difference is another one.
    """
    with transaction.atomic():
        version = locked(version_id)
        if not is_either(actor, version, Role.STEWARD, Role.ADMIN):
            raise NotPermittedError("Only a steward or an admin reviews a difference.")
        if version.started_by == actor.user_id:
            raise NotPermittedError("You started this build: somebody else must review it.")
        if version.state not in OPEN:
            raise WrongStateError(f"Version {version.number} is {version.state}, no candidate.")
        if digest != comparing.digest_of(version.difference):
            raise WrongStateError(
                "This is not the difference of this version as it stands: look at it again."
            )
        return judge(
            version, actor, Judgement.Kind.REVIEW, "difference", digest, reason=reason, now=now
        )


def accept_unmeasured(
    version: Version, *, actor: Actor, item: str, act: str, reason: str, now: datetime
) -> Judgement:
    """Part of approving and of publishing: runs in their transaction, under their lock."""
    return judge(version, actor, Judgement.Kind.ACCEPT, item, "", reason=reason, now=now, act=act)


def judge(
    version: Version,
    actor: Actor,
    kind: Judgement.Kind,
    item: str,
    digest: str,
    *,
    reason: str,
    now: datetime,
    act: str = "",
) -> Judgement:
    if not reason.strip():
        raise WrongStateError("Give a reason: it stays in the record.")
    assert actor.user_id is not None  # noqa: S101  who holds a role is somebody
    made, fresh = Judgement.objects.get_or_create(
        version=version,
        kind=kind,
        item=item,
        digest=digest,
        by=actor.user_id,
        defaults={
            "by_name": (actor.name or actor.email)[:254],
            "at": now,
            "reason": reason.strip(),
        },
    )
    if fresh and kind == Judgement.Kind.REVIEW:
        audit.difference_reviewed(
            actor=actor, place=place(version), digest=digest, reason=reason.strip(), now=now
        )
    elif fresh:
        audit.unmeasured_accepted(
            actor=actor, place=place(version), item=item, act=act, reason=reason.strip(), now=now
        )
    return made
