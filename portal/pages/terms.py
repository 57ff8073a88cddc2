"""The terms of a dataset: read by anyone, signed by a person."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from governance.catalogue import selectors as catalogue
from governance.errors import MissingError
from governance.terms import selectors


def page(request: HttpRequest, namespace: str, name: str) -> HttpResponse:
    found = catalogue.dataset(namespace, name)
    return render(request, "public/terms.html", {"dataset": found})


def text(request: HttpRequest, namespace: str, name: str) -> HttpResponse:
    """The binding text, byte for byte what its sha256 is taken of."""
    del request
    found = catalogue.dataset(namespace, name)
    terms = selectors.in_force(found, now=timezone.now())
    if terms is None:
        raise MissingError(f"{found.slug} has no terms.")
    return HttpResponse(terms.text, content_type="text/plain; charset=utf-8")
