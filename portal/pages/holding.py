"""Who holds what: the grants of a dataset, and ending one at once."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from governance.access import applied, services
from governance.audit.actors import Role
from governance.errors import NotPermittedError, WrongStateError
from portal.accounts.actors import actor_of
from portal.pages.applying import told_grant
from portal.pages.forming import Words, blame, many_lines, whole_number
from portal.pages.guards import staff

PAGE = 50


class RevokeForm(forms.Form):
    reason = Words(label="Reason", help_text="The holder reads it.", widget=many_lines(2))


@require_http_methods(["GET", "HEAD", "POST"])
@staff(Role.STEWARD, Role.ADMIN)
def grants(request: HttpRequest) -> HttpResponse:
    """Grants that are open or will be, the ones that end first come first; `?ended` the others."""
    actor, now, status = actor_of(request), timezone.now(), 200
    form, pressed = RevokeForm(request.POST or None), whole_number(request.POST.get("grant", ""))
    if request.method == "POST":
        form.is_valid()
        try:
            services.revoke_grant(
                grant_id=pressed,
                actor=actor,
                reason=form.cleaned_data.get("reason", ""),
                now=now,
            )
        except (WrongStateError, NotPermittedError) as error:
            status = blame(form, error)
        else:
            messages.success(request, "The grant is revoked. Its holder is told.")
            return redirect("steward-grants")
    ended = "ended" in request.GET
    found = applied.grants(actor, now=now, ended=ended)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    told: dict[str, Any] = {
        "page_obj": page,
        "rows": [told_grant(each, now) for each in page],
        "ended": ended,
        "form": form,
        "pressed": pressed,
    }
    return render(request, "steward/grants.html", told, status=status)


urls = [path("steward/grants", grants, name="steward-grants")]
