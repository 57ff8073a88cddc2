"""The second of two people: a version comes out, the one before is superseded."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.db import transaction

from governance.audit import services as audit
from governance.audit.actors import Actor, Role
from governance.audit.services import Place
from governance.catalogue import signing
from governance.catalogue.checklist import ChecklistError, Item, Mark, standing_against
from governance.catalogue.models import Dataset, Version
from governance.catalogue.services.judging import accept_unmeasured
from governance.catalogue.services.rows import locked, place
from governance.catalogue.services.winding import refuse_wound_down
from governance.catalogue.states import State, step
from governance.errors import NotPermittedError

SERVED_AFTER = timedelta(days=42)  # how long a superseded version is served, unless an admin says


def publish_version(
    *,
    version_id: int,
    actor: Actor,
    reason: str,
    now: datetime,
    checked: Callable[[Version], Sequence[Item]],
) -> Version:
    """Make an approved version the current one; the one before is superseded. One transaction.

    `checked` computes the checklist of the locked version; `pipeline.engine.publishing` is who has
    it. In the same transaction the manifest is signed, when this process holds the key.

    Raises:
        NotPermittedError: `actor` is no admin, started the build, or approved it.
        WrongStateError: it is not approved, no reason was given, or the dataset was wound down.
        ChecklistError: lines of the checklist stand against it.
    """
    with transaction.atomic():
        version = locked(version_id)
        if not actor.acts_as(Role.ADMIN, version.dataset_id):
            raise NotPermittedError("Only an admin publishes a version.")
        # Locked, so that it comes out before the dataset is wound down, or not at all.
        dataset = Dataset.objects.select_for_update().get(pk=version.dataset_id)
        refuse_wound_down(dataset, now=now)
        if version.started_by == actor.user_id:
            raise NotPermittedError("You started this build: another admin must publish it.")
        if version.approved_by == actor.user_id:
            raise NotPermittedError("You approved this version: another admin must publish it.")
        after = step(version.state, "publish", reason=reason)
        lines = checked(version)
        against = standing_against(lines)
        if against:
            raise ChecklistError(version.number, against)
        for line in lines:
            if line.mark in (Mark.UNMEASURED, Mark.ACCEPTED):
                accept_unmeasured(
                    version, actor=actor, item=line.code, act="publish", reason=reason, now=now
                )
        _supersede(version, actor=actor, now=now)
        version.state = after
        version.published_by, version.published_at = actor.user_id, now
        version.save(update_fields=["state", "published_by", "published_at"])
        signing.sign(version, now=now)
        audit.version_moved(
            actor=actor,
            place=place(version),
            verb="publish",
            reason=reason,
            now=now,
            detail={
                "manifest_sha256": version.manifest_sha256,
                "checklist": {line.code: str(line.mark) for line in lines},
            },
        )
    return version


def _supersede(successor: Version, *, actor: Actor, now: datetime) -> None:
    before = Version.objects.filter(dataset=successor.dataset_id, state=State.PUBLISHED).first()
    if before is None:
        return
    before.state = step(before.state, "supersede")
    # As long as its holders have to move on.
    before.serve_until = now + timedelta(days=successor.dataset.update_days)
    before.save(update_fields=["state", "serve_until"])
    audit.version_moved(
        actor=actor,
        place=Place(dataset=successor.dataset.slug, version=before.number),
        verb="supersede",
        reason=f"version {successor.number} was published",
        now=now,
        detail={"serve_until": before.serve_until.isoformat(), "successor": successor.number},
    )
