"""The checklist of a candidate and its release notes, on the page of its build."""

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils import timezone

from governance.audit.actors import Actor, Role
from governance.catalogue import comparing
from governance.catalogue import selectors as catalogue
from governance.catalogue.checklist import Item, Mark
from pipeline.engine import publishing
from portal.pages.forming import Words, many_lines

if TYPE_CHECKING:
    from pipeline.engine.models import Build

MARKS = {  # mark -> (words, kind of pill)
    Mark.MET: ("Met", "ok"),
    Mark.OPEN: ("Open", "bad"),
    Mark.UNMEASURED: ("Not measured", "warn"),
    Mark.ACCEPTED: ("Not measured, accepted", "warn"),
}
OPEN = {"candidate", "approved"}
ACCEPT = "Redaction quality was not measured though it was before: I answer for that."


class ReasonForm(forms.Form):
    reason = Words(label="Reason", help_text="Stays in the record.", widget=many_lines(2))


class MoveForm(ReasonForm):
    """Approve and publish: which difference was looked at, and what is accepted unmeasured."""

    digest = forms.CharField(required=False, widget=forms.HiddenInput)
    accept = forms.BooleanField(required=False, label=ACCEPT)
    field_order = ["accept", "reason"]

    def __init__(self, *args: Any, asks: bool, digest: str, **kwargs: Any) -> None:
        super().__init__(*args, initial={"digest": digest}, **kwargs)
        self.digest = digest
        if not asks:
            del self.fields["accept"]

    def renew(self) -> None:
        """After a refusal the page shows the difference as it is now: so does the form."""
        self.data = self.data.copy()
        self.data["digest"] = self.digest

    def more(self, verb: str) -> dict[str, Any]:
        """What the verb takes beside the reason."""
        accepts = ["redaction"] if self.cleaned_data.get("accept") else []
        told: dict[str, Any] = {} if verb == "review" else {"accepts": accepts}
        if verb in ("approve", "review"):
            # What was looked at stands in the page; one that was sent without it looked at nothing.
            told["digest"] = self.cleaned_data.get("digest", "")
        return told


class NotesForm(forms.Form):
    text = Words(
        label="Release notes",
        help_text="Markdown. Say how many rows left and why, never whose.",
        widget=many_lines(10),
    )


def lines(build: "Build") -> list[Item]:
    """The checklist while it matters: of a finished build that is not out."""
    if build.state != "done" or build.version.state not in OPEN:
        return []
    return publishing.checklist(build.version, now=timezone.now())


def reviewed(items: Collection[Item]) -> bool:
    """Whether somebody's look at the difference is on record; yes where nothing is asked."""
    return all(item.mark is Mark.MET for item in items if item.code == "difference")


def shown(items: Collection[Item]) -> list[dict[str, Any]]:
    return [
        {"it": item, "pill": dict(zip(("text", "kind"), MARKS[item.mark], strict=True))}
        for item in items
    ]


def form_of(verb: str, build: "Build", items: Collection[Item], data: Any = None) -> forms.Form:
    """The form of an act; approving and publishing carry what was looked at."""
    if verb not in ("approve", "publish", "review"):
        return ReasonForm(data, auto_id=f"{verb}_%s")
    asks = verb != "review" and any(item.code == "redaction" and item.blocks for item in items)
    digest = comparing.digest_of(build.version.difference)
    return MoveForm(data, asks=asks, digest=digest, auto_id=f"{verb}_%s")


def notes(build: "Build", actor: Actor, data: Any = None) -> dict[str, Any]:
    """`notes`: as they are; `notes_form`: for who may change them now."""
    version = build.version
    found = catalogue.notes_of(version)
    may = any(actor.acts_as(role, version.dataset_id) for role in (Role.STEWARD, Role.ADMIN))
    form = None
    if build.state == "done" and version.state in OPEN and may:
        initial = {"text": found.text if found else ""}
        form = NotesForm(data, initial=initial, auto_id="notes_%s")
    return {"notes": found.text if found else "", "notes_form": form}
