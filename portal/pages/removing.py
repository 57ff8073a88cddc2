"""The removal ledger as its keepers see it: never public, it names people."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from governance.audit.actors import Actor, Role
from governance.catalogue import selectors as catalogue
from governance.errors import InvalidError, NotPermittedError, WrongStateError
from governance.removals import selectors, services
from portal.accounts import people
from portal.accounts.actors import actor_of
from portal.pages.forming import Ticked, Words, blame, many_lines
from portal.pages.guards import staff

PAGE = 50
KINDS = {
    "account": "Account, with all it owns",
    "repository": "Repository",
    "blob": "Content, anywhere",
    "commit": "Commit",
    "issue": "Issue or pull request",
}


class RemovalForm(forms.Form):
    dataset = forms.ChoiceField(label="Dataset")
    kind = forms.ChoiceField(label="What", choices=list(KINDS.items()))
    value = Words(
        label="Which",
        help_text="An account's name, owner/name, a git blob or commit id of 40 hex digits, or "
        "owner/name#12. id:NUMBER is a host's number of an account or repository.",
        widget=forms.TextInput(attrs={"autocapitalize": "off", "spellcheck": "false"}),
    )
    aliases = Words(
        label="Further names",
        required=False,
        help_text="Earlier names of the account or repository, separated by blanks.",
        widget=forms.TextInput(attrs={"autocapitalize": "off", "spellcheck": "false"}),
    )
    everywhere = Ticked(
        label="Also take what stands there wherever else it stands",
        required=False,
        help_text="Copies that others hold go, too.",
    )
    reason = Words(
        label="Reason", help_text="Who asked, and how it was checked.", widget=many_lines(3)
    )

    def __init__(self, actor: Actor, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kept = catalogue.kept_by(actor, Role.STEWARD, Role.ADMIN)
        self.fields["dataset"].choices = [(each.slug, each.slug) for each in kept]


@require_http_methods(["GET", "HEAD", "POST"])
@staff(Role.STEWARD, Role.ADMIN)
def removals(request: HttpRequest) -> HttpResponse:
    actor, status = actor_of(request), 200
    form = RemovalForm(actor, request.POST if request.method == "POST" else None)
    if request.method == "POST":
        status = _recorded(request, actor, form)
        if not status:
            return redirect("steward-removals")
    page = Paginator(selectors.seen_by(actor), PAGE).get_page(request.GET.get("page"))
    told = {"form": form, "page_obj": page, "rows": _rows(list(page))}
    return render(request, "steward/removals.html", told, status=status)


def _recorded(request: HttpRequest, actor: Actor, form: RemovalForm) -> int:
    """Do what was asked; 0 when it was done, else the status of the refusal."""
    if not form.is_valid():
        return 422
    told = form.cleaned_data
    try:
        services.record_removal(
            actor=actor,
            dataset=catalogue.dataset_by_slug(told["dataset"]),
            kind=told["kind"],
            value=told["value"],
            aliases=told["aliases"].split(),
            everywhere=told["everywhere"],
            reason=told["reason"],
            now=timezone.now(),
        )
    except (InvalidError, WrongStateError, NotPermittedError) as error:
        return blame(form, error)
    messages.success(request, f"{told['value']} is in the ledger: the next build leaves it out.")
    return 0


def _rows(page: list[Any]) -> list[dict[str, Any]]:
    editions = catalogue.editions(each.dataset_id for each in page)
    names = people.names(each.recorded_by for each in page)
    return [
        {
            "it": each,
            "kind": KINDS[each.kind].partition(",")[0],
            "by": names.get(each.recorded_by, ""),
            "since": _first_after(editions, each.dataset_id, each.recorded_at),
        }
        for each in page
    ]


def _first_after(editions: list[tuple[int, str, datetime]], dataset_id: int, at: datetime) -> str:
    """The first published version whose build began after `at`, if there is one."""
    return next((number for of, number, made in editions if of == dataset_id and made >= at), "")


urls = [path("steward/removals", removals, name="steward-removals")]
