"""Where somebody is signed in, and signing out everywhere else."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from governance.audit.actors import Actor
from governance.errors import MissingError
from portal.accounts import sessions, tokens
from portal.accounts.actors import actor_of
from portal.pages.forming import sent
from portal.pages.guards import signed_in


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def sessions_page(request: HttpRequest) -> HttpResponse:
    actor, now = actor_of(request), timezone.now()
    if sent(request, "end"):
        return _end(request, actor)
    if sent(request, "everywhere"):
        return _everywhere(request, actor)
    shown = {
        "sessions": sessions.of(actor.user_id or 0, current=request.session.session_key, now=now),
        "good_tokens": tokens.good_count(actor.user_id or 0, now=now),
        "staff_hours": int(sessions.STAFF_LASTS.total_seconds() // 3600) if actor.is_staff else 0,
    }
    response = render(request, "researcher/sessions.html", shown)
    response["Cache-Control"] = "no-store"
    return response


def _end(request: HttpRequest, actor: Actor) -> HttpResponse:
    given = request.POST.get("session", "")
    if not (given.isascii() and given.isdigit() and len(given) < 19):
        raise MissingError("There is no such session.")
    sessions.end(actor=actor, session_id=int(given), now=timezone.now())
    messages.success(request, "That session has ended.")
    return redirect("sessions")


def _everywhere(request: HttpRequest, actor: Actor) -> HttpResponse:
    also = request.POST.get("tokens") == "on"
    sessions.end_others(actor=actor, keep=request.session, revoke_tokens=also, now=timezone.now())
    told = "You are signed out everywhere but here."
    messages.success(request, f"{told} Your tokens are revoked." if also else told)
    return redirect("sessions")


urls = [path("sessions", sessions_page, name="sessions")]
