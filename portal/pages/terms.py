"""The terms of a dataset: read by anyone, signed by a person."""

import difflib
import re
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods, require_safe

from governance.audit.actors import Actor
from governance.catalogue import selectors as catalogue
from governance.errors import InvalidError, MissingError, NotPermittedError, WrongStateError
from governance.terms import selectors, services
from portal.accounts.actors import actor_of
from portal.pages.forming import Ticked, Words, blame, many_lines

if TYPE_CHECKING:
    from governance.catalogue.models import Dataset
    from governance.terms.models import Acceptance, Clause, TermsVersion

ANSWERS = {
    "permitted": ("Permitted", "ok"),
    "conditional": ("Conditional", "warn"),
    "forbidden": ("Forbidden", "bad"),
}


class Signing(forms.Form):
    """Typed name, purpose and a box a clause. What is missing is said by the verb."""

    terms = forms.CharField(widget=forms.HiddenInput, required=False)
    typed_name = Words(
        label="Your full name, as a signature",
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "name", "class": "signature"}),
    )
    purpose = Words(
        label="What will you use it for?",
        help_text="A sentence or two. It stands in the record with your signature.",
        widget=many_lines(3),
    )

    def __init__(self, clauses: "list[Clause]", *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for clause in clauses:
            self.fields[f"clause_{clause.number}"] = Ticked(
                label=f"I agree to clause {clause.number}"
            )

    @property
    def ticked(self) -> list[int]:
        return [
            int(name.removeprefix("clause_"))
            for name in self.fields
            if name.startswith("clause_") and self.cleaned_data.get(name)
        ]


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, namespace: str, name: str) -> HttpResponse:
    """The terms in force, clause by clause; a POST signs them."""
    now = timezone.now()
    dataset, terms = _in_force(namespace, name, now)
    clauses = selectors.clauses(terms)
    if request.method != "POST":
        form = Signing(clauses, initial={"terms": terms.number})
        return _shown(request, dataset, terms, clauses, form)
    if not actor_of(request).signed_in:
        return HttpResponseRedirect(_entrance(request)["sign_in_url"])
    form = Signing(clauses, data=request.POST)
    try:
        accepted = _sign(actor_of(request), terms, form, now=now)
    except (InvalidError, NotPermittedError) as error:
        return _shown(request, dataset, terms, clauses, form, status=blame(form, error))
    except WrongStateError as error:
        form = _unticked(clauses, form)
        return _shown(request, dataset, terms, clauses, form, status=blame(form, error))
    messages.success(
        request, f"You signed terms {terms.number} of {dataset.slug}. This is your copy."
    )
    return HttpResponseRedirect(reverse("acceptance", kwargs={"number": accepted.number}))


@require_safe
def text(request: HttpRequest, namespace: str, name: str) -> HttpResponse:
    """The binding text, byte for byte what its sha256 is taken of."""
    del request
    _, terms = _in_force(namespace, name, timezone.now())
    return HttpResponse(terms.text, content_type="text/plain; charset=utf-8")


def _in_force(namespace: str, name: str, now: datetime) -> "tuple[Dataset, TermsVersion]":
    dataset = catalogue.dataset(namespace, name)
    terms = selectors.in_force(dataset, now=now)
    if terms is None:
        raise MissingError(f"{dataset.slug} has no terms.")
    return dataset, terms


def _sign(actor: Actor, terms: "TermsVersion", form: Signing, *, now: datetime) -> "Acceptance":
    """Sign what was shown: terms that changed meanwhile are shown again, not signed unseen."""
    if not form.is_valid():  # only what no verb would be told, such as a name that is too long
        raise InvalidError("Something can't be signed as it stands.", fields={})
    if form.cleaned_data["terms"] != terms.number:
        raise WrongStateError(
            f"Terms {terms.number} came into force while you read. Please read what changed."
        )
    return services.accept(
        actor=actor,
        terms_id=terms.pk,
        ticked=form.ticked,
        typed_name=form.cleaned_data["typed_name"],
        purpose=form.cleaned_data["purpose"],
        now=now,
    )


def _unticked(clauses: "list[Clause]", form: Signing) -> Signing:
    """What was typed stays; a tick belonged to the text that was shown."""
    typed = {name: form.data.get(name, "") for name in ("typed_name", "purpose")}
    return Signing(clauses, data=typed)


def _shown(
    request: HttpRequest,
    dataset: "Dataset",
    terms: "TermsVersion",
    clauses: "list[Clause]",
    form: Signing,
    *,
    status: int = 200,
) -> HttpResponse:
    actor = actor_of(request)
    accepted = selectors.acceptance_of(actor, terms)
    before = None if accepted else selectors.signed_before(actor, terms)
    form.fields["typed_name"].help_text = f"As on your profile: {actor.name}" if actor.name else ""
    shown = {
        "dataset": dataset,
        "terms": terms,
        "uses": [
            each | {"pill": ANSWERS.get(each["answer"], (each["answer"], ""))}
            for each in terms.uses
        ],
        "clauses": list(_clauses(clauses, form, before)),
        "form": form,
        "accepted": accepted,
        "before": before,
        "wrong": [bound for bound in form if bound.errors],
        "gone": _gone(clauses, before),
        "may_sign": actor.signed_in and actor.verified and accepted is None,
    }
    return render(request, "public/terms.html", shown | _entrance(request), status=status)


def _entrance(request: HttpRequest) -> dict[str, str]:
    """Where a stranger signs in or up, and comes back from."""
    back = urlencode({"next": request.path})
    return {
        "sign_in_url": f"{reverse('account_login')}?{back}",
        "sign_up_url": f"{reverse('account_signup')}?{back}",
    }


# ------------------------------------------------------------------ what changed


class Read(NamedTuple):
    """A clause as it is read: what binds, with changes marked since the reader last signed."""

    clause: "Clause"
    box: forms.BoundField
    law: SafeString
    state: str  # new | changed | same, or nothing when there was no signature
    hint: str


def _clauses(clauses: "list[Clause]", form: Signing, before: "Acceptance | None") -> Iterator[Read]:
    known = _by_title(before)
    number = before.terms.number if before else ""
    for clause in clauses:
        box, old = form[f"clause_{clause.number}"], known.get(clause.title)
        plain = format_html("{}", clause.law)
        if before is None:
            yield Read(clause, box, plain, "", "")
        elif old is None:
            law = format_html("<ins>{}</ins>", clause.law)
            yield Read(clause, box, law, "new", f"New since terms {number}")
        elif old == clause.law:
            yield Read(clause, box, plain, "same", f"Word for word as in terms {number}")
        else:
            law = marked(old, clause.law)
            yield Read(clause, box, law, "changed", f"Changed since terms {number}")


def _by_title(before: "Acceptance | None") -> dict[str, str]:
    return {each.title: each.law for each in selectors.clauses(before.terms)} if before else {}


def _gone(clauses: "list[Clause]", before: "Acceptance | None") -> list[str]:
    """Titles of clauses that were signed and are no longer there."""
    here = {each.title for each in clauses}
    return [title for title in _by_title(before) if title not in here]


def marked(old: str, new: str) -> SafeString:
    """`new` with what came in as <ins> and what went as <del>, word by word."""
    before, after = re.findall(r"\S+\s*", old), re.findall(r"\S+\s*", new)
    parts = []
    for kind, a, b, c, d in difflib.SequenceMatcher(None, before, after, False).get_opcodes():
        if kind in {"delete", "replace"}:
            parts.append(("<del>{}</del> ", "".join(before[a:b]).rstrip()))
        if kind in {"insert", "replace"}:
            parts.append(("<ins>{}</ins> ", "".join(after[c:d]).rstrip()))
        if kind == "equal":
            parts.append(("{}", "".join(after[c:d])))
    return format_html_join("", "{}", ((format_html(shape, words),) for shape, words in parts))
