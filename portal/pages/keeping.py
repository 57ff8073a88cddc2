"""Datasets as their admins keep them: made, described, listed; their sources and tiers."""

import shlex
import sysconfig
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from governance.access import defaults
from governance.audit.actors import Actor, Role
from governance.catalogue import editing, scheduling, services
from governance.catalogue import selectors as catalogue
from governance.errors import InvalidError, MissingError, NotPermittedError, WrongStateError
from governance.terms import selectors as terms
from pipeline.engine import scheduling as engine
from pipeline.redact import policy as redaction
from pipeline.select.sets import SETS
from portal.accounts.actors import actor_of
from portal.pages import gates, starting, words
from portal.pages.forming import Words, blame, many_lines, sent
from portal.pages.guards import staff
from portal.pages.treating import TreatingForm

if TYPE_CHECKING:
    from governance.catalogue.models import Dataset

REFUSALS = (InvalidError, WrongStateError, NotPermittedError)


class AboutForm(TreatingForm):
    title = Words(label="Title", widget=forms.TextInput())
    summary = Words(
        label="Summary", help_text="What is in it, in a few sentences.", widget=many_lines(3)
    )
    contact = forms.EmailField(
        label="Contact",
        required=False,
        help_text="Whom to write to about it. Empty: the site's own address.",
    )
    licence_set = forms.ChoiceField(
        label="Licences",
        choices=[(each.name, f"{each.name}: {each.promise}") for each in SETS.values()],
        widget=forms.RadioSelect,
        help_text="Only files under these licences come in.",
    )
    reason = Words(label="Reason", help_text="Stays in the record.", widget=many_lines(2))

    def __init__(self, *args: Any, treated: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, treated=treated, **kwargs)
        self.order_fields([name for name in self.fields if name != "reason"])


class NewForm(AboutForm):
    slug = Words(
        label="Name",
        help_text="namespace/name in small letters, digits, dots and dashes. It stays for good.",
        widget=forms.TextInput(
            attrs={"autocapitalize": "off", "spellcheck": "false", "placeholder": "lab/shelf"}
        ),
    )
    field_order = ["slug", "title", "summary", "contact", "licence_set"]


class ReasonForm(forms.Form):
    reason = Words(label="Reason", help_text="Stays in the record.", widget=many_lines(2))


def kept(actor: Actor, namespace: str, name: str) -> "Dataset":
    """A dataset, listed or not, for its admins; for anybody else as if there were none."""
    try:
        found = catalogue.dataset_by_slug(f"{namespace}/{name}")
    except MissingError:
        found = None
    if found is None or not actor.acts_as(Role.ADMIN, found.pk):
        raise MissingError("There is no such page.")
    return found


@require_safe
@staff(Role.ADMIN)
def index(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    rows = [
        {"it": each, "newest": newest, "pill": words.version_pill(newest.state) if newest else None}
        for each, newest in catalogue.with_newest(catalogue.kept_by(actor, Role.ADMIN))
    ]
    told = {"rows": rows, "whole_site": actor.acts_as(Role.ADMIN)}
    return render(request, "admin/datasets.html", told)


@require_http_methods(["GET", "HEAD", "POST"])
@staff(Role.ADMIN)
def new(request: HttpRequest) -> HttpResponse:
    actor, status = actor_of(request), 200
    if not actor.acts_as(Role.ADMIN):
        raise MissingError("There is no such page.")
    classes = dict(redaction.DEFAULT_POLICY["classes"])
    posted = request.POST if request.method == "POST" else None
    form = NewForm(posted, treated=classes, initial={"licence_set": "permissive"})
    if request.method == "POST":
        made, status = _made(actor, form)
        if made is not None:
            messages.success(request, f"{made.slug} is made. Nobody but its staff sees it yet.")
            return redirect("dataset-edit", namespace=made.namespace, name=made.name)
    told = {"form": form, "tiers": _in_words(defaults.TIERS)}
    return render(request, "admin/dataset_new.html", told, status=status)


def _made(actor: Actor, form: NewForm) -> "tuple[Dataset | None, int]":
    if not form.is_valid():
        return None, 422
    told = form.cleaned_data
    try:
        made = services.make_dataset(
            actor=actor,
            slug=told["slug"].strip(),
            title=told["title"],
            summary=told["summary"],
            licence_set=told["licence_set"],
            redaction={"version": 1, "classes": form.classes()},
            sources=[],
            tiers=defaults.TIERS,
            contact=told["contact"],
            listed=False,
            reason=told["reason"],
            now=timezone.now(),
        )
    except REFUSALS as error:
        return None, blame(form, error)
    return made, 302


def _in_words(tiers: Any) -> list[dict[str, Any]]:
    return [
        {"it": each, "asks": gates.policy_words(each.policy.get("download") or ())}
        for each in tiers
    ]


@require_http_methods(["GET", "HEAD", "POST"])
@staff(Role.ADMIN)
def edit(request: HttpRequest, namespace: str, name: str) -> HttpResponse:
    actor, now, status = actor_of(request), timezone.now(), 200
    dataset = kept(actor, namespace, name)
    asked: dict[str, forms.Form] = {}
    if request.method == "POST":
        status = _moved(request, actor, dataset, asked)
        if not status:
            return redirect("dataset-edit", namespace=namespace, name=name)
    told = _shown(dataset, asked, now=now)
    return render(request, "admin/dataset.html", told, status=status)


def _about(dataset: "Dataset", posted: Any = None) -> AboutForm:
    names = ("title", "summary", "contact", "licence_set")
    initial = {name: getattr(dataset, name) for name in names}
    treated = dict(dataset.redaction.get("classes") or {})
    return AboutForm(posted, treated=treated, initial=initial, auto_id="about_%s")


def _shown(dataset: "Dataset", asked: dict[str, forms.Form], *, now: datetime) -> dict[str, Any]:
    home, folder = shlex.quote(str(settings.HOME)), sysconfig.get_paths()["purelib"]
    steps = starting.of_dataset(dataset, now=now)
    schedule = scheduling.schedule_of(dataset, now=now)
    return {
        "schedule": schedule,
        "queue": engine.queue(schedule),
        "due": next(iter(scheduling.coming(schedule, now=now)), None),
        "next_number": catalogue.next_number(dataset),
        "dataset": dataset,
        "steps": [] if all(each.done for each in steps) else starting.drawn(steps),
        "tiers": _in_words(catalogue.tiers(dataset)),
        "versions": catalogue.public_versions(dataset),
        "terms": terms.in_force(dataset, now=now),
        "sources": list(enumerate(dataset.sources)),
        "collect": (
            f".venv/bin/python manage.py collect distributions {shlex.quote(folder)} \\\n"
            f"  --dataset {dataset.slug} --home {home}"
        ),
        "about": asked.get("about") or _about(dataset),
        "about_open": "about" in asked,
        "listing": asked.get("listing") or ReasonForm(auto_id="listing_%s"),
        "source": asked.get("source") or ReasonForm(auto_id="source_%s"),
    }


def _moved(
    request: HttpRequest, actor: Actor, dataset: "Dataset", asked: dict[str, forms.Form]
) -> int:
    """Do what the pressed button says; 0 when it was done, else the status of the refusal."""
    if sent(request, "about"):
        asked["about"] = form = _about(dataset, request.POST)
        return _described(request, actor, dataset, form) if form.is_valid() else 422
    name = "listing" if sent(request, "listing") else "source"
    asked[name] = reason = ReasonForm(request.POST, auto_id=f"{name}_%s")
    if not reason.is_valid():
        return 422
    now, why = timezone.now(), reason.cleaned_data["reason"]
    try:
        if name == "listing":
            editing.set_listed(
                actor=actor, dataset_id=dataset.pk, listed=not dataset.listed, reason=why, now=now
            )
            told = "is listed: anyone may know of it" if not dataset.listed else "is not listed"
            messages.success(request, f"{dataset.slug} {told}.")
        else:
            editing.drop_source(
                actor=actor, dataset_id=dataset.pk, position=_position(request), reason=why, now=now
            )
            messages.success(request, "The next builds collect nothing from there.")
    except REFUSALS as error:
        return blame(reason, error)
    return 0


def _position(request: HttpRequest) -> int:
    given = request.POST.get("position", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 6 else -1


def _described(request: HttpRequest, actor: Actor, dataset: "Dataset", form: AboutForm) -> int:
    told, before = form.cleaned_data, dict(dataset.redaction)
    classes = form.classes()
    policy = before
    if classes != before.get("classes"):
        policy = {"version": int(before.get("version", 0)) + 1, "classes": classes}
    try:
        editing.change_dataset(
            actor=actor,
            dataset_id=dataset.pk,
            title=told["title"],
            summary=told["summary"],
            contact=told["contact"],
            licence_set=told["licence_set"],
            redaction=policy,
            reason=told["reason"],
            now=timezone.now(),
        )
    except REFUSALS as error:
        return blame(form, error)
    messages.success(request, "Saved. Licences and redaction bind the builds that start from now.")
    return 0


_DATASET = "admin/datasets/<str:namespace>/<str:name>"
urls = [
    path("admin/datasets", index, name="admin-datasets"),
    path("admin/datasets/new", new, name="dataset-new"),
    path(_DATASET, edit, name="dataset-edit"),
]
