"""Between a finished build and a published version: what is known, and who may do what next."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django import forms

from governance.audit.actors import Actor, Role
from governance.catalogue import selectors as catalogue
from governance.removals import selectors as removals
from portal.accounts import people

if TYPE_CHECKING:
    from pipeline.engine.models import Build

ACTS = {  # verb -> (heading, button, kind of button, the sentence beside it)
    "approve": (
        "Approve",
        "Approve",
        "primary",
        "You have looked at the difference on this page and say that it may come out. Both go on "
        "record.",
    ),
    "review": (
        "Review",
        "I looked at it",
        "",
        "You have looked at the difference on this page; its digest and your name go on record.",
    ),
    "publish": (
        "Publish",
        "Publish",
        "primary",
        "It becomes the current version at once; the one before is served until its holders must "
        "have moved on.",
    ),
    "reject": ("Reject", "Reject", "danger", "It never comes out; its number is free again."),
    "pause": ("Pause", "Pause the build", "", "Work in hand ends, nothing is lost; it can go on."),
    "resume": (
        "Go on",
        "Resume the build",
        "primary",
        "It goes on where it stopped; shards that were set aside are tried again.",
    ),
    "cancel": ("Cancel", "Cancel the build", "danger", "Work in hand ends; nothing is published."),
}
PAST = {"approved", "published", "superseded", "withdrawn"}


def facts(build: "Build") -> dict[str, Any]:
    """Who did what, what went in, and the lines of the gate before publication."""
    version = build.version
    names = people.names([version.approved_by, version.published_by])
    told = {
        "approved_by": names.get(version.approved_by or 0, ""),
        "published_by": names.get(version.published_by or 0, ""),
        "removals": len(build.brief.get("removals") or ()),
        "since": removals.since(version.dataset, build.started_at),
        "public": version.state in {"published", "superseded", "withdrawn"},
        "ended": version.state == "rejected",  # also when its build failed or was cancelled
    }
    return told | {"gate": _gate(build, told)}


def _gate(build: "Build", told: dict[str, Any]) -> list[dict[str, str]]:
    """What stands between this build and a publication; the first open line is the next one."""
    version = build.version
    made = build.state == "done"
    approved = made and version.state in PAST
    published = made and version.state in PAST - {"approved"}
    lines = [
        (made, "Build and verify", _made(build)),
        (made, "Removals applied", _removed(told, made)),
        (approved, "Approval", _approval(told, approved)),
        (published, "Publication", _publication(told, published)),
    ]
    marks, open_seen = [], told["ended"]
    for done, title, detail in lines:
        state = "done" if done else "later" if open_seen else "next"
        open_seen = open_seen or not done
        marks.append({"state": state, "title": title, "detail": detail})
    return marks


def _made(build: "Build") -> str:
    if build.state == "done":
        return "All stages are done; counts, hashes and the absence of removed subjects verified"
    if build.state == "running":
        return "All stages; one of them verifies counts, hashes and removals"
    if build.state == "paused":
        return "The build is paused; an admin lets it go on"
    if build.state == "held":
        return "Shards were set aside; an admin mends the cause and lets the build go on"
    return f"The build {'failed' if build.state == 'failed' else 'was cancelled'}"


def _removed(told: dict[str, Any], made: bool) -> str:
    count = told["removals"]
    words = f"{count:,} in force when the build began" if count else "None was in force"
    words += ", every one applied" if made and count else ""
    if told["since"]:
        words += f". {told['since']:,} recorded since: the next version takes them in"
    return words


def _approval(told: dict[str, Any], approved: bool) -> str:
    if approved:
        return f"By {told['approved_by'] or 'somebody whose account is gone'}"
    return "By a steward or an admin who did not start the build"


def _publication(told: dict[str, Any], published: bool) -> str:
    if published:
        return f"By {told['published_by'] or 'somebody whose account is gone'}"
    return "By another admin, who neither started nor approved it; all or nothing"


def acts(
    build: "Build",
    actor: Actor,
    form: Callable[[str], forms.Form],
    *,
    reviewed: bool = True,
) -> dict[str, list[dict[str, Any]]]:
    """`open`: what this person may do now, each with its form. `shut`: the next act of the gate
    when it is somebody else's, with the sentence why."""
    found: dict[str, list[dict[str, Any]]] = {"open": [], "shut": []}
    for verb in _possible(build, reviewed=reviewed):
        heading, button, kind, sentence = ACTS[verb]
        told = {"verb": verb, "heading": heading, "button": button, "kind": kind}
        why = _why_not(build, actor, verb)
        if why:
            found["shut"].append(told | {"sentence": why})
        else:
            found["open"].append(told | {"sentence": sentence, "form": form(verb)})
    return found


def _possible(build: "Build", *, reviewed: bool) -> list[str]:
    """Acts that the state of the build leaves to anybody at all. Approving is a review as well;
    what was approved without one (`reviewed` is no) needs it by itself."""
    if build.state == "running":
        return ["pause", "cancel"]
    if build.state in ("paused", "held"):
        return ["resume", "cancel"]
    approved = ["publish", "reject"] if reviewed else ["review", "publish", "reject"]
    return {"candidate": ["approve", "reject"], "approved": approved}.get(
        build.version.state if build.state == "done" else "", []
    )


def _why_not(build: "Build", actor: Actor, verb: str) -> str:
    if verb not in ("pause", "resume", "cancel"):
        return catalogue.why_not(build.version, actor, verb)
    admin = actor.acts_as(Role.ADMIN, build.version.dataset_id)
    return "" if admin else f"Only an admin can {verb} a build."
