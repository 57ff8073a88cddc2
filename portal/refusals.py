"""A refusal as HTTP: status, the headers that file clients print, a page or a JSON body.

Header names and codes are those of the Hugging Face Hub, so that its clients raise the right error.
"""

import json
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse

from governance.access.rules import NEEDS, Mark
from governance.errors import GovernanceError, InvalidError, MissingError, RefusedError, Step
from portal.delivery import warnings

STATUS = {
    "not_permitted": 403,
    "missing": 404,
    "wrong_state": 409,
    "invalid": 422,
    "bad_token": 401,
    "signed_in": 401,
    "unavailable": 503,
    "counting": 503,
}
BY_PROGRAM = {
    "terms": "api-terms"
}  # where a program takes a step: the address takes the same words
COMES_BACK = {"account_login", "mfa_reauthenticate", "mfa_activate_totp", "terms"}
# What clients of the Hub tell apart: a gate that the person can pass, and what is handed to nobody.
DISABLED = {"served": "withdrawn", "wound_down": "wound-down"}
GATED = (set(NEEDS) | {"suspended"}) - set(DISABLED)


def address(request: HttpRequest, step: Step) -> str:
    """The absolute address of a step's page; empty when it has none."""
    if not step.route:
        return ""
    path = reverse(step.route, kwargs=dict(step.params))
    base = settings.PUBLIC_URL
    return f"{base}{path}" if base else request.build_absolute_uri(path)


def status_of(error: GovernanceError) -> int:
    return STATUS.get(error.code, 403 if isinstance(error, RefusedError) else 400)


def body(request: HttpRequest, error: GovernanceError) -> dict[str, Any]:
    """Problem details (RFC 9457) with the missing steps; `error` is what the Hub's clients read."""
    told: dict[str, Any] = {
        "type": "about:blank",
        "title": error.sentence,
        "status": status_of(error),
        "code": error.code,
        "error": sentence(request, error),
        "missing_steps": [_step(request, step) for step in error.steps],
        "request_id": getattr(request, "request_id", ""),
    }
    if isinstance(error, InvalidError):
        told["fields"] = error.fields
    return told


def _step(request: HttpRequest, step: Step) -> dict[str, str]:
    told = {
        "code": step.code,
        "title": step.title,
        "sentence": step.sentence,
        "url": address(request, step),
    }
    if step.route in BY_PROGRAM:
        told["api"] = address(request, step._replace(route=BY_PROGRAM[step.route]))
    return told


def sentence(request: HttpRequest, error: GovernanceError) -> str:
    """One line with the next step's address: the last line that a client prints."""
    where = address(request, error.steps[0]) if error.steps else ""
    return f"{error.sentence} {where}".strip()


def headers(request: HttpRequest, error: GovernanceError) -> dict[str, str]:
    told = sentence(request, error)
    found = {"X-Error-Message": " ".join(told.encode("ascii", "replace").decode().split())}
    if error.code in GATED:
        found["X-Error-Code"] = "GatedRepo"
    elif error.code == "missing":
        found["X-Error-Code"] = getattr(error, "hub_code", "EntryNotFound")
    elif error.code in DISABLED:
        # The client's fixed sentence for what is disabled; the reason goes beside it.
        found[warnings.HEADER] = _warning(request, error, found["X-Error-Message"])
        found["X-Error-Message"] = "Access to this resource is disabled."
    if error.code == "counting":
        found["Retry-After"] = "30"
    if status_of(error) == 401:
        found["WWW-Authenticate"] = "Bearer"
    return found


def _warning(request: HttpRequest, error: GovernanceError, told: str) -> str:
    version = getattr(error, "version", None)
    if error.code == "served" and version is not None and version.state == "withdrawn":
        return warnings.of_withdrawn(request, version)
    return warnings.line(DISABLED[error.code], told)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """An address that leads nowhere: the same answer as for a thing that may not be known."""
    del exception
    return answer(request, MissingError("There is no such page."))


def failed(request: HttpRequest) -> HttpResponse:
    """A fault of ours. Needs no database and no context."""
    if wants_page(request):
        return HttpResponse(render_to_string("500.html"), status=500)
    request_id = getattr(request, "request_id", "")
    told = {"title": "Something failed on our side.", "status": 500, "code": "failed"}
    return JsonResponse(
        told | {"error": told["title"], "request_id": request_id},
        status=500,
        content_type="application/problem+json",
    )


def answer(request: HttpRequest, error: GovernanceError) -> HttpResponse:
    status = status_of(error)
    if wants_page(request):
        response: HttpResponse = render(
            request, _template(error), _page(request, error), status=status
        )
    else:
        response = JsonResponse(
            body(request, error), status=status, content_type="application/problem+json"
        )
    for name, value in headers(request, error).items():
        response[name] = value
    response["Cache-Control"] = "no-store"
    return response


def wants_page(request: HttpRequest) -> bool:
    """Whether a person's browser asks: it names text/html itself, a program does not."""
    return "text/html" in request.headers.get("Accept", "")


def _template(error: GovernanceError) -> str:
    if error.code == "missing":
        return "404.html"
    return "refusal.html"


def _page(request: HttpRequest, error: GovernanceError) -> dict[str, Any]:
    status = status_of(error)
    marks = getattr(error, "gate", None) or [_mark(at, step) for at, step in enumerate(error.steps)]
    return {
        "status": status,
        "decision": {"missing_steps": error.steps, "sentence": error.sentence},
        "gate": [mark._asdict() | {"url": _way(request, mark)} for mark in marks],
        "asked": _asked(error),
        "program_answer": _program_answer(request, error, status),
        "contact": settings.CONTACT_EMAIL,
        "entry": {"request_id": getattr(request, "request_id", "")},
    }


def _mark(at: int, step: Step) -> Mark:
    state = "later" if at else "next"
    return Mark(state, step.title, step.sentence, step.route, step.params, step.action)


def _way(request: HttpRequest, mark: Mark) -> str:
    """Where a line of the gate leads; a step that can come back here does."""
    if not mark.route:
        return ""
    path = reverse(mark.route, kwargs=dict(mark.params))
    back = urlencode({"next": request.get_full_path()})
    return f"{path}?{back}" if mark.route in COMES_BACK else path


def _asked(error: GovernanceError) -> dict[str, str] | None:
    place = getattr(error, "asked", None)
    if place is None:
        return None
    return {"path": place.artefact, "dataset": place.dataset, "version": place.version}


def _program_answer(request: HttpRequest, error: GovernanceError, status: int) -> str:
    """What a program gets for the same request, as text."""
    told = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}"]
    told += [f"{name}: {value}" for name, value in headers(request, error).items()]
    return "\n".join([*told, "", json.dumps(body(request, error), indent=1)])
