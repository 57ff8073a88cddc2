"""The pages of one dataset: card, files, versions, differences, preview, access."""

import shlex
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from governance.access import selectors as access
from governance.audit import metrics
from governance.catalogue import selectors as catalogue
from governance.errors import MissingError
from governance.notices import selectors as notices
from governance.terms import selectors as terms
from pipeline.shards import columns
from portal.accounts.actors import actor_of
from portal.pages import cards, charts, figures, gates, words

if TYPE_CHECKING:
    from governance.catalogue.models import Artefact, Dataset, Version

FILES_A_PAGE = 100
DRAWN_HERE = {"languages", "licences", "redactions"}  # charts that the page draws as text
REPEATED = ("max_issues_", "max_forks_")  # columns that say the same as `max_stars_`
TABS = (
    ("dataset", "Card"),
    ("dataset-files", "Files"),
    ("dataset-versions", "Versions"),
    ("dataset-preview", "Preview"),
    ("dataset-access", "Access"),
)


class About(NamedTuple):
    """What every tab of a dataset knows."""

    dataset: "Dataset"
    version: "Version | None"  # the one looked at: asked for by number, or the current one
    current: "Version | None"
    versions: "Sequence[Version]"
    served: bool  # whether rows of `version` may be shown
    standing: list[access.TierStanding]
    now: datetime

    @property
    def place(self) -> dict[str, str]:
        return {"namespace": self.dataset.namespace, "name": self.dataset.name}

    @property
    def query(self) -> str:
        """Keeps another version than the current one chosen from tab to tab."""
        is_other = self.version is not None and self.version != self.current
        return f"?version={self.version.number}" if is_other else ""

    @property
    def files_url(self) -> str:
        return self.url("dataset-files")

    def url(self, route: str) -> str:
        return reverse(route, kwargs=self.place) + self.query


def about(request: HttpRequest, namespace: str, name: str, number: str = "") -> About:
    """Read what all tabs show: seven queries, whatever the number of versions."""
    now = timezone.now()
    dataset = catalogue.dataset(namespace, name)
    versions = list(catalogue.public_versions(dataset))
    current = next((each for each in versions if each.state == "published"), None)
    number = number or request.GET.get("version", "")
    version = _numbered(versions, number) if number else current
    if version is None and number:
        raise MissingError(f"{dataset.slug} has no version {number[:20]}.")
    return About(
        dataset=dataset,
        version=version,
        current=current,
        versions=versions,
        served=version is not None and access.is_served(dataset, version, now=now),
        standing=access.standing(actor_of(request), dataset, version, now=now),
        now=now,
    )


def _numbered(versions: "Sequence[Version]", number: str) -> "Version | None":
    return next((each for each in versions if each.number == number), None)


def answer(
    request: HttpRequest, known: About, route: str, template: str, **more: Any
) -> HttpResponse:
    files = known.url("dataset-files")
    tiers = [gates.tier(request, each, files=_of_tier(files, each)) for each in known.standing]
    shown = {
        "about": known,
        "dataset": known.dataset,
        "version": known.version,
        "current": known.current,
        "is_current": known.version is not None and known.version == known.current,
        "state": words.version_pill(known.version.state) if known.version else None,
        "served": known.served,
        "wound_down": access.wound_down(known.dataset, now=known.now),
        "tiers": tiers,
        "dataset_url": known.url("dataset"),
        "terms_url": reverse("terms", kwargs=known.place),
        "tabs": [_tab(known, each, label, here=each == route) for each, label in TABS],
    }
    return render(request, f"public/{template}.html", shown | more)


def _of_tier(files: str, standing: access.TierStanding) -> str:
    return f"{files}{'&' if '?' in files else '?'}tier={standing.tier.name}"


def _tab(known: About, route: str, label: str, *, here: bool) -> dict[str, Any]:
    number = len(known.versions) if route == "dataset-versions" else None
    return {"url": known.url(route), "label": label, "current": here, "count": number}


# ------------------------------------------------------------------ card


@require_safe
def card(request: HttpRequest, namespace: str, name: str) -> HttpResponse:
    known = about(request, namespace, name)
    more: dict[str, Any] = {"terms": terms.in_force(known.dataset, now=known.now)}
    actor = actor_of(request)
    more["following"] = notices.is_following(actor.user_id, known.dataset)
    more["downloads"] = metrics.recent(now=known.now).get(known.dataset.slug, 0)
    if known.version is not None:
        more |= _figures(known.version) | _commands(request, known)
    return answer(request, known, "dataset", "card", **more)


def _figures(version: "Version") -> dict[str, Any]:
    stats = version.stats or {}
    written = cards.sections(version.card)
    cite = next((each for each in written if each.title == "How to cite" and each.code), None)
    languages, licences = figures.languages(stats), figures.licences(stats)
    described = columns.described()
    return {
        "intro": next((each for each in written if not each.title), None),
        "sections": [each for each in written if each.title and each is not cite],
        "cite": cite,
        "stats": stats,
        "files": sum(tier["files"] for tier in (stats.get("tiers") or {}).values()),
        "languages": languages,
        "top_languages": figures.top(languages),
        "licences": licences,
        "top_licences": figures.top(licences),
        "redactions": figures.redactions(stats),
        "drawings": _drawings(version, stats),
        "columns": [each for each in described if not each[0].startswith(REPEATED)],
        "repeated": [each for each in described if each[0].startswith(REPEATED)],
    }


def _drawings(version: "Version", stats: dict[str, Any]) -> list[tuple[str, str]]:
    """(name, SVG) of the charts that a table on the page would not say better."""
    told = {"kept": figures.kept_sentence(stats)}
    drawn = [
        (name, charts.inline(svg, told.get(name, words.reason(name))))
        for name, svg in (version.charts or {}).items()
        if name not in DRAWN_HERE
    ]
    return [(name, svg) for name, svg in drawn if svg]


def _commands(request: HttpRequest, known: About) -> dict[str, Any]:
    """What can be pasted: one real file of the version, the smallest, so that a try is quick."""
    version = known.version
    if version is None or not known.served or not known.standing:
        return {}
    tier = known.standing[0].tier.name
    sample = catalogue.smallest(version, tier)
    if sample is None:
        return {}
    url = _absolute(request, _file_url(known, tier, sample.path))
    # Its whole path: files of one name stand in many folders, and one must not go on in another.
    name = shlex.quote(sample.path)
    curl = (
        f"curl --fail --location --continue-at - --create-dirs --output {name} \\\n"
        "  --write-out '%header{x-error-message}\\n' \\\n"
        f'  --header "Authorization: Bearer $HF_TOKEN" \\\n  {shlex.quote(url)}'
    )
    check = f"echo '{sample.sha256}  {name}' \\\n  | sha256sum --check"
    return {"sample": sample, "sample_curl": curl, "sample_check": check}


def _absolute(request: HttpRequest, path: str) -> str:
    base = settings.PUBLIC_URL
    return f"{base}{path}" if base else request.build_absolute_uri(path)


def _file_url(known: About, tier: str, path: str) -> str:
    assert known.version is not None  # noqa: S101 - asked only where there are files
    repository = catalogue.repository_name(known.dataset, tier)
    namespace, _, name = repository.partition("/")
    where = {"namespace": namespace, "name": name, "revision": f"v{known.version.number}"}
    return reverse("file", kwargs=where | {"path": path})


# ------------------------------------------------------------------ files


@require_safe
def files(request: HttpRequest, namespace: str, name: str) -> HttpResponse:
    known = about(request, namespace, name)
    wanted = request.GET.get("tier", "")
    if wanted and wanted not in {each.tier.name for each in known.standing}:
        raise MissingError(f"{known.dataset.slug} has no tier {wanted[:40]}.")
    chosen = wanted or (known.standing[0].tier.name if known.standing else "")
    more: dict[str, Any] = {"chosen": chosen, "segments": _segments(known, chosen)}
    if known.version is not None:
        found = catalogue.artefacts(known.version, chosen)
        page = Paginator(found, FILES_A_PAGE).get_page(request.GET.get("page"))
        more |= {"page": page, "listed": _listed(known, chosen, list(page))}
        more["parent"] = parent_of(known)
    return answer(request, known, "dataset-files", "files", **more)


def parent_of(known: About) -> "Version | None":
    """The version that this one was built upon."""
    before = known.version.parent_id if known.version else None
    return next((each for each in known.versions if each.pk == before), None)


def _segments(known: About, chosen: str) -> list[dict[str, Any]]:
    sizes = catalogue.sizes(known.version) if known.version else {}
    base = known.url("dataset-files")
    return [
        {
            "label": each.tier.name,
            "url": _of_tier(base, each),
            "current": each.tier.name == chosen,
            "size": sizes.get(each.tier.name),
        }
        for each in known.standing
    ]


def _listed(known: About, tier: str, found: "list[Artefact]") -> list[dict[str, Any]]:
    """Files of one page with their address and what became of each since the parent."""
    parent = parent_of(known)
    before = catalogue.hashes(parent, tier, [each.path for each in found]) if parent else {}
    return [
        {
            "file": each,
            "url": _file_url(known, tier, each.path),
            "withheld": each.withheld,
            "fate": _fate(before.get(each.path), each.sha256) if parent else None,
        }
        for each in found
    ]


def _fate(before: str | None, now: str) -> tuple[str, str]:
    if before is None:
        return "New", "ok"
    return ("Unchanged", "") if before == now else ("Rewritten", "live")


# ------------------------------------------------------------------ versions


@require_safe
def versions(request: HttpRequest, namespace: str, name: str) -> HttpResponse:
    known = about(request, namespace, name)
    rows = [
        {
            "version": each,
            "pill": words.version_pill(each.state),
            "served": access.is_served(known.dataset, each, now=known.now),
            "removed": _rows(each, "removed"),
            "added": _rows(each, "added"),
        }
        for each in known.versions
    ]
    return answer(request, known, "dataset-versions", "versions", rows=rows)


def _rows(version: "Version", kind: str) -> int | None:
    told = version.difference or {}
    return told["rows"][kind]["rows"] if told else None


# ------------------------------------------------------------------ preview


@require_safe
def preview(request: HttpRequest, namespace: str, name: str) -> HttpResponse:
    known = about(request, namespace, name)
    rows = catalogue.shown_rows(known.version) if known.version and known.served else []
    more: dict[str, Any] = {"rows": list(enumerate(rows, start=1))}
    if rows:
        asked = request.GET.get("row", "")
        at = _row_number(asked, len(rows)) if asked else _opening(rows)
        base = known.url("dataset-preview")
        step = f"{base}{'&' if '?' in base else '?'}row="
        more |= {
            "row": rows[at - 1],
            "at": at,
            "before": f"{step}{at - 1}" if at > 1 else "",
            "after": f"{step}{at + 1}" if at < len(rows) else "",
        }
    return answer(request, known, "dataset-preview", "preview", **more)


def _row_number(asked: str, last: int) -> int:
    """From 1 to `last`; what is no number is the first, what is beyond the last."""
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 9 else 1
    return min(max(number, 1), last)


def _opening(rows: list[dict[str, Any]]) -> int:
    """The row that a reader meets first: one in which something was replaced."""
    return next((at for at, row in enumerate(rows, start=1) if row["redactions"]), 1)


@require_safe
def who(request: HttpRequest, namespace: str, name: str) -> HttpResponse:
    known = about(request, namespace, name)
    return answer(request, known, "dataset-access", "access")
