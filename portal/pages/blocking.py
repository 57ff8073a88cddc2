"""The block-list: whose applications are refused."""

from datetime import UTC, datetime, time
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from governance.access import applied, services
from governance.audit.actors import Actor, Role
from governance.catalogue import selectors as catalogue
from governance.errors import InvalidError, NotPermittedError, WrongStateError
from portal.accounts import people
from portal.accounts.actors import actor_of
from portal.pages.forming import Words, blame, many_lines, sent, whole_number
from portal.pages.guards import staff

PAGE = 50
LAST_MINUTE = time(23, 59, tzinfo=UTC)
REFUSED = (InvalidError, WrongStateError, NotPermittedError)
KINDS = [
    ("email", "An e-mail address"),
    ("domain", "Every address of a domain"),
    ("person", "A person with an account, whatever address they use later"),
]


class BlockForm(forms.Form):
    kind = forms.ChoiceField(label="Whom", choices=KINDS, widget=forms.RadioSelect, initial="email")
    value = Words(label="Address or domain", help_text="Of a person, their address of today.")
    dataset = forms.ChoiceField(label="On", required=False)
    ends = forms.DateField(
        label="Until",
        help_text="At 23:59 UTC of that day.",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    reason = Words(label="Reason", help_text="Stays in the record.", widget=many_lines(2))

    def __init__(self, *args: Any, slugs: list[str], everywhere: bool, **told: Any) -> None:
        super().__init__(*args, **told)
        every = [("", "Every dataset")] if everywhere else []
        self.fields["dataset"].choices = every + [(each, each) for each in slugs]  # type: ignore[attr-defined]


class LiftForm(forms.Form):
    reason = Words(label="Reason to lift it", widget=many_lines(2))


@require_http_methods(["GET", "HEAD", "POST"])
@staff(Role.STEWARD, Role.ADMIN)
def blocks(request: HttpRequest) -> HttpResponse:
    actor, now, status = actor_of(request), timezone.now(), 200
    form = BlockForm(request.POST if sent(request, "add") else None, **_places(actor))
    lift = LiftForm(request.POST if sent(request, "lift") else None, auto_id="lift_%s")
    if request.method == "POST":
        status = _changed(request, actor, form, lift)
        if not status:
            return redirect("steward-blocks")
    page = Paginator(applied.blocks(actor), PAGE).get_page(request.GET.get("page"))
    names = people.names(each.made_by for each in page)
    told = {
        "page_obj": page,
        "rows": [
            {
                "it": each,
                "by": names.get(each.made_by or 0, ""),
                "open": each.lifted_at is None and each.ends > now,
            }
            for each in page
        ],
        "form": form,
        "lift": lift,
        "pressed": request.POST.get("block", ""),
    }
    return render(request, "steward/blocks.html", told, status=status)


def _places(actor: Actor) -> dict[str, Any]:
    """Where this person may block."""
    everywhere = actor.holds(Role.STEWARD) or actor.holds(Role.ADMIN)
    slugs = [
        each.slug
        for each in catalogue.every()
        if actor.holds(Role.STEWARD, each.pk) or actor.holds(Role.ADMIN, each.pk)
    ]
    return {"slugs": slugs, "everywhere": everywhere}


def _changed(request: HttpRequest, actor: Actor, form: BlockForm, lift: LiftForm) -> int:
    """Do what was asked; 0 when it was done, else the status of the refusal."""
    pressed = lift if lift.is_bound else form
    if not pressed.is_valid():
        return 422
    told, now = pressed.cleaned_data, timezone.now()
    try:
        if pressed is lift:
            pk = whole_number(request.POST.get("block", ""))
            services.lift_block(block_id=pk, actor=actor, reason=told["reason"], now=now)
            messages.success(request, "The block is lifted.")
        else:
            dataset = catalogue.dataset_by_slug(told["dataset"]) if told["dataset"] else None
            services.add_block(
                actor=actor,
                kind=told["kind"],
                value=told["value"],
                dataset=dataset,
                reason=told["reason"],
                ends=datetime.combine(told["ends"], LAST_MINUTE),
                now=now,
            )
            messages.success(request, "New applications are refused until then.")
    except REFUSED as error:
        return blame(pressed, error)
    return 0


urls = [path("steward/blocks", blocks, name="steward-blocks")]
