"""Who holds which role until when, who is invited, and what an admin does about it."""

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from governance.access import holding, services
from governance.audit.actors import Actor, Role
from governance.catalogue import selectors as catalogue
from governance.errors import InvalidError, MissingError, NotPermittedError, WrongStateError
from portal.accounts import inviting, people
from portal.accounts.actors import actor_of
from portal.pages.forming import Words, blame, many_lines, sent
from portal.pages.guards import staff

if TYPE_CHECKING:
    from governance.access.models import RoleHeld
    from governance.catalogue.models import Dataset

PAGE = 50
SOON = timedelta(days=30)
LAST_MINUTE = time(23, 59, tzinfo=UTC)  # a role ends at the end of its last day
REFUSALS = (InvalidError, WrongStateError, NotPermittedError)
WORDS = {  # what a role is for, where it is chosen
    Role.STEWARD: "Steward: decides applications, reads raw data, approves versions",
    Role.ADMIN: "Admin: makes datasets and terms, builds, publishes, gives roles",
    Role.AUDITOR: "Auditor: reads the record",
}


def last_day_input() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def end_of(day: date | None) -> datetime | None:
    return datetime.combine(day, LAST_MINUTE) if day else None


class InviteForm(forms.Form):
    email = forms.EmailField(
        label="E-mail address",
        help_text="Who has an account gets the role at once; anyone else a link, good for 14 days.",
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    role = forms.ChoiceField(label="Role", choices=list(WORDS.items()), widget=forms.RadioSelect)
    dataset = forms.ChoiceField(label="Where", required=False)
    ends = forms.DateField(
        label="Ends",
        required=False,
        help_text="At 23:59 UTC of that day. Empty: it has no end.",
        widget=last_day_input(),
    )
    reason = Words(
        label="Reason", help_text="Stays in the record; the person reads it.", widget=many_lines(2)
    )

    def __init__(self, actor: Actor, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kept = {each.slug: each for each in catalogue.kept_by(actor, Role.ADMIN)}
        site = [("", "The whole site")] if actor.acts_as(Role.ADMIN) else []
        self.fields["dataset"].choices = [*site, *((slug, slug) for slug in self.kept)]

    def where(self) -> "Dataset | None":
        return self.kept.get(self.cleaned_data["dataset"])


class EndForm(forms.Form):
    reason = Words(
        label="Reason", help_text="Stays in the record; the person reads it.", widget=many_lines(2)
    )


class ChangeForm(EndForm):
    ends = forms.DateField(
        label="New end",
        required=False,
        help_text="At 23:59 UTC of that day. Empty: it has no end.",
        widget=last_day_input(),
    )
    field_order = ["ends", "reason"]


@require_http_methods(["GET", "HEAD", "POST"])
@staff(Role.ADMIN)
def roles(request: HttpRequest) -> HttpResponse:
    actor, now, status = actor_of(request), timezone.now(), 200
    form = InviteForm(actor, initial={"ends": (now + timedelta(days=365)).date()})
    if sent(request, "withdraw"):
        return _withdrawn(request, actor)
    if request.method == "POST":
        form = InviteForm(actor, request.POST)
        status = _invited(request, actor, form)
        if not status:
            return redirect("roles")
    page = Paginator(holding.held(actor, now=now), PAGE).get_page(request.GET.get("page"))
    told = {
        "form": form,
        "page_obj": page,
        "rows": _rows(list(page), actor, now=now),
        "invitations": _open(actor, now=now),
        "lonely": holding.admins(now=now) < 2,
    }
    return render(request, "admin/roles.html", told, status=status)


def _rows(page: "list[RoleHeld]", actor: Actor, *, now: datetime) -> list[dict[str, Any]]:
    names = people.names(each.given_by for each in page)
    return [
        {
            "it": each,
            "where": each.dataset.slug if each.dataset else "The whole site",
            "by": names.get(each.given_by or 0, ""),
            "soon": each.ends is not None and each.ends - now < SOON,
            "own": each.user_id == actor.user_id,
        }
        for each in page
    ]


def _open(actor: Actor, *, now: datetime) -> list[dict[str, Any]]:
    found = list(holding.invitations(actor, now=now)[:PAGE])
    names = people.names(each.made_by for each in found)
    return [
        {
            "it": each,
            "where": each.dataset.slug if each.dataset else "The whole site",
            "by": names.get(each.made_by or 0, ""),
        }
        for each in found
    ]


def _invited(request: HttpRequest, actor: Actor, form: InviteForm) -> int:
    """Do what was asked; 0 when it was done, else the status of the refusal."""
    if not form.is_valid():
        return 422
    told = form.cleaned_data
    try:
        given = inviting.bring_in(
            actor=actor,
            email=told["email"],
            role=Role(told["role"]),
            dataset=form.where(),
            ends=end_of(told["ends"]),
            reason=told["reason"],
            now=timezone.now(),
        )
    except REFUSALS as error:
        return blame(form, error)
    if given:
        messages.success(request, f"{told['email']} is {told['role']} now, and is told.")
    else:
        messages.success(request, f"{told['email']} gets a mail with a link, good for 14 days.")
    return 0


def _withdrawn(request: HttpRequest, actor: Actor) -> HttpResponse:
    number = request.POST.get("invitation", "")
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        raise MissingError("There is no such invitation.")
    made = services.withdraw_invitation(
        actor=actor, invitation_id=int(number), reason="", now=timezone.now()
    )
    messages.success(request, f"The link that {made.email} got opens nothing any more.")
    return redirect("roles")


@require_http_methods(["GET", "HEAD", "POST"])
@staff(Role.ADMIN)
def role(request: HttpRequest, held_id: int) -> HttpResponse:
    """One role: given another end, or ended."""
    actor, now, status = actor_of(request), timezone.now(), 200
    found = holding.one(held_id, actor=actor, now=now)
    ends = (found.ends or now + timedelta(days=365)).date()
    change = ChangeForm(initial={"ends": ends}, auto_id="change_%s")
    end = EndForm(auto_id="end_%s")
    if request.method == "POST":
        form = end if sent(request, "end") else change
        form = type(form)(request.POST, auto_id=form.auto_id)
        status = _moved(request, actor, found, form)
        if not status:
            return redirect("roles")
        change, end = (change, form) if sent(request, "end") else (form, end)
    [row] = _rows([found], actor, now=now)
    told = {**row, "change": change, "end": end, "last": _is_last(found, now)}
    return render(request, "admin/role.html", told, status=status)


def _is_last(found: "RoleHeld", now: datetime) -> bool:
    whole = found.role == Role.ADMIN and found.dataset_id is None and found.ends is None
    return whole and holding.is_last_admin(found.user_id, now=now)


def _moved(request: HttpRequest, actor: Actor, found: "RoleHeld", form: forms.Form) -> int:
    """Do what was asked; 0 when it was done, else the status of the refusal."""
    if not form.is_valid():
        return 422
    told, now = form.cleaned_data, timezone.now()
    try:
        if isinstance(form, ChangeForm):
            services.change_end(
                actor=actor,
                held_id=found.pk,
                ends=end_of(told["ends"]),
                reason=told["reason"],
                now=now,
            )
            messages.success(request, f"{found.user} is {found.role} until the new end.")
        else:
            services.end_role(actor=actor, held_id=found.pk, reason=told["reason"], now=now)
            messages.success(request, f"{found.user} is no longer {found.role}, and is told.")
    except REFUSALS as error:
        return blame(form, error)
    return 0


urls = [
    path("admin/roles", roles, name="roles"),
    path("admin/roles/<int:held_id>", role, name="role"),
]
