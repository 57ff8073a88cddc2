"""What stewards do with an application: take it, ask, note, decide."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction

from governance import dates
from governance.access import applied, days, forms, selectors
from governance.access.models import Application, Exchange, Grant, Note, Yes
from governance.access.services.applications import EXPIRE_AFTER, file_counts
from governance.access.services.groups import invite_members
from governance.access.services.shared import (
    NOT_THERE,
    must_keep,
    place_of,
    reviewable,
    row,
)
from governance.access.states import WAITING, State, step
from governance.audit import services as audit
from governance.audit.actors import Actor, Role
from governance.errors import (
    GovernanceError,
    InvalidError,
    MissingError,
    WrongStateError,
)

MOST_AT_ONCE = 100
CHANGED = "The applicant changed the answers since you read them: read them again."
LONGEST_NOTE = 4000  # characters
SOON_30, SOON_7 = timedelta(days=30), timedelta(days=7)


# ------------------------------------------------------------------ who looks after it


def take_application(*, application_id: int, actor: Actor, now: datetime) -> Application:
    """Look after an application from now on, also in place of another, who is told."""
    with transaction.atomic():
        found = reviewable(application_id, actor)
        _must_wait(found)
        before = found.taken_by
        if before == actor.user_id:
            raise WrongStateError("You look after it already.")
        _taken(found, actor.user_id, now=now)
        audit.application_taken(
            actor=actor, place=place_of(found.tier), number=found.number, before=before, now=now
        )
    return found


def hand_on_application(
    *, application_id: int, actor: Actor, to: int, note: str, now: datetime
) -> Application:
    """Give an application to another reviewer, who is told; the note is between reviewers."""
    with transaction.atomic():
        found = row(application_id)
        if found is None or found.submitted_at is None:
            raise MissingError(NOT_THERE)
        must_keep(actor, found.tier)
        _must_wait(found)
        _must_be_reviewer(found, to, now=now)
        if to == found.taken_by:
            raise WrongStateError("They look after it already.")
        _noted(found, actor, note, now=now)
        _taken(found, to, now=now)
        audit.application_handed_on(
            actor=actor, place=place_of(found.tier), number=found.number, to=to, now=now
        )
    return found


def _must_be_reviewer(application: Application, person: int, *, now: datetime) -> None:
    stewards = selectors.holders_of(Role.STEWARD, application.tier.dataset_id, now=now)
    named = application.members.filter(user=person).exists()
    if person not in stewards or person == application.applicant_id or named:
        told = "Choose a steward of this dataset who has no part in the application."
        raise InvalidError(told, fields={"to": told})


def give_back_application(*, application_id: int, actor: Actor, now: datetime) -> Application:
    """Look after it no longer: it is everyone's again."""
    with transaction.atomic():
        found = reviewable(application_id, actor)
        if found.taken_by != actor.user_id:
            raise WrongStateError("You do not look after it.")
        _taken(found, None, now=now)
        audit.application_given_back(
            actor=actor, place=place_of(found.tier), number=found.number, now=now
        )
    return found


def _must_wait(application: Application) -> None:
    if application.state not in WAITING:
        raise WrongStateError(f"This application was already {application.state}.")


def _taken(application: Application, person: int | None, *, now: datetime) -> None:
    application.taken_by, application.taken_at = person, now if person is not None else None
    application.save(update_fields=["taken_by", "taken_at"])


def note_application(*, application_id: int, actor: Actor, text: str, now: datetime) -> Note:
    """Write to the other reviewers; the applicant never sees it."""
    with transaction.atomic():
        found = reviewable(application_id, actor)
        if not text.strip():
            raise InvalidError("Write the note.", fields={"note": "Write the note."})
        made = _noted(found, actor, text, now=now)
        assert made is not None  # noqa: S101  there is a text
        audit.application_noted(
            actor=actor, place=place_of(found.tier), number=found.number, now=now
        )
    return made


def _noted(application: Application, actor: Actor, text: str, *, now: datetime) -> Note | None:
    words = text.strip()
    if len(words) > LONGEST_NOTE:
        told = f"Keep it to {LONGEST_NOTE:,} characters."
        raise InvalidError(told, fields={"note": told})
    if not words or actor.user_id is None:
        return None
    return Note.objects.create(application=application, author=actor.user_id, text=words, at=now)


# ------------------------------------------------------------------ what they say


def return_application(
    *, application_id: int, actor: Actor, questions: str, now: datetime
) -> Application:
    """Send it back with questions. The promised day waits; the applicant has 30 working days."""
    with transaction.atomic():
        found = reviewable(application_id, actor)
        found.state = step(found.state, "return", reason=questions)
        found.returned_at = now
        found.answer_by = days.after(now, EXPIRE_AFTER)
        found.save(update_fields=["state", "returned_at", "answer_by"])
        Exchange.objects.create(application=found, questions=questions.strip(), asked_at=now)
        audit.application_returned(
            actor=actor,
            place=place_of(found.tier),
            number=found.number,
            applicant=found.applicant_id,
            reason=questions.strip(),
            now=now,
        )
    return found


def approve_application(
    *,
    application_id: int,
    actor: Actor,
    ends: datetime,
    reason: str,
    now: datetime,
    submission: int | None = None,
) -> Grant | None:
    """Say yes: grant what was applied for, until `ends`. None while another yes is needed.

    With two reviewers the earlier of their ends counts. `submission` is the `submissions` of what
    was read: the answers may have been changed meanwhile.

    Raises:
        NotPermittedError: `actor` is no steward of the dataset, or has a part in it.
        MissingError: no such application.
        WrongStateError: it is not waiting, no reason was given, they said yes already, or read
            other answers.
        InvalidError: `ends` is out of bounds, or a required answer is missing.
    """
    with transaction.atomic():
        found = reviewable(application_id, actor)
        after = step(found.state, "approve", reason=reason)
        if submission not in {None, found.submissions}:
            raise WrongStateError(CHANGED)
        begins = _begins(found, now)
        _check_end(found, begins, ends)
        forms.check_answers(found.form, found.answers, file_counts(found))
        said = list(found.yeses.filter(submission=found.submissions, ends__gt=begins))
        if any(each.reviewer == actor.user_id for each in said):
            raise WrongStateError("You said yes already: another reviewer has to agree.")
        said.append(_say_yes(found, actor, ends=ends, reason=reason, now=now))
        if len(said) < found.tier.reviewers:
            audit.application_endorsed(
                actor=actor,
                place=place_of(found.tier),
                number=found.number,
                applicant=found.applicant_id,
                needed=found.tier.reviewers,
                reason=reason.strip(),
                now=now,
            )
            return None
        _decided(found, after, actor=actor, reason=reason, now=now)
        last = min(each.ends for each in said)
        return _granted(found, actor=actor, begins=begins, ends=last, now=now)


def _say_yes(
    application: Application, actor: Actor, *, ends: datetime, reason: str, now: datetime
) -> Yes:
    told = {"ends": ends, "reason": reason.strip(), "at": now}
    said, _ = Yes.objects.update_or_create(
        application=application,
        submission=application.submissions,
        reviewer=actor.user_id,
        defaults=told,
    )
    return said


def _begins(application: Application, now: datetime) -> datetime:
    """At once; a renewal of a grant that is still open, when that one ends."""
    old = application.renews
    if old is not None and old.revoked_at is None and old.ends > now:
        return old.ends
    return now


def _check_end(application: Application, begins: datetime, ends: datetime) -> None:
    longest = begins + timedelta(days=application.tier.days)
    if begins < ends <= longest:
        return
    raise InvalidError(
        f"Choose an end after {dates.day(begins)} and at most {application.tier.days} days later.",
        fields={"ends": f"After {dates.day(begins)}, at the latest {dates.day(longest)}."},
    )


def _granted(
    application: Application, *, actor: Actor, begins: datetime, ends: datetime, now: datetime
) -> Grant:
    grant = Grant.objects.create(
        holder_id=application.applicant_id,
        tier=application.tier,
        application=application,
        begins=begins,
        ends=ends,
        told_30=ends - now <= SOON_30,  # their end was told just now
        told_7=ends - now <= SOON_7,
    )
    audit.application_approved(
        actor=actor,
        place=place_of(application.tier),
        number=application.number,
        applicant=application.applicant_id,
        grant=grant.pk,
        begins=begins,
        ends=ends,
        reason=application.reason,
        now=now,
    )
    invite_members(application, now=now)
    return grant


def reject_application(
    *, application_id: int, actor: Actor, reason: str, now: datetime
) -> Application:
    """Say no, with a reason that the applicant reads; one no is enough. They may apply again."""
    with transaction.atomic():
        found = reviewable(application_id, actor)
        after = step(found.state, "reject", reason=reason)
        _decided(found, after, actor=actor, reason=reason, now=now)
        audit.application_rejected(
            actor=actor,
            place=place_of(found.tier),
            number=found.number,
            applicant=found.applicant_id,
            reason=found.reason,
            now=now,
        )
    return found


def _decided(
    application: Application, after: State, *, actor: Actor, reason: str, now: datetime
) -> None:
    application.state, application.reason = after, reason.strip()
    application.decided_at, application.decided_by = now, actor.user_id
    application.save(update_fields=["state", "reason", "decided_at", "decided_by"])


# ------------------------------------------------------------------ many at once


class Outcome(NamedTuple):
    """What became of one of many. `error` is None when it was done."""

    number: str
    done: str  # approved, endorsed, rejected or returned; empty when it was not
    error: GovernanceError | None


def decide_many(
    *,
    numbers: Sequence[str],
    actor: Actor,
    verb: str,
    reason: str,
    now: datetime,
    ends: datetime | None = None,
) -> list[Outcome]:
    """The same answer to several applications; one that can't have it costs only itself.

    `verb` is approve, reject or return. Each is a transaction and an entry of its own.

    Raises:
        InvalidError: none or too many were chosen, or an approval without an end.
    """
    chosen = list(dict.fromkeys(numbers))
    if not 1 <= len(chosen) <= MOST_AT_ONCE:
        raise InvalidError(f"Choose 1 to {MOST_AT_ONCE} applications.")
    if verb not in {"approve", "reject", "return"}:
        raise InvalidError("Choose to approve, decline or return them.")
    if verb == "approve" and ends is None:
        raise InvalidError("Choose an end.", fields={"ends": "Choose an end."})
    readable = applied.readable_by(actor).filter(number__in=chosen)
    known = dict(readable.values_list("number", "pk"))
    done = []
    for number in chosen:
        try:
            if number not in known:
                raise MissingError(NOT_THERE)
            told = _one(known[number], actor=actor, verb=verb, reason=reason, ends=ends, now=now)
            done.append(Outcome(number, told, None))
        except GovernanceError as error:
            done.append(Outcome(number, "", error))
    return done


def _one(
    application_id: int,
    *,
    actor: Actor,
    verb: str,
    reason: str,
    ends: datetime | None,
    now: datetime,
) -> str:
    if verb == "approve" and ends is not None:
        grant = approve_application(
            application_id=application_id, actor=actor, ends=ends, reason=reason, now=now
        )
        return "approved" if grant else "endorsed"
    if verb == "return":
        return_application(application_id=application_id, actor=actor, questions=reason, now=now)
        return "returned"
    reject_application(application_id=application_id, actor=actor, reason=reason, now=now)
    return "rejected"
