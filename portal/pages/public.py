"""What anyone may read: the catalogue. The pages of one dataset and its terms stand beside."""

import shlex
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from governance.access import holding
from governance.access import selectors as access
from governance.access.selectors import TierStanding
from governance.audit import metrics
from governance.audit.actors import Role
from governance.catalogue import selectors as catalogue
from portal.accounts.actors import actor_of
from portal.environment import is_local
from portal.pages import datasets, differences, drafting, gates, terms

if TYPE_CHECKING:
    from governance.catalogue.models import Dataset, Version

DATASETS_A_PAGE = 20
ACCESS = (("", "Any"), ("now", "I can download now"), ("missing", "A step is missing"))
ORDERS = (("", "Newest version"), ("size", "Size"), ("name", "Name"))


class Listed(NamedTuple):
    """A dataset of the catalogue for its reader."""

    dataset: "Dataset"
    version: "Version | None"
    standing: TierStanding | None  # of the first tier
    words: str
    kind: str
    tiers: list[tuple[str, str]]  # name, what it asks of anyone
    url: str
    downloads: int  # of the last 30 days

    @property
    def open(self) -> bool:
        return self.standing is not None and self.standing.decision.allowed


@require_safe
def catalogue_page(request: HttpRequest) -> HttpResponse:
    """Datasets with what the reader may do: a fixed number of queries, whatever their number."""
    known = list(catalogue.listed())
    found = _sorted(_filtered(request, _all(request, known)), request.GET.get("sort", ""))
    page = Paginator(found, DATASETS_A_PAGE).get_page(request.GET.get("page"))
    shown = {
        "page": page,
        "any_at_all": bool(known),
        "filtered": any(request.GET.get(name) for name in ("q", "licence", "access")),
        "licence_sets": sorted({each.licence_set for each in known}),
        "access_choices": ACCESS,
        "orders": ORDERS,
        "asked": {name: request.GET.get(name, "") for name in ("q", "licence", "access", "sort")},
    }
    if not known:
        shown["start"] = _start(request)
    return render(request, "public/catalogue.html", shown)


def _start(request: HttpRequest) -> dict[str, str]:
    """What is next where nothing is listed yet: for who operates it, for an admin, for others."""
    now = timezone.now()
    if not holding.there_is_an_admin(now=now):
        # Where the folder lies is said only to who may sit at this machine.
        home = f" --home {shlex.quote(str(settings.HOME))}" if is_local(settings.PUBLIC_URL) else ""
        return {"init": f".venv/bin/python manage.py init --admin you@example.org{home}"}
    if Role.ADMIN in {role for role, _ in actor_of(request).roles}:
        return {"admin": reverse("admin")}
    return {}


def _all(request: HttpRequest, known: "list[Dataset]") -> list[Listed]:
    places = [(each, each.current[0] if each.current else None) for each in known]
    now = timezone.now()
    standings = access.standings(actor_of(request), places, now=now)
    downloads = metrics.recent(now=now)
    return [
        _listed(each, version, standings[each.pk], downloads.get(each.slug, 0))
        for each, version in places
    ]


def _listed(
    dataset: "Dataset", version: "Version | None", standings: list[TierStanding], downloads: int
) -> Listed:
    first = gates.first(standings)
    words, kind = gates.invitation(first.decision) if first and version else ("", "")
    tiers = [
        (each.tier.name, gates.policy_words(each.tier.policy.get("download") or ()))
        for each in standings
    ]
    url = reverse("dataset", kwargs={"namespace": dataset.namespace, "name": dataset.name})
    return Listed(dataset, version, first, words, kind, tiers, url, downloads)


def _filtered(request: HttpRequest, known: Iterable[Listed]) -> Iterable[Listed]:
    asked = request.GET.get("q", "").casefold().split()
    licence, state = request.GET.get("licence", ""), request.GET.get("access", "")
    for each in known:
        if licence and each.dataset.licence_set != licence:
            continue
        if state in {"now", "missing"} and each.open != (state == "now"):
            continue
        if all(word in _words(each) for word in asked):
            yield each


def _words(listed: Listed) -> str:
    """What the search looks into: name, title, summary and the languages of the version."""
    dataset = listed.dataset
    languages = (listed.version.stats or {}).get("languages", {}) if listed.version else {}
    return " ".join([dataset.slug, dataset.title, dataset.summary, *languages]).casefold()


def _sorted(found: Iterable[Listed], order: str) -> list[Listed]:
    if order == "name":
        return sorted(found, key=lambda each: each.dataset.slug)
    if order == "size":
        return sorted(found, key=lambda each: -(each.version.size if each.version else 0))
    return sorted(found, key=_published, reverse=True)


def _published(listed: Listed) -> float:
    """Seconds since 1970; datasets without a version come last."""
    at = listed.version.published_at if listed.version else None
    return at.timestamp() if at else 0.0


_DATASET = "datasets/<str:namespace>/<str:name>"

urls = [
    path("", catalogue_page, name="home"),
    path("datasets", catalogue_page, name="catalogue"),
    path(_DATASET, datasets.card, name="dataset"),
    path(f"{_DATASET}/files", datasets.files, name="dataset-files"),
    path(f"{_DATASET}/versions", datasets.versions, name="dataset-versions"),
    *differences.urls,
    path(f"{_DATASET}/preview", datasets.preview, name="dataset-preview"),
    path(f"{_DATASET}/access", datasets.who, name="dataset-access"),
    *drafting.urls,
    *terms.urls,
]
