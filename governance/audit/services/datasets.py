"""Datasets, and what their tiers ask for."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from governance.audit.actors import Actor
from governance.audit.models import Entry
from governance.audit.services.entry import Place, write


def tier_form_changed(
    *,
    actor: Actor,
    place: Place,
    before: Sequence[Mapping[str, Any]],
    after: Sequence[Mapping[str, Any]],
    reason: str,
    now: datetime,
) -> Entry:
    """The questions of a tier's application were changed; both lists are whole."""
    return write(
        "tier.form",
        actor=actor,
        now=now,
        place=place,
        privileged=True,
        reason=reason,
        detail={"before": list(before), "after": list(after)},
    )


def tier_changed(
    *,
    actor: Actor,
    place: Place,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    reason: str,
    now: datetime,
) -> Entry:
    """Summary, longest grant or number of reviewers of a tier: those that were changed."""
    return write(
        "tier.change",
        actor=actor,
        now=now,
        place=place,
        privileged=True,
        reason=reason,
        detail={"before": dict(before), "after": dict(after)},
    )


def dataset_changed(
    *,
    actor: Actor,
    place: Place,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    reason: str,
    now: datetime,
) -> Entry:
    """Title, summary, licence set or redaction policy of a dataset: those that were changed."""
    return write(
        "dataset.change",
        actor=actor,
        now=now,
        place=place,
        privileged=True,
        reason=reason,
        detail={"before": dict(before), "after": dict(after)},
    )


def dataset_listed(
    *, actor: Actor, place: Place, listed: bool, reason: str, now: datetime
) -> Entry:
    """Anyone may know of a dataset from now on, or its staff alone."""
    return write(
        "dataset.list",
        actor=actor,
        now=now,
        place=place,
        privileged=True,
        reason=reason,
        detail={"listed": listed},
    )


def source_dropped(*, actor: Actor, place: Place, kind: str, reason: str, now: datetime) -> Entry:
    """A dataset is no longer collected from something; its kind, never its address."""
    return write(
        "dataset.unsource",
        actor=actor,
        now=now,
        place=place,
        privileged=True,
        reason=reason,
        detail={"kind": kind},
    )


Policy = Mapping[str, Sequence[str]]  # needs by action, in order


def dataset_made(
    *,
    actor: Actor,
    place: Place,
    reason: str,
    now: datetime,
    policies: Mapping[str, Policy] | None = None,
) -> Entry:
    """A dataset exists from now on, with these policies by tier."""
    return write(
        "dataset.make",
        actor=actor,
        now=now,
        place=place,
        privileged=True,
        reason=reason,
        detail={"policies": {tier: _listed(policy) for tier, policy in (policies or {}).items()}},
    )


def tier_policy_changed(
    *, actor: Actor, place: Place, before: Policy, after: Policy, reason: str, now: datetime
) -> Entry:
    """What a tier asks for, by action: before, and from now on."""
    return write(
        "dataset.policy",
        actor=actor,
        now=now,
        place=place,
        privileged=True,
        reason=reason,
        detail={"before": _listed(before), "after": _listed(after)},
    )


def _listed(policy: Policy) -> dict[str, list[str]]:
    return {action: list(needs) for action, needs in policy.items()}


def source_named(*, actor: Actor, place: Place, kind: str, reason: str, now: datetime) -> Entry:
    """What a dataset is collected from was changed; `kind` of source, never an address."""
    return write(
        "dataset.source",
        actor=actor,
        now=now,
        place=place,
        privileged=True,
        reason=reason,
        detail={"kind": kind},
    )
