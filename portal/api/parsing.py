"""What a program may send: JSON within bounds, or one file as it is. Faults name their field."""

from typing import Any

from django.conf import settings
from django.utils.encoding import force_str
from rest_framework import serializers
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser, JSONParser
from rest_framework.request import Request

from governance.access.uploads import MEGABYTE
from governance.audit.actors import Actor, Role, Scope
from governance.errors import InvalidError, NotPermittedError, RefusedError, Step

MOST_FILE = 10 * MEGABYTE

SIGN_IN = Step(
    "signed_in",
    "Sign in",
    "Send a token in the header Authorization: Bearer.",
    "tokens",
    {},
    "Make one",
)


class TooLargeError(APIException):
    status_code = 413
    default_code = "too_large"
    default_detail = "What was sent is too large."


def _bounded(request: Request | None, most: int) -> None:
    length = request.META.get("CONTENT_LENGTH") if request is not None else None
    if str(length or "0").isdigit() and int(length or 0) > most:
        raise TooLargeError


class BoundedJson(JSONParser):
    """JSON of at most 1 MiB, looked at before it is read."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        _bounded((parser_context or {}).get("request"), settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError as error:
            raise ParseError("The JSON is nested too deeply.") from error


class OneFile(BaseParser):
    """The body is the file, whatever it is called; its kind is told by its bytes."""

    media_type = "application/octet-stream"

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,  # noqa: ARG002  the caller's shape
        parser_context: Any = None,
    ) -> bytes:
        _bounded((parser_context or {}).get("request"), MOST_FILE)
        data = stream.read(MOST_FILE + 1)
        if len(data) > MOST_FILE:
            raise TooLargeError
        return data


def asker(request: Request) -> Actor:
    """Whoever is asking, with a session or a token that may act for them."""
    actor: Actor = request.auth
    if not actor.signed_in:
        raise RefusedError([SIGN_IN])
    if actor.token is not None and actor.token.scope == Scope.READ:
        raise NotPermittedError("This token only reads files: make one of scope act.")
    return actor


def reviewer(request: Request) -> Actor:
    """A steward or admin of some dataset; anyone else is answered the same whatever they name."""
    actor: Actor = request.auth
    if not actor.signed_in:
        raise RefusedError([SIGN_IN])
    actor.require_standing()
    if not {role for role, _ in actor.roles} & {Role.STEWARD, Role.ADMIN}:
        raise NotPermittedError("Only a steward or an admin may do this.")
    if not actor.second_factor:
        raise NotPermittedError("This asks for your second factor.")
    return actor


def parsed(shape: type[serializers.Serializer], request: Request) -> dict[str, Any]:
    """What was sent, as `shape` says. Raises `InvalidError` that names each field at fault."""
    given = shape(data=request.data)
    if given.is_valid():
        return given.validated_data
    fields = {name: force_str(_first(told)) for name, told in given.errors.items()}
    raise InvalidError("The request can't be read.", fields=fields)


def _first(told: Any) -> Any:
    while isinstance(told, dict | list):
        told = next(iter(told.values() if isinstance(told, dict) else told), "")
    return told
