"""Putting terms in force, and telling whom it concerns in time."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.db import transaction

from governance.audit import services as audit
from governance.audit.actors import HOUSE, Actor, Role
from governance.audit.services import Place
from governance.catalogue.models import Dataset
from governance.catalogue.services import refuse_wound_down
from governance.errors import NotPermittedError, WrongStateError
from governance.terms import texts
from governance.terms.models import Clause, Earlier, TermsVersion
from governance.terms.standings import Rule, ends
from governance.terms.texts import ClauseSpec

REMIND = (7, 1)  # days before an end, the longest first


def publish_terms(
    *,
    actor: Actor,
    dataset: Dataset,
    number: str,
    title: str,
    summary: str,
    clauses: Sequence[ClauseSpec],
    uses: Sequence[Mapping[str, str]],
    effective_at: datetime,
    reason: str,
    now: datetime,
    earlier: str = Earlier.END,
    earlier_until: datetime | None = None,
) -> TermsVersion:
    """Put a version of the terms in force from `effective_at`; until then it can be signed ahead.

    `earlier` says what becomes of acceptances of earlier versions (`Earlier`); `earlier_until`,
    which belongs to `until`, is the moment from which they count no more.

    Raises:
        NotPermittedError: `actor` is no admin.
        InvalidError: something is missing in the text; `fields` names it.
        WrongStateError: the number is taken, the dates can't be kept, or it was wound down.
    """
    if not (actor.system or actor.acts_as(Role.ADMIN, dataset.pk)):
        raise NotPermittedError("Only an admin publishes terms.")
    texts.check(number=number, title=title, clauses=clauses, uses=uses)
    text = texts.render_text(title, number, clauses)
    with transaction.atomic():
        # Two publications at once would each compute the ends without the other's rule.
        refuse_wound_down(Dataset.objects.select_for_update().get(pk=dataset.pk), now=now)
        _check_new(dataset, number, effective_at, now=now)
        _check_earlier(earlier, earlier_until, effective_at, now=now)
        made = TermsVersion.objects.create(
            dataset=dataset,
            number=number,
            title=title,
            summary=summary,
            text=text,
            text_sha256=texts.digest(text),
            uses=list(uses),
            effective_at=effective_at,
            published_at=now,
            earlier=earlier,
            earlier_until=earlier_until,
        )
        Clause.objects.bulk_create(
            [
                Clause(terms=made, number=at, title=each.title, law=each.law, plain=each.plain)
                for at, each in enumerate(clauses, start=1)
            ]
        )
        _set_ends(dataset, now=now)
        audit.terms_published(
            actor=actor,
            place=Place(dataset=dataset.slug),
            terms_version=number,
            text_sha256=made.text_sha256,
            effective=effective_at,
            earlier=earlier,
            earlier_until=earlier_until,
            reason=reason,
            now=now,
        )
    return made


def _check_new(dataset: Dataset, number: str, effective_at: datetime, *, now: datetime) -> None:
    there = TermsVersion.objects.filter(dataset=dataset)
    if there.filter(number=number).exists():
        raise WrongStateError(f"Terms {number} of {dataset.slug} are published already.")
    if there.filter(effective_at=effective_at).exists():
        raise WrongStateError("Other terms take effect at that very moment: choose another one.")
    if effective_at < now and there.exists():
        raise WrongStateError("New terms can't take effect in the past.")


def _check_earlier(
    earlier: str, until: datetime | None, effective_at: datetime, *, now: datetime
) -> None:
    if earlier not in Earlier.values:
        raise WrongStateError("Say what becomes of earlier acceptances: good, until or end.")
    if (earlier == Earlier.UNTIL) != (until is not None):
        raise WrongStateError("A deadline belongs to 'until', and to nothing else.")
    if until is not None and (until <= effective_at or until <= now):
        raise WrongStateError("The deadline must come after the day on which the terms begin.")


def _set_ends(dataset: Dataset, *, now: datetime) -> None:
    """Bring `accepted_until` of every version in line with what later ones say."""
    versions = list(TermsVersion.objects.select_for_update().filter(dataset=dataset))
    rules = [Rule(each.effective_at, each.earlier, each.earlier_until) for each in versions]
    for each in versions:
        end = ends(each.effective_at, rules)
        if end != each.accepted_until:
            # The publication itself tells people: a reminder that would be due by now is not sent.
            each.accepted_until, each.told_before = end, _due(end, now=now)
    TermsVersion.objects.bulk_update(versions, ["accepted_until", "told_before"])


def _due(end: datetime | None, *, now: datetime) -> int | None:
    """The shortest lead, in days, that has begun before `end`."""
    begun = [days for days in REMIND if end is not None and end - timedelta(days=days) <= now]
    return min(begun, default=None)


def remind(*, now: datetime) -> int:
    """Record that acceptances of a version end soon; notices tells those who have not signed anew.

    Once for each lead of REMIND: of several that are due only the shortest is told. Returns how
    many versions were told of.
    """
    soon = TermsVersion.objects.filter(
        accepted_until__gt=now, accepted_until__lte=now + timedelta(days=max(REMIND))
    )
    return sum(_remind(each, now=now) for each in soon.values_list("pk", flat=True))


def _remind(terms_id: int, *, now: datetime) -> bool:
    with transaction.atomic():
        terms = TermsVersion.objects.select_for_update().get(pk=terms_id)
        due = _due(terms.accepted_until, now=now)
        if terms.accepted_until is None or due is None or due == terms.told_before:
            return False
        terms.told_before = due
        terms.save(update_fields=["told_before"])
        audit.terms_ending(
            actor=HOUSE,
            place=Place(dataset=terms.dataset.slug),
            terms_version=terms.number,
            ends=terms.accepted_until,
            days=due,
            now=now,
        )
    return True
