"""One's own data: taking a copy, and deleting the account."""

import time
from typing import Any
from urllib.parse import urlencode

from allauth.account.authentication import get_authentication_records
from allauth.account.decorators import reauthentication_required
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from governance.audit.actors import Actor
from governance.errors import InvalidError, NotPermittedError, WrongStateError
from portal.accounts import leaving
from portal.accounts.actors import actor_of
from portal.pages.forming import Words, blame
from portal.pages.guards import factor_route, signed_in


class DeleteForm(forms.Form):
    confirmed = Words(
        label="Type your address to confirm", widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
@reauthentication_required(app="allauth.account", allow_get=True)
def export(request: HttpRequest) -> HttpResponse:
    """What is held, as one JSON file."""
    if request.method != "POST":
        return render(request, "researcher/export.html")
    if again := _sign_in_again(request):
        return again
    now = timezone.now()
    told = leaving.export(actor=actor_of(request), now=now)
    response = JsonResponse(told, json_dumps_params={"indent": 1, "ensure_ascii": False})
    response["Content-Disposition"] = f'attachment; filename="gatehouse-{now:%Y-%m-%d}.json"'
    response["Cache-Control"] = "no-store"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
@reauthentication_required(app="allauth.account", allow_get=True)
def delete(request: HttpRequest) -> HttpResponse:
    """What is erased and what stays, then the end of the account."""
    actor, form, status = actor_of(request), DeleteForm(), 200
    if request.method == "POST":
        if again := _sign_in_again(request) or _factor_first(actor):
            return again
        form = DeleteForm(request.POST)
        form.is_valid()
        try:
            return _deleted(request, actor, form.cleaned_data["confirmed"])
        except (InvalidError, NotPermittedError, WrongStateError) as error:
            status = blame(form, error)
    told = {"form": form, "kept": leaving.kept(), "blocked": _blocked(actor)}
    response = render(request, "researcher/delete.html", told, status=status)
    response["Cache-Control"] = "no-store"
    return response


def _blocked(actor: Actor) -> str:
    """Why this account can't be deleted now; empty when it can."""
    try:
        leaving.check(actor=actor, now=timezone.now())
    except WrongStateError as error:
        return error.sentence
    return ""


def _deleted(request: HttpRequest, actor: Actor, confirmed: str) -> HttpResponse:
    leaving.delete(actor=actor, confirmed=confirmed, now=timezone.now())
    logout(request)
    messages.success(request, "Your account is deleted. A mail says what is kept.")
    return redirect("home")


def _factor_first(actor: Actor) -> HttpResponseRedirect | None:
    if not actor.has_second_factor or actor.second_factor:
        return None
    back = urlencode({"next": reverse("account-delete")})
    return HttpResponseRedirect(f"{reverse(factor_route(actor))}?{back}")


def _sign_in_again(request: HttpRequest) -> HttpResponseRedirect | None:
    """Who has neither password nor factor can show that it is them by a fresh sign-in alone."""
    records = get_authentication_records(request, request.user)
    last = max((each.get("at", 0) for each in records), default=0)
    known: Any = request.user
    if (
        known.has_usable_password()
        or time.time() - last < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
    ):
        return None
    logout(request)
    messages.info(request, "Sign in once more: this asks for a fresh sign-in.")
    return HttpResponseRedirect(f"{reverse('account_login')}?{urlencode({'next': request.path})}")


urls = [
    path("account/export", export, name="account-export"),
    path("account/delete", delete, name="account-delete"),
]
