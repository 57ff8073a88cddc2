"""Refusals in the API: the same bodies and headers that file addresses and pages have."""

from django.core.exceptions import RequestDataTooBig
from django.http import JsonResponse
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler

from governance.errors import GovernanceError, InvalidError
from portal import refusals, refusing
from portal.api.parsing import TooLargeError


class MissingStepOut(serializers.Serializer):
    code = serializers.CharField()
    title = serializers.CharField()
    sentence = serializers.CharField()
    url = serializers.CharField(help_text="where a person takes this step")
    api = serializers.CharField(required=False, help_text="where a program takes it")


class ProblemOut(serializers.Serializer):
    """A refusal (RFC 9457), as `portal.refusals` tells it everywhere."""

    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField()
    error = serializers.CharField()
    missing_steps = MissingStepOut(many=True)
    fields = serializers.DictField(
        child=serializers.CharField(), required=False, help_text="what is wrong, by field"
    )
    request_id = serializers.CharField()


def handle(error: Exception, context: dict) -> Response | JsonResponse | None:
    """Setting `EXCEPTION_HANDLER` of DRF."""
    if isinstance(error, ValidationError):
        error = InvalidError("Something in the body can't be used.", fields=_fields(error.detail))
    if isinstance(error, RequestDataTooBig):
        error = TooLargeError()
    if not isinstance(error, GovernanceError):
        return exception_handler(error, context)
    request = context["request"]._request
    error = refusing.recorded(request, error)
    response = JsonResponse(
        refusals.body(request, error),
        status=refusals.status_of(error),
        content_type="application/problem+json",
    )
    for name, value in refusals.headers(request, error).items():
        response[name] = value
    return response


def _fields(detail: object) -> dict[str, str]:
    """What the serializer found, a sentence a field; of a list the place is told."""
    if not isinstance(detail, dict):
        return {"body": " ".join(str(each) for each in _leaves(detail))}
    return {str(name): " ".join(_leaves(each)) for name, each in detail.items()}


def _leaves(detail: object) -> list[str]:
    if isinstance(detail, dict):
        return [f"{at}: {' '.join(_leaves(each))}" for at, each in detail.items()]
    if isinstance(detail, list):
        return [told for each in detail for told in _leaves(each)]
    return [str(detail)]
