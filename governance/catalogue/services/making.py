"""A version in the making: begun with its build, a candidate when the build is done."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction

from governance.audit import services as audit
from governance.audit.actors import Actor
from governance.catalogue import comparing
from governance.catalogue.models import Artefact, Dataset, Version
from governance.catalogue.services.noting import draft_notes
from governance.catalogue.services.rows import locked, place
from governance.catalogue.services.winding import refuse_wound_down
from governance.catalogue.states import State, step
from governance.errors import InvalidError, WrongStateError

NUMBER = re.compile(r"[0-9]{1,6}\.[0-9]{1,6}")


class FileSpec(NamedTuple):
    """A finished file: `key` names its bytes in storage."""

    tier: str
    path: str
    size: int  # bytes
    sha256: str
    rows: int
    key: str


class Candidate(NamedTuple):
    """All that a build tells of the version that it made."""

    commit: str
    manifest_sha256: str
    card: str
    stats: Mapping[str, Any]
    charts: Mapping[str, str]
    preview: Sequence[Mapping[str, Any]]
    difference: Mapping[str, Any]
    files: Sequence[FileSpec]
    told: Mapping[str, Any] = {}  # the difference as anyone may read it
    notes: str = ""  # a draft of the release notes


def begin_version(
    *,
    dataset: Dataset,
    number: str,
    parent: Version | None,
    actor: Actor,
    terms: str,
    now: datetime,
) -> Version:
    """A version in the making. Must run in the transaction that starts its build.

    Raises:
        InvalidError: the number is not like 1.0, or not above every earlier one.
        WrongStateError: another version is in the making, or it was wound down.
    """
    if not NUMBER.fullmatch(number):
        raise InvalidError(f"'{number}' is no version number: write it like 1.1.")
    refuse_wound_down(Dataset.objects.select_for_update().get(pk=dataset.pk), now=now)
    kept = Version.objects.filter(dataset=dataset).exclude(state=State.REJECTED)
    for each in kept.only("number", "state"):
        if each.state in {State.BUILDING, State.CANDIDATE, State.APPROVED}:
            raise WrongStateError(
                f"Version {each.number} is {each.state}: publish or reject it before the next."
            )
        if _parts(number) <= _parts(each.number):
            raise InvalidError(f"Version {number} must come after {each.number}.")
    return Version.objects.create(
        dataset=dataset,
        number=number,
        state=State.BUILDING,
        parent=parent,
        terms=terms,
        made_at=now,
        started_by=actor.user_id,
    )


def _parts(number: str) -> tuple[int, ...]:
    return tuple(int(part) for part in number.split("."))


def finish_version(
    *, version_id: int, build: int, made: Candidate, actor: Actor, now: datetime
) -> Version:
    """Turn a version in the making into a candidate with its files, all or nothing."""
    with transaction.atomic():
        version = locked(version_id)
        version.state = step(version.state, "finish")
        tiers = {tier.name: tier for tier in version.dataset.tiers.all()}
        Artefact.objects.bulk_create(
            [
                Artefact(
                    version=version,
                    tier=tiers[file.tier],
                    path=file.path,
                    size=file.size,
                    sha256=file.sha256,
                    rows=file.rows,
                    key=file.key,
                )
                for file in made.files
                if file.tier in tiers
            ],
            batch_size=500,
        )
        processed = [file for file in made.files if file.tier == "processed"]
        version.rows = sum(file.rows for file in processed)
        version.size = sum(file.size for file in processed)
        for name in ("commit", "manifest_sha256", "card"):
            setattr(version, name, getattr(made, name))
        version.stats, version.charts = dict(made.stats), dict(made.charts)
        version.preview, version.difference = list(made.preview), dict(made.difference)
        version.save()
        if made.told:
            comparing.keep(
                older=version.parent, newer=version, exact=made.difference, told=made.told, now=now
            )
        if made.notes:
            draft_notes(version, made.notes, now=now)
        audit.version_made(
            actor=actor,
            place=place(version),
            manifest_sha256=made.manifest_sha256,
            build=build,
            now=now,
        )
    return version
