"""The record as auditors read it. To look is an act, and stands in the record itself."""

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django import forms
from django.core.paginator import Paginator
from django.db import transaction
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_GET, require_safe

from governance.audit import selectors, services
from governance.audit.actors import Role
from governance.errors import WrongStateError
from portal.accounts import people
from portal.accounts.actors import actor_of
from portal.pages import asking, drawing, exporting, using
from portal.pages.guards import staff

if TYPE_CHECKING:
    from collections.abc import Iterator

    from governance.audit.models import Entry

PAGE = 50
OUTCOMES = {"allowed": "Allowed", "refused": "Refused", "recorded": "Recorded"}
KINDS = {"allowed": "ok", "refused": "bad", "recorded": ""}


class SearchForm(forms.Form):
    person = forms.CharField(
        label="Person",
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"placeholder": "Part of a name or an address"}),
    )
    dataset = forms.CharField(label="Dataset", required=False, max_length=200)
    version = forms.CharField(label="Version", required=False, max_length=40)
    tier = forms.CharField(label="Tier", required=False, max_length=40)
    action = forms.ChoiceField(label="Action", required=False)
    outcome = forms.ChoiceField(
        label="Outcome", required=False, choices=[("", "Any"), *OUTCOMES.items()]
    )
    since = forms.DateField(
        label="From (UTC)", required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    until = forms.DateField(
        label="To (UTC)", required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = selectors.actions()
        areas = sorted({name.partition(".")[0] for name in names})
        self.fields["action"].choices = [
            ("", "Any"),
            *((f"{area}.", f"{area}: all") for area in areas),
            *((name, name) for name in names),
        ]


@require_safe
@staff(Role.AUDITOR)
def record(request: HttpRequest) -> HttpResponse:
    form = SearchForm(request.GET)
    if not form.is_valid():
        return render(request, "auditor/record.html", {"form": form}, status=422)
    wanted = _wanted(form)
    found = selectors.search(wanted)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    rows = [_row(each) for each in page]
    told = {
        "form": form,
        "page_obj": page,
        "rows": rows,
        "asked": wanted,
        "chart": drawing.per_day(selectors.per_day(found)),
        "unsealed": selectors.unsealed(),
        "most": exporting.MOST,
        "query": urlencode(wanted),
    }
    looked = wanted | ({"page": str(page.number)} if page.number > 1 else {})
    _look(request, looked, page.paginator.count)
    return render(request, "auditor/record.html", told)


def _wanted(form: SearchForm) -> dict[str, str]:
    return {name: str(value) for name, value in form.cleaned_data.items() if value}


@require_GET
@staff(Role.AUDITOR)
def export(request: HttpRequest, form: str) -> HttpResponseBase:
    """What a search finds, as a file. The export is on record before its first byte leaves."""
    asked = SearchForm(request.GET)
    if not asked.is_valid():
        return render(request, "auditor/record.html", {"form": asked}, status=422)
    wanted, now = _wanted(asked), timezone.now()
    found = selectors.search(wanted)
    extent = selectors.extent(found)
    if extent.count > exporting.MOST:
        raise WrongStateError(
            f"This search finds {extent.count:,} entries, and a file holds at most "
            f"{exporting.MOST:,}: narrow it by dates and export it in parts."
        )
    with transaction.atomic():
        services.record_exported(
            actor=actor_of(request), terms=wanted, found=extent.count, form=form, now=now
        )
    entries = found.filter(pk__lte=extent.last).iterator(chunk_size=exporting.CHUNK)
    name = f"record-{now:%Y%m%dT%H%M%SZ}.{form}"
    return _file(form, entries, name)


def _file(form: str, entries: "Iterator[Entry]", name: str) -> HttpResponseBase:
    if form == "parquet":
        return _kept_by_nobody(
            FileResponse(
                exporting.parquet_file(entries),
                as_attachment=True,
                filename=name,
                content_type="application/vnd.apache.parquet",
            )
        )
    response = StreamingHttpResponse(
        exporting.csv_lines(entries), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return _kept_by_nobody(response)


def _kept_by_nobody(response: HttpResponseBase) -> HttpResponseBase:
    response["Cache-Control"] = "no-store"
    return response


def _look(request: HttpRequest, terms: dict[str, str], found: int) -> None:
    """Put the look on record before anything is shown."""
    with transaction.atomic():
        services.record_searched(
            actor=actor_of(request), terms=terms, found=found, now=timezone.now()
        )


def _row(entry: "Entry") -> dict[str, Any]:
    place = " ".join(part for part in (entry.dataset, entry.version, entry.tier) if part)
    return {
        "it": entry,
        "who": _who(entry),
        "email": entry.person.email if hasattr(entry, "person") else "",
        "place": place,
        "about": entry.artefact or entry.subject,
        "why": entry.reason or ", ".join(entry.reasons),
        "outcome": OUTCOMES[entry.outcome],
        "kind": KINDS[entry.outcome],
    }


def _who(entry: "Entry") -> str:
    person = getattr(entry, "person", None)
    if person is None:
        return "Erased"
    return person.name or person.email or "Stranger"


@require_safe
@staff(Role.AUDITOR)
def entry(request: HttpRequest, entry_id: int) -> HttpResponse:
    """One entry with its personal part: to read it is on record like a search."""
    found = selectors.entry(entry_id)
    person = getattr(found, "person", None)
    about = person.concerns if person else None
    names = people.names([about])
    _look(request, {"entry": str(entry_id)}, 1)
    told = {
        **_row(found),
        "entry": found,
        "concerns": names.get(about or 0, ""),
        "about_id": about,
        "leaf": getattr(getattr(found, "sealed", None), "place", None),
        "detail": json.dumps(found.detail, indent=2, sort_keys=True, ensure_ascii=False),
    }
    return render(request, "auditor/entry.html", told)


urls = [
    path("record", record, name="record"),
    path("record/<int:entry_id>", entry, name="record-entry"),
    path("record/export.csv", export, {"form": "csv"}, name="record-csv"),
    path("record/export.parquet", export, {"form": "parquet"}, name="record-parquet"),
    path("record/could-open", asking.could_open, name="record-could-open"),
    *using.urls,
]
