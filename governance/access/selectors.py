"""Every question about access. Reads only; takes `now`, never asks the clock."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from django.db.models import Q, QuerySet

from governance.access.models import Application, Grant, RoleHeld
from governance.access.rules import NEEDS, Decision, Facts, Mark, gate, judge
from governance.access.states import State
from governance.audit.actors import Actor, Role
from governance.catalogue.models import Artefact, Dataset, Tier, Version
from governance.errors import MissingError, NotPermittedError
from governance.prepared import Prepared
from governance.terms import selectors as terms

NO_TERMS = terms.Standing("", accepted=False)


_ROLES = Prepared(
    lambda user_id, now: RoleHeld.objects.filter(
        Q(ends=None) | Q(ends__gt=now), user_id=user_id, begins__lte=now
    ).values_list("role", "dataset_id"),
    user_id=998877665544332211,
    now=datetime(1901, 2, 3, 4, 5, 6, 789, tzinfo=UTC),
)


def roles_of(user_id: int, *, now: datetime) -> frozenset[tuple[Role, int | None]]:
    """Roles in force: (role, dataset id or None for everywhere). One query."""
    held = _ROLES.rows(user_id=user_id, now=now)
    return frozenset((Role(role), dataset) for role, dataset in held)


def holders_of(role: Role, dataset_id: int | None, *, now: datetime) -> list[int]:
    """Ids of the people who hold a role on this dataset or everywhere."""
    held = RoleHeld.objects.filter(
        Q(ends=None) | Q(ends__gt=now),
        Q(dataset=None) | Q(dataset=dataset_id),
        role=role,
        begins__lte=now,
    )
    return sorted(set(held.values_list("user_id", flat=True)))


def require(actor: Actor, *roles: Role, dataset_id: int | None = None) -> None:
    """Raise unless one of the roles can be used now; the sentence says which is missing."""
    if any(actor.acts_as(role, dataset_id) for role in roles):
        return
    if any(actor.holds(role, dataset_id) for role in roles):
        raise NotPermittedError("This asks for your second factor: sign in with it.")
    raise NotPermittedError(f"Only {' or '.join(f'{_one(role)}' for role in roles)} may do this.")


def _one(role: Role) -> str:
    return f"an {role}" if role[0] in "aeiou" else f"a {role}"


# ------------------------------------------------------------------ the decision


def facts_for(
    actor: Actor,
    tier: Tier,
    version: Version | None,
    *,
    action: str,
    now: datetime,
    known: terms.Standing | None = None,
) -> Facts:
    """Read what a decision depends on: at most three queries, and only those the policy needs.

    `tier.dataset` (or `version.dataset`) must be loaded; `known` is the standing with the terms
    where it was read already.
    """
    dataset = version.dataset if version is not None else tier.dataset
    names = set(tier.policy.get(action) or ())
    standing = terms.Standing("", accepted=False)
    if known is not None:
        standing = known
    elif "terms" in names:
        standing = terms.standing(user_id=actor.user_id, dataset_id=dataset.pk, now=now)
    grant = _best_grant(actor, tier) if "grant" in names else None
    waiting = ""
    if "grant" in names and actor.signed_in and not _is_open(grant, now):
        waiting = open_application(actor, tier)
    return _facts(actor, tier, version, _Held(standing, grant, waiting), now=now)


class _Held(NamedTuple):
    """What the database says of a person and a tier; empty where the policy does not ask."""

    terms: terms.Standing
    grant: Grant | None
    applied: str  # number of the application that waits


def _facts(
    actor: Actor, tier: Tier, version: Version | None, held: _Held, *, now: datetime
) -> Facts:
    dataset = version.dataset if version is not None else tier.dataset
    token, grant = actor.token, held.grant
    return Facts(
        now=now,
        dataset=dataset.slug,
        tier=tier.name,
        version=version.number if version else "",
        version_state=version.state if version else "",
        serve_until=version.serve_until if version else None,
        withdrawn_reason=version.withdrawn_reason if version else "",
        signed_in=actor.signed_in,
        email=actor.email,
        verified=actor.verified,
        second_factor=actor.second_factor,
        has_second_factor=actor.has_second_factor,
        token_covers=token is None or token.dataset in {"", dataset.slug},
        steward=_asks_for_steward(tier) and actor.holds(Role.STEWARD, dataset.pk),
        terms=held.terms.number,
        terms_accepted=held.terms.accepted,
        grant=grant.pk if grant else None,
        grant_begins=grant.begins if grant else None,
        grant_ends=grant.ends if grant else None,
        grant_revoked=bool(grant and grant.revoked_at),
        applied=held.applied,
    )


def _asks_for_steward(tier: Tier) -> bool:
    """Roles are read only for a tier some action of which needs one."""
    return any("steward" in names for names in tier.policy.values())


def _best_grant(actor: Actor, tier: Tier) -> Grant | None:
    """The grant that lasts longest; one that was not revoked comes first."""
    if not actor.signed_in:
        return None
    found = Grant.objects.filter(holder=actor.user_id, tier=tier)
    return (
        found.filter(revoked_at=None).order_by("-ends").first() or found.order_by("-ends").first()
    )


def _is_open(grant: Grant | None, now: datetime) -> bool:
    return bool(grant and not grant.revoked_at and grant.begins <= now < grant.ends)


def decide(
    actor: Actor,
    artefact: Artefact,
    action: str,
    now: datetime,
    *,
    known: terms.Standing | None = None,
) -> Decision:
    """Whether `actor` may do `action` to a file now: the one answer for every surface.

    `artefact` has `version`, `version.dataset` and `tier` loaded; `known` as in `facts_for`.
    """
    tier, version = artefact.tier, artefact.version
    facts = facts_for(actor, tier, version, action=action, now=now, known=known)
    return judge(tier.policy, action, facts)


def decide_tier(
    actor: Actor, tier: Tier, version: Version | None, action: str, now: datetime
) -> Decision:
    """The same for all files of a tier of a version: they share the answer."""
    facts = facts_for(actor, tier, version, action=action, now=now)
    return judge(tier.policy, action, facts)


class TierStanding(NamedTuple):
    tier: Tier
    decision: Decision
    gate: list[Mark]


def standing(
    actor: Actor, dataset: Dataset, version: Version | None, *, now: datetime
) -> list[TierStanding]:
    """Where somebody stands with every tier of a dataset."""
    return standings(actor, [(dataset, version)], now=now)[dataset.pk]


def standings(
    actor: Actor, places: Sequence[tuple[Dataset, Version | None]], *, now: datetime
) -> dict[int, list[TierStanding]]:
    """The same for many datasets, by dataset id: three queries, however many there are, when
    their tiers are loaded (as `catalogue.selectors.listed()` does)."""
    signed = terms.standings(user_id=actor.user_id, now=now)
    grants, waiting = _grants_by_tier(actor), _waiting_by_tier(actor)
    found: dict[int, list[TierStanding]] = {}
    for dataset, version in places:
        if version is not None:
            version.dataset = dataset
        found[dataset.pk] = []
        for tier in dataset.tiers.all():
            tier.dataset = dataset
            names = tier.policy.get("download") or ()
            grant = grants.get(tier.pk) if "grant" in names else None
            held = _Held(
                signed.get(dataset.pk, NO_TERMS) if "terms" in names else NO_TERMS,
                grant,
                "" if _is_open(grant, now) else waiting.get(tier.pk, ""),
            )
            facts = _facts(actor, tier, version, held, now=now)
            decision = judge(tier.policy, "download", facts)
            marks = gate(tier.policy, "download", facts)
            found[dataset.pk].append(TierStanding(tier, decision, marks))
    return found


def _grants_by_tier(actor: Actor) -> dict[int, Grant]:
    """The same choice as `_best_grant`, for all tiers at once."""
    if not actor.signed_in:
        return {}
    found = Grant.objects.filter(holder=actor.user_id)
    ranked = sorted(found, key=lambda each: (each.revoked_at is None, each.ends))
    return {each.tier_id: each for each in ranked}  # the best one comes last and stays


def _waiting_by_tier(actor: Actor) -> dict[int, str]:
    if not actor.signed_in:
        return {}
    found = Application.objects.filter(applicant=actor.user_id, state=State.SUBMITTED)
    return dict(found.values_list("tier_id", "number"))


def is_served(version: Version, *, now: datetime) -> bool:
    """Whether the rows of a version may be shown at all: the need `served` of the rule."""
    facts = Facts(now=now, version_state=version.state, serve_until=version.serve_until)
    return NEEDS["served"].met(facts)


# ------------------------------------------------------------------ applications and grants


def open_application(actor: Actor, tier: Tier) -> str:
    """Number of the application that waits, or an empty text."""
    found = Application.objects.filter(applicant=actor.user_id, tier=tier, state=State.SUBMITTED)
    return found.values_list("number", flat=True).first() or ""


def queue(actor: Actor, *, state: str = State.SUBMITTED) -> QuerySet[Application]:
    """Applications that this steward may read, oldest first, with who asks for what."""
    found = Application.objects.filter(state=state).select_related("applicant", "tier__dataset")
    if actor.holds(Role.STEWARD) or actor.holds(Role.ADMIN):
        return found
    return found.filter(tier__dataset__in=_datasets(actor, Role.STEWARD, Role.ADMIN))


def _datasets(actor: Actor, *roles: Role) -> list[int]:
    return [dataset for role, dataset in actor.roles if role in roles and dataset is not None]


def count_by_state(actor: Actor) -> dict[str, int]:
    return {state.value: queue(actor, state=state).count() for state in State}


def application(number: str, *, actor: Actor) -> Application:
    """One application, for its applicant and for those who decide; else as if there were none."""
    found = (
        Application.objects.select_related("applicant", "tier__dataset")
        .filter(number=number)
        .first()
    )
    if found is not None and (found.applicant_id == actor.user_id or may_decide(actor, found)):
        return found
    raise MissingError("There is no such application.")


def may_decide(actor: Actor, application: Application) -> bool:
    return (
        actor.acts_as(Role.STEWARD, application.tier.dataset_id)
        and application.applicant_id != actor.user_id
    )


def applications_of(actor: Actor) -> QuerySet[Application]:
    return (
        Application.objects.filter(applicant=actor.user_id)
        .select_related("tier__dataset", "grant")
        .order_by("-submitted_at")
    )


def grants_of(actor: Actor) -> QuerySet[Grant]:
    return (
        Grant.objects.filter(holder=actor.user_id)
        .select_related("tier__dataset", "application")
        .order_by("-ends")
    )


def grant_state(grant: Grant, *, now: datetime) -> str:
    """`open`, `later` (not begun), `ended` or `revoked`: what a list of grants shows."""
    if grant.revoked_at:
        return "revoked"
    if _is_open(grant, now):
        return "open"
    return "later" if now < grant.begins else "ended"


def own_application(number: str, *, actor: Actor) -> Application:
    """One's own application; anyone else's answers as if there were none."""
    found = application(number, actor=actor)
    if found.applicant_id != actor.user_id:
        raise MissingError("There is no such application.")
    return found


def grant_of(application: Application) -> Grant | None:
    """What was granted on an application."""
    return Grant.objects.filter(application=application).first()


def late(actor: Actor, *, now: datetime) -> int:
    """How many applications of this steward's queue wait past the promised day."""
    return queue(actor).filter(target_at__lt=now).count()
