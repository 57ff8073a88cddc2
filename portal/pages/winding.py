"""The end of a dataset: proposed by one admin, confirmed by another."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from governance.audit.actors import Actor, Role
from governance.catalogue import selectors as catalogue
from governance.catalogue import services
from governance.errors import InvalidError, NotPermittedError, WrongStateError
from governance.terms import services as terms
from portal.accounts.actors import actor_of
from portal.pages import keeping
from portal.pages.forming import Words, blame, many_lines, sent, whole_number
from portal.pages.guards import staff

if TYPE_CHECKING:
    from governance.catalogue.models import Dataset

REFUSALS = (InvalidError, WrongStateError, NotPermittedError)


class ProposeForm(forms.Form):
    reason = Words(
        label="Reason",
        help_text="Everybody who holds a copy reads it, and it is kept for good.",
        widget=many_lines(3),
    )


class ConfirmForm(forms.Form):
    typed = Words(label="Type the name of the dataset", widget=forms.TextInput())


class CancelForm(forms.Form):
    reason = Words(label="Reason", help_text="Stays in the record.", widget=many_lines(2))


@require_http_methods(["GET", "HEAD", "POST"])
@staff(Role.ADMIN)
def page(request: HttpRequest, namespace: str, name: str) -> HttpResponse:
    actor = actor_of(request)
    dataset = keeping.kept(actor, namespace, name)
    asked = {
        verb: form(request.POST if sent(request, verb) else None, auto_id=f"{verb}_%s")
        for verb, form in FORMS.items()
    }
    status = 200
    if request.method == "POST":
        status = _moved(request, dataset, actor, asked)
        if not status:
            return redirect("dataset-wind-down", namespace=namespace, name=name)
    now, windings = timezone.now(), catalogue.windings_of(dataset)
    waiting = next((each for each in windings if each.state == "open"), None)
    if waiting is not None and waiting.expires_at <= now:
        waiting = None
    told = {
        "dataset": dataset,
        "waiting": waiting,
        "own": waiting is not None and waiting.proposed_by == actor.user_id,
        "done": next((each for each in windings if each.state == "confirmed"), None),
        "past": [each for each in windings if each != waiting and each.state != "confirmed"],
        "days": services.COPIES_ERASED_WITHIN.days,
        **asked,
    }
    return render(request, "admin/winding.html", told, status=status)


FORMS: dict[str, type[forms.Form]] = {
    "propose": ProposeForm,
    "confirm": ConfirmForm,
    "cancel": CancelForm,
}


def _moved(request: HttpRequest, dataset: "Dataset", actor: Actor, asked: dict[str, Any]) -> int:
    """Do what the pressed button says; 0 when it was done, else the status of the refusal."""
    verb = next((each for each in FORMS if sent(request, each)), "")
    if not verb:
        raise InvalidError("This page has no such button.")
    form, now = asked[verb], timezone.now()
    form.is_valid()
    told, winding = form.cleaned_data, whole_number(request.POST.get("winding", ""))
    try:
        if verb == "propose":
            services.propose_wind_down(dataset=dataset, actor=actor, reason=told["reason"], now=now)
            messages.success(request, "Proposed. Another admin has seven days to confirm it.")
        elif verb == "cancel":
            services.cancel_wind_down(
                winding_id=winding, actor=actor, reason=told["reason"], now=now
            )
            messages.success(request, "Cancelled. Nothing has changed.")
        else:
            _check_typed(told["typed"], dataset)
            terms.confirm_wind_down(winding_id=winding, actor=actor, now=now)
            messages.success(request, "Wound down. Nothing of it is handed out; holders are told.")
    except REFUSALS as error:
        return blame(form, error)
    return 0


def _check_typed(typed: str, dataset: "Dataset") -> None:
    if typed.strip() != dataset.slug:
        told = f"Type {dataset.slug} to confirm that this is the one that ends."
        raise InvalidError(told, fields={"typed": told})


urls = [
    path("admin/datasets/<str:namespace>/<str:name>/wind-down", page, name="dataset-wind-down"),
]
