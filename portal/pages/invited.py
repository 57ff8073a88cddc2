"""The page behind the link of an invitation: for whoever reads the invited address's mail."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from governance.access import holding, services
from governance.audit.actors import Role
from governance.errors import MissingError
from portal.accounts import inviting, people
from portal.accounts.actors import actor_of
from portal.accounts.models import User

if TYPE_CHECKING:
    from governance.access.models import RoleInvitation

LANDING = {Role.ADMIN: "admin", Role.STEWARD: "steward-queue", Role.AUDITOR: "record"}


class WelcomeForm(forms.Form):
    name = forms.CharField(
        label="Full name",
        max_length=200,
        min_length=3,
        help_text="As you sign: it stands beside what you decide.",
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    affiliation = forms.CharField(
        label="Organisation",
        max_length=200,
        required=False,
        help_text="A university, company or project.",
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    password1 = forms.CharField(
        label="Password",
        max_length=1000,
        strip=False,
        help_text="At least 10 characters. Three or four words do well.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    password2 = forms.CharField(
        label="The same password again",
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, email: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email

    def clean_password1(self) -> str:
        given = self.cleaned_data["password1"]
        who = User(email=self.email, name=self.cleaned_data.get("name", ""))
        validate_password(given, who)
        return given

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        if told.get("password1") and told["password1"] != told.get("password2"):
            self.add_error("password2", ValidationError("The two passwords are not the same."))
        return told


@sensitive_post_parameters("password1", "password2")
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, secret: str) -> HttpResponse:
    """Accept: at once when signed in under the invited address, else by making the account."""
    now, actor = timezone.now(), actor_of(request)
    try:
        found = holding.invitation(secret, now=now)
    except MissingError as error:  # the same page for every link that opens nothing
        return render(request, "account/invitation_gone.html", {"error": error}, status=404)
    landing = reverse(LANDING[Role(found.role)])
    case, status = _case(found, actor.email if actor.signed_in else ""), 200
    form = WelcomeForm(found.email, request.POST if request.method == "POST" else None)
    if request.method == "POST" and case == "accept":
        services.accept_role(actor=actor, secret=secret, now=now)
        messages.success(request, f"You are {found.role} now.")
        return redirect(landing)
    if request.method == "POST" and case == "new":
        if form.is_valid():
            told = form.cleaned_data
            return inviting.enter(
                request, found, secret=secret, name=people.one_line(told["name"]),
                affiliation=people.one_line(told["affiliation"]), password=told["password1"],
                to=landing, now=now,
            )  # fmt: skip
        status = 422
    told = _told(found) | {"case": case, "form": form}
    response = render(request, "account/invitation.html", told, status=status)
    response["Cache-Control"] = "no-store"
    return response


def _case(found: "RoleInvitation", signed_in_as: str) -> str:
    """`accept`, `other` (signed in as somebody else), `sign in` or `new`."""
    user = inviting.account_of(found.email)
    if signed_in_as:
        return "accept" if signed_in_as.lower() == found.email else "other"
    return "sign in" if user is not None and inviting.is_proven(user) else "new"


def _told(found: "RoleInvitation") -> dict[str, Any]:
    names = people.names([found.made_by])
    return {
        "it": found,
        "where": f"of {found.dataset.slug}" if found.dataset else "of the whole site",
        "by": names.get(found.made_by or 0, "The operator of this installation"),
    }


urls = [path("invitations/<str:secret>", invitation, name="invitation")]
