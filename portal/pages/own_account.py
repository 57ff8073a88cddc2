"""One's own account: profile, and what is missing."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from governance.audit.actors import Actor
from governance.catalogue import selectors as catalogue
from governance.errors import InvalidError, NotPermittedError
from governance.notices import selectors as notices
from portal.accounts import people, profile
from portal.accounts.actors import actor_of
from portal.pages import own_data, own_identities, own_sessions, own_tokens
from portal.pages.forming import Words, blame
from portal.pages.guards import factor_route, signed_in


class ProfileForm(forms.Form):
    name = Words(
        label="Full name",
        help_text="As you sign. What you have signed keeps the name that you typed there.",
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    affiliation = Words(
        label="Organisation",
        required=False,
        help_text="A university, company or project.",
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    country = Words(
        label="Country",
        required=False,
        help_text="Of your organisation; shown only in sums.",
        widget=forms.Select(attrs={"autocomplete": "country"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["country"].widget.choices = people.country_choices()


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def account(request: HttpRequest) -> HttpResponse:
    actor, status = actor_of(request), 200
    user = request.user
    kept = {name: getattr(user, name) for name in ("name", "affiliation", "country")}
    form = ProfileForm(initial=kept)
    if request.method == "POST":
        form = ProfileForm(request.POST)
        try:
            form.is_valid()
            profile.update(actor=actor, **form.cleaned_data, now=timezone.now())
        except (InvalidError, NotPermittedError) as error:
            status = blame(form, error)
        else:
            messages.success(request, "Your profile is saved.")
            return redirect("account")
    told = {
        "form": form,
        "roles": _roles(actor),
        "missing": _missing(actor, request),
        "unreachable": notices.unreachable(actor.email),
    }
    return render(request, "researcher/account.html", told, status=status)


def _roles(actor: Actor) -> list[dict[str, str]]:
    slugs = {each.pk: each.slug for each in catalogue.every()} if actor.roles else {}
    held = [
        {"role": str(role), "where": slugs.get(at, "") if at is not None else "every dataset"}
        for role, at in actor.roles
    ]
    return sorted(held, key=lambda each: (each["role"], each["where"]))


def _missing(actor: Actor, request: HttpRequest) -> list[dict[str, str]]:
    """What this account still lacks, in the order in which it is best done."""
    found = []
    if not actor.verified:
        found.append(
            {
                "title": "Confirm your address",
                "text": "Until then nothing can be signed, applied for or downloaded.",
                "url": reverse("account_email"),
                "action": "Send the link",
            }
        )
    if actor.is_staff and not actor.second_factor:
        action = "Confirm with a code" if actor.has_second_factor else "Set it up"
        found.append(
            {
                "title": "Use your second factor",
                "text": "Your role works only in a session in which it was used.",
                "url": f"{reverse(factor_route(actor))}?next={request.path}",
                "action": action,
            }
        )
    return found


urls = [
    *own_tokens.urls,
    *own_sessions.urls,
    *own_identities.urls,
    *own_data.urls,
    path("account", account, name="account"),
]
