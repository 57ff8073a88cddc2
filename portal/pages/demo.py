"""Pages of the demo alone: its people and the mails it sent. Elsewhere there is no such page."""

import re
from collections.abc import Callable
from functools import wraps
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from governance.errors import MissingError
from governance.notices import mailbox
from portal import demo

ADDRESS = re.compile(r"https?://[^\s<>\"']+")
View = Callable[[HttpRequest], HttpResponse]


def only_in_the_demo(view: View) -> View:
    """Elsewhere the address answers as one that leads nowhere."""

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        if not settings.DEMO:
            raise MissingError("There is no such page.")
        return view(request)

    return guarded


@require_safe
@only_in_the_demo
@never_cache
def people(request: HttpRequest) -> HttpResponse:
    """Who can be signed in as; the codes alone when htmx asks for them."""
    found = demo.people()
    shown = {
        "people": found,
        "passwords": sorted({person.password for person in found}),
        "seconds": next((person.code_seconds for person in found if person.code), 0),
        "codes": "".join(person.code for person in found),
    }
    live = request.htmx and request.GET.get("codes") is not None
    shown["same"] = live and request.GET["codes"] == shown["codes"]
    return render(request, "demo/codes.html" if live else "demo/demo.html", shown)


@require_safe
@only_in_the_demo
@never_cache
def mail(request: HttpRequest) -> HttpResponse:
    """What was mailed, newest first, of one address or of all."""
    to = request.GET.get("to", "").strip()[:200]
    letters = [
        {"letter": each, "text": linked(each.text, request.get_host())}
        for each in mailbox.letters(to=to)
    ]
    addresses = sorted({each.to for each in mailbox.letters()})
    shown = {"letters": letters, "to": to, "addresses": addresses}
    return render(request, "demo/demo-mail.html", shown)


def linked(text: str, host: str) -> SafeString:
    """Plain text, escaped, with the addresses of this site as links; no other address is one."""
    parts, at = [], 0
    for found in ADDRESS.finditer(text):
        address = found[0].rstrip(".,;:!?)")
        parts.append(escape(text[at : found.start()]))
        parts.append(_link(address, host))
        at = found.start() + len(address)
    parts.append(escape(text[at:]))
    return mark_safe("".join(parts))  # noqa: S308 - every part was escaped


def _link(address: str, host: str) -> str:
    try:
        here = urlsplit(address).netloc in {host, urlsplit(settings.PUBLIC_URL).netloc or host}
    except ValueError:  # e.g. a bracket that is never closed
        here = False
    return format_html('<a href="{}">{}</a>', address, address) if here else escape(address)


urls = [
    path("demo", people, name="demo"),
    path("demo/mail", mail, name="demo-mail"),
]
