"""From a decision to a ticket: who may have the bytes, on record before any of them leaves."""

from datetime import datetime
from typing import Any

from django.db import DatabaseError

from governance.access import files, rules
from governance.access import selectors as access
from governance.audit import services as audit
from governance.audit.actors import Actor
from governance.audit.services import Place
from governance.catalogue import selectors as catalogue
from governance.duty import holding as duty
from governance.errors import GovernanceError, MissingError, RefusedError
from governance.terms import selectors as terms


class UnavailableError(GovernanceError):
    """The record can't be written, so nothing is handed out."""

    code = "unavailable"


class Asked:
    """A file that was asked for, with the decision about it."""

    def __init__(self, artefact: Any, decision: rules.Decision, known: terms.Standing) -> None:
        self.artefact, self.decision = artefact, decision
        self.terms = known  # those that go with the file: signed by who asks, or else in force

    @property
    def place(self) -> Place:
        artefact = self.artefact
        version = artefact.version
        return Place(version.dataset.slug, version.number, artefact.tier.name, artefact.path)


def ask(
    *, actor: Actor, namespace: str, name: str, revision: str, path: str, now: datetime
) -> Asked:
    """Find a file and decide about it; writes nothing.

    Raises:
        MissingError: no such repository, revision or path; `hub_code` says which.
    """
    repository = catalogue.Repository(namespace, name)
    # A NUL is in no name of ours, and PostgreSQL would not even compare it.
    readable = "\x00" not in f"{revision}{path}"
    found = files.locate(actor, repository, revision, path, now=now) if readable else None
    if found is None:
        raise _missing(repository, revision, path)
    known = found.terms
    if known is None and "terms" in (found.artefact.tier.policy.get("download") or ()):
        dataset = found.artefact.version.dataset_id
        known = terms.standing(user_id=actor.user_id, dataset_id=dataset, now=now)
    decision = access.decide(actor, found.artefact, "download", now, known=known, owed=found.owed)
    return Asked(found.artefact, decision, known or found.in_force)


def issue(*, actor: Actor, asked: Asked, now: datetime) -> None:
    """Put the ticket, or the refusal of somebody signed in, on record.

    Raises:
        RefusedError: the decision was no.
        UnavailableError: the record can't be written; then there is no ticket either.
    """
    decision = asked.decision
    try:
        if decision.allowed:
            audit.ticket_issued(  # committed when it returns, with the copy that it makes
                actor=actor,
                place=asked.place,
                terms_version=decision.terms_version,
                grant=decision.grant,
                size=asked.artefact.size,
                now=now,
                beside=duty.beside_ticket(actor=actor, artefact=asked.artefact, now=now),
            )
            return
        if not actor.signed_in:
            audit.stranger_refused(address=actor.address, dataset=asked.place.dataset, now=now)
        else:
            audit.access_refused(
                actor=actor,
                place=asked.place,
                action="ticket",
                reasons=decision.reasons,
                now=now,
            )
    except DatabaseError as error:
        raise UnavailableError(
            "The record can't be written just now, so nothing is handed out. Try again in a minute."
        ) from error
    refuse(actor=actor, asked=asked, now=now)


def refuse(*, actor: Actor, asked: Asked, now: datetime) -> None:
    """Raise the refusal with the gate that a page draws; nothing when the decision was yes."""
    if asked.decision.allowed:
        return
    refusal = RefusedError(asked.decision.missing_steps)
    artefact = asked.artefact
    facts = access.facts_for(
        actor,
        artefact.tier,
        artefact.version,
        action="download",
        now=now,
        withheld=artefact.withheld,
    )
    refusal.gate = rules.gate(artefact.tier.policy, "download", facts)  # type: ignore[attr-defined]
    refusal.asked = asked.place  # type: ignore[attr-defined]
    refusal.version = artefact.version  # type: ignore[attr-defined]
    raise refusal


def _missing(repository: catalogue.Repository, revision: str, path: str) -> MissingError:
    """Say what is missing, as clients of the Hub tell the three apart."""
    name, tier = repository.split()
    try:
        dataset = catalogue.dataset(repository.namespace, name)
        catalogue.tier(dataset, tier)
    except MissingError as error:
        error.hub_code = "RepoNotFound"  # type: ignore[attr-defined]
        return error
    version = catalogue.by_revision(dataset, revision.replace("\x00", ""))
    if version is None:
        missing = MissingError(f"{dataset.slug} has no revision {revision[:60]}.")
        missing.hub_code = "RevisionNotFound"  # type: ignore[attr-defined]
        return missing
    missing = MissingError(f"Version {version.number} has no file {path[:200]}.")
    missing.hub_code = "EntryNotFound"  # type: ignore[attr-defined]
    missing.commit = version.commit  # type: ignore[attr-defined]
    return missing
