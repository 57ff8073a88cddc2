"""Every change to terms and acceptances."""

import hashlib
import secrets
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from django.contrib.auth import get_user_model
from django.db import transaction

from governance.audit import services as audit
from governance.audit.actors import Actor, Role
from governance.audit.services import Place
from governance.catalogue.models import Dataset
from governance.errors import InvalidError, MissingError, NotPermittedError, Step, WrongStateError
from governance.terms.models import Acceptance, Clause, TermsVersion

LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # none that are mistaken for one another


class ClauseSpec(NamedTuple):
    title: str
    law: str
    plain: str


def render_text(title: str, number: str, clauses: Sequence[ClauseSpec]) -> str:
    """The binding text: what the sha256 of an acceptance is taken of. UTF-8, `\\n` line ends."""
    parts = [f"{title}\nVersion {number}\n"]
    parts += [f"{at}. {each.title}\n\n{each.law}\n" for at, each in enumerate(clauses, start=1)]
    return "\n".join(parts)


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
) -> TermsVersion:
    """Put a version of the terms in force from `effective_at`.

    Raises:
        NotPermittedError: `actor` is no admin.
        WrongStateError: the number is taken.
    """
    if not (actor.system or actor.acts_as(Role.ADMIN, dataset.pk)):
        raise NotPermittedError("Only an admin publishes terms.")
    text = render_text(title, number, clauses)
    with transaction.atomic():
        if TermsVersion.objects.filter(dataset=dataset, number=number).exists():
            raise WrongStateError(f"Terms {number} of {dataset.slug} are published already.")
        made = TermsVersion.objects.create(
            dataset=dataset,
            number=number,
            title=title,
            summary=summary,
            text=text,
            text_sha256=hashlib.sha256(text.encode()).hexdigest(),
            uses=list(uses),
            effective_at=effective_at,
        )
        Clause.objects.bulk_create(
            [
                Clause(terms=made, number=at, title=each.title, law=each.law, plain=each.plain)
                for at, each in enumerate(clauses, start=1)
            ]
        )
        audit.terms_published(
            actor=actor,
            place=Place(dataset=dataset.slug),
            terms_version=number,
            text_sha256=made.text_sha256,
            effective=effective_at,
            reason=reason,
            now=now,
        )
    return made


def accept(
    *,
    actor: Actor,
    terms_id: int,
    ticked: Collection[int],
    typed_name: str,
    purpose: str,
    now: datetime,
) -> Acceptance:
    """Accept a text as a person: every clause ticked, a name typed, a purpose given.

    Accepting the same text again returns the first acceptance unchanged.

    Raises:
        NotPermittedError: a stranger, or an address that is not confirmed yet.
        InvalidError: a clause is not ticked, or name or purpose is missing; `fields` names them.
        WrongStateError: these terms are not those in force.
    """
    _check_person(actor)
    with transaction.atomic():
        terms = TermsVersion.objects.select_related("dataset").filter(pk=terms_id).first()
        if terms is None:
            raise MissingError("There are no such terms.")
        # One click at a time of the same person: a second one finds the first.
        get_user_model().objects.select_for_update().get(pk=actor.user_id)
        before = Acceptance.objects.filter(user=actor.user_id, terms=terms).first()
        if before is not None:
            return before
        _check_in_force(terms, now=now)
        _check_form(terms, ticked=ticked, typed_name=typed_name, purpose=purpose)
        number = "GH-A-" + "".join(secrets.choice(LETTERS) for _ in range(10))
        entry = audit.terms_accepted(
            actor=actor,
            place=Place(dataset=terms.dataset.slug),
            terms_version=terms.number,
            number=number,
            text_sha256=terms.text_sha256,
            purpose=purpose.strip(),
            now=now,
        )
        return Acceptance.objects.create(
            number=number,
            user_id=actor.user_id,
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
        )


def _check_person(actor: Actor) -> None:
    if not actor.signed_in:
        step = Step("signed_in", "Sign in", "Sign in first.", "account_login", action="Sign in")
        raise NotPermittedError("Sign in first: terms are accepted by a person.", step=step)
    if actor.token is not None:
        raise NotPermittedError("A token signs nothing: sign in with a browser.")
    if not actor.verified:
        step = Step(
            "verified",
            "Confirm your address",
            "Open the mail.",
            "account_email",
            action="Addresses",
        )
        raise NotPermittedError("Confirm your e-mail address first.", step=step)


def _check_in_force(terms: TermsVersion, *, now: datetime) -> None:
    newest = TermsVersion.objects.filter(dataset=terms.dataset_id, effective_at__lte=now).first()
    if newest is None or newest.pk != terms.pk:
        raise WrongStateError(f"Terms {terms.number} are not in force: read the newest ones.")


def _check_form(
    terms: TermsVersion, *, ticked: Collection[int], typed_name: str, purpose: str
) -> None:
    fields = {}
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
