"""One's webhooks: made, tried, given a new secret; the log of what each was told."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from governance.errors import InvalidError, NotPermittedError, WrongStateError
from governance.notices import selectors, services
from governance.notices.topics import TOPICS
from portal.accounts.actors import actor_of
from portal.pages.forming import Words, blame, sent, whole_number
from portal.pages.guards import signed_in

PAGE = 25
REFUSALS = (InvalidError, WrongStateError, NotPermittedError)
STATES = {"active": ("Active", "ok"), "paused": ("Paused", ""), "disabled": ("Switched off", "bad")}
DELIVERY = {"queued": ("Waiting", "live"), "sent": ("Taken", "ok"), "failed": ("Given up", "bad")}


class HookForm(forms.Form):
    name = Words(label="Name", help_text="What listens there: chat room, pipeline.", max_length=100)
    url = Words(
        label="Address",
        help_text="Begins with https:// and can be reached from the Internet.",
        widget=forms.TextInput(attrs={"inputmode": "url", "spellcheck": "false"}),
    )
    topics = forms.MultipleChoiceField(
        label="What it is told",
        required=False,
        help_text="Nothing ticked: everything.",
        choices=[(each.code, each.title) for each in TOPICS.values()],
        widget=forms.CheckboxSelectMultiple,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def hooks(request: HttpRequest) -> HttpResponse:
    """Webhooks, and a form for another one, whose secret is in the answer to its POST alone."""
    actor, status = actor_of(request), 200
    form = HookForm(request.POST if sent(request, "make") else None)
    if form.is_bound:
        form.is_valid()
        given = {"topics": [], "name": "", "url": ""} | form.cleaned_data
        try:
            hook, secret = services.make_hook(actor=actor, now=timezone.now(), **given)
        except REFUSALS as error:
            status = blame(form, error)
        else:
            return _secret(request, hook, secret, "Your new webhook")
    rows = [
        {"it": each, "pill": STATES[each.state], "topics": _titles(each.topics)}
        for each in selectors.hooks(actor.user_id or 0)
    ]
    response = render(request, "researcher/hooks.html", {"form": form, "rows": rows}, status=status)
    response["Cache-Control"] = "no-store"
    return response


def _titles(codes: list[str]) -> str:
    return ", ".join(TOPICS[each].title for each in codes if each in TOPICS) or "everything"


def _secret(request: HttpRequest, hook: Any, secret: str, title: str) -> HttpResponse:
    told = {"hook": hook, "secret": secret, "title": title}
    response = render(request, "researcher/hook-secret.html", told)
    response["Cache-Control"] = "no-store"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def hook(request: HttpRequest, hook_id: int) -> HttpResponse:
    """One of them: what it is told, its log, and what can be done with it."""
    actor, status, now = actor_of(request), 200, timezone.now()
    found = selectors.hook(actor.user_id, hook_id)
    kept = {"name": found.name, "url": found.url, "topics": found.topics}
    form = HookForm(request.POST if sent(request, "change") else None, initial=kept)
    if request.method == "POST":
        if form.is_bound:
            form.is_valid()
        try:
            done = _act(request, actor, hook_id, form, now)
        except REFUSALS as error:
            status = blame(form, error) if form.is_bound else 409
            if not form.is_bound:
                messages.error(request, error.sentence)
        else:
            return done
        found = selectors.hook(actor.user_id, hook_id)
    page = Paginator(selectors.deliveries(hook_id), PAGE).get_page(request.GET.get("page"))
    told = {
        "hook": found,
        "form": form,
        "pill": STATES[found.state],
        "topics": _titles(found.topics),
        "page_obj": page,
        "rows": [
            {"it": each, "id": services.webhook_id(each), "pill": DELIVERY[each.state]}
            for each in page
        ],
        "old_holds": bool(found.old_secret and found.old_until and found.old_until > now),
    }
    response = render(request, "researcher/hook.html", told, status=status)
    response["Cache-Control"] = "no-store"
    return response


def _act(request: HttpRequest, actor: Any, hook_id: int, form: HookForm, now: Any) -> HttpResponse:
    verb = request.POST.get("do", "")
    if verb == "rotate":
        changed, secret = services.rotate_hook(actor=actor, hook_id=hook_id, now=now)
        return _secret(request, changed, secret, "Its new secret")
    if verb == "remove":
        services.remove_hook(actor=actor, hook_id=hook_id, now=now)
        messages.success(request, "The webhook is removed.")
        return redirect("webhooks")
    if verb == "change":
        given = {"topics": [], "name": "", "url": ""} | form.cleaned_data
        services.change_hook(actor=actor, hook_id=hook_id, now=now, **given)
        messages.success(request, "Saved.")
    elif verb in {"start", "pause"}:
        services.set_hook_state(actor=actor, hook_id=hook_id, active=verb == "start", now=now)
        messages.success(request, "It is told again." if verb == "start" else "It is paused.")
    elif verb == "test":
        services.test_hook(actor=actor, hook_id=hook_id, now=now)
        messages.success(request, "A test is on its way: reload in some seconds.")
    elif verb == "redeliver":
        given_id = whole_number(request.POST.get("message", ""))
        services.redeliver(actor=actor, hook_id=hook_id, message_id=given_id, now=now)
        messages.success(request, "It is told once more, under the same id.")
    return redirect("webhook", hook_id=hook_id)


urls = [
    path("inbox/webhooks", hooks, name="webhooks"),
    path("inbox/webhooks/<int:hook_id>", hook, name="webhook"),
]
