"""Refusals in the API: the same bodies and headers that file addresses and pages have."""

from django.http import JsonResponse
from rest_framework.response import Response
from rest_framework.views import exception_handler

from governance.errors import GovernanceError
from portal import refusals


def handle(error: Exception, context: dict) -> Response | JsonResponse | None:
    """Setting `EXCEPTION_HANDLER` of DRF."""
    if not isinstance(error, GovernanceError):
        return exception_handler(error, context)
    request = context["request"]._request
    response = JsonResponse(
        refusals.body(request, error),
        status=refusals.status_of(error),
        content_type="application/problem+json",
    )
    for name, value in refusals.headers(request, error).items():
        response[name] = value
    return response
