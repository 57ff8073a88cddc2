"""An Atom feed of what happened to a dataset: what anyone may know, and nothing else."""

from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.cache import patch_cache_control
from django.utils.feedgenerator import Atom1Feed
from django.utils.http import http_date
from django.views.decorators.http import condition, require_safe

from governance import dates
from governance.catalogue import selectors as catalogue
from governance.terms import selectors as terms

if TYPE_CHECKING:
    from governance.catalogue.models import Dataset, Version

MOST = 50  # events of a feed
FRESH = 300  # seconds for which a reader need not ask again


class Event(NamedTuple):
    at: datetime
    title: str
    text: str
    path: str
    id: str  # the same for ever


def events(dataset: "Dataset") -> list[Event]:
    """Newest first: versions published, superseded and withdrawn, terms. Two queries."""
    found: list[Event] = []
    for each in catalogue.public_versions(dataset).select_related("successor"):
        found += _of_version(dataset, each)
    for text in terms.versions(dataset):
        where = {"namespace": dataset.namespace, "name": dataset.name, "number": text.number}
        begins = f"They take effect on {dates.moment(text.effective_at)}."
        found.append(
            Event(
                text.published_at,
                f"Terms {text.number} of {dataset.slug}",
                begins,
                reverse("terms-version", kwargs=where),
                f"terms/{text.number}",
            )
        )
    if dataset.wound_down_at:
        where = {"namespace": dataset.namespace, "name": dataset.name}
        told = "Nothing of it is handed out any more."
        title = f"{dataset.slug} is wound down"
        found.append(
            Event(dataset.wound_down_at, title, told, reverse("dataset", kwargs=where), "end")
        )
    return sorted(found, key=lambda each: each.at, reverse=True)[:MOST]


def _of_version(dataset: "Dataset", version: "Version") -> list[Event]:
    where = {"namespace": dataset.namespace, "name": dataset.name, "number": version.number}
    link = reverse("dataset-difference", kwargs=where)
    name = f"{dataset.slug} {version.number}"
    found = []
    if version.published_at:
        told = f"Commit {version.commit}, manifest sha256 {version.manifest_sha256}."
        found.append(
            Event(version.published_at, f"Published: {name}", told, link, f"{version.number}/out")
        )
    if version.withdrawn_at:
        successor = version.successor.number if version.successor_id else ""
        told = f"The reason: {version.withdrawn_reason}. " + (
            f"Take version {successor} in its place." if successor else "It has no successor."
        )
        found.append(
            Event(version.withdrawn_at, f"Withdrawn: {name}", told, link, f"{version.number}/gone")
        )
    return found


def _read(request: HttpRequest, namespace: str, name: str) -> "tuple[Dataset, list[Event]]":
    """Once a request, for its condition and for its answer."""
    known = getattr(request, "feed_events", None)
    if known is None:
        dataset = catalogue.dataset(namespace, name)
        known = request.feed_events = (dataset, events(dataset))  # type: ignore[attr-defined]
    return known


def _tag(request: HttpRequest, namespace: str, name: str) -> str:
    dataset, found = _read(request, namespace, name)
    told = repr((dataset.title, dataset.summary, _base(request), found))
    return f'"{sha256(told.encode()).hexdigest()[:32]}"'


def _last(request: HttpRequest, namespace: str, name: str) -> datetime | None:
    _, found = _read(request, namespace, name)
    return found[0].at if found else None


def _base(request: HttpRequest) -> str:
    return settings.PUBLIC_URL or request.build_absolute_uri("/").rstrip("/")


@require_safe
@condition(etag_func=_tag, last_modified_func=_last)
def feed(request: HttpRequest, namespace: str, name: str) -> HttpResponse:
    dataset, found = _read(request, namespace, name)
    base, here = _base(request), reverse("dataset", args=[namespace, name])
    made = Atom1Feed(
        title=f"{dataset.slug}: {dataset.title}",
        link=f"{base}{here}",
        description=None,
        subtitle=dataset.summary,
        feed_url=f"{base}{request.path}",
        feed_guid=f"{base}{here}",
        author_name="Gatehouse",
        language="en",
    )
    for each in found:
        made.add_item(
            title=each.title,
            link=f"{base}{each.path}",
            description=each.text,
            unique_id=f"{base}{here}#{each.id}",
            pubdate=each.at,
            updateddate=each.at,
        )
    response = HttpResponse(made.writeString("utf-8"), content_type=made.content_type)
    patch_cache_control(response, public=True, max_age=FRESH)
    if found:
        response["Last-Modified"] = http_date(found[0].at.timestamp())
    return response


urls = [
    path("datasets/<str:namespace>/<str:name>/feed.atom", feed, name="dataset-feed"),
]
