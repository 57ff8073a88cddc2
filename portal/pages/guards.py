"""Who gets to a page at all. What they may do there is the verbs' affair."""

from collections.abc import Callable
from functools import wraps
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from governance.audit.actors import Actor, Role
from governance.errors import NotPermittedError
from portal.accounts.actors import actor_of
from portal.refusing import HiddenError

View = Callable[..., HttpResponse]


def _to(route: str, request: HttpRequest) -> HttpResponseRedirect:
    return HttpResponseRedirect(f"{reverse(route)}?{urlencode({'next': request.get_full_path()})}")


def signed_in(view: View) -> View:
    """Strangers are sent to sign in and come back."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if not actor_of(request).signed_in:
            return _to("account_login", request)
        if actor_of(request).token is not None:
            raise NotPermittedError("A token reads files and the API; pages are for a browser.")
        return view(request, *args, **kwargs)

    return guarded


def staff(*roles: Role) -> Callable[[View], View]:
    """For holders of one of the roles, on any dataset: address confirmed, second factor used in
    this session.

    Anyone else is answered as if there were no such page.
    """

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            actor = actor_of(request)
            if not actor.signed_in:
                return _to("account_login", request)
            actor.require_standing()
            if not _holds_any(actor, roles) or actor.token is not None:
                raise HiddenError("There is no such page.")
            if not actor.verified:
                return _to("account_email", request)
            if not actor.second_factor:
                return _to(factor_route(actor), request)
            return view(request, *args, **kwargs)

        guarded.staff_roles = roles  # type: ignore[attr-defined]  tests walk the site by it
        return guarded

    return guard


def factor_route(actor: Actor) -> str:
    """Where the second factor is used, or made when there is none."""
    return "mfa_reauthenticate" if actor.has_second_factor else "mfa_activate_totp"


def _holds_any(actor: Actor, roles: tuple[Role, ...]) -> bool:
    return any(role in roles for role, _ in actor.roles)
