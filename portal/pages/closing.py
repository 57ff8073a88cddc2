"""The end of a version, as its admins keep it: withdrawn, held for a matter, its bytes purged."""

from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from governance.audit.actors import Role
from governance.catalogue import selectors as catalogue
from governance.catalogue import services
from governance.errors import InvalidError, NotPermittedError, WrongStateError
from portal.accounts.actors import actor_of
from portal.pages import keeping, words
from portal.pages.forming import Words, blame, many_lines, sent
from portal.pages.guards import staff

if TYPE_CHECKING:
    from governance.catalogue.models import Version

REFUSALS = (InvalidError, WrongStateError, NotPermittedError)


def _end_of(day: Any) -> datetime:
    """The last moment of a day, UTC: "by the 7th" includes the 7th."""
    return datetime.combine(day, time.max, tzinfo=UTC).replace(microsecond=0)


def _day_field(label: str, help_text: str, **more: Any) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"})
    return forms.DateField(label=label, help_text=help_text, widget=widget, **more)


class WithdrawForm(forms.Form):
    erase_by = _day_field(
        "Holders erase their copies by",
        "The end of that day, UTC. Empty: two weeks from now.",
        required=False,
    )
    successor = forms.ChoiceField(label="To take in its place", required=False)
    reason = Words(
        label="Reason", help_text="Shown on the pages, and kept for good.", widget=many_lines(3)
    )

    def __init__(self, others: "list[Version]", *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = [(each.number, f"{each.number} ({each.state})") for each in others]
        self.fields["successor"].choices = [*chosen, ("", "None: there is no usable version")]


class HoldForm(forms.Form):
    until = _day_field("Until", "The end of that day, UTC.")
    reason = Words(label="The matter", help_text="Stays in the record.", widget=many_lines(2))


class ReasonForm(forms.Form):
    reason = Words(label="Reason", help_text="Stays in the record.", widget=many_lines(2))


@require_http_methods(["GET", "HEAD", "POST"])
@staff(Role.ADMIN)
def page(request: HttpRequest, namespace: str, name: str, number: str) -> HttpResponse:
    dataset = keeping.kept(actor_of(request), namespace, name)
    version = catalogue.version(dataset, number)
    now = timezone.now()
    hold = catalogue.hold_of(version, now=now)
    others = catalogue.served_beside(version, now=now)
    asked = _forms(request, others)
    status = 200
    if request.method == "POST":
        status = _moved(request, version, hold, asked)
        if not status:
            return redirect("version-close", namespace=namespace, name=name, number=number)
    told = {
        "dataset": dataset,
        "version": version,
        "pill": words.version_pill(version.state),
        "can_withdraw": version.state in {"published", "superseded"},
        "hold": hold,
        "holds": catalogue.holds_of(version),
        "purge": catalogue.purge_of(version),
        "sizes": catalogue.sizes(version),
        **asked,
    }
    return render(request, "admin/closing.html", told, status=status)


def _forms(request: HttpRequest, others: "list[Version]") -> dict[str, forms.Form]:
    def of(verb: str) -> Any:
        return request.POST if sent(request, verb) else None

    return {
        "withdraw": WithdrawForm(others, of("withdraw"), auto_id="withdraw_%s"),
        "placing": HoldForm(of("hold"), auto_id="hold_%s"),
        "lifting": ReasonForm(of("lift"), auto_id="lift_%s"),
    }


def _moved(
    request: HttpRequest, version: "Version", hold: Any, asked: dict[str, forms.Form]
) -> int:
    """Do what the pressed button says; 0 when it was done, else the status of the refusal."""
    names = {"withdraw": "withdraw", "hold": "placing", "lift": "lifting"}
    verb = next((each for each in names if sent(request, each)), "")
    if not verb:
        raise InvalidError("This page has no such button.")
    form = asked[names[verb]]
    if not form.is_valid():
        return 422
    told, actor, now = form.cleaned_data, actor_of(request), timezone.now()
    try:
        if verb == "withdraw":
            services.withdraw_version(
                version_id=version.pk, actor=actor, reason=told["reason"], now=now,
                erase_by=_end_of(told["erase_by"]) if told["erase_by"] else None,
                successor=told["successor"],
            )  # fmt: skip
            messages.success(request, "Withdrawn: nothing of it is handed out. Its bytes go now.")
        elif verb == "hold":
            services.place_hold(
                actor=actor, version_id=version.pk, reason=told["reason"],
                until=_end_of(told["until"]), now=now,
            )  # fmt: skip
            messages.success(request, "Held: its bytes stay until then.")
        else:
            services.lift_hold(
                actor=actor, hold_id=hold.pk if hold else 0, reason=told["reason"], now=now
            )
            messages.success(request, "The hold is lifted.")
    except REFUSALS as error:
        return blame(form, error)
    return 0


urls = [
    path(
        "admin/datasets/<str:namespace>/<str:name>/versions/<str:number>",
        page,
        name="version-close",
    ),
]
