"""Accounts at other sites that are linked to one's own."""

from allauth.account.adapter import get_adapter
from allauth.account.decorators import reauthentication_required
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from governance.errors import MissingError, WrongStateError
from portal.accounts import identities
from portal.accounts.actors import actor_of
from portal.pages.forming import sent
from portal.pages.guards import signed_in


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
@reauthentication_required(app="allauth.socialaccount", allow_get=True)
def identities_page(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    if sent(request, "unlink"):
        return _unlink(request)
    linked = identities.of(actor.user_id or 0)
    theirs = {each.provider for each in linked}
    sites = [site for site in settings.SIGNIN_SITES if site.id not in theirs]
    shown = {"linked": linked, "sites": sites, "any": bool(settings.SIGNIN_SITES)}
    response = render(request, "researcher/identities.html", shown)
    response["Cache-Control"] = "no-store"
    return response


def _unlink(request: HttpRequest) -> HttpResponse:
    given = request.POST.get("identity", "")
    if not (given.isascii() and given.isdigit() and len(given) < 19):
        raise MissingError("There is no such identity.")
    try:
        gone = identities.unlink(
            actor=actor_of(request),
            identity_id=int(given),
            keep=request.session,
            now=timezone.now(),
        )
    except WrongStateError as error:
        messages.error(request, error.sentence)
    else:
        messages.success(request, f"Your {gone.site} account is no longer linked.")
        get_adapter().send_notification_mail(
            "socialaccount/email/account_disconnected", request.user, {"provider": gone.site}
        )
    return redirect("identities")


urls = [path("identities", identities_page, name="identities")]
