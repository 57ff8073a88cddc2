"""How a dataset is used, for those who look after it: counted from the record."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_safe

from governance.audit import metrics
from governance.audit.actors import Role
from governance.catalogue import selectors as catalogue
from governance.errors import MissingError
from portal.accounts import people
from portal.accounts.actors import actor_of
from portal.pages import drawing
from portal.pages.guards import staff

ROLES = (Role.STEWARD, Role.ADMIN, Role.AUDITOR)
MOST = 30  # organisations named


@require_safe
@staff(*ROLES)
def use(request: HttpRequest, namespace: str, name: str) -> HttpResponse:
    """Downloads and people by version, tier, week, organisation and its country."""
    dataset, now = catalogue.dataset(namespace, name), timezone.now()
    if not any(actor_of(request).holds(role, dataset.pk) for role in ROLES):
        raise MissingError("There is no such page.")
    tiers = [each.name for each in catalogue.tiers(dataset)]
    by_tier = metrics.by_tier(dataset.slug)
    by_person = metrics.by_person(dataset.slug)
    organisations = _grouped(by_person, people.organisations(by_person))
    told = {
        "dataset": dataset,
        "rows": sorted(by_tier, key=lambda each: _newest(each["version"]), reverse=True),
        "downloads": sum(each["downloads"] for each in by_tier),
        "people": len(by_person),
        "recent": metrics.recent_of(dataset.slug, now=now),
        "chart": drawing.per_week(metrics.by_week(dataset.slug, now=now), tiers),
        "organisations": organisations[:MOST],
        "countries": _grouped(by_person, people.countries_of(by_person)),
        "more": len(organisations[MOST:]),
        "rule": metrics.RULE,
        "minutes": metrics.KEPT // 60,
    }
    return render(request, "auditor/use.html", told)


def _newest(number: str) -> tuple[int, ...]:
    """Versions in their order: 1.10 after 1.9."""
    return tuple(int(part) for part in number.split(".") if part.isdigit())


def _grouped(by_person: Mapping[int, int], given: Mapping[int, str]) -> list[dict[str, Any]]:
    """Downloads and people by what each gave at sign-up, most downloads first."""
    found: dict[str, dict[str, Any]] = defaultdict(lambda: {"downloads": 0, "people": 0})
    for person, downloads in by_person.items():
        name = given.get(person, "")
        row = found[name.casefold()]
        row["name"] = row.get("name") or name
        row["downloads"] += downloads
        row["people"] += 1
    return sorted(found.values(), key=lambda each: (-each["downloads"], each["name"]))


urls = [
    path("datasets/<str:namespace>/<str:name>/metrics", use, name="dataset-metrics"),
]
