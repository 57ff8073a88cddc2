"""Pages of builds."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from governance.audit.actors import Role
from portal.pages.guards import staff


@staff(Role.ADMIN, Role.STEWARD, Role.AUDITOR)
def page(request: HttpRequest, **where: object) -> HttpResponse:
    return render(request, "admin/page.html", where)


urls = [
    path("builds", page, name="builds"),
    path("builds/<int:build_id>", page, name="build"),
    path("builds/<int:build_id>/progress", page, name="build-progress"),
    path("builds/<int:build_id>/shards/<str:stage>", page, name="build-shards"),
]
