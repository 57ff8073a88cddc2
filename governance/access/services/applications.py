"""What somebody does who asks for a tier: drafts, sends, answers, withdraws, asks again.

A draft is its writer's own: it stands in no entry of the record until it is sent.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count

from governance import dates
from governance.access import applied, days, forms
from governance.access.models import Application, Exchange, Grant, Kind
from governance.access.services.files import erase_files_of
from governance.access.services.groups import name_members
from governance.access.services.shared import (
    ONLY_READS,
    next_number,
    own,
    place_of,
    refuse_blocked,
)
from governance.access.states import AGAIN, OPEN, State, step
from governance.audit import services as audit
from governance.audit.actors import Actor
from governance.catalogue.models import Tier
from governance.catalogue.services import refuse_wound_down
from governance.errors import InvalidError, MissingError, NotPermittedError, WrongStateError

ANSWER_DAYS, EXPIRE_DAYS = 10, 30  # working days
ANSWER_WITHIN = days.working_days(ANSWER_DAYS)
EXPIRE_AFTER = days.working_days(EXPIRE_DAYS)  # silence never grants
RENEW_WITHIN = timedelta(days=365)  # after a grant's end
LONGEST_REPLY = 8000  # characters


def apply(
    *,
    actor: Actor,
    tier: Tier,
    answers: Mapping[str, Any],
    now: datetime,
    members: Sequence[str] = (),
) -> Application:
    """Ask for a tier that is open to approved people, at once; `draft_application` first saves.

    `tier.dataset` is loaded; `answers` as in `forms.check_answers`, `members` are addresses.

    Raises:
        NotPermittedError: a stranger, an address that is not confirmed, a block.
        WrongStateError: the tier can't be applied for, the dataset was wound down, or an
            application is open already.
        InvalidError: an answer is missing or too long; `fields` names them.
    """
    _may_apply(actor, tier, now=now)
    with transaction.atomic():
        made = _made(actor, tier, now=now)
        _write(made, answers, members, actor=actor, now=now)
        return _submitted(made, actor=actor, now=now)


def draft_application(
    *,
    actor: Actor,
    tier: Tier,
    answers: Mapping[str, Any],
    now: datetime,
    members: Sequence[str] = (),
) -> Application:
    """Begin an application that can be continued; it may have gaps. Raises as `apply`."""
    _may_apply(actor, tier, now=now)
    with transaction.atomic():
        made = _made(actor, tier, now=now)
        _write(made, answers, members, actor=actor, now=now)
    return made


def save_draft(
    *,
    application_id: int,
    actor: Actor,
    answers: Mapping[str, Any],
    now: datetime,
    members: Sequence[str] | None = None,
) -> Application:
    """Keep what was written so far, in a draft or in answer to questions.

    `members` None leaves the group as it is.
    """
    with transaction.atomic():
        found = own(application_id, actor)
        if found.state not in {State.DRAFT, State.RETURNED}:
            raise WrongStateError(f"It can't be changed any more: it is {found.state}.")
        _write(found, answers, members, actor=actor, now=now)
    return found


def submit_application(*, application_id: int, actor: Actor, now: datetime) -> Application:
    """Send a draft to the stewards. Raises as `apply`."""
    with transaction.atomic():
        found = own(application_id, actor)
        _may_apply(actor, found.tier, now=now)
        return _submitted(found, actor=actor, now=now)


def answer_application(
    *, application_id: int, actor: Actor, reply: str, now: datetime
) -> Application:
    """Send a returned one back with a reply. The clock of the promised day goes on from here.

    Raises:
        WrongStateError: it was not returned.
        InvalidError: no reply, or an answer is missing now.
    """
    with transaction.atomic():
        found = own(application_id, actor)
        after = step(found.state, "answer")
        words = reply.strip()
        if not 1 <= len(words) <= LONGEST_REPLY:
            told = f"Answer what was asked, in at most {LONGEST_REPLY:,} characters."
            raise InvalidError(told, fields={"reply": told})
        forms.check_answers(found.form, found.answers, file_counts(found))
        _go_on(found, now=now)
        found.state, found.submissions = after, found.submissions + 1
        found.save()
        Exchange.objects.filter(application=found, replied_at=None).update(
            reply=words, replied_at=now
        )
        audit.application_answered(
            actor=actor, place=place_of(found.tier), number=found.number, now=now
        )
    return found


def _go_on(application: Application, *, now: datetime) -> None:
    """Move the days on by the working time that the application was with its applicant."""
    assert application.returned_at is not None  # noqa: S101
    assert application.target_at is not None  # noqa: S101
    assert application.expires_at is not None  # noqa: S101
    away = days.worked(application.returned_at, now)
    if application.target_at > application.returned_at:  # one that was late stays late
        application.target_at = days.after(application.target_at, away)
    application.expires_at = days.after(application.expires_at, away)
    application.returned_at = application.answer_by = None


def withdraw_application(*, application_id: int, actor: Actor, now: datetime) -> Application:
    """The applicant takes an application back, sent or not."""
    with transaction.atomic():
        found = own(application_id, actor)
        was_sent = found.submitted_at is not None
        found.state = step(found.state, "withdraw")
        found.decided_at = now
        found.save(update_fields=["state", "decided_at"])
        if was_sent:
            audit.application_withdrawn(
                actor=actor, place=place_of(found.tier), number=found.number, now=now
            )
        else:
            erase_files_of(found)
    return found


def nudge_application(*, application_id: int, actor: Actor, now: datetime) -> Application:
    """Remind the stewards, at most once a week."""
    with transaction.atomic():
        found = own(application_id, actor)
        if found.state != State.SUBMITTED:
            raise WrongStateError(f"It does not wait for the stewards: it is {found.state}.")
        if not applied.may_nudge(found, now=now):
            assert found.nudged_at is not None  # noqa: S101
            again = found.nudged_at + applied.NUDGE_EVERY
            raise WrongStateError(
                f"You reminded them already; you may again on {dates.moment(again)}."
            )
        found.nudged_at = now
        found.save(update_fields=["nudged_at"])
        audit.application_nudged(
            actor=actor, place=place_of(found.tier), number=found.number, now=now
        )
    return found


def apply_again(*, application_id: int, actor: Actor, now: datetime) -> Application:
    """A draft with the answers and the group of one that was declined, withdrawn or is over."""
    with transaction.atomic():
        before = own(application_id, actor)
        state = applied.with_state(Application.objects.filter(pk=before.pk), now=now).get().shown
        if state not in AGAIN:
            raise WrongStateError(f"This application is {state}: there is nothing to repeat.")
        _may_apply(actor, before.tier, now=now)
        made = _made(actor, before.tier, now=now, previous=before)
        _write(made, before.answers, _addresses(before), actor=actor, now=now)
    return made


def renew_grant(*, grant_id: int, actor: Actor, now: datetime) -> Application:
    """A draft that asks for a grant to go on: the old answers, and what was done with the data.

    Raises:
        MissingError: no such grant of this person that came from an application of theirs.
        WrongStateError: it was revoked, ended too long ago, or is being renewed already.
    """
    with transaction.atomic():
        grant = (
            Grant.objects.select_for_update(of=("self",))
            .select_related("tier__dataset", "application")
            .filter(pk=grant_id, holder=actor.user_id, application__applicant=actor.user_id)
            .first()
        )
        if grant is None or grant.application is None or not actor.signed_in:
            raise MissingError("There is no such grant.")
        if grant.revoked_at is not None:
            raise WrongStateError("This grant was revoked: apply again instead.")
        if now - grant.ends > RENEW_WITHIN:
            raise WrongStateError("This grant ended too long ago: apply again instead.")
        known = applied.renewal_of(grant)
        if known is not None:
            raise WrongStateError(f"{known} renews this grant already.")
        _may_apply(actor, grant.tier, now=now)
        before = grant.application
        made = _made(actor, grant.tier, now=now, previous=before, renews=grant)
        _write(made, before.answers, _addresses(before), actor=actor, now=now)
    return made


# ------------------------------------------------------------------ inside a transaction


def _may_apply(actor: Actor, tier: Tier, *, now: datetime) -> None:
    actor.require_standing()
    slug = tier.dataset.slug
    if not actor.may_act(slug):
        raise NotPermittedError(ONLY_READS)
    if not actor.signed_in or not actor.verified:
        raise NotPermittedError("Sign in with a confirmed address to apply.")
    refuse_wound_down(tier.dataset, now=now)
    if not tier.form:
        raise WrongStateError(f"The {tier.name} tier of {slug} can't be applied for.")
    refuse_blocked([actor.email], actor.user_id, tier, now)


def _made(
    actor: Actor,
    tier: Tier,
    *,
    now: datetime,
    previous: Application | None = None,
    renews: Grant | None = None,
) -> Application:
    """A new draft. The year's numbers are locked first, so two at once find one another."""
    number = next_number(now)
    known = Application.objects.filter(
        applicant=actor.user_id, tier=tier, state__in=sorted(OPEN)
    ).first()
    if known is not None:
        waits = "is a draft that you began" if known.state == State.DRAFT else "waits already"
        raise WrongStateError(f"Your application {known} {waits}: one at a time is enough.")
    more = list(forms.RENEWAL) if renews else []
    return Application.objects.create(
        number=number,
        applicant_id=actor.user_id,
        tier=tier,
        kind=Kind.RENEWAL if renews else Kind.FIRST,
        renews=renews,
        previous=previous,
        form=[*tier.form, *more],
        answers={},
        state=State.DRAFT,
        made_at=now,
    )


def _write(
    application: Application,
    answers: Mapping[str, Any],
    members: Sequence[str] | None,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    application.answers = forms.check_answers(application.form, answers, draft=True)
    application.save(update_fields=["answers"])
    if members is not None:
        name_members(application, members, lead=actor, now=now)


def _submitted(application: Application, *, actor: Actor, now: datetime) -> Application:
    after = step(application.state, "submit")
    _renew_form(application)
    application.answers = forms.check_answers(
        application.form, application.answers, file_counts(application)
    )
    emails = _addresses(application)
    refuse_blocked(emails, None, application.tier, now)
    application.state, application.submissions = after, 1
    application.submitted_at = now
    application.target_at = days.after(now, ANSWER_WITHIN)
    application.expires_at = days.after(now, EXPIRE_AFTER)
    application.save()
    audit.application_submitted(
        actor=actor,
        place=place_of(application.tier),
        number=application.number,
        kind=application.kind,
        members=len(emails),
        now=now,
    )
    return application


def _renew_form(application: Application) -> None:
    """A draft may have lain for weeks: what is asked is what the tier asks when it is sent."""
    more = list(forms.RENEWAL) if application.kind == Kind.RENEWAL else []
    application.form = [*application.tier.form, *more]


def _addresses(application: Application) -> list[str]:
    old = applied.MEMBERS_OF_OLD
    return list(application.members.exclude(state__in=old).values_list("email", flat=True))


def file_counts(application: Application) -> dict[str, int]:
    """How many files are there, by question."""
    found = application.uploads.filter(erased_at=None).order_by().values("question")
    return dict(found.annotate(n=Count("pk")).values_list("question", "n"))
