"""The actor of a request, for DRF: the same one that pages have."""

from django.middleware.csrf import CsrfViewMiddleware
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from governance.audit.actors import Actor
from portal.accounts.actors import actor_of


class _Csrf(CsrfViewMiddleware):
    def _reject(self, request: object, reason: str) -> str:  # noqa: ARG002  the caller's shape
        return reason


class ActorAuthentication(BaseAuthentication):
    """Sets `request.auth` to the `Actor`. Who may do what is decided by the verbs.

    A session counts for what changes things only with a CSRF token; a bearer token needs none.
    """

    def authenticate(self, request: Request) -> tuple[object, Actor]:
        http = request._request
        actor = actor_of(http)
        if (
            actor.signed_in
            and actor.token is None
            and request.method not in {"GET", "HEAD", "OPTIONS"}
        ):
            self._check_csrf(http)
        return http.user, actor

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002  the caller's shape
        return "Bearer"

    def _check_csrf(self, http: object) -> None:
        check = _Csrf(lambda _: None)  # type: ignore[arg-type,return-value]
        check.process_request(http)  # type: ignore[arg-type]
        reason = check.process_view(http, None, (), {})  # type: ignore[arg-type]
        if reason:
            raise exceptions.PermissionDenied(f"CSRF: {reason}")


class ActorScheme(OpenApiAuthenticationExtension):
    """How the schema tells it."""

    target_class = "portal.api.authentication.ActorAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:  # noqa: ARG002
        return {"type": "http", "scheme": "bearer"}
