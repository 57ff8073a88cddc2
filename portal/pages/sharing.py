"""Shared copies: a holder's own list, and the register that stewards see."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from governance.audit.actors import Actor, Role
from governance.catalogue import selectors as catalogue
from governance.errors import InvalidError, NotPermittedError, WrongStateError
from governance.terms import selectors, services
from portal.accounts.actors import actor_of
from portal.pages.forming import Words, blame, many_lines, sent
from portal.pages.guards import signed_in, staff

if TYPE_CHECKING:
    from governance.terms.models import SharedCopy

PAGE = 25
REFUSALS = (InvalidError, WrongStateError, NotPermittedError)
KINDS = (
    ("public", "Public: anyone may find it"),
    ("internal", "Internal: for people of one organisation"),
)


class CopyForm(forms.Form):
    which = forms.ChoiceField(label="What you share")
    operator = Words(
        label="Who runs the copy",
        help_text="A group or an organisation: the people who use it read this.",
        max_length=200,
    )
    url = Words(
        label="Where it is",
        help_text="An address that begins with https:// or http://. We show it and never open it.",
        widget=forms.TextInput(attrs={"inputmode": "url", "spellcheck": "false"}),
    )
    kind = forms.ChoiceField(label="Who can reach it", choices=KINDS, widget=forms.RadioSelect)
    note = Words(
        label="Note for the stewards", required=False, max_length=2000, widget=many_lines(2)
    )

    def __init__(self, choices: list[tuple[str, str]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["which"].choices = choices


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def own(request: HttpRequest) -> HttpResponse:
    """The mirrors that this person registered, and a form for another one."""
    actor, status = actor_of(request), 200
    choices = _choices(actor)
    making = sent(request, "register")
    form = CopyForm(choices, request.POST if making else None)
    if making:
        made, status = _registered(actor, form)
        if made is not None:
            messages.success(request, "Registered. Link to its page of terms from your copy.")
            return redirect("shared-copies")
    elif sent(request, "end"):
        done = _ended(request, actor)
        if done:
            return redirect("shared-copies")
        status = 409
    page = Paginator(selectors.copies_of(actor), PAGE).get_page(request.GET.get("page"))
    told = {
        "form": form if choices else None,
        "page_obj": page,
        "rows": [_row(request, each) for each in page],
    }
    return render(request, "researcher/shared-copies.html", told, status=status)


def _choices(actor: Actor) -> list[tuple[str, str]]:
    """Versions of the datasets whose terms this person accepted. Two queries."""
    now = timezone.now()
    signed = {
        each
        for each, standing in selectors.standings(user_id=actor.user_id, now=now).items()
        if standing.accepted
    }
    datasets = {each.slug: each for each in catalogue.listed() if each.pk in signed}
    found = catalogue.versions_of(datasets)
    return [
        (f"{slug} {number}", f"{slug}, version {number}")
        for (slug, number), version in sorted(found.items())
        if version.state in {"published", "superseded"}
    ]


def _registered(actor: Actor, form: CopyForm) -> tuple[Any, int]:
    if not form.is_valid():
        return None, 422
    told = dict(form.cleaned_data)
    slug, _, version = told.pop("which").rpartition(" ")
    try:
        made = services.register_copy(
            actor=actor,
            dataset=catalogue.dataset(*slug.split("/", 1)),
            version=version,
            now=timezone.now(),
            **told,
        )
    except REFUSALS as error:
        return None, blame(form, error)
    return made, 200


def _ended(request: HttpRequest, actor: Actor) -> bool:
    try:
        services.end_copy(
            actor=actor,
            code=request.POST.get("code", "")[:20].replace("\x00", "?"),
            reason=request.POST.get("reason", "")[:2000],
            now=timezone.now(),
        )
    except (WrongStateError, InvalidError) as error:
        messages.error(request, error.sentence)
        return False
    messages.success(request, "The registration has ended; its page says so.")
    return True


def _row(request: HttpRequest, copy: "SharedCopy") -> dict[str, Any]:
    dataset = copy.dataset
    where = {
        "namespace": dataset.namespace,
        "name": dataset.name,
        "number": copy.acceptance.terms.number,
        "code": copy.code,
    }
    return {"it": copy, "page_url": request.build_absolute_uri(reverse("pass-on", kwargs=where))}


@require_http_methods(["GET", "HEAD", "POST"])
@staff(Role.STEWARD, Role.ADMIN)
def register(request: HttpRequest) -> HttpResponse:
    """Every mirror that holders named, with how many people accepted on its page."""
    actor, status = actor_of(request), 200
    if sent(request, "end"):
        if _ended(request, actor):
            return redirect("steward-copies")
        status = 422
    page = Paginator(selectors.register(actor), PAGE).get_page(request.GET.get("page"))
    told = {"page_obj": page, "rows": [_row(request, each) for each in page]}
    return render(request, "steward/copies.html", told, status=status)


urls = [
    path("shared-copies", own, name="shared-copies"),
    path("steward/shared-copies", register, name="steward-copies"),
]
