"""Copies that somebody holds, what is due, and the declaration of what became of one."""

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpRequest

from governance.audit.actors import Actor
from governance.catalogue import selectors as catalogue
from governance.duty import selectors, services
from governance.errors import InvalidError, MissingError, WrongStateError
from portal.pages.forming import whole_number

if TYPE_CHECKING:
    from datetime import datetime


def held(actor: Actor, now: "datetime") -> list[dict[str, Any]]:
    """What stands on the page for each open copy; `replaced` only where that can be declared."""
    copies = selectors.held_by(actor.user_id)
    current = catalogue.current_numbers({each.version.dataset_id for each in copies})
    has = {(each.version.dataset_id, each.tier_id, each.version.number) for each in copies}
    rows = []
    for copy in copies:
        newest = current.get(copy.version.dataset_id, "")
        replaceable = newest not in ("", copy.version.number) and (
            (copy.version.dataset_id, copy.tier_id, newest) in has
        )
        rows.append(
            {
                "pk": copy.pk,
                "dataset": copy.version.dataset.slug,
                "version": copy.version.number,
                "tier": copy.tier.name,
                "files": copy.had,
                "since": copy.made_at,
                "due": copy.due,
                "overdue": bool(copy.due) and copy.due[0].deadline <= now,
                "deleted": services.statement_of(copy, "deleted", ""),
                "replaced": services.statement_of(copy, "replaced", newest) if replaceable else "",
            }
        )
    return rows


def attest(request: HttpRequest, actor: Actor, now: "datetime") -> None:
    """Declare it; what was refused is told above the page that follows."""
    try:
        made = services.attest(
            actor=actor,
            copy_id=whole_number(request.POST.get("copy", "")),
            how=request.POST.get("how", ""),
            via="page",
            now=now,
        )
    except (InvalidError, MissingError, WrongStateError) as error:
        messages.error(request, error.sentence)
        return
    messages.success(request, f"Declared, as {made.number}: “{made.statement}”")
