"""What a tier asks of people: its policy, its form, its limits. At once, and on record.

A change binds new decisions from the moment it commits; grants and acceptances stay as they are.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from governance.access import policies
from governance.access.forms import check_form
from governance.audit import services as audit
from governance.audit.actors import Actor, Role
from governance.audit.services import Place
from governance.catalogue.models import Tier
from governance.errors import InvalidError, MissingError, NotPermittedError, WrongStateError

LONGEST_GRANT = 1825  # days: five years
LONGEST_SUMMARY = 1000  # characters


def typed_for(tier: Tier) -> str:
    """What must be typed to open a tier further, e.g. `lab/shelf annotations`."""
    return f"{tier.dataset.slug} {tier.name}"


def change_policy(
    *,
    actor: Actor,
    tier_id: int,
    action: str,
    needs: Sequence[str],
    reason: str,
    now: datetime,
    typed: str = "",
) -> Tier:
    """Set what `action` asks for, in this order; an empty list closes it to everybody.

    `typed` must be `typed_for(tier)` when the tier is opened further.

    Raises:
        NotPermittedError: `actor` is no admin of the dataset.
        InvalidError: the needs can't stand (see `policies.check`), or opening was not confirmed.
        WrongStateError: no reason was given, or nothing would change.
    """
    if action not in policies.ACTIONS:
        raise InvalidError(f"Nobody can {action} a tier.")
    with transaction.atomic():
        tier = _locked(tier_id, actor, reason)
        after = policies.check(tier.name, needs)
        before = list(tier.policy.get(action) or ())
        if after == before:
            raise WrongStateError("This is the policy already.")
        if policies.change(before, after).opens and typed.strip() != typed_for(tier):
            told = f"This opens the tier further: type {typed_for(tier)} to confirm."
            raise InvalidError(told, fields={"typed": told})
        whole = dict(tier.policy)
        tier.policy = {**whole, action: after}
        tier.save(update_fields=["policy"])
        audit.tier_policy_changed(
            actor=actor,
            place=_place(tier),
            before=whole,
            after=tier.policy,
            reason=reason.strip(),
            now=now,
        )
    return tier


def change_form(
    *,
    actor: Actor,
    tier_id: int,
    questions: Sequence[Mapping[str, Any]],
    reason: str,
    now: datetime,
) -> Tier:
    """Set the questions of a tier's application; applications keep those that they answered.

    Raises:
        NotPermittedError: `actor` is no admin of the dataset.
        InvalidError: a question can't stand; `fields` names it as `1.label`.
        WrongStateError: no reason was given, or nothing would change.
    """
    kept = check_form(questions)
    with transaction.atomic():
        tier = _locked(tier_id, actor, reason)
        before = list(tier.form)
        if kept == before:
            raise WrongStateError("These are the questions already.")
        tier.form = kept
        tier.save(update_fields=["form"])
        audit.tier_form_changed(
            actor=actor,
            place=_place(tier),
            before=before,
            after=kept,
            reason=reason.strip(),
            now=now,
        )
    return tier


def change_tier(
    *,
    actor: Actor,
    tier_id: int,
    summary: str,
    days: int,
    reviewers: int,
    reason: str,
    now: datetime,
) -> Tier:
    """Set what a tier says of itself, the longest grant in days, and how many must say yes.

    Raises:
        NotPermittedError: `actor` is no admin of the dataset.
        InvalidError: a value is out of bounds; `fields` says which.
        WrongStateError: no reason was given, or nothing would change.
    """
    fields = {}
    if not 1 <= len(summary.strip()) <= LONGEST_SUMMARY:
        fields["summary"] = f"Say what it holds, in 1 to {LONGEST_SUMMARY:,} characters."
    if not 1 <= days <= LONGEST_GRANT:
        fields["days"] = f"Choose 1 to {LONGEST_GRANT:,} days."
    if reviewers not in {1, 2}:
        fields["reviewers"] = "One or two."
    if fields:
        raise InvalidError("The tier can't be like this.", fields=fields)
    told = {"summary": summary.strip(), "days": days, "reviewers": reviewers}
    with transaction.atomic():
        tier = _locked(tier_id, actor, reason)
        before = {name: getattr(tier, name) for name in told}
        if before == told:
            raise WrongStateError("Nothing was changed.")
        for name, value in told.items():
            setattr(tier, name, value)
        tier.save(update_fields=list(told))
        changed = [name for name in told if before[name] != told[name]]
        audit.tier_changed(
            actor=actor,
            place=_place(tier),
            before={name: before[name] for name in changed},
            after={name: told[name] for name in changed},
            reason=reason.strip(),
            now=now,
        )
    return tier


def _locked(tier_id: int, actor: Actor, reason: str) -> Tier:
    actor.require_standing()
    tier = (
        Tier.objects.select_for_update(of=("self",))
        .select_related("dataset")
        .filter(pk=tier_id)
        .first()
    )
    if tier is None:
        raise MissingError("There is no such tier.")
    if not (actor.system or actor.acts_as(Role.ADMIN, tier.dataset_id)):
        raise NotPermittedError("Only an admin changes what a tier asks.")
    if not reason.strip():
        raise WrongStateError("Give a reason: it stays in the record.")
    return tier


def _place(tier: Tier) -> Place:
    return Place(dataset=tier.dataset.slug, tier=tier.name)
