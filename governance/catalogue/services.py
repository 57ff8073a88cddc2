"""Every change to datasets and versions: one public verb a use case."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import transaction

from governance.audit import services as audit
from governance.audit.actors import Actor, Role
from governance.audit.services import Place
from governance.catalogue.editing import check_words
from governance.catalogue.models import Artefact, Dataset, Tier, Version
from governance.catalogue.states import State, step
from governance.errors import (
    InvalidError,
    MissingError,
    NotPermittedError,
    WrongStateError,
)

SERVED_AFTER = timedelta(days=42)  # how long a superseded version is served
NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,58}[a-z0-9])?")
NUMBER = re.compile(r"[0-9]{1,6}\.[0-9]{1,6}")


class TierSpec(NamedTuple):
    name: str
    summary: str
    policy: Mapping[str, Sequence[str]]
    form: Sequence[Mapping[str, Any]] = ()
    days: int = 365
    reviewers: int = 1  # how many different ones must say yes


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


def check_slug(slug: str) -> tuple[str, str]:
    """Namespace and name of a dataset that may be called so. Raises InvalidError."""
    namespace, _, name = slug.partition("/")
    if not (NAME.fullmatch(namespace) and NAME.fullmatch(name)):
        told = f"'{slug}' can't name a dataset: write namespace/name in small letters and digits."
        raise InvalidError(told, fields={"slug": told})
    if name.endswith(("-raw", "-annotations")):
        told = "A dataset's name can't end in -raw or -annotations: tiers do."
        raise InvalidError(told, fields={"slug": told})
    return namespace, name


def make_dataset(
    *,
    actor: Actor,
    slug: str,
    title: str,
    summary: str,
    licence_set: str,
    redaction: Mapping[str, Any],
    sources: Sequence[Mapping[str, Any]],
    tiers: Sequence[TierSpec],
    contact: str,
    reason: str,
    now: datetime,
    listed: bool = True,
) -> Dataset:
    """Make a dataset with its tiers; it has no version yet.

    Raises:
        NotPermittedError: `actor` is no admin.
        InvalidError: the name is not `ns/name` in small letters, digits, `.`, `_`, `-`, or title
            or summary is missing or too long; `fields` says which.
        WrongStateError: the name is taken.
    """
    if not (actor.system or actor.acts_as(Role.ADMIN)):
        raise NotPermittedError("Only an admin makes a dataset.")
    namespace, name = check_slug(slug)
    check_words(title=title, summary=summary)
    if not reason.strip():
        raise WrongStateError("Give a reason: it stays in the record.")
    with transaction.atomic():
        if Dataset.objects.filter(namespace=namespace, name=name).exists():
            raise WrongStateError(f"There is a dataset {slug} already.")
        made = Dataset.objects.create(
            namespace=namespace,
            name=name,
            title=title,
            summary=summary,
            licence_set=licence_set,
            redaction=dict(redaction),
            sources=list(sources),
            contact=contact,
            listed=listed,
            made_at=now,
        )
        for position, spec in enumerate(tiers):
            Tier.objects.create(
                dataset=made,
                name=spec.name,
                summary=spec.summary,
                policy={name: list(needs) for name, needs in spec.policy.items()},
                form=list(spec.form),
                days=spec.days,
                reviewers=spec.reviewers,
                position=position,
            )
        audit.dataset_made(
            actor=actor,
            place=Place(dataset=slug),
            policies={spec.name: spec.policy for spec in tiers},
            reason=reason,
            now=now,
        )
    return made


def add_source(
    *, actor: Actor, dataset: Dataset, source: Mapping[str, Any], reason: str, now: datetime
) -> Dataset:
    """Name one more source that the next builds collect from; the same again is no change."""
    if not (actor.system or actor.acts_as(Role.ADMIN, dataset.pk)):
        raise NotPermittedError("Only an admin names sources.")
    with transaction.atomic():
        locked = Dataset.objects.select_for_update().get(pk=dataset.pk)
        if dict(source) in locked.sources:
            return locked
        locked.sources = [*locked.sources, dict(source)]
        locked.save(update_fields=["sources"])
        audit.source_named(
            actor=actor,
            place=Place(dataset=locked.slug),
            kind=str(source["kind"]),
            reason=reason,
            now=now,
        )
    return locked


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
        WrongStateError: another version of the dataset is in the making.
    """
    if not NUMBER.fullmatch(number):
        raise InvalidError(f"'{number}' is no version number: write it like 1.1.")
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
        version = _locked(version_id)
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
        audit.version_made(
            actor=actor,
            place=_place(version),
            manifest_sha256=made.manifest_sha256,
            build=build,
            now=now,
        )
    return version


def approve_version(*, version_id: int, actor: Actor, reason: str, now: datetime) -> Version:
    """A steward or admin says that a candidate may be published.

    Raises:
        NotPermittedError: `actor` is neither, or started the build.
        WrongStateError: it is no candidate, or no reason was given.
    """
    with transaction.atomic():
        version = _locked(version_id)
        if not _is_either(actor, version, Role.STEWARD, Role.ADMIN):
            raise NotPermittedError("Only a steward or an admin approves a version.")
        if version.started_by == actor.user_id:
            raise NotPermittedError("You started this build: somebody else must approve it.")
        version.state = step(version.state, "approve", reason=reason)
        version.approved_by, version.approved_at = actor.user_id, now
        version.save(update_fields=["state", "approved_by", "approved_at"])
        audit.version_moved(
            actor=actor, place=_place(version), verb="approve", reason=reason, now=now
        )
    return version


def reject_version(*, version_id: int, actor: Actor, reason: str, now: datetime) -> Version:
    """A steward or admin says that a version must not come out; its number is free again."""
    with transaction.atomic():
        version = _locked(version_id)
        if not (actor.system or _is_either(actor, version, Role.STEWARD, Role.ADMIN)):
            raise NotPermittedError("Only a steward or an admin rejects a version.")
        version.state = step(version.state, "reject", reason=reason)
        version.save(update_fields=["state"])
        audit.version_moved(
            actor=actor, place=_place(version), verb="reject", reason=reason, now=now
        )
    return version


def publish_version(*, version_id: int, actor: Actor, reason: str, now: datetime) -> Version:
    """Make an approved version the current one; the one before is superseded. One transaction.

    Raises:
        NotPermittedError: `actor` is no admin, started the build, or approved it.
        WrongStateError: it is not approved, or no reason was given.
    """
    with transaction.atomic():
        version = _locked(version_id)
        if not actor.acts_as(Role.ADMIN, version.dataset_id):
            raise NotPermittedError("Only an admin publishes a version.")
        if version.started_by == actor.user_id:
            raise NotPermittedError("You started this build: another admin must publish it.")
        if version.approved_by == actor.user_id:
            raise NotPermittedError("You approved this version: another admin must publish it.")
        after = step(version.state, "publish", reason=reason)
        _supersede(version, actor=actor, now=now)
        version.state = after
        version.published_by, version.published_at = actor.user_id, now
        version.save(update_fields=["state", "published_by", "published_at"])
        audit.version_moved(
            actor=actor,
            place=_place(version),
            verb="publish",
            reason=reason,
            now=now,
            detail={"manifest_sha256": version.manifest_sha256},
        )
    return version


def _supersede(successor: Version, *, actor: Actor, now: datetime) -> None:
    before = Version.objects.filter(dataset=successor.dataset_id, state=State.PUBLISHED).first()
    if before is None:
        return
    before.state = step(before.state, "supersede")
    before.serve_until = now + SERVED_AFTER
    before.save(update_fields=["state", "serve_until"])
    audit.version_moved(
        actor=actor,
        place=Place(dataset=successor.dataset.slug, version=before.number),
        verb="supersede",
        reason=f"version {successor.number} was published",
        now=now,
        detail={"serve_until": before.serve_until.isoformat()},
    )


def withdraw_version(*, version_id: int, actor: Actor, reason: str, now: datetime) -> Version:
    """Stop serving a version at once, on every surface. Its record stays."""
    with transaction.atomic():
        version = _locked(version_id)
        if not actor.acts_as(Role.ADMIN, version.dataset_id):
            raise NotPermittedError("Only an admin withdraws a version.")
        version.state = step(version.state, "withdraw", reason=reason)
        version.withdrawn_at, version.withdrawn_reason = now, reason
        version.save(update_fields=["state", "withdrawn_at", "withdrawn_reason"])
        audit.version_moved(
            actor=actor, place=_place(version), verb="withdraw", reason=reason, now=now
        )
    return version


def _locked(version_id: int) -> Version:
    version = (
        Version.objects.select_for_update(of=("self",))
        .select_related("dataset")
        .filter(pk=version_id)
        .first()
    )
    if version is None:
        raise MissingError("There is no such version.")
    return version


def _is_either(actor: Actor, version: Version, *roles: Role) -> bool:
    return any(actor.acts_as(role, version.dataset_id) for role in roles)


def _place(version: Version) -> Place:
    return Place(dataset=version.dataset.slug, version=version.number)
