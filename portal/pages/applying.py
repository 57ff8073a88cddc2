"""Asking for a tier that is open to approved people: the form, and what became of it."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from governance import dates
from governance.access import applied, services, uploads
from governance.access import selectors as access
from governance.access.states import AGAIN, WAITING, State
from governance.catalogue import selectors as catalogue
from governance.errors import InvalidError, NotPermittedError, WrongStateError
from governance.terms import selectors as terms
from portal.accounts.actors import actor_of
from portal.pages import gates, signatures, timelines, words
from portal.pages.forming import blame, whole_number
from portal.pages.guards import signed_in
from portal.pages.questions import Answered, answered

if TYPE_CHECKING:
    from governance.access.models import Application, Grant, Upload
    from governance.audit.actors import Actor
    from governance.catalogue.models import Dataset, Tier

UNDECIDED = {State.DRAFT, *WAITING}
REFUSED = (InvalidError, WrongStateError, NotPermittedError)


# ------------------------------------------------------------------ writing one


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def apply(request: HttpRequest, namespace: str, name: str, tier: str) -> HttpResponse:
    """A new application; a draft that was begun goes on at its own address."""
    dataset = catalogue.dataset(namespace, name)
    found = catalogue.tier(dataset, tier)
    if not found.form:
        return _not_applied_for(request, dataset, tier)
    actor, status = actor_of(request), 200
    begun = applied.draft_of(actor, found.pk)
    if begun:
        return redirect("application-edit", number=begun)
    form = Answered(found.form, request)
    if request.method == "POST":
        try:
            draft = services.draft_application(
                actor=actor,
                tier=found,
                answers=form.answers,
                members=form.members,
                now=timezone.now(),
            )
        except REFUSED as error:
            status = blame(form.form, error)
        else:
            return _kept(request, draft, form)
    told = {"form": form.form, "tier": found, "dataset": dataset}
    told |= _before(request, dataset, found)
    return render(request, "researcher/apply.html", told, status=status)


def _not_applied_for(request: HttpRequest, dataset: "Dataset", tier: str) -> HttpResponse:
    """A tier without a form is not opened by asking: the page of all tiers says by what."""
    messages.info(request, f"The {tier} tier can't be applied for. Here is who may have what.")
    return redirect("dataset-access", namespace=dataset.namespace, name=dataset.name)


def _before(request: HttpRequest, dataset: "Dataset", tier: "Tier") -> dict[str, Any]:
    """What somebody should know before they write an application."""
    actor = actor_of(request)
    standing = access.standing(actor, dataset, catalogue.current(dataset), now=timezone.now())
    mine = next(each for each in standing if each.tier.name == tier.name)
    where = {"namespace": dataset.namespace, "name": dataset.name}
    lines = gates.tier(request, mine, files=reverse("dataset-files", kwargs=where)).lines
    return {
        "waiting": access.open_application(actor, tier),
        "granted": mine.decision.grant,
        "invited": applied.memberships_of(actor)
        .filter(state="invited", application__tier=tier)
        .exists(),
        # Sending the form is the act of this page: the gate's own steps are links below it.
        "gate": [line._replace(url="", action="") for line in lines],
        "meanwhile": [line for line in lines if line.url and line.state != "done"],
        "days": services.ANSWER_DAYS,
    }


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def edit(request: HttpRequest, number: str) -> HttpResponse:
    """A draft, or one that was returned: go on writing, keep it, send it."""
    actor, now = actor_of(request), timezone.now()
    found = applied.own_application(number, actor=actor, now=now)
    if found.state not in {State.DRAFT, State.RETURNED}:
        return redirect("application", number=number)
    returned = found.state == State.RETURNED
    if request.method != "POST":
        return _editing(request, found, _filled(found))
    gone = request.POST.get("remove")
    form = Answered(found.form, request, reply=returned)
    try:
        services.save_draft(
            application_id=found.pk,
            actor=actor,
            answers=form.answers,
            members=form.members,
            now=now,
        )
        if gone:
            services.remove_upload(
                application_id=found.pk, upload_id=whole_number(gone), actor=actor
            )
            messages.success(request, "The file is removed.")
            return redirect("application-edit", number=number)
    except REFUSED as error:
        return _editing(request, found, form, status=blame(form.form, error))
    return _kept(request, found, form)


def _kept(request: HttpRequest, found: "Application", form: Answered) -> HttpResponse:
    """Its words are kept: now its files, and then it is sent, if that is what was asked."""
    actor, now = actor_of(request), timezone.now()
    try:
        for question, file in form.files:
            services.add_upload(
                application_id=found.pk,
                actor=actor,
                question=question,
                name=file.name,
                data=file.read(uploads.MEGABYTE * 10 + 1),
                now=now,
            )
        if request.POST.get("do") == "save":
            messages.success(request, f"{found.number} is kept as you left it. Nothing was sent.")
            return redirect("application-edit", number=found.number)
        _send(found, actor, form.reply, now)
    except REFUSED as error:
        return _editing(request, found, form, status=blame(form.form, error))
    messages.success(request, f"Application {found.number} was sent to the stewards.")
    return redirect("application", number=found.number)


def _send(found: "Application", actor: "Actor", reply: str, now: datetime) -> None:
    if found.state == State.RETURNED:
        services.answer_application(application_id=found.pk, actor=actor, reply=reply, now=now)
    else:
        services.submit_application(application_id=found.pk, actor=actor, now=now)


def _filled(found: "Application") -> Answered:
    """The form with what was written so far."""
    emails = "\n".join(each.email for each in applied.members(found))
    return Answered(
        found.form,
        initial=found.answers | {"members": emails},
        reply=found.state == State.RETURNED,
    )


def _editing(
    request: HttpRequest, found: "Application", form: Answered, *, status: int = 200
) -> HttpResponse:
    there = applied.uploads(found)
    told = {
        "form": form.form,
        "application": found,
        "pill": words.pill(found.state),
        "returned": found.state == State.RETURNED,
        "asked": applied.exchanges(found)[-1:],
        "files": [
            {"label": each["label"], "files": there.get(each["name"], [])}
            for each in found.form
            if each["kind"] == "file"
        ],
        "days": services.ANSWER_DAYS,
    }
    return render(request, "researcher/edit.html", told, status=status)


@require_safe
@signed_in
def file(request: HttpRequest, number: str, upload_id: int) -> HttpResponseBase:
    """A file of one's own application."""
    return saved(applied.upload(number, upload_id, actor=actor_of(request)))


def saved(found: "Upload") -> HttpResponseBase:
    """A file to be saved and never shown: it is a stranger's."""
    response = FileResponse(
        uploads.open_(found.key),
        as_attachment=True,
        filename=found.name,
        content_type=uploads.CONTENT_TYPES[found.kind],
    )
    response["Cache-Control"] = "no-store"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["X-Content-Type-Options"] = "nosniff"
    return response


# ------------------------------------------------------------------ one's own


@require_safe
@signed_in
def applications(request: HttpRequest) -> HttpResponse:
    """One's own applications, grants and signed terms."""
    actor, now = actor_of(request), timezone.now()
    told = {
        "applications": [
            {"it": each, "pill": own_pill(each)} for each in applied.applications_of(actor, now=now)
        ],
        "grants": [told_grant(each, now) for each in applied.grants_of(actor)],
        "invited": applied.memberships_of(actor).filter(state="invited").count(),
        "signed": signatures.told(list(terms.acceptances_of(actor)), now),
    }
    busy = {each["it"].tier_id for each in told["applications"] if each["it"].shown in UNDECIDED}
    busy |= {each["it"].tier_id for each in told["grants"] if each["state"] == "open"}
    told["tiers"] = [each for each in _tiers_to_apply_for() if each["tier"].pk not in busy]
    return render(request, "researcher/applications.html", told)


def own_pill(application: Any) -> dict[str, str]:
    """As `words.pill`; an approval whose time is over says so."""
    if application.shown == State.EXPIRED and application.own_grants:
        return {"text": "Access expired", "kind": "warn"}
    return words.pill(application.shown)


def told_grant(grant: Any, now: datetime) -> dict[str, Any]:
    state = access.grant_state(grant, now=now)
    left = (grant.ends - now).days if state == "open" else None
    return {"it": grant, "state": state, "pill": words.pill(state), "left": left}


def _tiers_to_apply_for() -> list[dict[str, Any]]:
    return [
        {"dataset": dataset, "tier": tier}
        for dataset in catalogue.listed()
        for tier in dataset.tiers.all()
        if tier.form
    ]


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def application(request: HttpRequest, number: str) -> HttpResponse:
    actor, now, status = actor_of(request), timezone.now(), 200
    found = applied.own_application(number, actor=actor, now=now)
    if found.state == State.DRAFT and request.method != "POST":
        return redirect("application-edit", number=number)
    form = forms.Form(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        try:
            return _done(request, found)
        except REFUSED as error:
            status = blame(form, error)
    told = {"form": form, **_own(found, now=now), **shown(found, now=now)}
    told["asked"] = [each for each in told["exchanges"] if not each.replied_at]
    if told["grant"] and told["grant"]["state"] == "open":
        told["missing"] = gates.missing(request, found.tier, now)
    return render(request, "researcher/application.html", told, status=status)


def _done(request: HttpRequest, found: "Application") -> HttpResponse:
    """What the applicant asked for, and where it leads."""
    actor, now, verb = actor_of(request), timezone.now(), request.POST.get("do", "")
    if verb == "nudge":
        services.nudge_application(application_id=found.pk, actor=actor, now=now)
        messages.success(request, "The stewards are reminded. You may again in a week.")
    elif verb == "again":
        made = services.apply_again(application_id=found.pk, actor=actor, now=now)
        messages.success(request, "Your answers are copied. Change what has changed, and send it.")
        return redirect("application-edit", number=made.number)
    elif verb == "renew":
        grant = applied.grant_of(found)
        made = services.renew_grant(grant_id=grant.pk if grant else 0, actor=actor, now=now)
        messages.success(request, "Your answers are copied. Say what you did with the data.")
        return redirect("application-edit", number=made.number)
    elif verb == "withdraw":
        services.withdraw_application(application_id=found.pk, actor=actor, now=now)
        messages.success(request, f"Application {found.number} is withdrawn. You may apply again.")
    elif verb == "remove":
        member = whole_number(request.POST.get("member", ""))
        services.remove_member(application_id=found.pk, member_id=member, actor=actor, now=now)
        messages.success(request, "The member is removed; their access has ended.")
    else:
        raise WrongStateError("Choose what to do with the application.")
    return redirect("application", number=found.number)


def _own(found: Any, *, now: datetime) -> dict[str, Any]:
    """What only the applicant is offered."""
    grant = applied.grant_of(found)
    renewal = applied.renewal_of(grant) if grant else None
    is_renewable = grant is not None and grant.revoked_at is None and renewal is None
    return {
        "pill": own_pill(found),
        "may_nudge": applied.may_nudge(found, now=now),
        "nudge_again": found.nudged_at + applied.NUDGE_EVERY if found.nudged_at else None,
        "age": (now - found.submitted_at).days if found.submitted_at else 0,
        "may_renew": is_renewable and now - grant.ends < services.RENEW_WITHIN if grant else False,
        "renewal": renewal,
        "may_repeat": found.shown in AGAIN and not (is_renewable and found.shown == State.EXPIRED),
        "is_lead": found.shown == State.APPROVED,
    }


def shown(found: Any, *, now: datetime, reviewer: bool = False) -> dict[str, Any]:
    """What every page about one application shows."""
    grant = applied.grant_of(found)
    there = applied.uploads(found)
    return {
        "application": found,
        "answers": [answered(each, found.answers.get(each["name"]), there) for each in found.form],
        "grant": told_grant(grant, now) if grant else None,
        "timeline": timelines.timeline(found, [grant.pk] if grant else [], reviewer=reviewer),
        "exchanges": applied.exchanges(found),
        "members": [
            {"it": each, "pill": words.pill(each.state)} for each in applied.members(found)
        ],
        "waits": found.state == State.SUBMITTED,
        "open": found.state in WAITING,
        "late": found.state == State.SUBMITTED and found.target_at < now,
    }


# ------------------------------------------------------------------ groups


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def invitations(request: HttpRequest) -> HttpResponse:
    """Groups that somebody is asked to join, or is in."""
    actor, now, status = actor_of(request), timezone.now(), 200
    form = forms.Form(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        try:
            return _answered(request)
        except REFUSED as error:
            status = blame(form, error)
    ends = {each.application_id: each for each in applied.grants_of(actor) if each.application_id}
    told = {
        "form": form,
        "rows": [
            {"it": each, "pill": words.pill(each.state), "grant": _held(each, ends, now)}
            for each in applied.memberships_of(actor)
        ],
        "verified": actor.verified,
    }
    return render(request, "researcher/invitations.html", told, status=status)


def _held(member: Any, grants: "dict[int, Grant]", now: datetime) -> dict[str, Any] | None:
    grant = grants.get(member.application_id)
    return told_grant(grant, now) if grant else None


def _answered(request: HttpRequest) -> HttpResponse:
    """Accept, decline or leave; what the tier still asks for is a refusal with its steps."""
    actor, now, verb = actor_of(request), timezone.now(), request.POST.get("do", "")
    pk = whole_number(request.POST.get("member", ""))
    if verb == "accept":
        grant = services.accept_invitation(member_id=pk, actor=actor, now=now)
        messages.success(request, f"You are in. It is open to you until {dates.day(grant.ends)}.")
    elif verb == "decline":
        services.decline_invitation(member_id=pk, actor=actor, now=now)
        messages.success(request, "You declined. The lead of the group is told.")
    elif verb == "leave":
        services.leave_group(member_id=pk, actor=actor, now=now)
        messages.success(request, "You left the group; your access has ended.")
    else:
        raise WrongStateError("Choose to accept, to decline or to leave.")
    return redirect("invitations")


urls = [
    path(
        "datasets/<str:namespace>/<str:name>/<str:tier>/apply",
        apply,
        name="apply",
    ),
    path("applications", applications, name="applications"),
    path("applications/<str:number>", application, name="application"),
    path("applications/<str:number>/edit", edit, name="application-edit"),
    path("applications/<str:number>/files/<int:upload_id>", file, name="application-file"),
    path("invitations", invitations, name="invitations"),
]
