"""Builds: started, watched, compared, published. Read by admins, stewards and auditors."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from governance.audit.actors import Actor, Role
from governance.catalogue import selectors as catalogue
from governance.catalogue import services as catalogue_services
from governance.errors import (
    InvalidError,
    MissingError,
    NotPermittedError,
    WrongStateError,
)
from pipeline.engine import publishing, selectors, services
from portal.accounts.actors import actor_of
from portal.pages import checking, differing, figures, progressing, releasing
from portal.pages.forming import Words, blame, many_lines, sent
from portal.pages.guards import staff

if TYPE_CHECKING:
    from pipeline.engine.models import Build

PAGE = 25
SHARDS_A_PAGE = 100
REFUSALS = (InvalidError, WrongStateError, NotPermittedError)
READERS = (Role.ADMIN, Role.STEWARD, Role.AUDITOR)


class StartForm(forms.Form):
    dataset = forms.ChoiceField(label="Dataset")
    number = Words(
        label="Version",
        help_text="Above every earlier one; left empty, the next number is taken.",
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )
    reason = Words(label="Reason", help_text="Stays in the record.", widget=many_lines(3))

    def __init__(self, actor: Actor, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kept = {each.slug: each for each in catalogue.kept_by(actor, Role.ADMIN)}
        self.fields["dataset"].choices = [(slug, slug) for slug in self.kept]
        if len(self.kept) == 1:
            [only] = self.kept.values()
            self.fields["number"].initial = catalogue.next_number(only)


@require_http_methods(["GET", "HEAD", "POST"])
@staff(*READERS)
def builds(request: HttpRequest) -> HttpResponse:
    actor, now, status = actor_of(request), timezone.now(), 200
    form = StartForm(actor, request.POST if request.method == "POST" else None)
    if request.method == "POST":
        made, status = _started(actor, form)
        if made is not None:
            messages.success(request, f"The build of {made.version.number} has begun.")
            return redirect("build", build_id=made.pk)
    page = Paginator(selectors.seen_by(actor), PAGE).get_page(request.GET.get("page"))
    told = {
        "form": form if form.kept else None,
        "page_obj": page,
        "rows": [progressing.row(each, now=now) for each in page],
        "workers": selectors.workers_alive(now=now),
        "compactions": selectors.compactions(actor),
        "compact_hour": settings.COMPACT_HOUR if settings.COMPACT_DAILY else None,
        "running": any(each.state == "running" for each in page),
    }
    return render(request, "admin/builds.html", told, status=status)


def _started(actor: Actor, form: StartForm) -> "tuple[Build | None, int]":
    """The build that was begun, or None and the status of the refusal."""
    if not form.kept:
        raise NotPermittedError("Only an admin starts a build.")
    if not form.is_valid():
        return None, 422
    told = form.cleaned_data
    dataset = form.kept[told["dataset"]]
    number = told["number"] or catalogue.next_number(dataset)
    now = timezone.now()
    try:
        made = services.start_build(
            actor=actor, dataset=dataset, number=number, reason=told["reason"], now=now
        )
    except REFUSALS as error:
        return None, blame(form, error)
    return made, 302


@require_http_methods(["GET", "HEAD", "POST"])
@staff(*READERS)
def build(request: HttpRequest, build_id: int) -> HttpResponse:
    actor, now, status = actor_of(request), timezone.now(), 200
    found = _build(build_id, actor)
    asked: dict[str, forms.Form] = {}
    items = checking.lines(found)
    if request.method == "POST":
        refusal = _moved(request, found, asked)
        if not refusal:
            return redirect("build", build_id=build_id)
        status = refusal
    acts = releasing.acts(
        found,
        actor,
        lambda verb: asked.get(verb) or checking.form_of(verb, found, items),
        reviewed=checking.reviewed(items),
    )
    noted = checking.notes(found, actor)
    if "notes" in asked:
        noted["notes_form"] = asked["notes"]
    offered = {act["verb"] for act in acts["open"]} | {"notes"}
    told = {
        **progressing.of(found, now=now),
        **releasing.facts(found),
        **noted,
        "acts": acts,
        "checklist": checking.shown(items),
        # Somebody else was faster: the form that was sent is not on the page any more.
        "refused": [form for verb, form in asked.items() if verb not in offered],
        "dropped": differing.dropped(found),
        "difference": figures.difference(found.version.difference),
    }
    return render(request, "admin/build.html", told, status=status)


def _build(build_id: int, actor: Actor) -> "Build":
    """The build, or as if there were none for somebody whose role is on another dataset."""
    found = selectors.build(build_id)
    if not selectors.may_see(actor, found):
        raise MissingError("There is no such build.")
    return found


def _moved(request: HttpRequest, found: "Build", asked: dict[str, forms.Form]) -> int:
    """Do what the pressed button says; 0 when it was done, else the status of the refusal."""
    verb = next((each for each in VERBS if sent(request, each)), "")
    if not verb:
        raise InvalidError("This page has no such button.")
    if verb == "notes":
        asked[verb] = form = checking.NotesForm(request.POST, auto_id="notes_%s")
    else:
        items = checking.lines(found)
        asked[verb] = form = checking.form_of(verb, found, items, request.POST)
    form.is_valid()
    try:
        _move(verb, found, actor_of(request), form)
    except REFUSALS as error:
        if isinstance(form, checking.MoveForm):
            form.renew()
        return blame(form, error)
    messages.success(request, VERBS[verb].format(found.version.number))
    return 0


VERBS = {
    "approve": "Version {} is approved.",
    "publish": "Version {} is published: it is the current one.",
    "reject": "Version {} is rejected; its number is free again.",
    "pause": "The build of {} is paused.",
    "resume": "The build of {} goes on.",
    "cancel": "The build of {} is cancelled.",
    "notes": "The release notes of {} are kept.",
    "review": "That you looked at what {} changes is on record.",
}


def _move(verb: str, found: "Build", actor: Actor, form: forms.Form) -> None:
    now, told = timezone.now(), form.cleaned_data
    if verb == "notes":
        publishing.change_notes(
            version_id=found.version_id, actor=actor, text=told["text"], now=now
        )
        return
    reason = told["reason"]
    of_build = {
        "pause": services.pause_build,
        "resume": services.resume_build,
        "cancel": services.cancel_build,
    }
    if verb in of_build:
        of_build[verb](actor=actor, build_id=found.pk, reason=reason, now=now)
        return
    move = {
        "approve": publishing.approve_version,
        "publish": publishing.publish_version,
        "reject": catalogue_services.reject_version,
        "review": catalogue_services.review_difference,
    }[verb]
    more = form.more(verb) if isinstance(form, checking.MoveForm) else {}
    move(version_id=found.version_id, actor=actor, reason=reason, now=now, **more)


def progress(request: HttpRequest, build_id: int) -> HttpResponse:
    """The part of a build's page that changes while it runs.

    When the build is over, or the reader may not see it any more, the whole page is asked for.
    """
    response = _fragment(request, build_id)
    if response.status_code in {301, 302} and request.headers.get("HX-Request"):
        return HttpResponse(headers={"HX-Refresh": "true"})
    return response


@require_safe
@staff(*READERS)
def _fragment(request: HttpRequest, build_id: int) -> HttpResponse:
    found = _build(build_id, actor_of(request))
    told = progressing.of(found, now=timezone.now())
    response = render(request, "admin/progress.html", told)
    response["Cache-Control"] = "no-store"
    if found.state != "running":
        response["HX-Refresh"] = "true"
    return response


@require_safe
@staff(*READERS)
def shards(request: HttpRequest, build_id: int, stage: str) -> HttpResponse:
    found = _build(build_id, actor_of(request))
    if stage not in selectors.STAGES:
        raise MissingError("There is no such stage.")
    now = timezone.now()
    found_shards = selectors.shards(found, stage)
    page = Paginator(found_shards, SHARDS_A_PAGE).get_page(request.GET.get("page"))
    told = {
        **progressing.of(found, now=now),
        "stage": stage,
        "stage_name": stage.capitalize(),
        "page_obj": page,
        "rows": [progressing.shard(each, now=now) for each in page],
    }
    return render(request, "admin/shards.html", told)


urls = [
    path("builds", builds, name="builds"),
    path("builds/<int:build_id>", build, name="build"),
    path("builds/<int:build_id>/progress", progress, name="build-progress"),
    path("builds/<int:build_id>/shards/<str:stage>", shards, name="build-shards"),
]
