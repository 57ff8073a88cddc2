"""What the base template shows on every page: navigation, the demo's line, unread notices."""

from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError
from django.http import HttpRequest
from django.urls import reverse

from governance.audit import selectors as audit
from governance.audit.actors import Actor, Role
from governance.errors import GovernanceError
from governance.notices import selectors as notices
from portal.accounts.actors import STRANGER, actor_of

SEALED, SEALED_SECONDS = "foot:sealed", 30


def site(request: HttpRequest) -> dict[str, Any]:
    """At most one query of its own, and that only for somebody signed in; the foot is cached."""
    actor = _actor(request)
    unread = notices.unread(actor.user_id) if actor.user_id is not None else 0
    return {
        "actor": actor,
        "demo": settings.DEMO,
        "nav": [_link(request, *each) for each in _nav(actor)],
        "admin_links": [_tab(request, *each) for each in _admin(actor, request)],
        "account_links": [_link(request, *each) for each in _account(actor, unread)],
        "unread": unread,
        "contact": settings.CONTACT_EMAIL,
        "signin_sites": settings.SIGNIN_SITES,
        "sealed": _sealed(),
        "footer_links": [
            {"url": f"mailto:{settings.CONTACT_EMAIL}", "label": "Contact the stewards"}
        ],
    }


def _sealed() -> dict[str, Any] | None:
    """The newest checkpoint for the foot of every page; asked for twice a minute, not by each."""
    known = cache.get(SEALED)
    if known is None:
        try:
            found = audit.latest_checkpoint()
        except DatabaseError:  # a page of failure has this foot, too
            return None
        known = {"at": found.at, "entries": found.size} if found else {}
        cache.set(SEALED, known, SEALED_SECONDS)
    return known | {"url": reverse("record-log")} if known else None


def _actor(request: HttpRequest) -> Actor:
    if not hasattr(request, "user"):  # a failure before the session was read
        return STRANGER
    try:
        return actor_of(request)
    except GovernanceError:
        return STRANGER


def _nav(actor: Actor) -> list[tuple[str, str]]:
    links = [("catalogue", "Datasets")]
    if actor.signed_in:
        links += [("downloads", "My downloads"), ("applications", "Applications")]
    roles = {role for role, _ in actor.roles}
    if roles & {Role.STEWARD, Role.ADMIN}:
        links.append(("steward-queue", "Queue"))
        links.append(("steward-removals", "Removals"))
    if roles:
        links.append(("builds", "Builds"))
    if Role.AUDITOR in roles:
        links.append(("record", "Record"))
    if Role.ADMIN in roles:
        links.append(("admin", "Admin"))
    return links


def _admin(actor: Actor, request: HttpRequest) -> list[tuple[str, str]]:
    """Tabs of the pages below /admin; people are looked after by admins of the whole site."""
    if not request.path.startswith("/admin"):
        return []
    tabs = [("admin", "First steps"), ("admin-datasets", "Datasets"), ("roles", "Roles")]
    return [*tabs, ("people", "People")] if actor.acts_as(Role.ADMIN) else tabs


def _tab(request: HttpRequest, route: str, label: str) -> dict[str, Any]:
    url = reverse(route)
    here = request.path == url or (route != "admin" and request.path.startswith(f"{url}/"))
    return {"url": url, "label": label, "current": here}


def _account(actor: Actor, unread: int) -> list[tuple[str, str]]:
    if not actor.signed_in:
        return []
    inbox = f"Inbox ({unread})" if unread else "Inbox"
    return [("inbox", inbox), ("tokens", "Tokens"), ("account", "Account")]


def _link(request: HttpRequest, route: str, label: str) -> dict[str, Any]:
    url = reverse(route)
    here = request.path == url or request.path.startswith(f"{url}/")
    if route == "catalogue":
        here = here or request.path == "/"
    return {"url": url, "label": label, "current": here}
