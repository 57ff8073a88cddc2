"""Pages of stewards."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from governance.audit.actors import Role
from portal.pages.guards import staff


@staff(Role.STEWARD, Role.ADMIN)
def page(request: HttpRequest, **where: object) -> HttpResponse:
    return render(request, "steward/page.html", where)


urls = [
    path("steward/applications", page, name="steward-queue"),
    path("steward/applications/<str:number>", page, name="steward-application"),
    path("steward/removals", page, name="steward-removals"),
]
