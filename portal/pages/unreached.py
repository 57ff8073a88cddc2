"""People whom no mail reaches: for the stewards of the datasets that they hold."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe

from governance.audit.actors import Role
from governance.notices import selectors
from portal.accounts.actors import actor_of
from portal.pages.guards import staff

PAGE = 50


@require_safe
@staff(Role.STEWARD, Role.ADMIN)
def unreached(request: HttpRequest) -> HttpResponse:
    found = selectors.unreached(actor_of(request))
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    return render(request, "steward/unreached.html", {"page_obj": page})


urls = [path("steward/unreached", unreached, name="steward-unreached")]
