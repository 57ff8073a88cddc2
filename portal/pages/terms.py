"""The terms of a dataset: read by anyone, compared, signed by a person."""

from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from governance.audit.actors import Actor, Role
from governance.catalogue import selectors as catalogue
from governance.errors import (
    InvalidError,
    MissingError,
    NotPermittedError,
    RefusedError,
    WrongStateError,
)
from governance.terms import selectors, services
from portal.accounts.actors import actor_of
from portal.pages import comparing
from portal.pages.forming import Ticked, Words, blame, many_lines

if TYPE_CHECKING:
    from governance.catalogue.models import Dataset
    from governance.terms.models import Acceptance, Clause, SharedCopy, TermsVersion


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


class Reading:
    """A version of the terms as one request reads it."""

    def __init__(
        self,
        request: HttpRequest,
        dataset: "Dataset",
        terms: "TermsVersion",
        *,
        copy: "SharedCopy | None" = None,
        since: "TermsVersion | None" = None,
    ) -> None:
        self.request, self.now = request, timezone.now()
        self.actor = actor_of(request)
        self.dataset, self.terms, self.copy, self.since = dataset, terms, copy, since
        self.terms.dataset = dataset
        self.clauses = selectors.clauses(terms)
        self.in_force = selectors.in_force(dataset, now=self.now)

    @property
    def replaced(self) -> bool:
        """Whether newer terms are in force: these can be read, not signed."""
        return self.in_force is not None and self.terms.effective_at < self.in_force.effective_at

    def empty_form(self) -> Signing:
        return Signing(self.clauses, initial={"terms": self.terms.number})


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, namespace: str, name: str) -> HttpResponse:
    """The terms in force, clause by clause; a POST signs them."""
    return _read_or_sign(Reading(request, *_in_force(namespace, name)))


@require_http_methods(["GET", "HEAD", "POST"])
def version(request: HttpRequest, namespace: str, name: str, number: str) -> HttpResponse:
    """One version at its permanent address; it can be signed unless it was replaced."""
    dataset = catalogue.dataset(namespace, name)
    return _read_or_sign(Reading(request, dataset, selectors.version(dataset, number)))


@require_http_methods(["GET", "HEAD", "POST"])
def changes(request: HttpRequest, namespace: str, name: str, number: str) -> HttpResponse:
    """The same with marks: since `?since=`, what the reader signed, or the version before."""
    dataset = catalogue.dataset(namespace, name)
    terms = selectors.version(dataset, number)
    asked = request.GET.get("since", "")
    since = selectors.version(dataset, asked) if asked else _before(actor_of(request), terms)
    return _read_or_sign(Reading(request, dataset, terms, since=since))


def _before(actor: Actor, terms: "TermsVersion") -> "TermsVersion | None":
    signed = selectors.signed_before(actor, terms)
    return signed.terms if signed else selectors.previous(terms)


@require_http_methods(["GET", "HEAD", "POST"])
def pass_on(
    request: HttpRequest, namespace: str, name: str, number: str, code: str
) -> HttpResponse:
    """The page that a shared copy links to: the same terms, accepted as anywhere."""
    dataset = catalogue.dataset(namespace, name)
    copy = selectors.copy(dataset, code)
    if copy.ended_at is not None:
        told = {"copy": copy, "dataset": dataset}
        return render(request, "public/copy-ended.html", told, status=410)
    return _read_or_sign(Reading(request, dataset, selectors.version(dataset, number), copy=copy))


@require_safe
def versions(request: HttpRequest, namespace: str, name: str) -> HttpResponse:
    """All versions of the terms, each with its permanent address and sha256."""
    dataset = catalogue.dataset(namespace, name)
    now, found = timezone.now(), selectors.versions(dataset)
    current = next((each for each in found if each.effective_at <= now), None)
    rows = [
        {
            "it": each,
            "pill": _state(each, current, now),
            "url": request.build_absolute_uri(_address("terms-version", dataset, each.number)),
            "first": at == len(found),
        }
        for at, each in enumerate(found, start=1)
    ]
    return render(request, "public/terms-versions.html", {"dataset": dataset, "rows": rows})


def _state(terms: "TermsVersion", current: "TermsVersion | None", now: datetime) -> tuple[str, str]:
    if terms == current:
        return "In force", "ok"
    if terms.effective_at > now:
        return "Not yet in force", "live"
    if terms.accepted_until is None:
        return "Replaced; signatures stay good", ""
    ended = terms.accepted_until <= now
    return ("Ended", "") if ended else ("Replaced; signatures end", "warn")


@require_safe
def text(request: HttpRequest, namespace: str, name: str, number: str = "") -> HttpResponse:
    """The binding text, byte for byte what its sha256 is taken of."""
    del request
    if number:
        terms = selectors.version(catalogue.dataset(namespace, name), number)
    else:
        _, terms = _in_force(namespace, name)
    return HttpResponse(terms.text, content_type="text/plain; charset=utf-8")


def _in_force(namespace: str, name: str) -> "tuple[Dataset, TermsVersion]":
    dataset = catalogue.dataset(namespace, name)
    terms = selectors.in_force(dataset, now=timezone.now())
    if terms is None:
        raise MissingError(f"{dataset.slug} has no terms.")
    return dataset, terms


# ------------------------------------------------------------------ signing


def _read_or_sign(reading: Reading) -> HttpResponse:
    request = reading.request
    if request.method != "POST":
        return _shown(reading, reading.empty_form())
    if not reading.actor.signed_in:
        return HttpResponseRedirect(_entrance(request)["sign_in_url"])
    form = Signing(reading.clauses, data=request.POST)
    try:
        accepted = _sign(reading, form)
    except RefusedError as error:
        if error.code == "suspended":
            raise
        return _shown(reading, form, status=blame(form, error))
    except (InvalidError, NotPermittedError) as error:
        return _shown(reading, form, status=blame(form, error))
    except WrongStateError as error:
        form = _unticked(reading.clauses, form)
        return _shown(reading, form, status=blame(form, error))
    terms = reading.terms
    messages.success(
        request, f"You signed terms {terms.number} of {reading.dataset.slug}. This is your copy."
    )
    return HttpResponseRedirect(reverse("acceptance", kwargs={"number": accepted.number}))


def _sign(reading: Reading, form: Signing) -> "Acceptance":
    """Sign what was shown: terms that changed meanwhile are shown again, not signed unseen."""
    if not form.is_valid():  # only what no verb would be told, such as a name that is too long
        raise InvalidError("Something can't be signed as it stands.", fields={})
    terms = reading.terms
    if form.cleaned_data["terms"] != terms.number:
        raise WrongStateError(
            f"Terms {terms.number} came into force while you read. Please read what changed."
        )
    return services.accept(
        actor=reading.actor,
        terms_id=terms.pk,
        ticked=form.ticked,
        typed_name=form.cleaned_data["typed_name"],
        purpose=form.cleaned_data["purpose"],
        via=reading.copy.code if reading.copy else "",
        now=reading.now,
    )


def _unticked(clauses: "list[Clause]", form: Signing) -> Signing:
    """What was typed stays; a tick belonged to the text that was shown."""
    typed = {name: form.data.get(name, "") for name in ("typed_name", "purpose")}
    return Signing(clauses, data=typed)


# ------------------------------------------------------------------ the page


def _shown(reading: Reading, form: Signing, *, status: int = 200) -> HttpResponse:
    actor, terms, dataset = reading.actor, reading.terms, reading.dataset
    accepted = selectors.acceptance_of(actor, terms)
    before = None if accepted else selectors.signed_before(actor, terms)
    since = reading.since or (before.terms if before else None)
    form.fields["typed_name"].help_text = f"As on your profile: {actor.name}" if actor.name else ""
    shown = {
        "dataset": dataset,
        "terms": terms,
        "in_force": reading.in_force,
        "future": terms.effective_at > reading.now,
        "replaced": reading.replaced,
        "coming": selectors.coming(dataset, now=reading.now),
        "copy": reading.copy,
        "sign_url": reading.request.path,
        "uses": comparing.uses(since, terms),
        "clauses": comparing.clauses(since, reading.clauses, form),
        "form": form,
        "accepted": accepted,
        "before": before,
        "since": since,
        "standing": selectors.standing(
            user_id=actor.user_id, dataset_id=dataset.pk, now=reading.now
        ),
        "wrong": [bound for bound in form if bound.errors],
        "gone": comparing.gone(since, reading.clauses),
        "may_sign": _may_sign(actor) and accepted is None and not reading.replaced,
        "may_draft": actor.acts_as(Role.ADMIN, dataset.pk),
        "may_keep": any(actor.acts_as(role, dataset.pk) for role in (Role.STEWARD, Role.ADMIN)),
        "permanent_url": reading.request.build_absolute_uri(
            _address("terms-version", dataset, terms.number)
        ),
        "previous": selectors.previous(terms),
    }
    return render(
        reading.request, "public/terms.html", shown | _entrance(reading.request), status=status
    )


def _may_sign(actor: Actor) -> bool:
    return actor.signed_in and actor.verified and actor.suspended is None


def _address(route: str, dataset: "Dataset", number: str) -> str:
    where = {"namespace": dataset.namespace, "name": dataset.name, "number": number}
    return reverse(route, kwargs=where)


def _entrance(request: HttpRequest) -> dict[str, str]:
    """Where a stranger signs in or up, and comes back from."""
    back = urlencode({"next": request.path})
    return {
        "sign_in_url": f"{reverse('account_login')}?{back}",
        "sign_up_url": f"{reverse('account_signup')}?{back}",
    }


_TERMS = "datasets/<str:namespace>/<str:name>/terms"

urls = [
    path(_TERMS, page, name="terms"),
    path(f"{_TERMS}.txt", text, name="terms-text"),
    path(f"{_TERMS}/versions", versions, name="terms-versions"),
    path(f"{_TERMS}/<str:number>.txt", text, name="terms-version-text"),
    path(f"{_TERMS}/<str:number>/changes", changes, name="terms-changes"),
    path(f"{_TERMS}/<str:number>/pass-on/<str:code>", pass_on, name="pass-on"),
    path(f"{_TERMS}/<str:number>", version, name="terms-version"),
]
