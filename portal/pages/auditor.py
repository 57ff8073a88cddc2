"""Pages of auditors."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from governance.audit.actors import Role
from portal.pages.guards import staff


@staff(Role.AUDITOR)
def page(request: HttpRequest, **where: object) -> HttpResponse:
    return render(request, "auditor/page.html", where)


urls = [
    path("record", page, name="record"),
    path("record/<int:entry_id>", page, name="record-entry"),
]
