"""The sealed record in public: checkpoints, tiles, keys; and each person's own receipts.

The log is served as C2SP tlog-tiles describes, without bundles of entries, which are never public.
Nothing here asks who reads it, so every answer may be kept by a cache.
"""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_safe

from client import receipts
from client.errors import ClientError
from governance.audit import selectors, trust
from governance.errors import MissingError, WrongStateError
from portal.accounts.actors import actor_of
from portal.pages.guards import signed_in

if TYPE_CHECKING:
    from governance.audit.models import Checkpoint, Entry

PAGE = 25
OWN = ("ticket.issue", "terms.accept")  # what a receipt is given for
FRESH = "public, max-age=30"
FOR_EVER = "public, max-age=31536000, immutable"
TEXT = "text/plain; charset=utf-8"


def _cached(content: bytes | str, kind: str, how_long: str) -> HttpResponse:
    return HttpResponse(content, content_type=kind, headers={"Cache-Control": how_long})


# ------------------------------------------------------------------ for programs


@require_safe
def newest(request: HttpRequest) -> HttpResponse:
    """The newest signed checkpoint."""
    del request
    found = selectors.latest_checkpoint()
    if found is None:
        raise MissingError("Nothing is sealed yet.")
    return _cached(found.note, TEXT, FRESH)


@require_safe
def at_size(request: HttpRequest, size: int) -> HttpResponse:
    """The checkpoint of so many entries, for ever the same."""
    del request
    found = selectors.checkpoint_of(size)
    return _cached(found.note, TEXT, FOR_EVER)


@require_safe
def tile(request: HttpRequest, tile: str) -> HttpResponse:
    """A tile of hashes; a partial one may go once it is full."""
    del request
    data = selectors.tile(f"tile/{tile}")
    how_long = FRESH if ".p/" in tile else FOR_EVER
    return _cached(data, "application/octet-stream", how_long)


@require_safe
def key(request: HttpRequest) -> HttpResponse:
    del request
    return _cached(f"{trust.verifier()}\n", TEXT, FRESH)


@require_safe
def rotations(request: HttpRequest) -> HttpResponse:
    """Signed statements about new keys, oldest first: a JSON list of notes."""
    del request
    response = JsonResponse(selectors.rotations(), safe=False)
    response["Cache-Control"] = FRESH
    return response


# ------------------------------------------------------------------ for people


@require_safe
def log(request: HttpRequest) -> HttpResponse:
    """What is sealed, and how to check it without us."""
    found = selectors.latest_checkpoint()
    page = Paginator(selectors.checkpoints(), PAGE).get_page(request.GET.get("page"))
    told: dict[str, Any] = {"newest": found, "page_obj": page, "unsealed": selectors.unsealed()}
    try:
        told["key"] = str(trust.verifier())
    except MissingError:
        told["key"] = ""
    told["commands"] = _commands(request, found)
    return render(request, "sealed/log.html", told)


def _commands(request: HttpRequest, found: "Checkpoint | None") -> dict[str, str]:
    """What can be pasted, with this site's own address."""
    base = request.build_absolute_uri("/record").rstrip("/")
    size = found.size if found else 0
    return {
        "keep": (
            f"curl -fsS -o log.key {base}/key\n"
            f"curl -fsS -o checkpoint-{size}.note {base}/checkpoint/{size}"
        ),
        "receipt": "gatehouse audit-verify --key log.key --receipt receipt-NUMBER.json",
        "export": (
            f"gatehouse audit-verify export.jsonl.gz --key log.key --older checkpoint-{size}.note"
        ),
    }


@require_safe
@signed_in
def receipt(request: HttpRequest, entry_id: int) -> HttpResponse:
    """One's own entry, where it stands in the log, and whether that holds."""
    entry = _own(request, entry_id)
    told: dict[str, Any] = {"entry": entry, "what": _what(entry), "number": str(entry.pk)}
    try:
        made = selectors.receipt(entry.pk, user_id=actor_of(request).user_id)
    except WrongStateError:
        told["again"] = max(timezone.now(), entry.at) + timedelta(minutes=2)
        return _private(render(request, "sealed/receipt.html", told))
    told |= {"receipt": made, "leaf": made["leaf"], "note": made["checkpoint"]}
    told |= _checked(made)
    return _private(render(request, "sealed/receipt.html", told))


def _own(request: HttpRequest, entry_id: int) -> "Entry":
    user_id = actor_of(request).user_id
    found = selectors.own_entries(user_id, OWN).filter(pk=entry_id).first()
    if found is None:
        raise MissingError("There is no such receipt of yours.")
    return found


def _what(entry: "Entry") -> str:
    if entry.action == "terms.accept":
        return f"You signed the terms {entry.terms_version} of {entry.dataset}"
    return f"You were let to a file of {entry.dataset}"


def _checked(made: dict[str, Any]) -> dict[str, Any]:
    """The check that the owner can do offline, done here, in sentences."""
    try:
        checked = receipts.check(made, trust.verifiers())
    except (ClientError, MissingError) as error:
        return {"fault": str(error)}
    return {
        "sentences": checked.sentences,
        "size": checked.checkpoint.size,
        "hash": checked.leaf_hash.hex(),
    }


@require_safe
@signed_in
def receipt_json(request: HttpRequest, entry_id: int) -> HttpResponse:
    """The receipt as `gatehouse audit-verify --receipt` reads it."""
    entry = _own(request, entry_id)
    made = selectors.receipt(entry.pk, user_id=actor_of(request).user_id)
    response = JsonResponse(made, json_dumps_params={"indent": 2, "ensure_ascii": False})
    response["Content-Disposition"] = f'attachment; filename="receipt-{entry.pk}.json"'
    return _private(response)


def _private(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    return response


urls = [
    path("record/checkpoint", newest, name="checkpoint"),
    path("record/checkpoint/<int:size>", at_size, name="checkpoint-at"),
    path("record/tile/<path:tile>", tile, name="tile"),
    path("record/key", key, name="record-key"),
    path("record/rotations", rotations, name="rotations"),
    path("record/log", log, name="record-log"),
    path("receipts/<int:entry_id>.json", receipt_json, name="receipt-json"),
    path("receipts/<int:entry_id>", receipt, name="receipt"),
]
