"""What stewards decide: applications, and the removal ledger."""

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from governance.access import selectors as access
from governance.access import services
from governance.audit.actors import Actor, Role
from governance.errors import InvalidError, NotPermittedError, WrongStateError
from governance.terms import selectors as terms
from portal.accounts import people
from portal.accounts.actors import actor_of
from portal.pages import removing, words
from portal.pages.applying import shown
from portal.pages.forming import Words, blame, many_lines, sent
from portal.pages.guards import staff

if TYPE_CHECKING:
    from governance.access.models import Application

PAGE = 50
STATES = {
    "submitted": "Open",
    "approved": "Approved",
    "rejected": "Declined",
    "withdrawn": "Withdrawn",
    "expired": "Expired",
}
LAST_MINUTE = time(23, 59, tzinfo=UTC)  # a grant ends at the end of its last day


@require_safe
@staff(Role.STEWARD)
def queue(request: HttpRequest) -> HttpResponse:
    actor, now = actor_of(request), timezone.now()
    chosen = request.GET.get("state", "")
    chosen = chosen if chosen in STATES else "submitted"
    counts = access.count_by_state(actor)
    page = Paginator(access.queue(actor, state=chosen), PAGE).get_page(request.GET.get("page"))
    told = {
        "page_obj": page,
        "rows": [_row(each, actor, now) for each in page],
        "chosen": chosen,
        "waits": chosen == "submitted",
        "segments": [
            {"state": state, "label": label, "count": counts.get(state, 0)}
            for state, label in STATES.items()
        ],
        "open": counts.get("submitted", 0),
        "late": access.late(actor, now=now),
        "answer_days": services.ANSWER_WITHIN.days,
        "expire_days": services.EXPIRE_AFTER.days,
    }
    return render(request, "steward/queue.html", told)


def _row(application: "Application", actor: Actor, now: datetime) -> dict[str, Any]:
    return {
        "it": application,
        "pill": state_pill(application, now),
        "age": (now - application.submitted_at).days,
        "mine": application.applicant_id == actor.user_id,
    }


def state_pill(application: "Application", now: datetime) -> dict[str, str]:
    """As `words.pill`; one that waits past its target says so."""
    if application.state == "submitted" and application.target_at < now:
        return {"text": "Past target", "kind": "bad"}
    return words.pill(application.state)


class ApproveForm(forms.Form):
    ends = forms.DateField(
        label="Access ends",
        help_text="At 23:59 UTC of that day.",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    reason = Words(
        label="Reason",
        help_text="Stays in the record; the applicant reads it.",
        widget=many_lines(3),
    )


class RejectForm(forms.Form):
    reason = Words(
        label="Reason",
        help_text="The applicant reads it, and may apply again at once.",
        widget=many_lines(3),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff(Role.STEWARD)
def application(request: HttpRequest, number: str) -> HttpResponse:
    actor, now, status = actor_of(request), timezone.now(), 200
    found = access.application(number, actor=actor)
    approve, reject = _forms(request, found, now)
    if request.method == "POST":
        form = reject if sent(request, "reject") else approve
        status = _decided(request, found, form)
        if not status:
            return redirect("steward-application", number=number)
    told = {
        "approve": approve,
        "reject": reject,
        "may_decide": access.may_decide(actor, found),
        **shown(found, now=now),
        **_about(found, now),
    }
    return render(request, "steward/application.html", told, status=status)


def _forms(
    request: HttpRequest, found: "Application", now: datetime
) -> tuple[ApproveForm, RejectForm]:
    """Both forms; the one whose button was pressed holds what was typed."""
    last = last_day(now, found.tier.days)
    approving = request.POST if sent(request, "approve") else None
    rejecting = request.POST if sent(request, "reject") else None
    approve = ApproveForm(approving, initial={"ends": last}, auto_id="approve_%s")
    approve.fields["ends"].widget.attrs |= {"min": now.date(), "max": last}
    return approve, RejectForm(rejecting, auto_id="reject_%s")


def last_day(now: datetime, days: int) -> date:
    """The last date whose last minute is no more than `days` away."""
    return (now + timedelta(days=days) - timedelta(hours=23, minutes=59)).date()


def _decided(request: HttpRequest, found: "Application", form: forms.Form) -> int:
    """Do what was asked; 0 when it was done, else the status of the refusal."""
    if not form.is_bound or not form.is_valid():
        return 422
    actor, now, told = actor_of(request), timezone.now(), form.cleaned_data
    try:
        if isinstance(form, RejectForm):
            services.reject_application(
                application_id=found.pk, actor=actor, reason=told["reason"], now=now
            )
            messages.success(request, f"{found.number} is declined. The applicant is told.")
        else:
            ends = datetime.combine(told["ends"], LAST_MINUTE)
            services.approve_application(
                application_id=found.pk, actor=actor, ends=ends, reason=told["reason"], now=now
            )
            messages.success(request, f"{found.number} is approved. The applicant is told.")
    except (InvalidError, WrongStateError, NotPermittedError) as error:
        return blame(form, error)
    return 0


def _about(found: "Application", now: datetime) -> dict[str, Any]:
    """What is known of the applicant beside their words."""
    dataset = found.tier.dataset
    signed = terms.standing(user_id=found.applicant_id, dataset_id=dataset.pk, now=now)
    them = Actor(user_id=found.applicant_id)
    others = [each for each in access.applications_of(them)[:20] if each.pk != found.pk]
    decided = people.names([found.decided_by])
    return {
        "applicant": found.applicant,
        "decided_by": decided.get(found.decided_by or 0, ""),
        "checks": _checks(people.checks(found.applicant), signed),
        "others": [{"it": each, "pill": state_pill(each, now)} for each in others],
        "state": state_pill(found, now),
    }


def _checks(known: people.Checks, signed: terms.Standing) -> list[dict[str, str]]:
    """Lines of a gate: what the applicant has done. None of them stops a decision."""
    lines = [
        (known.verified, "Address confirmed", "The address is not confirmed"),
        (
            signed.accepted,
            f"Terms {signed.number} signed",
            f"Terms {signed.number} are not signed yet; downloading asks for it",
        ),
        (
            known.second_factor,
            "Second factor set up",
            "No second factor yet; downloading asks for one",
        ),
    ]
    return [
        {"state": "done" if done else "later", "title": yes if done else no}
        for done, yes, no in lines
    ]


urls = [
    path("steward/applications", queue, name="steward-queue"),
    path("steward/applications/<str:number>", application, name="steward-application"),
    *removing.urls,
]
