"""What one is told: the inbox, what is wanted where, the datasets that one follows."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from governance.catalogue import selectors as catalogue
from governance.errors import InvalidError, WrongStateError
from governance.notices import selectors, services
from governance.notices.topics import TOPICS
from portal.accounts.actors import actor_of
from portal.pages.forming import sent, whole_number
from portal.pages.guards import signed_in

PAGE = 25
CHANNELS = ("mail", "inbox")


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def inbox(request: HttpRequest) -> HttpResponse:
    """Notices, the newest first; `?unread=1` and `?topic=` choose among them. Looking changes
    nothing: a notice is read when its reader says so."""
    actor, now = actor_of(request), timezone.now()
    user_id = actor.user_id or 0
    if request.method == "POST":
        if sent(request, "all"):
            newest = whole_number(request.POST.get("newest", ""))
            services.mark_all_read(user_id=user_id, up_to=newest, now=now)
        else:
            asked = [whole_number(request.POST.get("read", ""))]
            services.mark_read(user_id=user_id, message_ids=asked, now=now)
        return HttpResponseRedirect(request.get_full_path())
    unread = "unread" in request.GET
    topic = request.GET.get("topic", "")
    found = selectors.inbox(user_id, unread=unread, topic=topic if topic in TOPICS else "")
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    told = {
        "page_obj": page,
        "unread_only": unread,
        "newest": max((each.pk for each in page), default=0) if page.number == 1 else 0,
        "topics": _topics(user_id, topic, unread),
        "topic": TOPICS.get(topic),
        "unreachable": selectors.unreachable(actor.email),
    }
    response = render(request, "researcher/inbox.html", told)
    response["Cache-Control"] = "no-store"
    return response


def _topics(user_id: int, chosen: str, unread: bool) -> list[dict[str, Any]]:
    """Topics of which there is anything, with the address that shows one alone, or all again."""
    counted = selectors.counts(user_id)
    kept = {"unread": "1"} if unread else {}
    return [
        {
            "label": each.title,
            "count": counted[each.code],
            "on": each.code == chosen,
            "url": f"?{urlencode(kept if each.code == chosen else kept | {'topic': each.code})}",
        }
        for each in TOPICS.values()
        if counted.get(each.code)
    ]


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def choices(request: HttpRequest) -> HttpResponse:
    """What is told where; what can't be silenced says why. Follows; an address that fails."""
    actor, now = actor_of(request), timezone.now()
    status = 200
    if sent(request, "again"):
        try:
            services.ask_to_confirm(actor=actor, now=now)
            messages.success(request, f"We sent a link to {actor.email}. It is good for 3 days.")
        except WrongStateError as error:
            messages.info(request, error.sentence)
        return redirect("notice-choices")
    if request.method == "POST":
        known = {each.topic.code: each for each in selectors.choices(actor.user_id or 0)}
        wanted = {
            code: {
                channel: f"{code}:{channel}" in request.POST
                for channel in CHANNELS
                if channel in each.free
            }
            for code, each in known.items()
        }
        try:
            changed = services.choose(actor=actor, wanted=wanted, now=now)
        except InvalidError as error:
            messages.error(request, error.sentence)
            status = 422
        else:
            messages.success(request, "Saved." if changed else "Nothing was changed.")
            return redirect("notice-choices")
    told = {
        "choices": [
            {
                "topic": each.topic,
                "cells": [
                    {"channel": channel, "on": getattr(each, channel), "free": channel in each.free}
                    for channel in CHANNELS
                ],
            }
            for each in selectors.choices(actor.user_id or 0)
        ],
        "follows": selectors.follows(actor.user_id or 0),
        "unreachable": selectors.unreachable(actor.email),
    }
    return render(request, "researcher/notice-choices.html", told, status=status)


@require_POST
@signed_in
def follow(request: HttpRequest, namespace: str, name: str) -> HttpResponse:
    """Begin or end to be told of new versions, and back to where the button stood."""
    actor, now = actor_of(request), timezone.now()
    dataset = catalogue.dataset(namespace, name)
    if sent(request, "unfollow"):
        services.unfollow(actor=actor, dataset=dataset, now=now)
        messages.success(request, f"You are not told of new versions of {dataset.slug} any more.")
    else:
        services.follow(actor=actor, dataset=dataset, now=now)
        messages.success(request, f"You will be told of new versions of {dataset.slug}.")
    if request.POST.get("from") == "choices":
        return redirect("notice-choices")
    return redirect(reverse("dataset", kwargs={"namespace": namespace, "name": name}))


urls = [
    path("inbox", inbox, name="inbox"),
    path("inbox/choices", choices, name="notice-choices"),
    path("datasets/<str:namespace>/<str:name>/follow", follow, name="dataset-follow"),
]
