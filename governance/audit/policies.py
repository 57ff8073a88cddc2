"""What a tier asked for at a moment, told from the entries that made or changed its policy."""

from datetime import datetime
from typing import NamedTuple

from governance.audit.models import Entry


class InForce(NamedTuple):
    """The needs of an action, and the entry that tells them."""

    needs: tuple[str, ...]
    entry: int
    at: datetime  # of the entry
    before: bool  # it is the first change after the moment, which tells what it replaced


def policy_at(dataset: str, tier: str, *, at: datetime, action: str = "download") -> InForce | None:
    """The policy of a tier at a moment; None when no entry tells it. One query.

    Then the policy of today is the one that always was, unless it was changed past the site.
    """
    told = Entry.objects.filter(dataset=dataset, action__in=("dataset.make", "dataset.policy"))
    found = None
    for entry in told.order_by("at", "id"):
        made = entry.action == "dataset.make"
        if not made and entry.tier != tier:
            continue
        if entry.at > at:
            if found is None and not made:
                found = _in_force(entry, entry.detail.get("before"), action, before=True)
            break
        policy = entry.detail.get("policies", {}).get(tier) if made else entry.detail.get("after")
        found = _in_force(entry, policy, action, before=False) or found
    return found


def _in_force(
    entry: Entry, policy: dict[str, list[str]] | None, action: str, *, before: bool
) -> InForce | None:
    if policy is None:
        return None
    return InForce(tuple(policy.get(action) or ()), entry.pk, entry.at, before)
