"""What somebody signed in has: signed terms, downloads."""

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from governance.access import selectors as access
from governance.audit import selectors as audit
from governance.audit.actors import Actor
from governance.catalogue import selectors as catalogue
from governance.terms import selectors as terms
from governance.terms import services as terms_services
from portal.accounts.actors import actor_of
from portal.pages import applying, attesting, gates, own_account, sharing, words
from portal.pages.forming import sent
from portal.pages.guards import signed_in

if TYPE_CHECKING:
    from datetime import datetime

    from governance.terms.models import Acceptance


PAGE = 25


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def acceptance(request: HttpRequest, number: str) -> HttpResponse:
    """The copy of what was signed, as it was signed; JSON for who asks for it."""
    actor = actor_of(request)
    found = terms.acceptance(number, actor=actor)
    if sent(request, "erase"):
        terms_services.erase_traces(
            actor=actor, person=actor.user_id, reason="asked on their copy", now=timezone.now()
        )
        messages.success(request, "Network address and browser are erased from your signatures.")
        return redirect("acceptance", number=number)
    if request.get_preferred_type(["text/html", "application/json"]) == "application/json":
        return _as_json(found)
    titles = [each for each in terms.clauses(found.terms) if each.number in found.clauses]
    told = {"acceptance": found, "dataset": found.terms.dataset, "clauses": titles}
    return render(request, "researcher/acceptance.html", told)


@require_safe
@signed_in
def acceptance_json(request: HttpRequest, number: str) -> HttpResponse:
    """The same for programs. `text_sha256` is that of `text` as UTF-8."""
    return _as_json(terms.acceptance(number, actor=actor_of(request)))


def _as_json(found: "Acceptance") -> HttpResponse:
    response = JsonResponse(
        terms.copy_of(found), json_dumps_params={"indent": 2, "ensure_ascii": False}
    )
    response["Content-Disposition"] = f'attachment; filename="{found.number}.json"'
    response["Cache-Control"] = "no-store"
    response["Vary"] = "Accept"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def downloads(request: HttpRequest) -> HttpResponse:
    """What somebody holds and owes, each file they were let to, and what is open to them."""
    actor, now = actor_of(request), timezone.now()
    if sent(request, "attest"):
        attesting.attest(request, actor, now)
        return redirect("downloads")
    page = Paginator(audit.tickets_of(actor.user_id), PAGE).get_page(request.GET.get("page"))
    told = {
        "page_obj": page,
        "copies": _copies(actor),
        "held": attesting.held(actor, now),
        "open": _open_to(actor, now) if page.number == 1 else [],
    }
    return render(request, "researcher/downloads.html", told)


def _copies(actor: Actor) -> list[dict[str, Any]]:
    """What was downloaded, by version and tier, with what has become of the version since."""
    found = audit.copies_of(actor.user_id)
    known = catalogue.versions_of({each["dataset"] for each in found}) if found else {}
    for each in found:
        version = known.get((each["dataset"], each["version"]))
        each["state"] = version
        each["pill"] = words.version_pill(version.state) if version else words.pill("ended")
        each["where"] = dict(
            zip(("namespace", "name"), each["dataset"].split("/", 1), strict=False)
        )
    return found


def _open_to(actor: Actor, now: "datetime") -> list[dict[str, Any]]:
    """Where this person stands with every tier of every listed dataset."""
    datasets = list(catalogue.listed())
    places = [(each, each.current[0] if each.current else None) for each in datasets]
    found = access.standings(actor, places, now=now)
    return [{"dataset": each, "tiers": [_tier(one) for one in found[each.pk]]} for each in datasets]


def _tier(standing: access.TierStanding) -> dict[str, Any]:
    """A tier, and the next step towards it where there is one that somebody can take."""
    decision = standing.decision
    text, kind = gates.pill(decision)
    step = decision.missing_steps[0] if decision.missing_steps else None
    takes = step is not None and step.route and step.code not in {"steward", "not_offered"}
    return {
        "name": standing.tier.name,
        "open": decision.allowed,
        "until": decision.valid_until,
        "pill": {"text": text, "kind": kind},
        "step": step if takes else None,
        "url": reverse(step.route, kwargs=dict(step.params)) if step and takes else "",
    }


urls = [
    path("acceptances/<str:number>.json", acceptance_json, name="acceptance-json"),
    path("acceptances/<str:number>", acceptance, name="acceptance"),
    path("downloads", downloads, name="downloads"),
    *applying.urls,
    *sharing.urls,
    *own_account.urls,
]
