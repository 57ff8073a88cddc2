"""From an empty installation to a first published version: what is done, and what is next."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from governance.access import holding
from governance.audit.actors import Role
from governance.catalogue import selectors as catalogue
from governance.terms import selectors as terms
from portal.accounts.actors import actor_of
from portal.pages.guards import staff

if TYPE_CHECKING:
    from governance.catalogue.models import Dataset, Version


class Step:
    """A line of the gate, before it is known which one is next."""

    def __init__(self, done: object, title: str, detail: str, url: str, action: str) -> None:
        self.done, self.title, self.detail = bool(done), title, detail
        self.url, self.action = url, action


def drawn(steps: list[Step]) -> list[dict[str, Any]]:
    """Lines of the tag `gate`: the first that is not done is the next one."""
    lines: list[dict[str, Any]] = []
    open_seen = False
    for each in steps:
        state = "done" if each.done else "later" if open_seen else "next"
        open_seen = open_seen or not each.done
        lines.append(
            {
                "state": state,
                "title": each.title,
                "detail": each.detail,
                "url": each.url,
                "action": each.action,
            }
        )
    return lines


def of_people(*, user_id: int | None, now: datetime) -> list[Step]:
    """It takes three to publish: one builds, one approves, another admin publishes."""
    roles = reverse("roles")
    return [
        Step(True, "Your account and second factor", "You are here.", "", ""),
        Step(
            holding.admins(now=now) > 1,
            "Invite a second admin",
            "Who built a version does not publish it: another admin does.",
            roles,
            "Give roles",
        ),
        Step(
            holding.others(Role.STEWARD, user_id=user_id, now=now),
            "Invite a steward",
            "They approve versions, decide applications and read the raw data.",
            roles,
            "Give roles",
        ),
    ]


def of_dataset(dataset: "Dataset", *, now: datetime) -> list[Step]:
    """What stands between a dataset and its first download."""
    where = {"namespace": dataset.namespace, "name": dataset.name}
    edit, newest = reverse("dataset-edit", kwargs=where), catalogue.newest(dataset)
    state = newest.state if newest else ""
    builds = _build_url(newest)
    return [
        Step(
            terms.in_force(dataset, now=now),
            "Put terms in force",
            "Nobody downloads before they have signed them.",
            reverse("terms-draft", kwargs=where),
            "Draft the terms",
        ),
        Step(
            dataset.sources,
            "Name its sources",
            "What a build collects from, named on the machine by manage.py collect.",
            f"{edit}#sources",
            "See how",
        ),
        Step(
            state not in {"", "building"},
            "Build a version",
            "The build runs now." if state == "building" else "Collected, redacted, verified.",
            builds,
            "Watch the build" if state == "building" else "Start a build",
        ),
        Step(
            state in {"approved", "published", "superseded", "withdrawn"},
            "Have it approved",
            "By a steward or an admin who did not start the build.",
            builds,
            "See the build",
        ),
        Step(
            state in {"published", "superseded", "withdrawn"},
            "Have it published",
            "By another admin, who neither built nor approved it.",
            builds,
            "See the build",
        ),
        Step(
            dataset.listed,
            "List the dataset",
            "Until then only its staff know of it, and no file is handed out.",
            f"{edit}#listing",
            "List it",
        ),
    ]


def _build_url(newest: "Version | None") -> str:
    if newest is None or newest.build is None:
        return reverse("builds")
    return reverse("build", kwargs={"build_id": newest.build})


@require_safe
@staff(Role.ADMIN)
def page(request: HttpRequest) -> HttpResponse:
    """The first dataset that nobody can download yet; without one, that all is done."""
    actor, now = actor_of(request), timezone.now()
    kept = list(catalogue.kept_by(actor, Role.ADMIN))
    steps = of_people(user_id=actor.user_id, now=now) if actor.acts_as(Role.ADMIN) else []
    made = Step(kept, "Make a dataset", "Its name, tiers and policies.", _new(), "Make a dataset")
    steps.append(made)
    open_ones = [(each, of_dataset(each, now=now)) for each in kept[:20]]
    current, rest = next(
        ((each, of) for each, of in open_ones if not all(step.done for step in of)), (None, [])
    )
    told = {
        "steps": drawn([*steps, *rest]),
        "current": current,
        "all_done": all(step.done for step in [*steps, *rest]),
        "empty": not kept,
    }
    return render(request, "admin/first_steps.html", told)


def _new() -> str:
    return reverse("dataset-new")


urls = [path("admin", page, name="admin")]
