"""One version beside any other one: what changed, its notes, its manifest with the signed note."""

import shlex
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.views.decorators.http import require_safe

from governance.catalogue import selectors as catalogue
from governance.catalogue import signing
from governance.errors import GovernanceError, MissingError, WrongStateError
from pipeline.engine import differences
from portal.pages import cards, datasets, figures

if TYPE_CHECKING:
    from governance.catalogue.models import Version

FIRST = "nothing"  # asked for in place of a version: all of it is new
FOR_EVER = "public, max-age=31536000, immutable"


@require_safe
def difference(request: HttpRequest, namespace: str, name: str, number: str) -> HttpResponse:
    """What changed up to a version, since the one before it or any other that is asked for."""
    known = datasets.about(request, namespace, name, number)
    version = known.version
    assert version is not None  # noqa: S101  a number that nobody knows is missing already
    older = _older(request, known)
    told, counting, refused = _told(older, version, known)
    notes = catalogue.notes_of(version)
    written = cards.sections(notes.text) if notes else []
    more = {
        "difference": figures.difference(told) if told else None,
        "parent": older,
        "counting": counting,
        "refused": refused,
        "others": [each for each in known.versions if each != version],
        "notes": written[0].html if written else "",
        "commands": _commands(request, known),
        "signed": _signed(version),
    }
    response = datasets.answer(request, known, "dataset-versions", "difference", **more)
    if counting:
        response["Refresh"] = "20"
    return response


def _older(request: HttpRequest, known: datasets.About) -> "Version | None":
    asked = request.GET.get("since", "")
    if asked == FIRST:
        return None
    if not asked:
        return datasets.parent_of(known)
    found = next((each for each in known.versions if each.number == asked), None)
    if found is None or found == known.version:
        raise MissingError(f"There is no other version {asked[:20]}.")
    return found


def _told(
    older: "Version | None", version: "Version", known: datasets.About
) -> tuple[dict[str, Any] | None, bool, str]:
    """The difference for anyone; whether it is being counted; why there is none."""
    for each in (older, version):
        if each is not None:
            each.dataset = known.dataset
    try:
        return differences.told(older, version, now=known.now), False, ""
    except differences.NotCountedYetError:
        return None, True, ""
    except WrongStateError as error:
        return None, False, error.sentence


def _signed(version: "Version") -> bool:
    try:
        return bool(signing.note_of(version))
    except GovernanceError:
        return False


def _commands(request: HttpRequest, known: datasets.About) -> str:
    """What fetches the manifest and its note and checks a download against both."""
    version = known.version
    where = known.place | {"number": version.number if version else ""}
    folder = shlex.quote(f"{known.dataset.name}-{version.number if version else ''}")
    lines = [
        f"curl -fsS -o {folder}/{name} {request.build_absolute_uri(reverse(route, kwargs=where))}"
        for name, route in (("manifest.json", "manifest"), ("manifest.note", "manifest-note"))
    ]
    key = request.build_absolute_uri(reverse("record-key"))
    return "\n".join(
        [
            *lines,
            f"curl -fsS -o log.key {key}",
            f"gatehouse verify {folder} --key log.key",
        ]
    )


# ------------------------------------------------------------------ the manifest


@require_safe
def manifest(request: HttpRequest, namespace: str, name: str, number: str) -> HttpResponse:
    """The manifest of a published version, byte for byte as it was signed."""
    del request
    version = catalogue.version(catalogue.dataset(namespace, name), number)
    data = differences.manifest_bytes(version)
    if data is None:
        raise MissingError(f"The manifest of {number} was not kept.")
    return _file(data, "application/json", version, f'"{version.manifest_sha256}"')


@require_safe
def note(request: HttpRequest, namespace: str, name: str, number: str) -> HttpResponse:
    """The signed note of the manifest (C2SP signed-note)."""
    del request
    version = catalogue.version(catalogue.dataset(namespace, name), number)
    return _file(signing.note_of(version).encode(), "text/plain; charset=utf-8", version, "")


def _file(data: bytes, kind: str, version: "Version", tag: str) -> HttpResponse:
    held = HttpResponse(data, content_type=kind, headers={"Cache-Control": FOR_EVER})
    held["X-Repo-Commit"] = version.commit
    if tag:
        held["ETag"] = tag
    return held


_VERSION = "datasets/<str:namespace>/<str:name>/versions/<str:number>"
urls = [
    path(_VERSION, difference, name="dataset-difference"),
    path(f"{_VERSION}/manifest.json", manifest, name="manifest"),
    path(f"{_VERSION}/manifest.note", note, name="manifest-note"),
]
