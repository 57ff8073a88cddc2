"""Builds, versions, removals, raw rows."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from governance.audit.actors import Actor
from governance.audit.models import Entry
from governance.audit.services.entry import Place, write


def build_started(
    *, actor: Actor, place: Place, build: int, reason: str, brief_sha256: str, now: datetime
) -> Entry:
    """A build of a version began, from a brief of this sha256."""
    return write(
        "build.start",
        actor=actor,
        now=now,
        place=place,
        privileged=True,
        reason=reason,
        subject=f"build:{build}",
        detail={"brief_sha256": brief_sha256},
    )


def build_cancelled(*, actor: Actor, place: Place, build: int, reason: str, now: datetime) -> Entry:
    """Somebody ended a build."""
    return write(
        "build.cancel",
        actor=actor,
        now=now,
        place=place,
        privileged=True,
        reason=reason,
        subject=f"build:{build}",
    )


def build_paused(*, actor: Actor, place: Place, build: int, reason: str, now: datetime) -> Entry:
    """Somebody let a build rest: what is being done ends, nothing more begins."""
    return write(
        "build.pause",
        actor=actor,
        now=now,
        place=place,
        privileged=True,
        reason=reason,
        subject=f"build:{build}",
    )


def build_resumed(*, actor: Actor, place: Place, build: int, reason: str, now: datetime) -> Entry:
    """Somebody let a build go on; shards that were set aside are tried again."""
    return write(
        "build.resume",
        actor=actor,
        now=now,
        place=place,
        privileged=True,
        reason=reason,
        subject=f"build:{build}",
    )


def build_held(*, actor: Actor, place: Place, build: int, cause: str, now: datetime) -> Entry:
    """Shards were set aside after the last attempt: the build waits for who mends the cause."""
    return write(
        "build.hold",
        actor=actor,
        now=now,
        place=place,
        subject=f"build:{build}",
        detail={"cause": cause},
    )


def build_failed(*, actor: Actor, place: Place, build: int, cause: str, now: datetime) -> Entry:
    """A build ended without a version."""
    return write(
        "build.fail",
        actor=actor,
        now=now,
        place=place,
        subject=f"build:{build}",
        detail={"cause": cause},
    )


def version_made(
    *, actor: Actor, place: Place, manifest_sha256: str, build: int, now: datetime
) -> Entry:
    """A build ended well: the version is a candidate."""
    return write(
        "version.make",
        actor=actor,
        now=now,
        place=place,
        subject=f"build:{build}",
        detail={"manifest_sha256": manifest_sha256},
    )


def version_moved(
    *,
    actor: Actor,
    place: Place,
    verb: str,
    reason: str,
    now: datetime,
    detail: Mapping[str, Any] | None = None,
) -> Entry:
    """`verb` is a move of `catalogue.states`: approve, reject, publish, supersede, withdraw."""
    return write(
        f"version.{verb}",
        actor=actor,
        now=now,
        place=place,
        privileged=True,
        reason=reason,
        detail=dict(detail or {}),
    )


def removal_recorded(
    *, actor: Actor, place: Place, removal: int, reason: str, now: datetime
) -> Entry:
    """A selector enters the removal ledger. The entry names the ledger's row, never the subject."""
    return write(
        "removal.record",
        actor=actor,
        now=now,
        place=place,
        privileged=True,
        reason=reason,
        subject=f"removal:{removal}",
    )


def removal_held(
    *, actor: Actor, place: Place, removal: int, until: str, reason: str, now: datetime
) -> Entry:
    """Raw rows of a removal stay for a legal matter until a day, or no longer (no day)."""
    return write(
        "removal.hold",
        actor=actor,
        now=now,
        place=place,
        privileged=True,
        reason=reason,
        subject=f"removal:{removal}",
        detail={"until": until},
    )


def raw_searched(
    *, actor: Actor, place: Place, matter: str, rows: int, reason: str, now: datetime
) -> Entry:
    """Somebody searched raw rows that are hidden, for a legal matter."""
    return write(
        "raw.search",
        actor=actor,
        now=now,
        place=place,
        privileged=True,
        reason=reason,
        detail={"matter": matter, "rows": rows},
    )


def raw_withheld(*, actor: Actor, place: Place, files: int, rows: int, now: datetime) -> Entry:
    """A version was looked through after a removal: so many of its files are handed out no more."""
    return write(
        "raw.withhold",
        actor=actor,
        now=now,
        place=place,
        detail={"files": files, "preview_rows": rows},
    )


def raw_compacted(
    *, actor: Actor, place: Place, erased: dict[str, int], reason: str, now: datetime
) -> Entry:
    """Work and files that no version needs, or that hold what is removed, were erased."""
    return write(
        "raw.compact",
        actor=actor,
        now=now,
        place=place,
        privileged=True,
        reason=reason,
        detail=dict(erased),
    )


def annotations_imported(
    *, actor: Actor, place: Place, sha256: str, rows: int, reason: str, now: datetime
) -> Entry:
    """What people labelled was taken in: a file of this sha256, so many rows."""
    return write(
        "annotations.import",
        actor=actor,
        now=now,
        place=place,
        privileged=True,
        reason=reason,
        detail={"sha256": sha256, "rows": rows},
    )
