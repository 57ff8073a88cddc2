"""Accepting terms as a person, and what may be forgotten of it."""

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import QuerySet

from governance.audit import services as audit
from governance.audit.actors import HOUSE, Actor
from governance.audit.services import Place
from governance.errors import (
    InvalidError,
    MissingError,
    NotPermittedError,
    RefusedError,
    Step,
    WrongStateError,
)
from governance.terms.models import Acceptance, SharedCopy, TermsVersion
from governance.terms.texts import Read

LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # none that are mistaken for one another
TRACES_DAYS = 365  # address and browser of a signature are kept so long


def accept(
    *,
    actor: Actor,
    terms_id: int,
    ticked: Collection[int],
    typed_name: str,
    purpose: str,
    now: datetime,
    read: Read | None = None,
    via: str = "",
) -> Acceptance:
    """Accept a text as a person: every clause ticked, a name typed, a purpose given.

    Accepting the same text again returns the first acceptance unchanged. `read` is what
    a program says that it read, and must be the same text; `via` the code of the shared copy on
    whose page a person read it.

    Raises:
        RefusedError: a stranger, a suspended account, an address that is not confirmed yet.
        NotPermittedError: a token that was not made for this.
        InvalidError: a clause is not ticked, or name or purpose is missing; `fields` names them.
        WrongStateError: newer terms are in force, or another text was read. Terms that take effect
            later can be signed.
    """
    _check_person(actor)
    with transaction.atomic():
        terms = TermsVersion.objects.select_related("dataset").filter(pk=terms_id).first()
        if terms is None:
            raise MissingError("There are no such terms.")
        _check_reach(actor, terms)
        # One click at a time of the same person: a second one finds the first.
        get_user_model().objects.select_for_update().get(pk=actor.user_id)
        before = Acceptance.objects.filter(person=actor.user_id, terms=terms).first()
        if before is not None:
            return before
        _check_open(terms, now=now)
        missing = _check_text(terms, read) if read is not None else {}
        _check_form(terms, missing, ticked=ticked, typed_name=typed_name, purpose=purpose)
        copy = _copy(terms, via)
        number = f"GH-A-{code()}"
        entry = audit.terms_accepted(
            actor=actor,
            place=Place(dataset=terms.dataset.slug),
            terms_version=terms.number,
            number=number,
            text_sha256=terms.text_sha256,
            purpose=purpose.strip(),
            copy=via,
            now=now,
        )
        return Acceptance.objects.create(
            number=number,
            user_id=actor.user_id,
            person=actor.user_id,
            terms=terms,
            text_sha256=terms.text_sha256,
            clauses=sorted(set(ticked)),
            typed_name=typed_name.strip(),
            email=actor.email,
            purpose=purpose.strip(),
            at=now,
            address=actor.address,
            agent=actor.agent[:300],
            entry=entry.pk,
            via=copy,
        )


def code() -> str:
    """Ten letters that can't be guessed (50 bits), to cite or to stand in an address."""
    return "".join(secrets.choice(LETTERS) for _ in range(10))


def _check_person(actor: Actor) -> None:
    actor.require_standing()
    if not actor.signed_in:
        told = "Sign in first: terms are accepted by a person. A program sends a token."
        raise RefusedError([Step("signed_in", "Sign in", told, "account_login", action="Sign in")])
    if not actor.verified:
        told = "Confirm your e-mail address first: open the link that was mailed to you."
        raise RefusedError(
            [Step("verified", "Confirm your address", told, "account_email", action="Addresses")]
        )


def _check_reach(actor: Actor, terms: TermsVersion) -> None:
    slug = terms.dataset.slug
    if not actor.may_act(slug):
        step = Step("token", "Make a token that may act", f"It must reach {slug}.", "tokens")
        raise NotPermittedError(
            f"This token can't sign for you: make one of scope act for {slug}, or sign in with a "
            "browser.",
            step=step,
        )


def read_step(terms: TermsVersion) -> Step:
    """Where these terms are read and signed."""
    dataset = terms.dataset
    where = {"namespace": dataset.namespace, "name": dataset.name}
    told = f"Read and sign the terms {terms.number} of {dataset.slug}."
    return Step("terms", f"Sign terms {terms.number}", told, "terms", where, "Read and sign")


def _check_open(terms: TermsVersion, *, now: datetime) -> None:
    newest = TermsVersion.objects.filter(dataset=terms.dataset_id, effective_at__lte=now).first()
    if newest is not None and terms.effective_at < newest.effective_at:
        newest.dataset = terms.dataset
        raise WrongStateError(
            f"Terms {terms.number} are not in force any more: read terms {newest.number}.",
            step=read_step(newest),
        )


def _check_text(terms: TermsVersion, read: Read) -> dict[str, str]:
    """Raise when another text was read; returns what the program did not say."""
    if read.sha256 and read.sha256.strip().casefold() != terms.text_sha256:
        raise WrongStateError(
            f"That is not the sha256 of the terms {terms.number}: read them again, then sign what "
            "you read.",
            step=read_step(terms),
        )
    missing = {}
    if not read.number:
        missing["terms_version"] = "Say which terms you read."
    if not read.sha256:
        missing["sha256"] = "Send the sha256 of the text that you read."
    return missing


def _copy(terms: TermsVersion, via: str) -> SharedCopy | None:
    """The shared copy on whose page the text was read."""
    if not via:
        return None
    found = SharedCopy.objects.filter(dataset=terms.dataset_id, code=via, ended_at=None).first()
    if found is None:
        raise WrongStateError(
            "That copy is not registered any more. The terms can be signed without it.",
            step=read_step(terms),
        )
    return found


def _check_form(
    terms: TermsVersion,
    missing: dict[str, str],
    *,
    ticked: Collection[int],
    typed_name: str,
    purpose: str,
) -> None:
    fields = dict(missing)
    for number in terms.clauses.values_list("number", flat=True):
        if number not in ticked:
            fields[f"clause_{number}"] = "Tick this clause if you agree to it."
    if len(typed_name.strip()) < 3:
        fields["typed_name"] = "Type your full name; it is your signature."
    if len(purpose.strip()) < 10:
        fields["purpose"] = "Say in a sentence what you will use the dataset for."
    if len(typed_name) > 200:
        fields["typed_name"] = "Keep the name under 200 characters."
    if len(purpose) > 4000:
        fields["purpose"] = "Keep the purpose under 4,000 characters."
    if fields:
        raise InvalidError("Something is missing before you can sign.", fields=fields)


# ------------------------------------------------------------------ what may be forgotten


def erase_traces(*, actor: Actor, person: int, reason: str, now: datetime) -> int:
    """Erase network address and browser of somebody's signatures; the signatures stay.

    Returns how many were changed.

    Raises:
        NotPermittedError: `actor` is another person.
    """
    if not (actor.system or (actor.user_id == person and actor.token is None)):
        raise NotPermittedError("Only the person, or an operator, erases this.")
    return _erase(Acceptance.objects.filter(person=person), actor, person, reason, now=now)


def erase_old_traces(*, now: datetime) -> int:
    """The same for all signatures older than TRACES_DAYS."""
    over = Acceptance.objects.filter(at__lt=now - timedelta(days=TRACES_DAYS))
    return _erase(over, HOUSE, None, "their time was over", now=now)


def _erase(
    chosen: QuerySet[Acceptance], actor: Actor, person: int | None, reason: str, *, now: datetime
) -> int:
    with transaction.atomic():
        erased = chosen.exclude(address="", agent="").update(address="", agent="")
        if erased:
            audit.traces_erased(actor=actor, person=person, count=erased, reason=reason, now=now)
    return erased
