"""Release notes: drafted when a build ends, edited until the publication, then as they are."""

import hashlib
from datetime import datetime

from django.db import transaction

from governance.audit import services as audit
from governance.audit.actors import Actor, Role
from governance.catalogue.models import ReleaseNotes, Version
from governance.catalogue.services.judging import OPEN
from governance.catalogue.services.rows import is_either, locked, place
from governance.errors import InvalidError, NotPermittedError, WrongStateError

LONGEST = 20_000  # characters


def draft_notes(version: Version, text: str, *, now: datetime) -> ReleaseNotes:
    """Part of finishing a version: the words that its difference gives."""
    return ReleaseNotes.objects.create(version=version, text=text[:LONGEST], changed_at=now)


def change_notes(*, version_id: int, actor: Actor, text: str, now: datetime) -> ReleaseNotes:
    """Say in other words what a candidate changes.

    `pipeline.engine.publishing.change_notes` comes first: it refuses words that name a subject.

    Raises:
        NotPermittedError: `actor` is no steward or admin of the dataset.
        WrongStateError: the version is published, or not built yet.
        InvalidError: no words, or too many.
    """
    words = text.replace("\r\n", "\n").strip()
    with transaction.atomic():
        version = locked(version_id)
        if not is_either(actor, version, Role.STEWARD, Role.ADMIN):
            raise NotPermittedError("Only a steward or an admin writes release notes.")
        if version.state not in OPEN:
            raise WrongStateError(f"Version {version.number} is {version.state}: its notes stay.")
        if not words or len(words) > LONGEST:
            told = f"Write 1 to {LONGEST:,} characters."
            raise InvalidError("These notes can't be taken.", fields={"text": told})
        notes, _ = ReleaseNotes.objects.update_or_create(
            version=version,
            defaults={"text": words + "\n", "changed_by": actor.user_id, "changed_at": now},
        )
        audit.notes_changed(
            actor=actor,
            place=place(version),
            sha256=hashlib.sha256(notes.text.encode()).hexdigest(),
            reason="release notes edited",
            now=now,
        )
    return notes
