"""From a person and a thing to the facts, and from the facts to the decision. Reads only."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db.models import Exists, F, OuterRef, Q

from governance.access.models import Application, Grant, Hold, Member, MemberState, RoleHeld
from governance.access.needs import STRUCTURE
from governance.access.owing import Owed
from governance.access.rules import Decision, Facts, Mark, gate, judge
from governance.access.states import WAITING
from governance.audit.actors import Actor, Role
from governance.catalogue.models import UNREDACTED, Artefact, Dataset, Tier, Version
from governance.errors import Step
from governance.terms import selectors as terms
from governance.terms.standings import NONE, Standing

# The times of a role: dataset id (None: everywhere), begins, ends (None: no end).
Spans = Sequence[tuple[int | None, datetime, datetime | None]]


class Held(NamedTuple):
    """What the database says of a person and a tier; empty where the policy does not ask."""

    terms: Standing = NONE
    grants: Sequence[Grant] = ()
    applied: str = ""  # number of the application that waits
    invited: bool = False  # to a group that may have it
    steward: Spans = ()
    owed: tuple[Owed, ...] = ()  # of the whole site


def decide(
    actor: Actor,
    artefact: Artefact,
    action: str,
    now: datetime,
    *,
    known: Standing | None = None,
    owed: tuple[Owed, ...] | None = None,
) -> Decision:
    """Whether `actor` may do `action` to a file now: the one answer for every surface.

    `artefact` has `version`, `version.dataset` and `tier` loaded; `known` and `owed` as in
    `facts_for`.
    """
    tier, version = artefact.tier, artefact.version
    facts = facts_for(
        actor,
        tier,
        version,
        action=action,
        now=now,
        known=known,
        owed=owed,
        withheld=artefact.withheld,
    )
    return judge(tier.policy, action, facts)


def decide_tier(
    actor: Actor, tier: Tier, version: Version | None, action: str, now: datetime
) -> Decision:
    """The same for all files of a tier of a version but those that are withheld."""
    facts = facts_for(actor, tier, version, action=action, now=now)
    return judge(tier.policy, action, facts)


def facts_for(
    actor: Actor,
    tier: Tier,
    version: Version | None,
    *,
    action: str,
    now: datetime,
    known: Standing | None = None,
    owed: tuple[Owed, ...] | None = None,
    withheld: bool = False,
) -> Facts:
    """Read what a decision depends on: only what the policy asks for, one query each.

    `tier.dataset` (or `version.dataset`) must be loaded; `known` is the standing with the terms,
    `owed` the copies to account for, where they were read already; `withheld` is the file's.
    """
    dataset = version.dataset if version is not None else tier.dataset
    names = set(tier.policy.get(action) or ())
    standing = known or NONE
    if known is None and "terms" in names:
        standing = terms.standing(user_id=actor.user_id, dataset_id=dataset.pk, now=now)
    grants: Sequence[Grant] = ()
    waiting, invited = "", False
    if "grant" in names and actor.signed_in:
        grants = list(Grant.objects.filter(holder=actor.user_id, tier=tier))
        if not any(is_open(each, now) for each in grants):
            waiting = open_application(actor, tier)
            invited = not waiting and tier.pk in _inviting_tiers(actor, now)
    stewards = _steward_spans(actor, now) if "steward" in names else ()
    if owed is None:
        owed = owed_by(actor) if action == "download" else ()
    held = Held(standing, grants, waiting, invited, stewards, owed)
    found = facts(actor, tier, version, held, names=names, now=now)
    return found._replace(removals_pending=_pending(tier, version), withheld=withheld)


def _pending(tier: Tier, version: Version | None) -> bool:
    unredacted = tier.name in UNREDACTED and version is not None
    return unredacted and version.looked < version.dataset.ledger


def facts(
    actor: Actor,
    tier: Tier,
    version: Version | None,
    held: Held,
    *,
    names: Iterable[str],
    now: datetime,
) -> Facts:
    """Facts out of what was read; `names` are the needs that the policy asks."""
    dataset = version.dataset if version is not None else tier.dataset
    grant = best_grant(held.grants, now)
    steward = "steward" in names and actor.holds(Role.STEWARD, dataset.pk)
    return Facts(
        now=now,
        dataset=dataset.slug,
        dataset_id=dataset.pk,
        listed=dataset.listed,
        wound_down_at=dataset.wound_down_at,
        tier=tier.name,
        version=version.number if version else "",
        version_state=version.state if version else "",
        serve_until=version.serve_until if version else None,
        withdrawn_reason=version.withdrawn_reason if version else "",
        suspended=actor.suspended,
        signed_in=actor.signed_in,
        email=actor.email,
        verified=actor.verified,
        identities=_identities(actor, names),
        second_factor=actor.second_factor,
        has_second_factor=actor.has_second_factor,
        token_covers=actor.reaches(dataset.slug),
        token_ends=actor.token.ends if actor.token else None,
        steward=steward,
        steward_until=_steward_until(held.steward, dataset.pk, now) if steward else None,
        terms=held.terms.number,
        terms_accepted=held.terms.accepted,
        terms_signed=held.terms.signed,
        terms_until=held.terms.until,
        grant=grant.pk if grant else None,
        grant_begins=grant.begins if grant else None,
        grant_ends=grant.ends if grant else None,
        grant_until=_grants_until(held.grants, now) if grant and is_open(grant, now) else None,
        grant_revoked=bool(grant and grant.revoked_at),
        applied=held.applied,
        invited=held.invited,
        owed=held.owed,
    )


def _identities(actor: Actor, names: Iterable[str]) -> frozenset[str]:
    """Read only for a policy that asks for one."""
    asked = any(name.startswith("linked_") for name in names)
    return frozenset(actor.identities) if asked else frozenset()


def owed_by(actor: Actor) -> tuple[Owed, ...]:
    """What somebody must account for or downloads wait, the earliest first. One query."""
    if not actor.signed_in:
        return ()
    found = Hold.objects.filter(user=actor.user_id).order_by("begins", "pk")
    rows = found.values_list("begins", "dataset_id", "dataset__namespace", "dataset__name")
    return tuple(Owed(begins, pk, f"{space}/{name}") for begins, pk, space, name in rows)


# ------------------------------------------------------------------ grants and roles


def is_open(grant: Grant, now: datetime) -> bool:
    return not grant.revoked_at and grant.begins <= now < grant.ends


def best_grant(grants: Iterable[Grant], now: datetime) -> Grant | None:
    """The one that counts: open, else not revoked, else any; of these the one that ends last."""

    def rank(grant: Grant) -> tuple[bool, bool, datetime]:
        return is_open(grant, now), grant.revoked_at is None, grant.ends

    return max(grants, key=rank, default=None)


Span = tuple[datetime, datetime | None]  # begins, ends; None: no end


def _without_gap(spans: Iterable[Span], now: datetime) -> datetime | None:
    """When what is open now ends, with all that follows without a gap; None: never."""
    end = now
    for begins, ends in sorted(spans, key=lambda one: one[0]):
        if begins <= end:
            if ends is None:
                return None
            end = max(end, ends)
    return end


def _grants_until(grants: Iterable[Grant], now: datetime) -> datetime | None:
    """A renewal that begins when the old grant ends prolongs it."""
    return _without_gap([(one.begins, one.ends) for one in grants if one.revoked_at is None], now)


def open_application(actor: Actor, tier: Tier) -> str:
    """Number of the application that was sent and is not decided, or an empty text."""
    found = Application.objects.filter(
        applicant=actor.user_id, tier=tier, state__in=sorted(WAITING)
    )
    return found.values_list("number", flat=True).first() or ""


def _inviting_tiers(actor: Actor, now: datetime) -> set[int]:
    """Tiers of groups that this confirmed address is asked to join, while they have a grant."""
    if not actor.verified:
        return set()
    led = Grant.objects.filter(
        application=OuterRef("application"),
        holder=F("application__applicant"),
        revoked_at=None,
        ends__gt=now,
    )
    mine = Q(user=actor.user_id) | Q(user=None, email=actor.email.lower())
    found = Member.objects.filter(mine, Exists(led), state=MemberState.INVITED)
    return set(found.values_list("application__tier", flat=True))


def _steward_spans(actor: Actor, now: datetime) -> Spans:
    """The steward's roles of this person that are not over. One query, for stewards."""
    if not any(role is Role.STEWARD for role, _ in actor.roles):
        return ()
    held = RoleHeld.objects.filter(
        Q(ends=None) | Q(ends__gt=now), user=actor.user_id, role=Role.STEWARD
    )
    return tuple(held.values_list("dataset_id", "begins", "ends"))


def _steward_until(spans: Spans, dataset_id: int, now: datetime) -> datetime | None:
    reach = [(begins, ends) for at, begins, ends in spans if at in {None, dataset_id}]
    return _without_gap(reach, now)


# ------------------------------------------------------------------ many tiers at once


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
    """The same for many datasets, by dataset id: six queries at most, however many there are,
    when their tiers are loaded (as `catalogue.selectors.listed()` does)."""
    signed = terms.standings(user_id=actor.user_id, now=now)
    grants, waiting = _grants_by_tier(actor), _waiting_by_tier(actor)
    inviting = _inviting_tiers(actor, now)
    stewards, owed = _steward_spans(actor, now), owed_by(actor)
    found: dict[int, list[TierStanding]] = {}
    for dataset, version in places:
        if version is not None:
            version.dataset = dataset
        found[dataset.pk] = []
        for tier in dataset.tiers.all():
            tier.dataset = dataset
            names = tier.policy.get("download") or ()
            held = Held(
                signed.get(dataset.pk, NONE) if "terms" in names else NONE,
                grants.get(tier.pk, ()) if "grant" in names else (),
                waiting.get(tier.pk, "") if "grant" in names else "",
                "grant" in names and tier.pk in inviting,
                stewards,
                owed,
            )
            known = facts(actor, tier, version, held, names=names, now=now)
            known = known._replace(removals_pending=_pending(tier, version))
            decision = judge(tier.policy, "download", known)
            marks = gate(tier.policy, "download", known)
            found[dataset.pk].append(TierStanding(tier, decision, marks))
    return found


def _grants_by_tier(actor: Actor) -> dict[int, list[Grant]]:
    if not actor.signed_in:
        return {}
    found: dict[int, list[Grant]] = {}
    for grant in Grant.objects.filter(holder=actor.user_id):
        found.setdefault(grant.tier_id, []).append(grant)
    return found


def _waiting_by_tier(actor: Actor) -> dict[int, str]:
    if not actor.signed_in:
        return {}
    found = Application.objects.filter(applicant=actor.user_id, state__in=sorted(WAITING))
    return dict(found.values_list("tier_id", "number"))


def is_served(dataset: Dataset, version: Version, *, now: datetime) -> bool:
    """Whether rows of a version may be shown at all: what the rule asks of the artefact alone."""
    known = Facts(
        now=now,
        listed=dataset.listed,
        wound_down_at=dataset.wound_down_at,
        version_state=version.state,
        serve_until=version.serve_until,
    )
    return judge({"show": ["served"]}, "show", known).allowed


def wound_down(dataset: Dataset, *, now: datetime) -> Step | None:
    """What everybody is told of a dataset of which nothing is handed out any more."""
    known = Facts(now=now, dataset=dataset.slug, wound_down_at=dataset.wound_down_at)
    need = STRUCTURE["wound_down"]
    return None if need.met(known) else need.step(known)
