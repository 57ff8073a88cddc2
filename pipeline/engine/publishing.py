"""Before a version comes out: its checklist, computed from what is known, and the two acts.

Page, API and `manage.py` all come through here. `checklist` reads the database alone, so that it
can be computed again under the lock of the publication.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from governance import dates
from governance.audit.actors import Actor
from governance.catalogue import comparing
from governance.catalogue import services as catalogue
from governance.catalogue.checklist import Item, Mark
from governance.catalogue.models import Judgement, ReleaseNotes, Version
from governance.errors import InvalidError
from governance.removals import selectors as removals
from pipeline.engine.models import Build, Shard

ACCEPTABLE = ("redaction",)  # lines that may come out unmeasured when two people answer for it


def checklist(
    version: Version, *, now: datetime, accepts: Collection[str] = (), by: Actor | None = None
) -> list[Item]:
    """Every line, in the order of `catalogue.checklist.ITEMS`; at most seven queries.

    `accepts` are lines for which `by`, who is about to publish, answers though nobody measured.
    """
    build = Build.objects.filter(version=version).first()
    said = list(Judgement.objects.filter(version=version))
    return [
        _verified(build),
        _removals(version, build, now),
        _redaction(version, said, accepts, by),
        _card(version),
        _difference(version, said),
    ]


def approve_version(
    *,
    version_id: int,
    actor: Actor,
    reason: str,
    now: datetime,
    digest: str | None = None,
    accepts: Collection[str] = (),
) -> Version:
    """Review the difference and approve the version, in one act of one person.

    `digest` names the difference that was looked at; without one, that of the version as it is.
    `accepts` names lines that were not measured, for which the approver answers; where no version
    before was measured either, approving says so by itself.

    Raises what `review_difference` and `approve_version` of the catalogue raise.
    """
    with transaction.atomic():
        known = Version.objects.filter(pk=version_id).first()
        version = catalogue.approve_version(
            version_id=version_id,
            actor=actor,
            reason=reason,
            now=now,
            accepts=_accepted(known, accepts) if known else (),
        )
        catalogue.review_difference(
            version_id=version_id,
            actor=actor,
            digest=comparing.digest_of(version.difference) if digest is None else digest,
            reason=reason,
            now=now,
        )
    return version


def publish_version(
    *, version_id: int, actor: Actor, reason: str, now: datetime, accepts: Collection[str] = ()
) -> Version:
    """Make an approved version the current one, if its whole checklist allows it.

    Raises:
        NotPermittedError: `actor` is no admin, started the build, or approved it.
        WrongStateError: it is not approved, or no reason was given.
        ChecklistError: lines of the checklist stand against it; `steps` says which.
    """
    return catalogue.publish_version(
        version_id=version_id,
        actor=actor,
        reason=reason,
        now=now,
        checked=lambda version: checklist(version, now=now, accepts=accepts, by=actor),
    )


def change_notes(*, version_id: int, actor: Actor, text: str, now: datetime) -> ReleaseNotes:
    """Say in other words what a candidate changes; nobody whose work was removed may be named.

    Raises:
        InvalidError: the words name the subject of a removal, or are none, or too many.
        NotPermittedError, WrongStateError: as `change_notes` of the catalogue.
    """
    version = Version.objects.select_related("dataset").filter(pk=version_id).first()
    notes = catalogue.change_notes
    with transaction.atomic():
        made = notes(version_id=version_id, actor=actor, text=text, now=now)
        if version is not None and removals.named_in(version.dataset, text):
            raise InvalidError(
                "These notes can't be taken.",
                fields={
                    "text": "They name an account, a repository or a file that was removed: say "
                    "how many rows left, never whose."
                },
            )
    return made


def _accepted(version: Version, accepts: Collection[str]) -> set[str]:
    """Lines that the approver answers for: those named, and what no version ever measured."""
    if quality(version):
        return set()
    never = set() if _before(version) else set(ACCEPTABLE)
    return never | (set(accepts) & set(ACCEPTABLE))


# ------------------------------------------------------------------ the lines


def _verified(build: Build | None) -> Item:
    title = "Every file was read again and proved"
    if build is None:
        return Item(
            "verify", title, Mark.OPEN, "No build made this version.", "An admin builds it anew."
        )
    found = Shard.objects.filter(build=build, stage="verify").order_by()
    states = list(found.values_list("state", flat=True))
    done = states.count(Shard.State.DONE)
    if build.state == Build.State.DONE and states and done == len(states):
        pieces = f"{done:,} piece{'s' if done != 1 else ''} of stage verify proved"
        return Item("verify", title, Mark.MET, f"{pieces}, none failed, none left out.")
    return Item(
        "verify",
        title,
        Mark.OPEN,
        f"{done:,} of {len(states):,} pieces of stage verify are proved; the build is "
        f"{build.get_state_display().lower()}.",
        "Wait for the build, or reject this version and build it anew.",
    )


def _removals(version: Version, build: Build | None, now: datetime) -> Item:
    title = "No removal waits longer than promised"
    days = settings.REMOVAL_CUTOFF_DAYS
    applied = (build.brief.get("removals") or ()) if build else ()
    late, young = removals.pending(
        version.dataset, applied=applied, before=now - timedelta(days=days)
    )
    words = f"{len(applied):,} removal{'s' if len(applied) != 1 else ''} applied"
    if not late:
        rest = f", {young:,} recorded since wait less than {days} days" if young else ""
        return Item("removals", title, Mark.MET, f"{words}{rest}; none waits longer.")
    return Item(
        "removals",
        title,
        Mark.OPEN,
        f"{words}; {late:,} recorded more than {days} days ago {'is' if late == 1 else 'are'} not "
        "in this version.",
        "An admin rejects it and starts a build, which takes them in.",
    )


def quality(version: Version) -> dict[str, Any]:
    """Precision and recall by class as measured on this version; empty when nobody did.

    A build that measures puts `redaction_quality` into its figures:
    `{"classes": {"EMAIL": {"precision": 0.98, "recall": 0.95}}, "sample": 500}`.
    """
    told = (version.stats or {}).get("redaction_quality") or {}
    classes = told.get("classes")
    return classes if isinstance(classes, dict) else {}


def _before(version: Version) -> dict[str, Any]:
    """The figures of the last version before it that was measured."""
    earlier = (
        Version.objects.filter(dataset=version.dataset_id, published_at__isnull=False)
        .exclude(pk=version.pk)
        .order_by("-published_at", "-id")
        .only("stats")
    )
    return next((found for each in earlier[:20] if (found := quality(each))), {})


def _redaction(
    version: Version, said: list[Judgement], accepts: Collection[str], by: Actor | None
) -> Item:
    title = "Redaction is no worse than in the last version"
    now, before = quality(version), _before(version)
    if now:
        return _compared(title, now, before)
    first = [each for each in said if each.kind == "accept" and each.item == "redaction"]
    approver = next((each for each in first if each.by == version.approved_by), None)
    publisher = by is not None and "redaction" in accepts
    if not before:
        evidence = (
            "Not measured. No version before it was measured either, so there is nothing that it "
            "could be below."
        )
        step = "" if approver else "Who approves and who publishes answer for that with reasons."
        return Item("redaction", title, Mark.UNMEASURED, _with(evidence, approver), step)
    evidence = "Not measured, though the last version was."
    if approver and publisher:
        return Item("redaction", title, Mark.ACCEPTED, _with(evidence, approver))
    step = (
        "Measure it; or who approves and who publishes both accept that it was not, with reasons."
    )
    return Item("redaction", title, Mark.UNMEASURED, _with(evidence, approver), step, blocks=True)


def _with(evidence: str, judged: Judgement | None) -> str:
    return f"{evidence} Accepted by {judged.by_name}: {judged.reason}" if judged else evidence


def _compared(title: str, now: dict[str, Any], before: dict[str, Any]) -> Item:
    worse, missing = [], []
    for name, told in sorted(before.items()):
        for figure in ("precision", "recall"):
            was, held = told.get(figure), (now.get(name) or {}).get(figure)
            if was is not None and held is None:
                missing.append(f"{figure} of {name}")
            elif was is not None and held < was:
                worse.append(f"{figure} of {name} {held:.3f}, it was {was:.3f}")
    if worse or missing:
        told = "; ".join([*worse, *(f"{each}: not measured" for each in missing)])
        step = "An admin rejects it; the rules are mended, then it is built anew."
        return Item("redaction", title, Mark.OPEN, f"{told}.", step)
    against = f"{len(before)} compared with the last figures" if before else "the first time"
    return Item("redaction", title, Mark.MET, f"{len(now)} classes measured, {against}.")


def _card(version: Version) -> Item:
    from pipeline.release import cardtext

    title = "The card is complete"
    missing = cardtext.missing(version.card)
    if not missing:
        count = len(cardtext.SECTIONS)
        return Item("card", title, Mark.MET, f"All {count} sections stand in it, none is empty.")
    return Item(
        "card",
        title,
        Mark.OPEN,
        f"Missing or empty: {', '.join(missing)}.",
        "The card is made by the build: reject this version and build it anew.",
    )


def _difference(version: Version, said: list[Judgement]) -> Item:
    title = "Somebody looked at what it changes"
    digest = comparing.digest_of(version.difference)
    seen = [each for each in said if each.kind == "review" and each.digest == digest]
    others = [each for each in seen if each.by != version.started_by]
    if others:
        names = ", ".join(f"{each.by_name} on {dates.day(each.at)}" for each in others)
        return Item("difference", title, Mark.MET, f"Reviewed by {names}; sha256 {digest[:12]}.")
    return Item(
        "difference",
        title,
        Mark.OPEN,
        f"Nobody reviewed the difference with sha256 {digest[:12]}.",
        "A steward or an admin who did not start the build looks at it: approving says so.",
    )
