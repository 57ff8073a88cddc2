"""The next terms of a dataset: written, compared and published by its admins."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from governance.audit.actors import Role
from governance.catalogue import selectors as catalogue
from governance.errors import InvalidError, MissingError, NotPermittedError, WrongStateError
from governance.terms import selectors, services, texts
from governance.terms.services import Written
from governance.terms.texts import ClauseSpec
from portal.accounts import people
from portal.accounts.actors import actor_of
from portal.pages import comparing
from portal.pages.forming import Words, blame, many_lines
from portal.pages.guards import staff

if TYPE_CHECKING:
    from governance.catalogue.models import Dataset
    from governance.terms.models import TermsDraft

REFUSALS = (InvalidError, WrongStateError, NotPermittedError)
EARLIER = (
    ("until", "They stay good until a day"),
    ("good", "They stay good"),
    ("end", "They end when the new terms take effect"),
)
MOMENT = "%Y-%m-%dT%H:%M"


class Moment(forms.DateTimeField):
    """A day and time in UTC, in the browser's own control; empty is allowed."""

    def __init__(self, **told: Any) -> None:
        picker = forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MOMENT)
        super().__init__(required=False, widget=picker, **told)


class Head(forms.Form):
    """All but the clauses and the table of uses."""

    number = Words(label="Number", help_text="Of the new version, like 2.0.", max_length=20)
    title = Words(label="Title", help_text="The first line of the text.", max_length=200)
    summary = Words(
        label="Summary in plain words",
        help_text="What changes for people, and what stays. It does not bind.",
        required=False,
        widget=many_lines(3),
    )
    effective_at = Moment(
        label="In force from (UTC)", help_text="Left empty: as soon as they are published."
    )
    earlier = forms.ChoiceField(
        label="What becomes of earlier signatures?", choices=EARLIER, widget=forms.RadioSelect
    )
    earlier_until = Moment(
        label="Until which day (UTC)",
        help_text="For signatures that stay good until a day. Downloads go on until then.",
    )
    reason = Words(
        label="Why do the terms change?",
        help_text="Those who signed earlier terms read this in a mail; it stays in the record.",
        widget=many_lines(2),
    )


class Line(NamedTuple):
    """A clause or a use of the draft, with its place and what is wrong with it."""

    at: int
    it: Any
    wrong: dict[str, str]
    first: bool
    last: bool


def _kept(request: HttpRequest, namespace: str, name: str) -> "Dataset":
    """The dataset, listed or not, for its admins; for others as if there were none."""
    dataset = catalogue.dataset_by_slug(f"{namespace}/{name}".replace("\x00", "?"))
    if not actor_of(request).acts_as(Role.ADMIN, dataset.pk):
        raise MissingError("There is no such page.")
    return dataset


@require_http_methods(["GET", "HEAD", "POST"])
@staff(Role.ADMIN)
def edit(request: HttpRequest, namespace: str, name: str) -> HttpResponse:
    """The draft as one form: every button saves, then does what it says."""
    dataset = _kept(request, namespace, name)
    draft = selectors.draft(dataset)
    do = request.POST.get("do", "") if request.method == "POST" else ""
    if do == "start":
        services.start_draft(actor=actor_of(request), dataset=dataset, now=timezone.now())
        return redirect("terms-draft", namespace=namespace, name=name)
    if draft is None:
        if do:
            messages.info(request, "That draft is gone: it was published or discarded.")
        told = {"dataset": dataset, "newest": selectors.newest(dataset)}
        return render(request, "admin/terms-start.html", told)
    if do == "discard":
        services.discard_draft(
            actor=actor_of(request), dataset=dataset, reason="", now=timezone.now()
        )
        messages.success(request, "The draft is gone. The terms in force stay as they are.")
        return redirect("terms-draft", namespace=namespace, name=name)
    if do:
        return _saved(request, dataset, draft, do)
    return _form(request, dataset, _written(draft), draft, Head(initial=_head(draft)))


def _saved(request: HttpRequest, dataset: "Dataset", draft: "TermsDraft", do: str) -> HttpResponse:
    head = Head(request.POST)
    head.is_valid()
    written, place = _moved(_parsed(head, request.POST), do)
    sent = request.POST.get("revision", "")
    try:
        if head.errors:
            raise InvalidError("A day can't be read.")
        services.save_draft(
            actor=actor_of(request),
            dataset=dataset,
            written=written,
            revision=int(sent) if sent.isascii() and sent.isdigit() and len(sent) < 9 else 0,
            now=timezone.now(),
        )
    except REFUSALS as error:
        wrong = error.fields if isinstance(error, InvalidError) else {}
        status = blame(head, error)
        return _form(request, dataset, written, draft, head, wrong=wrong, status=status)
    if do == "preview":
        return redirect("terms-preview", namespace=dataset.namespace, name=dataset.name)
    messages.success(request, "Saved.")
    where = {"namespace": dataset.namespace, "name": dataset.name}
    return HttpResponseRedirect(reverse("terms-draft", kwargs=where) + place)


def _form(
    request: HttpRequest,
    dataset: "Dataset",
    written: Written,
    draft: "TermsDraft",
    head: Head,
    *,
    wrong: dict[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    told = {
        "dataset": dataset,
        "draft": draft,
        "head": head,
        "changed_by": people.names([draft.changed_by]).get(draft.changed_by, ""),
        "clauses": _lines(written.clauses, "clause", wrong or {}),
        "uses": _lines(written.uses, "use", wrong or {}),
        "answers": [(each, comparing.ANSWERS[each][0]) for each in texts.ANSWERS],
        "newest": selectors.newest(dataset),
        "most_clauses": texts.MOST_CLAUSES,
    }
    return render(request, "admin/terms-draft.html", told, status=status)


def _lines(rows: Any, kind: str, wrong: dict[str, str]) -> list[Line]:
    last = len(rows)
    return [
        Line(at, each, _wrong_at(f"{kind}_{at}_", wrong), at == 1, at == last)
        for at, each in enumerate(rows, start=1)
    ]


def _wrong_at(begin: str, wrong: dict[str, str]) -> dict[str, str]:
    return {
        name.removeprefix(begin): told for name, told in wrong.items() if name.startswith(begin)
    }


# ------------------------------------------------------------------ what was sent


def _head(draft: "TermsDraft") -> dict[str, Any]:
    return {name: getattr(draft, name) for name in Head.base_fields}


def _written(draft: "TermsDraft") -> Written:
    told = {name: getattr(draft, name) for name in Written._fields}
    return Written(**told | {"clauses": [ClauseSpec(**each) for each in draft.clauses]})


def _parsed(head: Head, sent: QueryDict) -> Written:
    """What stands in the form; texts with the line ends that a text of terms has."""
    told = head.cleaned_data
    return Written(
        number=told.get("number", "").strip(),
        title=told.get("title", "").strip(),
        summary=_plain(told.get("summary", "")),
        clauses=[
            ClauseSpec(title.strip(), _plain(law), _plain(plain))
            for title, law, plain in _rows(sent, "clause", ("title", "law", "plain"))
        ],
        uses=[
            {
                "use": use.strip(),
                "answer": answer if answer in texts.ANSWERS else "permitted",
                "condition": condition.strip(),
                "clause": clause.strip(),
            }
            for use, answer, condition, clause in _rows(
                sent, "use", ("use", "answer", "condition", "clause")
            )
        ],
        effective_at=_utc(told.get("effective_at")),
        earlier=told.get("earlier") or "until",
        earlier_until=_utc(told.get("earlier_until")) if told.get("earlier") == "until" else None,
        reason=_plain(told.get("reason", "")),
    )


def _rows(sent: QueryDict, kind: str, parts: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Columns of inputs of one name each, as rows. Bounds are the verb's, one more shows them."""
    columns = [sent.getlist(f"{kind}_{part}")[: texts.MOST_CLAUSES + 1] for part in parts]
    return list(zip(*columns, strict=False))


def _plain(written: str) -> str:
    return written.replace("\r\n", "\n").replace("\x00", "").strip()


def _utc(at: datetime | None) -> datetime | None:
    return at.astimezone(UTC) if at is not None else None


def _moved(written: Written, do: str) -> tuple[Written, str]:
    """What a button does beside saving: add, remove, up or down; and where the page goes on."""
    verb, _, rest = do.partition(":")
    kind, _, number = rest.partition(":")
    if kind not in {"clause", "use"}:
        return written, ""
    name = f"{kind}s"
    rows = list(getattr(written, name))
    at = int(number) - 1 if number.isascii() and number.isdigit() and len(number) < 4 else -1
    if verb == "add":
        empty = {"use": "", "answer": "permitted", "condition": "", "clause": "1"}
        rows.append(ClauseSpec("", "", "") if kind == "clause" else empty)
        at = len(rows) - 1
    elif 0 <= at < len(rows):
        at = _shifted(rows, verb, at)
    return written._replace(**{name: rows}), f"#{kind}-{max(at, 0) + 1}"


def _shifted(rows: list[Any], verb: str, at: int) -> int:
    if verb == "remove":
        del rows[at]
        return at - 1
    to = {"up": at - 1, "down": at + 1}.get(verb, at)
    if 0 <= to < len(rows):
        rows[at], rows[to] = rows[to], rows[at]
        return to
    return at


# ------------------------------------------------------------------ preview and publication


class Publishing(forms.Form):
    confirmation = Words(
        label="Type the number of these terms to publish them",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    reason = forms.CharField(required=False, widget=forms.HiddenInput)


@require_http_methods(["GET", "HEAD", "POST"])
@staff(Role.ADMIN)
def preview(request: HttpRequest, namespace: str, name: str) -> HttpResponse:
    """The draft as it will be read, beside what is in force; published from here."""
    dataset = _kept(request, namespace, name)
    draft = selectors.draft(dataset)
    if draft is None:
        return redirect("terms-draft", namespace=namespace, name=name)
    form, status = Publishing(request.POST if request.method == "POST" else None), 200
    if request.method == "POST":
        form.is_valid()
        sent = request.POST.get("revision", "")
        try:
            made = services.publish_draft(
                actor=actor_of(request),
                dataset=dataset,
                revision=int(sent) if sent.isascii() and sent.isdigit() and len(sent) < 9 else 0,
                confirmation=form.cleaned_data.get("confirmation", ""),
                now=timezone.now(),
            )
        except REFUSALS as error:
            status = blame(form, error)
        else:
            messages.success(request, f"Terms {made.number} of {dataset.slug} are published.")
            if dataset.listed:
                return redirect("terms-version", namespace=namespace, name=name, number=made.number)
            return redirect("terms-draft", namespace=namespace, name=name)
    return render(
        request, "admin/terms-preview.html", _previewed(dataset, draft, form), status=status
    )


def _previewed(dataset: "Dataset", draft: "TermsDraft", form: Publishing) -> dict[str, Any]:
    written, newest, now = _written(draft), selectors.newest(dataset), timezone.now()
    try:
        texts.check(
            number=written.number, title=written.title, clauses=written.clauses, uses=written.uses
        )
        wrong = {}
    except InvalidError as error:
        wrong = error.fields
    if not written.reason:
        wrong["reason"] = "Say why the terms change."
    since = newest.number if newest else ""
    return {
        "dataset": dataset,
        "draft": draft,
        "newest": newest,
        "form": form,
        "wrong": list(wrong.values()),
        "clauses": comparing.differences(
            selectors.clauses(newest) if newest else [], written.clauses, since
        ),
        "uses": comparing.uses(newest, draft),
        "sha256": texts.digest(
            texts.render_text(written.title, written.number, list(written.clauses))
        ),
        "holders": selectors.count_holders(dataset, now=now),
        "earlier": dict(EARLIER)[draft.earlier],
    }


_TERMS = "datasets/<str:namespace>/<str:name>/terms"

urls = [
    path(f"{_TERMS}/draft", edit, name="terms-draft"),
    path(f"{_TERMS}/draft/preview", preview, name="terms-preview"),
]
