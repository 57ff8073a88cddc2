"""Asking for a tier that is open to approved people: the form, and what became of it."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from governance.access import selectors as access
from governance.access import services
from governance.audit import selectors as audit
from governance.catalogue import selectors as catalogue
from governance.errors import InvalidError, NotPermittedError, WrongStateError
from governance.terms import selectors as terms
from portal.accounts.actors import actor_of
from portal.pages import gates, words
from portal.pages.forming import Ticked, Words, blame, many_lines
from portal.pages.guards import signed_in

if TYPE_CHECKING:
    from governance.access.models import Application
    from governance.audit.models import Entry
    from governance.catalogue.models import Dataset, Tier

ACTS = (
    "application.submit",
    "application.approve",
    "application.reject",
    "application.withdraw",
    "application.expire",
)
HAPPENED = {
    "application.submit": "Sent",
    "application.approve": "Approved",
    "application.reject": "Declined",
    "application.withdraw": "Withdrawn",
    "application.expire": "Expired without an answer",
    "grant.revoke": "Access ended early",
    "grant.end": "Access ended",
}


def application_form(questions: list[dict[str, Any]], data: Any = None) -> forms.Form:
    """A form of a tier's questions: text, long or declaration. It parses; `apply` judges."""
    form = forms.Form(data)
    for each in questions:
        form.fields[each["name"]] = _field(each)
    return form


def _field(question: dict[str, Any]) -> forms.Field:
    told = {
        "label": question["label"],
        "help_text": question.get("help", ""),
        "required": bool(question.get("required")),
    }
    if question["kind"] == "declaration":
        return Ticked(**told)
    if question["kind"] == "long":
        return Words(**told, widget=many_lines(5))
    return Words(**told)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def apply(request: HttpRequest, namespace: str, name: str, tier: str) -> HttpResponse:
    dataset = catalogue.dataset(namespace, name)
    found = catalogue.tier(dataset, tier)
    if not found.form:
        return _not_applied_for(request, dataset, tier)
    actor, status = actor_of(request), 200
    form = application_form(found.form, request.POST if request.method == "POST" else None)
    if request.method == "POST":
        try:
            form.is_valid()
            made = services.apply(
                actor=actor, tier=found, answers=form.cleaned_data, now=timezone.now()
            )
        except (InvalidError, WrongStateError, NotPermittedError) as error:
            status = blame(form, error)
        else:
            messages.success(request, f"Application {made.number} was sent to the stewards.")
            return redirect("application", number=made.number)
    told = {"form": form, "tier": found, "dataset": dataset, **_before(request, dataset, found)}
    return render(request, "researcher/apply.html", told, status=status)


def _not_applied_for(request: HttpRequest, dataset: "Dataset", tier: str) -> HttpResponse:
    """A tier without a form is not opened by asking: the page of all tiers says by what."""
    messages.info(request, f"The {tier} tier can't be applied for. Here is who may have what.")
    return redirect("dataset-access", namespace=dataset.namespace, name=dataset.name)


def _before(request: HttpRequest, dataset: "Dataset", tier: "Tier") -> dict[str, Any]:
    """What somebody should know before they write an application."""
    actor = actor_of(request)
    standing = access.standing(actor, dataset, catalogue.current(dataset), now=timezone.now())
    mine = next(each for each in standing if each.tier.name == tier.name)
    lines = gates.tier(request, mine, files=_files(dataset)).lines
    return {
        "waiting": access.open_application(actor, tier),
        "granted": mine.decision.grant,
        # Sending the form is the act of this page: the gate's own steps are links below it.
        "gate": [line._replace(url="", action="") for line in lines],
        "meanwhile": [line for line in lines if line.url and line.state != "done"],
        "days": services.ANSWER_WITHIN.days,
    }


def _files(dataset: "Dataset") -> str:
    return reverse("dataset-files", kwargs={"namespace": dataset.namespace, "name": dataset.name})


@require_safe
@signed_in
def applications(request: HttpRequest) -> HttpResponse:
    """One's own applications, grants and signed terms."""
    actor, now = actor_of(request), timezone.now()
    signed = list(terms.acceptances_of(actor))
    standings = terms.standings(user_id=actor.user_id, now=now) if signed else {}
    told = {
        "applications": [
            {"it": each, "pill": words.pill(each.state)} for each in access.applications_of(actor)
        ],
        "grants": [_grant(each, now) for each in access.grants_of(actor)],
        "signed": [
            {"it": each, "in_force": standings[each.terms.dataset_id].number == each.terms.number}
            for each in signed
        ],
        "tiers": _tiers_to_apply_for(),
    }
    return render(request, "researcher/applications.html", told)


def _grant(grant: Any, now: datetime) -> dict[str, Any]:
    state = access.grant_state(grant, now=now)
    left = (grant.ends - now).days if state == "open" else None
    return {"it": grant, "state": state, "pill": words.pill(state), "left": left}


def _tiers_to_apply_for() -> list[dict[str, Any]]:
    return [
        {"dataset": dataset, "tier": tier}
        for dataset in catalogue.listed()
        for tier in dataset.tiers.all()
        if tier.form
    ]


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def application(request: HttpRequest, number: str) -> HttpResponse:
    actor, status = actor_of(request), 200
    found = access.own_application(number, actor=actor)
    form = forms.Form(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        try:
            services.withdraw_application(application_id=found.pk, actor=actor, now=timezone.now())
        except (WrongStateError, NotPermittedError) as error:
            status = blame(form, error)
        else:
            messages.success(request, f"Application {number} is withdrawn. You may apply again.")
            return redirect("application", number=number)
    told = {"form": form, **shown(found, now=timezone.now())}
    return render(request, "researcher/application.html", told, status=status)


def shown(found: "Application", *, now: datetime) -> dict[str, Any]:
    """What every page about one application shows."""
    grant = access.grant_of(found)
    return {
        "application": found,
        "pill": words.pill(found.state),
        "answers": [_answer(each, found.answers.get(each["name"])) for each in found.form],
        "grant": _grant(grant, now) if grant else None,
        "timeline": timeline(found.number, grant.pk if grant else None),
        "waits": found.state == "submitted",
    }


def _answer(question: dict[str, Any], given: Any) -> dict[str, Any]:
    return {"label": question["label"], "kind": question["kind"], "given": given}


def timeline(number: str, grant: int | None) -> list[dict[str, Any]]:
    """What the record says of an application and its grant, oldest first."""
    entries = audit.acts_on(f"application:{number}", ACTS)
    if grant is not None:
        entries += audit.acts_on(f"grant:{grant}", ("grant.revoke", "grant.end"))
    return [
        {
            "title": HAPPENED[each.action],
            "at": each.at,
            "reason": each.reason,
            "by": _by(each),
            "ends": each.detail.get("ends"),
        }
        for each in entries
    ]


def _by(entry: "Entry") -> str:
    """Who did it; nobody's name once the personal part is erased."""
    person = getattr(entry, "person", None)
    return (person.name or person.email) if person else ""


urls = [
    path(
        "datasets/<str:namespace>/<str:name>/<str:tier>/apply",
        apply,
        name="apply",
    ),
    path("applications", applications, name="applications"),
    path("applications/<str:number>", application, name="application"),
]
