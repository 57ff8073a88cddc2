"""What anyone may read: the catalogue and the pages of a dataset."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone

from governance.catalogue import selectors as catalogue
from portal.pages import terms


def catalogue_page(request: HttpRequest) -> HttpResponse:
    return render(request, "public/catalogue.html", {"datasets": catalogue.listed()})


def dataset(request: HttpRequest, namespace: str, name: str) -> HttpResponse:
    found = catalogue.dataset(namespace, name)
    return render(request, "public/dataset.html", {"dataset": found, "now": timezone.now()})


def difference(request: HttpRequest, namespace: str, name: str, number: str) -> HttpResponse:
    found = catalogue.dataset(namespace, name)
    chosen = catalogue.version(found, number)
    return render(request, "public/dataset.html", {"dataset": found, "version": chosen})


_DATASET = "datasets/<str:namespace>/<str:name>"

urls = [
    path("", catalogue_page, name="home"),
    path("datasets", catalogue_page, name="catalogue"),
    path(_DATASET, dataset, name="dataset"),
    path(f"{_DATASET}/files", dataset, name="dataset-files"),
    path(f"{_DATASET}/versions", dataset, name="dataset-versions"),
    path(f"{_DATASET}/versions/<str:number>", difference, name="dataset-difference"),
    path(f"{_DATASET}/preview", dataset, name="dataset-preview"),
    path(f"{_DATASET}/access", dataset, name="dataset-access"),
    path(f"{_DATASET}/terms", terms.page, name="terms"),
    path(f"{_DATASET}/terms.txt", terms.text, name="terms-text"),
]
