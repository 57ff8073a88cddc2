"""Own pages of somebody signed in."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from portal.pages.guards import signed_in


@signed_in
def page(request: HttpRequest, **where: object) -> HttpResponse:
    return render(request, "researcher/page.html", where)


urls = [
    path("acceptances/<str:number>.json", page, name="acceptance-json"),
    path("acceptances/<str:number>", page, name="acceptance"),
    path("downloads", page, name="downloads"),
    path("datasets/<str:namespace>/<str:name>/<str:tier>/apply", page, name="apply"),
    path("applications", page, name="applications"),
    path("applications/<str:number>", page, name="application"),
    path("inbox", page, name="inbox"),
    path("tokens", page, name="tokens"),
    path("account", page, name="account"),
]
