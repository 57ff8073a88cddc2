"""One person as an admin of the whole site sees them: what they hold, and keeping them out."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from governance.access import applied, holding, services
from governance.access import selectors as access
from governance.audit.actors import Actor, Role
from governance.errors import InvalidError, MissingError, NotPermittedError, WrongStateError
from portal.accounts import people, resetting, tokens
from portal.accounts.actors import actor_of
from portal.accounts.models import User
from portal.pages import words
from portal.pages.forming import Words, blame, many_lines, sent
from portal.pages.guards import staff
from portal.pages.roles import end_of, last_day_input

PAGE = 50
SHOWN = 20  # grants and applications of one person
REFUSALS = (InvalidError, WrongStateError, NotPermittedError)


class SuspendForm(forms.Form):
    reason = Words(
        label="Reason",
        help_text="The person reads it, and it stays in the record.",
        widget=many_lines(3),
    )
    ends = forms.DateField(
        label="Ends",
        required=False,
        help_text="At 23:59 UTC of that day. Empty: until an admin lifts it.",
        widget=last_day_input(),
    )


class LiftForm(forms.Form):
    reason = Words(
        label="Reason",
        help_text="The person reads it, and it stays in the record.",
        widget=many_lines(3),
    )


class ResetForm(forms.Form):
    reason = Words(
        label="Reason",
        help_text="How you know that it is them. The person reads it, and it stays in the record.",
        widget=many_lines(3),
    )


FORMS: dict[str, type[forms.Form]] = {"suspend": SuspendForm, "lift": LiftForm, "reset": ResetForm}


def _whole_site(request: HttpRequest) -> Actor:
    """The admin who asks; as if there were no page for an admin of single datasets."""
    actor = actor_of(request)
    if not actor.acts_as(Role.ADMIN):
        raise MissingError("There is no such page.")
    return actor


@require_safe
@staff(Role.ADMIN)
def index(request: HttpRequest) -> HttpResponse:
    _whole_site(request)
    now, asked = timezone.now(), request.GET.get("q", "").strip()
    found = people.found(asked) if asked else people.kept_out(now=now)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    kept_out = set(people.kept_out(now=now).values_list("pk", flat=True)) if asked else None
    rows = [{"it": each, "out": kept_out is None or each.pk in kept_out} for each in page]
    told = {"asked": asked, "page_obj": page, "rows": rows}
    return render(request, "admin/people.html", told)


@require_http_methods(["GET", "HEAD", "POST"])
@staff(Role.ADMIN)
def person(request: HttpRequest, user_id: int) -> HttpResponse:
    actor, now, status = _whole_site(request), timezone.now(), 200
    user = people.one(user_id)
    shown = {verb: form(auto_id=f"{verb}_%s") for verb, form in FORMS.items()}
    if request.method == "POST":
        verb = next((each for each in FORMS if sent(request, each)), "suspend")
        shown[verb] = FORMS[verb](request.POST, auto_id=f"{verb}_%s")
        status = _moved(request, actor, user, shown[verb])
        if not status:
            return redirect("person", user_id=user_id)
    told = _about(user, now) | {
        "forms": shown,
        "own": user.pk == actor.user_id,
        "auditor": actor.acts_as(Role.AUDITOR),
    }
    return render(request, "admin/person.html", told, status=status)


def _about(user: User, now: datetime) -> dict[str, Any]:
    """What they hold: eight queries, whatever its amount."""
    them = Actor(user_id=user.pk)
    return {
        "person": user,
        "standing": people.standing(user.pk, now=now),
        "suspended": access.suspended(user_id=user.pk, now=now),
        "roles": list(holding.of(user.pk, now=now)),
        "last_admin": holding.is_last_admin(user.pk, now=now),
        "grants": [
            {"it": each, "pill": words.pill(access.grant_state(each, now=now))}
            for each in applied.grants_of(them)[:SHOWN]
        ],
        "applications": [
            {"it": each, "pill": words.pill(each.shown)}
            for each in applied.applications_of(them, now=now)[:SHOWN]
        ],
        "tokens": tokens.of(user.pk).filter(revoked_at=None, ends_at__gt=now).count(),
    }


def _moved(request: HttpRequest, actor: Actor, user: User, form: forms.Form) -> int:
    """Do what was asked; 0 when it was done, else the status of the refusal."""
    if not form.is_valid():
        return 422
    told, now = form.cleaned_data, timezone.now()
    try:
        if isinstance(form, LiftForm):
            services.lift_suspension(actor=actor, person=user.pk, reason=told["reason"], now=now)
            messages.success(request, f"{user} is let in again, and is told.")
        elif isinstance(form, ResetForm):
            resetting.reset_factors(actor=actor, person=user.pk, reason=told["reason"], now=now)
            messages.success(request, f"{user} has no second factor any more, and is told.")
        else:
            services.suspend(
                actor=actor,
                person=user.pk,
                reason=told["reason"],
                ends=end_of(told["ends"]),
                now=now,
            )
            messages.success(request, f"{user} is suspended from now on, and is told.")
    except REFUSALS as error:
        return blame(form, error)
    return 0


urls = [
    path("admin/people", index, name="people"),
    path("admin/people/<int:user_id>", person, name="person"),
]
