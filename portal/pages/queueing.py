"""The queue of applications, and the same answer to several of them."""

from datetime import UTC, datetime, time
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from governance.access import applied, services
from governance.access.states import WAITING, State
from governance.audit.actors import Actor, Role
from governance.errors import GovernanceError, InvalidError, NotPermittedError, WrongStateError
from portal.accounts import people
from portal.accounts.actors import actor_of
from portal.pages import words
from portal.pages.forming import Words, blame, many_lines
from portal.pages.guards import staff

PAGE = 50
STATES = {
    "submitted": "Waiting",
    "returned": "With the applicant",
    "approved": "Approved",
    "rejected": "Declined",
    "withdrawn": "Withdrawn",
    "expired": "Expired",
    "revoked": "Revoked",
}
FILTERS = {"mine": "Taken by me", "free": "Taken by nobody", "late": "Past the promised day"}
LAST_MINUTE = time(23, 59, tzinfo=UTC)  # a grant ends at the end of its last day
REFUSED = (InvalidError, WrongStateError, NotPermittedError)
DONE = {"approved": "approved", "endorsed": "one yes of two", "rejected": "declined",
        "returned": "returned"}  # fmt: skip


class BulkForm(forms.Form):
    verb = forms.ChoiceField(
        label="Answer",
        choices=[
            ("approve", "Approve"),
            ("reject", "Decline"),
            ("return", "Return with questions"),
        ],
        widget=forms.RadioSelect,
    )
    ends = forms.DateField(
        label="Access ends",
        required=False,
        help_text="For an approval; at 23:59 UTC of that day.",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    reason = Words(
        label="Reason, or questions",
        help_text="Each applicant reads it; each gets an entry of their own.",
        widget=many_lines(3),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff(Role.STEWARD, Role.ADMIN)
def queue(request: HttpRequest) -> HttpResponse:
    actor, now, status = actor_of(request), timezone.now(), 200
    posted = request.method == "POST"
    bulk = BulkForm(request.POST if posted else None, auto_id="bulk_%s")
    outcomes: list[dict[str, Any]] = []
    if posted:
        outcomes, status = _bulk(request, bulk, now)
    chosen = _chosen(request)
    counts = applied.count_by_state(actor, now=now)
    page = Paginator(applied.queue(actor, chosen, now=now), PAGE).get_page(request.GET.get("page"))
    names = people.names(each.taken_by for each in page)
    told = {
        "page_obj": page,
        "rows": [_row(each, actor, names, now) for each in page],
        "chosen": chosen,
        "waits": chosen.state in WAITING,
        "segments": [
            {"state": state, "label": label, "count": counts.get(state, 0)}
            for state, label in STATES.items()
        ],
        "filters": _filters(chosen),
        "open": counts.get("submitted", 0),
        "late": applied.late(actor, now=now),
        "answer_days": services.ANSWER_DAYS,
        "expire_days": services.EXPIRE_DAYS,
        "bulk": bulk,
        "ticked": set(request.POST.getlist("number")) if posted else set(),
        "outcomes": outcomes,
        "decides": chosen.state == State.SUBMITTED and _is_steward(actor),
    }
    return render(request, "steward/queue.html", told, status=status)


def _is_steward(actor: Actor) -> bool:
    return any(role == Role.STEWARD for role, _ in actor.roles)


def _chosen(request: HttpRequest) -> applied.Chosen:
    state = request.GET.get("state", "")
    state = state if state in STATES else "submitted"
    return applied.Chosen(state, **{name: name in request.GET for name in FILTERS})


def _filters(chosen: applied.Chosen) -> list[dict[str, Any]]:
    """Each filter as a link that puts it on, or off again."""
    on = [name for name in FILTERS if getattr(chosen, name)]
    found = []
    for name, label in FILTERS.items():
        others = [each for each in on if each != name]
        rest = others if name in on else [*others, name]
        query = urlencode([("state", chosen.state), *((each, "1") for each in rest)])
        found.append({"label": label, "on": name in on, "url": f"?{query}"})
    return found


def _row(application: Any, actor: Actor, names: dict[int, str], now: datetime) -> dict[str, Any]:
    return {
        "it": application,
        "pill": state_pill(application, now),
        "age": (now - application.submitted_at).days,
        "own": application.applicant_id == actor.user_id,
        "taken": names.get(application.taken_by or 0, ""),
        "mine": application.taken_by is not None and application.taken_by == actor.user_id,
    }


def _bulk(request: HttpRequest, form: BulkForm, now: datetime) -> tuple[list[dict[str, Any]], int]:
    """The same answer to all that were ticked; what became of each."""
    if not form.is_valid():
        return [], 422
    told = form.cleaned_data
    ends = datetime.combine(told["ends"], LAST_MINUTE) if told["ends"] else None
    try:
        done = services.decide_many(
            numbers=request.POST.getlist("number"),
            actor=actor_of(request),
            verb=told["verb"],
            reason=told["reason"],
            ends=ends,
            now=now,
        )
    except REFUSED as error:
        return [], blame(form, error)
    lines = [
        {"number": each.number, "done": DONE.get(each.done, ""), "why": _why(each.error)}
        for each in done
    ]
    return lines, 200


def _why(error: GovernanceError | None) -> str:
    if error is None:
        return ""
    named = error.fields.values() if isinstance(error, InvalidError) else ()
    return " ".join([error.sentence, *named])


def state_pill(application: Any, now: datetime) -> dict[str, str]:
    """As `words.pill`; one that waits past its target says so, and one with a yes of two."""
    if application.state == "submitted" and application.target_at < now:
        return {"text": "Past target", "kind": "bad"}
    if application.state == "submitted" and getattr(application, "said_yes", False):
        return {"text": "One yes of two", "kind": "live"}
    if application.state == "returned":
        return {"text": "With the applicant", "kind": "warn"}
    return words.pill(getattr(application, "shown", application.state))


urls = [path("steward/applications", queue, name="steward-queue")]
