"""What clients of the Hub print beside a download: `X-HF-Warning: topic; message`.

They print one message a topic, so the topic names the dataset; and they get one header, so what is
most pressing comes first. It costs a query only where there is something to warn of.
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from governance import dates
from governance.access.rules import Decision
from governance.audit.actors import Actor
from governance.catalogue import selectors as catalogue

if TYPE_CHECKING:
    from governance.catalogue.models import Version

HEADER = "X-HF-Warning"
LONGEST = 600  # characters of a header
SOON = timedelta(days=30)


def beside(
    request: HttpRequest, actor: Actor, version: "Version", decision: Decision, now: datetime
) -> dict[str, str]:
    """The header for a file that is handed out; often none."""
    slug = version.dataset.slug
    told = [*_ending(request, actor, version, decision, now), *_superseded(request, version)]
    if not told:
        return {}
    state = "superseded" if version.state == "superseded" else "ends"
    return {HEADER: line(f"{state} {slug}", " ".join(told))}


def _ending(
    request: HttpRequest, actor: Actor, version: "Version", decision: Decision, now: datetime
) -> list[str]:
    """That the rule's yes turns into a no soon, whatever the cause: a duty, terms, a grant. The
    decision knows its first end, and it costs nothing. A token's own is no news to who made it."""
    until = decision.valid_until
    token = actor.token.ends if actor.token is not None else None
    if until is None or until in {token, version.serve_until} or until > now + SOON:
        return []
    dataset = version.dataset
    what = _address(request, dataset, "dataset-access")
    return [f"Your downloads of {dataset.slug} end on {dates.moment(until)} unless you act: {what}"]


def _superseded(request: HttpRequest, version: "Version") -> list[str]:
    if version.state != "superseded":
        return []
    dataset = version.dataset
    newer = catalogue.current_number(dataset.pk)
    told = f"Version {version.number} of {dataset.slug} is superseded"
    if newer:
        told += f": take {newer}"
    if version.serve_until:
        told += f". It is handed out until {dates.moment(version.serve_until)}"
    return [f"{told}. {_address(request, dataset)}"]


def of_withdrawn(request: HttpRequest, version: "Version") -> str:
    """Reason and successor of a version that is not handed out any more."""
    dataset = version.dataset
    successor = catalogue.successor_number(version.pk)
    instead = f"Take {successor} in its place" if successor else "No version takes its place"
    reason = version.withdrawn_reason.strip().rstrip(".")
    told = f"Version {version.number} of {dataset.slug} was withdrawn" + (
        f": {reason}" if reason else ""
    )
    return line(f"withdrawn {dataset.slug}", f"{told}. {instead}. {_address(request, dataset)}")


def _address(request: HttpRequest, dataset: object, route: str = "dataset-versions") -> str:
    where = {"namespace": dataset.namespace, "name": dataset.name}  # type: ignore[attr-defined]
    path = reverse(route, kwargs=where)
    base = settings.PUBLIC_URL
    return f"{base}{path}" if base else request.build_absolute_uri(path)


def line(topic: str, message: str) -> str:
    """One line of ASCII, as a header must be; a topic ends at its semicolon."""
    told = f"{topic.replace(';', ',')}; {message}"
    return " ".join(told.encode("ascii", "replace").decode().split())[:LONGEST]
