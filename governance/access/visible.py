"""The rule as a filter of lists: the files that somebody may have, found by the database.

What concerns the person and the policy is judged by the rule itself, once for each tier; what
differs from version to version (served, terms, grants) becomes conditions of one query. Tests hold
every list to `decide`, over drawn states.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from governance.access.deciding import Held, facts
from governance.access.models import Grant, Hold
from governance.access.rules import judge
from governance.audit.actors import Actor
from governance.catalogue.models import UNREDACTED, Artefact, Tier, Version
from governance.catalogue.states import State
from governance.terms import selectors as terms
from governance.terms.standings import Standing

_OF_DATASET = ("namespace", "name", "listed", "wound_down_at")
# Met in thought, to learn whether anything else stands between a person and a tier.
_SIGNED = Standing("1", accepted=True, signed="1")
_READ = ("name", "policy", *(f"dataset__{part}" for part in _OF_DATASET))
_SERVED = {"number": "1", "state": State.PUBLISHED.value}


def visible_to(actor: Actor, now: datetime, *, action: str = "download") -> QuerySet[Artefact]:
    """The files for which `decide(actor, file, action, now)` says yes, in no order.

    Costs one query before its own (and one each where a policy asks for roles or identities),
    whatever the number of datasets, versions and files.
    """
    return Artefact.objects.filter(
        _served("version__", now),
        ~Q(tier__name__in=UNREDACTED) | Q(version__looked__gte=F("version__dataset__ledger")),
        _not_held(actor, now, action, dataset="version__dataset", state="version__state"),
        tier__in=tiers_open_to(actor, now, action=action),
        withheld=False,
    ).order_by()


def tiers_open_to(actor: Actor, now: datetime, *, action: str = "download") -> QuerySet[Tier]:
    """The tiers whose versions somebody may have, as far as these are served at all; which of
    their files are withheld after a removal, `visible_to` tells."""
    if actor.suspended is not None:
        return Tier.objects.none()
    open_to = Q(pk__in=[])
    for names, ids in _reachable(actor, now, action).items():
        open_to |= Q(_in_force(names, actor, now), pk__in=ids)
    return Tier.objects.filter(open_to, _not_held(actor, now, action)).order_by()


def current_tiers_open_to(actor: Actor, now: datetime) -> QuerySet[Tier]:
    """Tiers of which somebody may download the current version, dataset by dataset."""
    found = tiers_open_to(actor, now).filter(dataset__versions__state=State.PUBLISHED)
    return found.select_related("dataset").order_by(
        "dataset__namespace", "dataset__name", "position"
    )


def _served(path: str, now: datetime) -> Q:
    """The need `served`, of a version at `path`."""
    superseded = {f"{path}state": State.SUPERSEDED.value, f"{path}serve_until__gt": now}
    return Q(**{f"{path}state": State.PUBLISHED.value}) | Q(**superseded)


def _not_held(
    actor: Actor, now: datetime, action: str, *, dataset: str = "dataset", state: str = ""
) -> Q:
    """The need `copies`: nothing is overdue, or this is the current version of what is."""
    if not actor.signed_in or action != "download":
        return Q()
    begun = Hold.objects.filter(user=actor.user_id, begins__lte=now)
    way_out = Q(Exists(begun.filter(dataset=OuterRef(dataset))))
    if state:
        way_out &= Q(**{state: State.PUBLISHED.value})
    return ~Q(Exists(begun)) | way_out


def _reachable(actor: Actor, now: datetime, action: str) -> dict[frozenset[str], list[int]]:
    """Tiers that this person reaches but for terms and grants, by which of the two they ask."""
    found: dict[frozenset[str], list[int]] = {}
    for tier in Tier.objects.select_related("dataset").only(*_READ):
        names = tier.policy.get(action) or ()
        if _reaches(actor, tier, names, action, now):
            found.setdefault(frozenset(names) & {"terms", "grant"}, []).append(tier.pk)
    return found


def _reaches(actor: Actor, tier: Tier, names: Iterable[str], action: str, now: datetime) -> bool:
    version = Version(dataset=tier.dataset, **_SERVED)
    granted = Grant(begins=now, ends=datetime.max.replace(tzinfo=now.tzinfo))
    granted.pk = 0
    held = Held(_SIGNED, [granted])
    known = facts(actor, tier, version, held, names=names, now=now)
    return judge(tier.policy, action, known).allowed


def _in_force(names: frozenset[str], actor: Actor, now: datetime) -> Q:
    """The needs `terms` and `grant`, of a tier."""
    asked = Q()
    if "terms" in names:
        counting = terms.counting(user_id=actor.user_id, now=now)
        asked &= Q(Exists(counting.filter(terms__dataset=OuterRef("dataset"))))
    if "grant" in names:
        grants = Grant.objects.filter(
            holder=actor.user_id,
            tier=OuterRef("pk"),
            revoked_at=None,
            begins__lte=now,
            ends__gt=now,
        )
        asked &= Q(Exists(grants))
    return asked
