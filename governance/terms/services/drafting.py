"""Writing the next terms: a draft that admins share until it is published."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction

from governance.audit import services as audit
from governance.audit.actors import Actor, Role
from governance.audit.services import Place
from governance.catalogue.models import Dataset
from governance.errors import InvalidError, MissingError, NotPermittedError, WrongStateError
from governance.terms import defaults, texts
from governance.terms.models import Earlier, TermsDraft, TermsVersion
from governance.terms.services.publishing import publish_terms
from governance.terms.texts import ClauseSpec

NOTICE_DAYS = 30  # how long earlier acceptances stay good, unless the draft says another day


class Written(NamedTuple):
    """All that is written in a draft; it may be unfinished."""

    number: str
    title: str
    summary: str
    clauses: Sequence[ClauseSpec]
    uses: Sequence[Mapping[str, str]]
    effective_at: datetime | None
    earlier: str
    earlier_until: datetime | None
    reason: str


def _check_admin(actor: Actor, dataset: Dataset) -> None:
    if not actor.acts_as(Role.ADMIN, dataset.pk):
        raise NotPermittedError("Only an admin of this dataset drafts and publishes its terms.")


def start_draft(*, actor: Actor, dataset: Dataset, now: datetime) -> TermsDraft:
    """Begin from the newest terms, or from the terms that a new dataset starts with.

    A draft that is there already is returned as it is.

    Raises:
        NotPermittedError: `actor` is no admin of the dataset.
    """
    _check_admin(actor, dataset)
    newest = TermsVersion.objects.filter(dataset=dataset).prefetch_related("clauses").first()
    written = _from(newest, now=now) if newest else _first()
    with transaction.atomic():
        Dataset.objects.select_for_update().get(pk=dataset.pk)
        draft, made = TermsDraft.objects.get_or_create(
            dataset=dataset,
            defaults=_fields(written) | {"changed_at": now, "changed_by": actor.user_id},
        )
        if made:
            _record(actor, draft, "start", "a draft from the newest terms", now=now)
    return draft


def _from(terms: TermsVersion, *, now: datetime) -> Written:
    return Written(
        number=_next(terms.number),
        title=terms.title,
        summary=terms.summary,
        clauses=[ClauseSpec(each.title, each.law, each.plain) for each in terms.clauses.all()],
        uses=terms.uses,
        effective_at=None,
        earlier=Earlier.UNTIL,
        earlier_until=(now + timedelta(days=NOTICE_DAYS)).replace(
            minute=0, second=0, microsecond=0
        ),
        reason="",
    )


def _first() -> Written:
    return Written(
        number="1.0",
        title=defaults.TITLE,
        summary=defaults.SUMMARY,
        clauses=defaults.CLAUSES,
        uses=defaults.USES,
        effective_at=None,
        earlier=Earlier.GOOD,
        earlier_until=None,
        reason="",
    )


def _next(number: str) -> str:
    """`1.4` becomes `1.5`; an admin who changes more writes another number."""
    head, _, last = number.rpartition(".")
    return f"{head}.{int(last) + 1}" if head and last.isdigit() else f"{number}.1"


def _fields(written: Written) -> dict[str, object]:
    told = written._asdict()
    return told | {
        "clauses": [each._asdict() for each in written.clauses],
        "uses": [dict(each) for each in written.uses],
    }


def save_draft(
    *, actor: Actor, dataset: Dataset, written: Written, revision: int, now: datetime
) -> TermsDraft:
    """Keep what was written, finished or not. `revision` is that of the draft that was changed.

    Raises:
        NotPermittedError: `actor` is no admin of the dataset.
        MissingError: there is no draft (any more).
        InvalidError: something is far too long to be kept.
        WrongStateError: somebody else saved another text meanwhile.
    """
    _check_admin(actor, dataset)
    _check_bounds(written)
    with transaction.atomic():
        draft = _locked(dataset)
        if draft.revision != revision:
            raise WrongStateError(
                "Somebody saved another text of this draft meanwhile. Yours is below, not saved; "
                "to save it in place of theirs, save again."
            )
        for name, value in _fields(written).items():
            setattr(draft, name, value)
        draft.revision += 1
        draft.changed_at, draft.changed_by = now, actor.user_id
        draft.save()
        _record(actor, draft, "change", written.reason or "work on the draft", now=now)
    return draft


def _check_bounds(written: Written) -> None:
    """What a draft may hold at most; whether it is complete is asked when it is published."""
    fields = {}
    if len(written.clauses) > texts.MOST_CLAUSES:
        fields["clauses"] = f"Terms have at most {texts.MOST_CLAUSES} clauses."
    if len(written.uses) > texts.MOST_USES:
        fields["uses"] = f"The table holds at most {texts.MOST_USES} uses."
    for at, clause in enumerate(written.clauses, start=1):
        for part, value in clause._asdict().items():
            if len(value) > texts.LONGEST[part]:
                fields[f"clause_{at}_{part}"] = f"At most {texts.LONGEST[part]} characters."
    for name, most in (("number", 20), ("title", 200), ("summary", 4000), ("reason", 2000)):
        if len(getattr(written, name)) > most:
            fields[name] = f"At most {most} characters."
    if any(len(value) > 300 for use in written.uses for value in use.values()):
        fields["uses"] = "A cell of the table holds at most 300 characters."
    if fields:
        raise InvalidError("This is too long to be kept.", fields=fields)


def discard_draft(*, actor: Actor, dataset: Dataset, reason: str, now: datetime) -> None:
    """Throw the draft away; the record keeps that there was one.

    Raises:
        NotPermittedError: `actor` is no admin of the dataset.
        MissingError: there is no draft.
    """
    _check_admin(actor, dataset)
    with transaction.atomic():
        draft = _locked(dataset)
        _record(actor, draft, "discard", reason.strip() or "not needed", now=now)
        draft.delete()


def publish_draft(
    *, actor: Actor, dataset: Dataset, revision: int, confirmation: str, now: datetime
) -> TermsVersion:
    """Publish what the draft says; the draft is gone afterwards.

    `revision` is the one that was previewed, `confirmation` the number of the terms, typed.

    Raises:
        NotPermittedError: `actor` is no admin of the dataset.
        MissingError: there is no draft (any more).
        InvalidError: it is not complete, or the number was not typed; `fields` says what.
        WrongStateError: it was changed since the preview, or its dates can't be kept.
    """
    _check_admin(actor, dataset)
    with transaction.atomic():
        draft = _locked(dataset)
        if draft.revision != revision:
            raise WrongStateError("The draft was changed since you looked: look at it again.")
        if confirmation.strip() != draft.number:
            told = f"Type {draft.number} to publish these terms."
            raise InvalidError(told, fields={"confirmation": told})
        if not draft.reason.strip():
            told = "Say in the draft why the terms change: people are told."
            raise InvalidError(told, fields={"reason": told})
        made = publish_terms(
            actor=actor,
            dataset=dataset,
            number=draft.number,
            title=draft.title,
            summary=draft.summary,
            clauses=[ClauseSpec(**each) for each in draft.clauses],
            uses=draft.uses,
            effective_at=draft.effective_at or now,
            earlier=draft.earlier,
            earlier_until=draft.earlier_until,
            reason=draft.reason,
            now=now,
        )
        draft.delete()
    return made


def _locked(dataset: Dataset) -> TermsDraft:
    draft = TermsDraft.objects.select_for_update().filter(dataset=dataset).first()
    if draft is None:
        raise MissingError("There is no draft of the terms: it was published or discarded.")
    return draft


def _record(actor: Actor, draft: TermsDraft, verb: str, reason: str, *, now: datetime) -> None:
    clauses = [ClauseSpec(**each) for each in draft.clauses]
    audit.terms_drafted(
        actor=actor,
        place=Place(dataset=draft.dataset.slug),
        verb=verb,
        terms_version=draft.number,
        text_sha256=texts.digest(texts.render_text(draft.title, draft.number, clauses)),
        reason=reason,
        now=now,
    )
