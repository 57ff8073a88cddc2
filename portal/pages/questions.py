"""The questions of a tier as a form of a page. It parses; the verbs judge."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.datastructures import MultiValueDict

from governance.access.countries import COUNTRIES
from governance.access.uploads import ENDINGS
from portal.pages.forming import Ticked, Words, many_lines

Question = Mapping[str, Any]
FEW = 6  # choices that are shown at once
GROUP_HELP = (
    "Leave this empty to apply for yourself alone. Else one e-mail address a line, at most 50, "
    "without your own. After an approval each of them is invited and accepts for themselves."
)


class _Chosen(forms.ChoiceField):
    def validate(self, value: Any) -> None:
        del value


class _ManyChosen(forms.MultipleChoiceField):
    def validate(self, value: Any) -> None:
        del value


class _Files(forms.FileInput):
    """Of one or several files; what was stored is shown beside it, never in it."""

    allow_multiple_selected = True

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        del data
        return files.getlist(name) if isinstance(files, MultiValueDict) else files.get(name)


class _Attached(forms.Field):
    widget = _Files

    def validate(self, value: Any) -> None:
        del value


class Answered:
    """A form with one field a question, and one for the members of a group."""

    def __init__(
        self,
        questions: Sequence[Question],
        request: HttpRequest | None = None,
        *,
        initial: Mapping[str, Any] | None = None,
        reply: bool = False,
    ) -> None:
        self.questions = questions
        posted = request is not None and request.method == "POST"
        told: dict[str, Any] = {"initial": dict(initial or {})}
        if posted and request is not None:
            told |= {"data": request.POST, "files": request.FILES}
        self.form = forms.Form(**told)
        if reply:
            self.form.fields["reply"] = Words(
                label="Your answer to the questions", widget=many_lines(5)
            )
        for each in questions:
            self.form.fields[each["name"]] = _field(each)
        self.form.fields["members"] = Words(
            label="Members of your group", help_text=GROUP_HELP, required=False,
            widget=many_lines(3),
        )  # fmt: skip
        if posted:
            self.form.is_valid()

    @property
    def answers(self) -> dict[str, Any]:
        """As the verbs take them; files apart."""
        told = getattr(self.form, "cleaned_data", {})
        return {each["name"]: told.get(each["name"]) for each in self.questions
                if each["kind"] != "file"}  # fmt: skip

    @property
    def members(self) -> list[str]:
        text = getattr(self.form, "cleaned_data", {}).get("members") or ""
        return [each for each in text.replace(",", "\n").split() if each]

    @property
    def reply(self) -> str:
        return getattr(self.form, "cleaned_data", {}).get("reply") or ""

    @property
    def files(self) -> list[tuple[str, Any]]:
        """(question, uploaded file), in the order of the questions."""
        told = getattr(self.form, "cleaned_data", {})
        return [
            (each["name"], file)
            for each in self.questions
            if each["kind"] == "file"
            for file in told.get(each["name"]) or []
        ]


def _field(question: Question) -> forms.Field:
    kind = question["kind"]
    told: dict[str, Any] = {
        "label": question["label"],
        "help_text": question.get("help", ""),
        "required": bool(question.get("required")),
    }
    if kind == "declaration":
        return Ticked(**told)
    if kind == "long":
        return Words(**told, widget=many_lines(5))
    if kind == "date":
        return Words(**told, widget=forms.DateInput(attrs={"type": "date"}))
    if kind == "country":
        chosen = [("", "Choose a country"), *sorted(COUNTRIES.items(), key=lambda each: each[1])]
        return _Chosen(**told, choices=chosen)
    if kind == "choice":
        return _choice(question, told)
    if kind == "multi-choice":
        words = [(each, each) for each in question["choices"]]
        told["required"] = False  # a browser would ask for every box
        return _ManyChosen(**told, choices=words, widget=forms.CheckboxSelectMultiple)
    if kind == "file":
        return _attached(question, told)
    return Words(**told)


def _choice(question: Question, told: dict[str, Any]) -> forms.Field:
    words = [(each, each) for each in question["choices"]]
    if len(words) <= FEW:
        return _Chosen(**told, choices=words, widget=forms.RadioSelect)
    return _Chosen(**told, choices=[("", "Choose one"), *words])


def _attached(question: Question, told: dict[str, Any]) -> forms.Field:
    endings = [end for kind in question["types"] for end in ENDINGS[kind]]
    most = question.get("most", 1)
    bounds = f"{', '.join(question['types'])}; at most {question['megabytes']} MB"
    if most > 1:
        bounds += f" each, {most} files"
    told["help_text"] = " ".join([told["help_text"], f"({bounds})"]).strip()
    told["required"] = False  # one that was sent before counts
    attrs = {"accept": ",".join(endings)} | ({"multiple": True} if most > 1 else {})
    return _Attached(**told, widget=_Files(attrs=attrs))


def answered(question: dict[str, Any], given: Any, there: dict[str, list]) -> dict[str, Any]:
    """One question with what was answered, in words."""
    kind = question["kind"]
    if kind == "multi-choice":
        given = ", ".join(given or [])
    if kind == "country":
        given = COUNTRIES.get(given, given)
    files = there.get(question["name"], []) if kind == "file" else []
    return {"label": question["label"], "kind": kind, "given": given, "files": files}
