"""Forms that only parse: what is allowed is said by the verbs, and shown here where it belongs."""

from typing import Any

from django import forms
from django.http import HttpRequest

from governance.errors import GovernanceError, InvalidError
from portal import refusals


class Words(forms.CharField):
    """Text that a verb judges. `required` is told to the browser, never enforced here."""

    def validate(self, value: Any) -> None:
        del value


class Ticked(forms.BooleanField):
    """A declaration that a verb judges; never ticked beforehand."""

    def validate(self, value: Any) -> None:
        del value


def many_lines(rows: int = 4) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


def blame(form: forms.Form, error: GovernanceError) -> int:
    """Put a refusal beside the fields that it names, or above the form. Returns the HTTP status."""
    named = error.fields if isinstance(error, InvalidError) else {}
    for name, sentence in named.items():
        form.add_error(name if name in form.fields else None, sentence)
    if not named:
        form.add_error(None, error.sentence)
    return refusals.status_of(error)


def whole_number(given: str) -> int:
    """The number that a button or a hidden field sent; 0, which is nobody's, for anything else."""
    return int(given) if given.isascii() and given.isdigit() and len(given) < 19 else 0


def sent(request: HttpRequest, verb: str) -> bool:
    """Whether this request is the form with the button `verb`, on a page of several forms."""
    return request.method == "POST" and request.POST.get("do") == verb
