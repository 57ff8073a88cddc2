"""What sign-up asks beside address and password, and what a new passkey is called."""

from typing import Any

from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms
from django.http import HttpRequest

from portal.accounts.models import User
from portal.accounts.people import country_choices, one_line


class SignupForm(forms.Form):
    name = forms.CharField(
        label="Full name",
        max_length=200,
        min_length=3,
        help_text="As you sign: it stands on the terms that you accept.",
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    affiliation = forms.CharField(
        label="Organisation",
        max_length=200,
        required=False,
        help_text="Optional. A university, company or project.",
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )

    country = forms.ChoiceField(
        label="Country",
        choices=country_choices,
        required=False,
        help_text="Of your organisation. Optional; shown only in sums.",
        widget=forms.Select(attrs={"autocomplete": "country"}),
    )

    field_order = ["name", "email", "affiliation", "country", "password1", "password2"]

    def signup(self, request: HttpRequest, user: User) -> None:  # noqa: ARG002  the caller's shape
        user.name = one_line(self.cleaned_data["name"])
        user.affiliation = one_line(self.cleaned_data["affiliation"])
        user.country = self.cleaned_data["country"]
        user.save(update_fields=["name", "affiliation", "country"])


class PasskeyForm(AddWebAuthnForm):
    """Every key is a passkey: it signs in by itself, and asks its holder."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = "Name"
        self.fields["name"].max_length = 60
        self.fields["name"].help_text = "To tell it apart: laptop, phone, key on the ring."
        self.fields["name"].widget.attrs |= {"maxlength": 60}
        self.fields["passwordless"].widget = forms.HiddenInput()

    def clean(self) -> dict[str, Any]:
        self.cleaned_data["passwordless"] = True
        self.cleaned_data["name"] = self.cleaned_data.get("name", "")[:60]
        return super().clean()
