"""What stewards decide: one application. Admins read it and may hand it on."""

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from governance.access import applied, services
from governance.access import selectors as access
from governance.access.states import State
from governance.audit.actors import Actor, Role
from governance.terms import selectors as terms
from portal.accounts import people
from portal.accounts.actors import actor_of
from portal.pages import blocking, holding, queueing, removing, unreached, words
from portal.pages.applying import saved, shown
from portal.pages.forming import Words, blame, many_lines, sent, whole_number
from portal.pages.guards import staff
from portal.pages.queueing import LAST_MINUTE, REFUSED, state_pill

if TYPE_CHECKING:
    from governance.access.models import Application


# ------------------------------------------------------------------ one application


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


class ReturnForm(forms.Form):
    reason = Words(
        label="Questions",
        help_text="The applicant has 30 working days; the promised day waits meanwhile.",
        widget=many_lines(3),
    )


class RevokeForm(forms.Form):
    reason = Words(
        label="Reason",
        help_text="Everyone whose access ends reads it.",
        widget=many_lines(3),
    )


class HandOnForm(forms.Form):
    to = forms.TypedChoiceField(label="Hand it on to", coerce=int, empty_value=0)
    note = Words(label="Note for them", required=False, widget=many_lines(2))

    def __init__(self, *args: Any, stewards: list[tuple[int, str]], **told: Any) -> None:
        super().__init__(*args, **told)
        self.fields["to"].choices = [("", "Choose a steward"), *stewards]  # type: ignore[attr-defined]


class NoteForm(forms.Form):
    note = Words(label="Note", help_text="Between reviewers: the applicant never sees it.",
                 widget=many_lines(3))  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@staff(Role.STEWARD, Role.ADMIN)
def application(request: HttpRequest, number: str) -> HttpResponse:
    actor, now, status = actor_of(request), timezone.now(), 200
    found = applied.readable_application(number, actor=actor, now=now)
    all_forms = _forms(request, found, now)
    if request.method == "POST":
        status = _pressed(request, found, all_forms)
        if not status:
            return redirect("steward-application", number=number)
    told = {
        **all_forms,
        "may_decide": applied.may_decide(actor, found),
        "may_revoke": found.shown == State.APPROVED and found.applicant_id != actor.user_id,
        **shown(found, now=now, reviewer=not applied.has_part_in(found, actor)),
        "file_route": "steward-file",
        **_about(found, now),
        **_review(found, actor),
    }
    return render(request, "steward/application.html", told, status=status)


@require_safe
@staff(Role.STEWARD, Role.ADMIN)
def file(request: HttpRequest, number: str, upload_id: int) -> HttpResponseBase:
    """A file of an application under review. A HEAD gives no bytes, so it is no reading."""
    actor = actor_of(request)
    if request.method == "HEAD":
        return saved(applied.upload(number, upload_id, actor=actor, reviewer=True))
    return saved(
        services.read_upload(number=number, upload_id=upload_id, actor=actor, now=timezone.now())
    )


def _forms(request: HttpRequest, found: "Application", now: datetime) -> dict[str, forms.Form]:
    """One for each button; the one that was pressed holds what was typed."""

    def posted(verb: str) -> Any:
        return request.POST if sent(request, verb) else None

    begins = now
    if found.renews is not None and found.renews.revoked_at is None and found.renews.ends > now:
        begins = found.renews.ends
    last = last_day(begins, found.tier.days)
    approve = ApproveForm(
        posted("approve"),
        initial={"ends": last},
        auto_id="approve_%s",
    )
    approve.fields["ends"].widget.attrs |= {"min": begins.date(), "max": last}
    stewards = access.holders_of(Role.STEWARD, found.tier.dataset_id, now=now)
    others = {each for each in stewards if each not in {found.taken_by, found.applicant_id}}
    names = sorted(people.names(others).items(), key=lambda each: each[1])
    return {
        "approve": approve,
        "reject": RejectForm(posted("reject"), auto_id="reject_%s"),
        "back": ReturnForm(posted("return"), auto_id="return_%s"),
        "revoke": RevokeForm(posted("revoke"), auto_id="revoke_%s"),
        "hand": HandOnForm(posted("hand"), auto_id="hand_%s", stewards=names),
        "note": NoteForm(posted("note"), auto_id="note_%s"),
    }


def last_day(now: datetime, days: int) -> date:
    """The last date whose last minute is no more than `days` away."""
    return (now + timedelta(days=days) - timedelta(hours=23, minutes=59)).date()


FORM_OF = {"return": "back"}  # a button whose form has another name
TOLD = {
    "reject": "{} is declined. The applicant is told.",
    "return": "{} is returned. The applicant is asked.",
    "revoke": "{} is revoked. Everyone whose access ended is told.",
    "take": "You look after {} from now on.",
    "release": "{} is everyone's again.",
    "hand": "{} is handed on. They are told.",
    "note": "The note is kept.",
}


def _pressed(request: HttpRequest, found: "Application", all_forms: dict[str, forms.Form]) -> int:
    """Do what was asked; 0 when it was done, else the status of the refusal."""
    verb = request.POST.get("do", "")
    if verb not in {"take", "release"} and FORM_OF.get(verb, verb) not in all_forms:
        return 422
    form = all_forms[FORM_OF.get(verb, verb)] if verb not in {"take", "release"} else None
    if form is not None and not form.is_valid():
        return 422
    told = form.cleaned_data if form is not None else {}
    told["submission"] = whole_number(request.POST.get("submission", "")) or None
    try:
        sentence = _act(found, actor_of(request), verb, told, timezone.now())
    except REFUSED as error:
        return blame(form if form is not None else all_forms["note"], error)
    messages.success(request, sentence.format(found.number))
    return 0


def _act(found: "Application", actor: Actor, verb: str, told: dict[str, Any], now: datetime) -> str:
    """One verb of the rules; the sentence that tells what was done."""
    at: dict[str, Any] = {"application_id": found.pk, "actor": actor, "now": now}
    if verb == "approve":
        ends = datetime.combine(told["ends"], LAST_MINUTE)
        grant = services.approve_application(
            **at, ends=ends, reason=told["reason"], submission=told["submission"]
        )
        if grant is None:
            return "Your yes to {} is kept. Another reviewer has to agree; they are told."
        return "{} is approved. The applicant is told."
    if verb == "reject":
        services.reject_application(**at, reason=told["reason"])
    elif verb == "return":
        services.return_application(**at, questions=told["reason"])
    elif verb == "revoke":
        services.revoke_application(**at, reason=told["reason"])
    elif verb == "take":
        services.take_application(**at)
    elif verb == "release":
        services.give_back_application(**at)
    elif verb == "hand":
        services.hand_on_application(**at, to=told["to"], note=told["note"])
    else:
        services.note_application(**at, text=told["note"])
    return TOLD[verb]


def _review(found: "Application", actor: Actor) -> dict[str, Any]:
    """What stands between reviewers. Never on a page of the applicant."""
    keeps = not applied.has_part_in(found, actor)
    yeses, notes = (applied.yeses(found), applied.notes(found)) if keeps else ([], [])
    known = {each.reviewer for each in yeses} | {each.author for each in notes}
    names = people.names({*known, found.taken_by})
    return {
        "yeses": [{"it": each, "by": names.get(each.reviewer, "")} for each in yeses],
        "notes": [{"it": each, "by": names.get(each.author, "")} for each in notes],
        "taken": names.get(found.taken_by or 0, "") if keeps else "",
        "mine": found.taken_by is not None and found.taken_by == actor.user_id,
        "said_yes": any(each.reviewer == actor.user_id for each in yeses),
        "own": found.applicant_id == actor.user_id,
        "keeps": keeps,
        "reviewers": found.tier.reviewers,
    }


def _about(found: "Application", now: datetime) -> dict[str, Any]:
    """What is known of the applicant beside their words."""
    dataset = found.tier.dataset
    signed = terms.standing(user_id=found.applicant_id, dataset_id=dataset.pk, now=now)
    them = Actor(user_id=found.applicant_id)
    sent_ones = applied.applications_of(them, now=now).exclude(submitted_at=None)
    others = [each for each in sent_ones[:20] if each.pk != found.pk]
    decided = people.names([found.decided_by])
    return {
        "applicant": found.applicant,
        "decided_by": decided.get(found.decided_by or 0, ""),
        "checks": _checks(people.checks(found.applicant), signed),
        "others": [{"it": each, "pill": words.pill(each.shown)} for each in others],
        "state": state_pill(found, now),
        "age": (now - found.submitted_at).days if found.submitted_at else 0,
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
    *queueing.urls,
    path("steward/applications/<str:number>", application, name="steward-application"),
    path("steward/applications/<str:number>/files/<int:upload_id>", file, name="steward-file"),
    *holding.urls,
    *blocking.urls,
    *unreached.urls,
    *removing.urls,
]
