"""Pages of the demo alone: its people and the mails it sent. Elsewhere there is no such page."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from governance.errors import MissingError
from governance.notices import mailbox


def people(request: HttpRequest) -> HttpResponse:
    _only_in_the_demo()
    from portal import demo

    return render(request, "demo/demo.html", {"people": demo.people()})


def mail(request: HttpRequest) -> HttpResponse:
    _only_in_the_demo()
    return render(request, "demo/demo-mail.html", {"letters": list(mailbox.letters())})


def _only_in_the_demo() -> None:
    if not settings.DEMO:
        raise MissingError("There is no such page.")


urls = [
    path("demo", people, name="demo"),
    path("demo/mail", mail, name="demo-mail"),
]
