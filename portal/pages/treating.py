"""What a dataset does with private values, as a part of a form: by class, and by context."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from pipeline.redact import policy as redaction
from pipeline.redact.contexts import CODE, CONTEXTS
from pipeline.redact.spans import BROADER, CLASSES, FURTHER
from portal.pages.forming import Words, many_lines

FOUND = {  # class -> what it is, for who decides about it
    "KEY": "Keys and tokens",
    "PASSWORD": "Passwords",
    "EMAIL": "E-mail addresses",
    "IP_ADDRESS": "IP addresses",
    "NAME": "Names of people",
    "USERNAME": "User names",
    "EMAIL_LICENSE": "E-mail addresses in licence headers and attributions",
    "NAME_LICENSE": "Names in licence headers and attributions",
    "USERNAME_LICENSE": "User names in licence headers and attributions",
    "EMAIL_EXAMPLE": "E-mail addresses of nobody (example.com)",
    "NAME_EXAMPLE": "Names of nobody (John Doe)",
    "USERNAME_EXAMPLE": "User names of nobody (alice)",
    "PRIVATE_KEY": "Private-key blocks",
    "URL_CREDENTIALS": "Passwords in addresses",
    "PHONE": "Telephone numbers",
    "PAYMENT_CARD": "Payment cards",
    "NATIONAL_ID": "National ids",
}
TREATED = {
    redaction.REDACT: "Replace",
    redaction.LEAVE: "Leave as it is",
    redaction.DROP: "Drop the whole row",
}
_UNNAMED = {cls: f"As {FOUND[BROADER[cls]].lower()}" if cls in BROADER else "Do not look for them"
            for cls in FURTHER}  # fmt: skip


class TreatingForm(forms.Form):
    """A choice for each class; exceptions by context are lines `CLASS context action`."""

    def __init__(self, *args: Any, treated: Mapping[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.before = treated
        for cls in FOUND:
            self.fields[f"class_{cls}"] = forms.ChoiceField(
                label=FOUND[cls],
                required=cls not in FURTHER,
                choices=[*([("", _UNNAMED[cls])] if cls in FURTHER else []), *TREATED.items()],
                initial=_usual(treated, cls),
            )
        self.fields["exceptions"] = Words(
            label="Other treatment in a context",
            required=False,
            help_text=f"One a line: a class, a context ({', '.join(CONTEXTS[1:])}) and redact, "
            "leave or drop-row. Example: KEY example leave",
            widget=many_lines(3),
            initial="\n".join(_exceptions(treated)),
        )

    def clean_exceptions(self) -> dict[str, dict[str, str]]:
        told: dict[str, dict[str, str]] = {}
        for line in filter(str.strip, self.cleaned_data["exceptions"].splitlines()):
            words = line.split()
            known = len(words) == 3 and words[0] in CLASSES and words[1] in CONTEXTS
            if not known or words[2] not in redaction.ACTIONS:
                raise ValidationError(
                    f"“{line.strip()}” is not a class, a context and an action: write for example "
                    "KEY example leave."
                )
            told.setdefault(words[0], {})[words[1]] = words[2]
        return told

    def classes(self) -> dict[str, Any]:
        """The policy's classes. What is left anyhow is named only if it was before."""
        exceptions = self.cleaned_data["exceptions"]
        told: dict[str, Any] = {}
        for cls in CLASSES:
            usual = self.cleaned_data[f"class_{cls}"]
            if not usual and cls not in exceptions:
                continue
            usual = usual or redaction.unsaid(cls)
            if cls in exceptions:
                told[cls] = dict.fromkeys(CONTEXTS, usual) | exceptions[cls]
            elif cls in {*self.before, *FURTHER} or usual != redaction.LEAVE:
                told[cls] = usual
        return told


def _usual(treated: Mapping[str, Any], cls: str) -> str:
    if cls in treated:
        return redaction.by_context(treated[cls])[CODE]
    return "" if cls in FURTHER else redaction.unsaid(cls)


def _exceptions(treated: Mapping[str, Any]) -> list[str]:
    lines = []
    for cls, treatment in treated.items():
        told = redaction.by_context(treatment)
        usual = told.pop(CODE)
        lines += [f"{cls} {context} {what}" for context, what in told.items() if what != usual]
    return lines
