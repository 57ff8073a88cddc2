"""Every change to roles, applications and grants: one public verb a use case."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from governance.access import selectors
from governance.access.models import Application, Grant, RoleHeld
from governance.access.states import State, step
from governance.audit import services as audit
from governance.audit.actors import HOUSE, Actor, Role
from governance.audit.services import Place
from governance.catalogue.models import Dataset, Tier
from governance.errors import InvalidError, MissingError, NotPermittedError, WrongStateError

ANSWER_WITHIN = timedelta(days=14)  # 10 working days
EXPIRE_AFTER = timedelta(days=42)  # 30 working days: silence never grants
LONGEST_ANSWER = 8000  # characters


def apply(*, actor: Actor, tier: Tier, answers: Mapping[str, Any], now: datetime) -> Application:
    """Ask for a tier that is open to approved people.

    `tier.dataset` is loaded; its form is the list of questions (`name`, `label`, `kind`,
    `required`), and `answers` maps their names to text or, for a declaration, to true.

    Raises:
        NotPermittedError: a stranger, or an address that is not confirmed.
        WrongStateError: the tier can't be applied for, or an application waits already.
        InvalidError: an answer is missing or too long; `fields` names them.
    """
    if not actor.verified or actor.token is not None:
        raise NotPermittedError("Sign in with a confirmed address to apply; a token only reads.")
    if not tier.form:
        raise WrongStateError(f"The {tier.name} tier of {tier.dataset.slug} can't be applied for.")
    kept = _checked(tier, answers)
    with transaction.atomic():
        Tier.objects.select_for_update().get(pk=tier.pk)  # numbers are given one at a time
        waiting = selectors.open_application(actor, tier)
        if waiting:
            raise WrongStateError(f"Your application {waiting} waits already.")
        made = Application.objects.create(
            number=_next_number(now),
            applicant_id=actor.user_id,
            tier=tier,
            form=tier.form,
            answers=kept,
            state=State.SUBMITTED,
            submitted_at=now,
            target_at=now + ANSWER_WITHIN,
        )
        audit.application_submitted(actor=actor, place=_place(tier), number=made.number, now=now)
    return made


def _checked(tier: Tier, answers: Mapping[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    fields: dict[str, str] = {}
    for question in tier.form:
        name, given = question["name"], answers.get(question["name"])
        if question["kind"] == "declaration":
            if question.get("required") and given is not True:
                fields[name] = "Tick this if it is true; without it nobody can approve."
            kept[name] = given is True
            continue
        words = str(given or "").strip()
        least = question.get("least", 1 if question.get("required") else 0)
        if len(words) < least:
            fields[name] = f"Answer this in at least {least} characters."
        elif len(words) > LONGEST_ANSWER:
            fields[name] = f"Keep this under {LONGEST_ANSWER:,} characters."
        kept[name] = words
    if fields:
        raise InvalidError("Some answers are missing.", fields=fields)
    return kept


def _next_number(now: datetime) -> str:
    year = f"GH-{now.year}-"
    last = (
        Application.objects.filter(number__startswith=year)
        .order_by("-id")
        .values_list("number", flat=True)
        .first()
    )
    return f"{year}{int(last.rsplit('-', 1)[1]) + 1 if last else 1:04d}"


def approve_application(
    *, application_id: int, actor: Actor, ends: datetime, reason: str, now: datetime
) -> Grant:
    """Grant what was applied for, until `ends`.

    Raises:
        NotPermittedError: `actor` is no steward of the dataset, or is the applicant.
        MissingError: no such application.
        WrongStateError: it is not waiting, or no reason was given.
        InvalidError: `ends` is not in the future, or beyond what the tier allows.
    """
    with transaction.atomic():
        application = _locked(application_id, actor)
        after = step(application.state, "approve")
        longest = now + timedelta(days=application.tier.days)
        if not now < ends <= longest:
            raise InvalidError(
                f"Choose an end after today and at most {application.tier.days} days away.",
                fields={"ends": f"After today, at the latest {longest:%d %b %Y}."},
            )
        _decided(application, after, actor=actor, reason=reason, now=now)
        grant = Grant.objects.create(
            holder_id=application.applicant_id,
            tier=application.tier,
            application=application,
            begins=now,
            ends=ends,
        )
        audit.application_approved(
            actor=actor,
            place=_place(application.tier),
            number=application.number,
            applicant=application.applicant_id,
            grant=grant.pk,
            ends=ends,
            reason=reason.strip(),
            now=now,
        )
    return grant


def reject_application(
    *, application_id: int, actor: Actor, reason: str, now: datetime
) -> Application:
    """Say no, with a reason that the applicant reads. They may apply again."""
    with transaction.atomic():
        application = _locked(application_id, actor)
        after = step(application.state, "reject")
        _decided(application, after, actor=actor, reason=reason, now=now)
        audit.application_rejected(
            actor=actor,
            place=_place(application.tier),
            number=application.number,
            applicant=application.applicant_id,
            reason=reason.strip(),
            now=now,
        )
    return application


def withdraw_application(*, application_id: int, actor: Actor, now: datetime) -> Application:
    """The applicant takes an application back."""
    with transaction.atomic():
        application = _row(application_id)
        if application is None or application.applicant_id != actor.user_id:
            raise MissingError("There is no such application.")
        if actor.token is not None:
            raise NotPermittedError("Sign in to withdraw an application; a token only reads.")
        application.state = step(application.state, "withdraw")
        application.save(update_fields=["state"])
        audit.application_withdrawn(
            actor=actor, place=_place(application.tier), number=application.number, now=now
        )
    return application


def revoke_grant(*, grant_id: int, actor: Actor, reason: str, now: datetime) -> Grant:
    """End a grant at once, with a reason that the holder reads."""
    with transaction.atomic():
        grant = (
            Grant.objects.select_for_update(of=("self",))
            .select_related("tier__dataset")
            .filter(pk=grant_id)
            .first()
        )
        if grant is None:
            raise MissingError("There is no such grant.")
        selectors.require(actor, Role.STEWARD, Role.ADMIN, dataset_id=grant.tier.dataset_id)
        if grant.revoked_at:
            raise WrongStateError("This grant was revoked already.")
        if not reason.strip():
            raise WrongStateError("Give a reason to revoke a grant.")
        grant.revoked_at, grant.revoked_reason = now, reason.strip()
        grant.save(update_fields=["revoked_at", "revoked_reason"])
        audit.grant_revoked(
            actor=actor,
            place=_place(grant.tier),
            grant=grant.pk,
            holder=grant.holder_id,
            reason=reason.strip(),
            now=now,
        )
    return grant


def expire_old(*, now: datetime, at_most: int = 200) -> int:
    """Record ends that time has brought: silent applications expire, grants are over.

    Nothing here opens or shuts a door: `decide` looks at the dates itself. Returns how many.
    """
    silent = Application.objects.filter(
        state=State.SUBMITTED, submitted_at__lte=now - EXPIRE_AFTER
    ).values_list("pk", flat=True)
    over = Grant.objects.filter(ends__lte=now, end_told=False, revoked_at=None).values_list(
        "pk", flat=True
    )
    done = [_expire_application(pk, now=now) for pk in list(silent[:at_most])]
    done += [_end_grant(pk, now=now) for pk in list(over[:at_most])]
    return sum(done)


def _expire_application(application_id: int, *, now: datetime) -> bool:
    with transaction.atomic():
        application = _row(application_id)
        if application is None or application.state != State.SUBMITTED:
            return False
        application.state, application.decided_at = step(application.state, "expire"), now
        application.save(update_fields=["state", "decided_at"])
        audit.application_expired(
            actor=HOUSE,
            place=_place(application.tier),
            number=application.number,
            applicant=application.applicant_id,
            now=now,
        )
    return True


def _end_grant(grant_id: int, *, now: datetime) -> bool:
    with transaction.atomic():
        won = Grant.objects.filter(pk=grant_id, end_told=False).update(end_told=True)
        if won:
            grant = Grant.objects.select_related("tier__dataset").get(pk=grant_id)
            audit.grant_ended(
                actor=HOUSE,
                place=_place(grant.tier),
                grant=grant_id,
                holder=grant.holder_id,
                now=now,
            )
    return bool(won)


def give_role(
    *,
    actor: Actor,
    person: int,
    role: Role,
    dataset: Dataset | None,
    ends: datetime | None,
    reason: str,
    now: datetime,
) -> RoleHeld:
    """Give somebody a role, on one dataset or everywhere. Nobody gives one to themselves.

    Raises:
        NotPermittedError: `actor` is no admin, or is the person.
        WrongStateError: no reason was given.
    """
    if not (actor.system or actor.acts_as(Role.ADMIN, dataset.pk if dataset else None)):
        raise NotPermittedError("Only an admin gives roles.")
    if actor.user_id == person:
        raise NotPermittedError("Nobody gives a role to themselves.")
    if not reason.strip():
        raise WrongStateError("Give a reason for the role.")
    with transaction.atomic():
        held, _ = RoleHeld.objects.update_or_create(
            user_id=person, role=role, dataset=dataset, defaults={"begins": now, "ends": ends}
        )
        audit.role_given(
            actor=actor,
            role=role,
            person=person,
            dataset=dataset.slug if dataset else "",
            ends=ends,
            reason=reason.strip(),
            now=now,
        )
    return held


def _row(application_id: int) -> Application | None:
    return (
        Application.objects.select_for_update(of=("self",))
        .select_related("tier__dataset")
        .filter(pk=application_id)
        .first()
    )


def _locked(application_id: int, actor: Actor) -> Application:
    """The row, locked, for somebody who may decide it: two stewards may press at once."""
    application = _row(application_id)
    if application is None:
        raise MissingError("There is no such application.")
    selectors.require(actor, Role.STEWARD, dataset_id=application.tier.dataset_id)
    if application.applicant_id == actor.user_id:
        raise NotPermittedError("Nobody decides their own application.")
    return application


def _decided(
    application: Application, after: State, *, actor: Actor, reason: str, now: datetime
) -> None:
    if not reason.strip():
        raise WrongStateError("Give a reason; the applicant reads it.")
    application.state, application.reason = after, reason.strip()
    application.decided_at, application.decided_by = now, actor.user_id
    application.save(update_fields=["state", "reason", "decided_at", "decided_by"])


def _place(tier: Tier) -> Place:
    return Place(dataset=tier.dataset.slug, tier=tier.name)
