"""When a dataset's versions are begun, as its admins set it; what ran, what comes, what waits."""

from calendar import month_name
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from governance.audit.actors import Role
from governance.catalogue import scheduling
from governance.catalogue import selectors as catalogue
from governance.catalogue.quarters import LAST_DAY
from governance.catalogue.schedules import Early
from governance.errors import InvalidError, NotPermittedError, WrongStateError
from pipeline.engine import scheduling as engine
from portal.accounts.actors import actor_of
from portal.pages import keeping
from portal.pages.forming import Words, blame, many_lines
from portal.pages.guards import staff

if TYPE_CHECKING:
    from governance.catalogue.models import Dataset, Run, Schedule

REFUSALS = (InvalidError, WrongStateError, NotPermittedError)
PAST = 24  # dates that are shown
PILLS = {"started": "ok", "waiting": "warn", "missed": "bad"}


class ScheduleForm(forms.Form):
    on = forms.TypedChoiceField(
        label="Versions by the calendar",
        choices=[("yes", "On: a version is begun on each of these days"), ("no", "Off")],
        coerce=lambda given: given == "yes",
        widget=forms.RadioSelect,
    )
    months = forms.TypedMultipleChoiceField(
        label="Months",
        choices=[(str(at), month_name[at]) for at in range(1, 13)],
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    day = forms.IntegerField(
        label="Day of the month",
        help_text="At its first minutes, UTC.",
        widget=forms.NumberInput(attrs={"min": 1, "max": LAST_DAY}),
    )
    early = forms.ChoiceField(
        label="When many removals wait for the next version",
        choices=Early.choices,
        widget=forms.RadioSelect,
    )
    threshold = forms.IntegerField(
        label="How many removals are many",
        help_text="Recorded since the build of the current version began.",
        widget=forms.NumberInput(attrs={"min": 1, "max": scheduling.MOST_REMOVALS}),
    )
    reason = Words(label="Reason", help_text="Stays in the record.", widget=many_lines(2))


@require_http_methods(["GET", "HEAD", "POST"])
@staff(Role.ADMIN)
def page(request: HttpRequest, namespace: str, name: str) -> HttpResponse:
    dataset, now, status = keeping.kept(actor_of(request), namespace, name), timezone.now(), 200
    schedule = scheduling.schedule_of(dataset, now=now)
    form = _form(schedule, request.POST if request.method == "POST" else None)
    if request.method == "POST":
        status = _changed(request, dataset, form) if form.is_valid() else 422
        if not status:
            return redirect("dataset-schedule", namespace=namespace, name=name)
    told = {
        "dataset": dataset,
        "schedule": schedule,
        "form": form,
        "runs": [_row(each) for each in scheduling.runs_of(dataset)[:PAST]],
        "coming": scheduling.coming(schedule, now=now),
        "next_number": catalogue.next_number(dataset),
        "queue": engine.queue(schedule),
    }
    return render(request, "admin/calendar.html", told, status=status)


def _form(schedule: "Schedule", posted: Any) -> ScheduleForm:
    initial = {
        "on": "yes" if schedule.on else "no",
        "months": [str(each) for each in schedule.months],
        "day": schedule.day,
        "early": schedule.early,
        "threshold": schedule.threshold,
    }
    return ScheduleForm(posted, initial=initial)


def _changed(request: HttpRequest, dataset: "Dataset", form: ScheduleForm) -> int:
    """Set the schedule; 0 when it was done, else the status of the refusal."""
    try:
        scheduling.change_schedule(
            actor=actor_of(request), dataset_id=dataset.pk, now=timezone.now(), **form.cleaned_data
        )
    except REFUSALS as error:
        return blame(form, error)
    messages.success(request, "Saved. Dates up to today are not owed by it.")
    return 0


def _row(run: "Run") -> dict[str, Any]:
    text = run.get_state_display()
    if run.late and run.state == "started":
        text = "Missed, caught up"
    return {"it": run, "text": text, "kind": PILLS[run.state]}


urls = [
    path("admin/datasets/<str:namespace>/<str:name>/calendar", page, name="dataset-schedule"),
]
