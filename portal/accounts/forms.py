"""What sign-up asks beside address and password."""

from django import forms
from django.http import HttpRequest

from portal.accounts.models import User
from portal.accounts.people import country_choices


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
        user.name = self.cleaned_data["name"].strip()
        user.affiliation = self.cleaned_data["affiliation"].strip()
        user.country = self.cleaned_data["country"]
        user.save(update_fields=["name", "affiliation", "country"])
