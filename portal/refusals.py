"""A refusal as HTTP: status, the headers that file clients print, a page or a JSON body.

Header names and codes are those of the Hugging Face Hub, so that its clients raise the right error.
"""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse

from governance.errors import GovernanceError, InvalidError, RefusedError, Step

STATUS = {
    "not_permitted": 403,
    "missing": 404,
    "wrong_state": 409,
    "invalid": 422,
    "bad_token": 401,
    "signed_in": 401,
    "unavailable": 503,
}
GATED = {"terms", "grant", "verified", "second_factor", "token", "steward", "signed_in"}


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
        "missing_steps": [
            {
                "code": step.code,
                "title": step.title,
                "sentence": step.sentence,
                "url": address(request, step),
            }
            for step in error.steps
        ],
        "request_id": getattr(request, "request_id", ""),
    }
    if isinstance(error, InvalidError):
        told["fields"] = error.fields
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
    elif error.code == "served":
        # The client's fixed sentence for what is disabled; the reason goes beside it.
        found["X-HF-Warning"] = f"withdrawn; {found['X-Error-Message']}"
        found["X-Error-Message"] = "Access to this resource is disabled."
    if status_of(error) == 401:
        found["WWW-Authenticate"] = "Bearer"
    return found


def answer(request: HttpRequest, error: GovernanceError) -> HttpResponse:
    status = status_of(error)
    if wants_page(request):
        response: HttpResponse = render(request, _template(error), _page(request, error), status=status)
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
    told = body(request, error)
    return {
        "error": error,
        "status": told["status"],
        "steps": told["missing_steps"],
        "actions": [step.action for step in error.steps],
        "asked": getattr(error, "asked", None),
        "gate": getattr(error, "gate", None),
        "program_headers": headers(request, error),
        "program_body": told,
        "contact": settings.CONTACT_EMAIL,
    }
