"""Terms: published, signed, passed on."""

from dataclasses import replace
from datetime import datetime

from governance.audit import leaves
from governance.audit.actors import Actor
from governance.audit.models import Entry
from governance.audit.services.entry import Place, write


def terms_accepted(
    *,
    actor: Actor,
    place: Place,
    terms_version: str,
    number: str,
    text_sha256: str,
    purpose: str,
    now: datetime,
    copy: str = "",
) -> Entry:
    """A person agreed to a text, known by its sha256; `number` is that of the acceptance.

    Address and browser stand with the acceptance alone: there they can be erased.
    """
    return write(
        "terms.accept",
        actor=replace(actor, address="", agent=""),
        now=now,
        place=place,
        purpose=purpose,
        terms_version=terms_version,
        subject=f"acceptance:{number}",
        detail={"text_sha256": text_sha256} | ({"copy": copy} if copy else {}),
    )


def traces_erased(
    *, actor: Actor, person: int | None, count: int, reason: str, now: datetime
) -> Entry:
    """Address and browser of `count` acceptances were erased: of one `person`, or of old ones."""
    return write(
        "terms.erase",
        actor=actor,
        now=now,
        reason=reason,
        concerns=person,
        detail={"count": count},
        wake=False,
    )


def copy_registered(
    *,
    actor: Actor,
    place: Place,
    code: str,
    acceptance: str,
    kind: str,
    url: str,
    now: datetime,
) -> Entry:
    """A holder named a mirror. Its address stands in the personal part."""
    return write(
        "copy.register",
        actor=actor,
        now=now,
        place=place,
        purpose=url,
        subject=f"copy:{code}",
        detail={"acceptance": acceptance, "kind": kind},
    )


def copy_ended(
    *, actor: Actor, place: Place, code: str, holder: int, own: bool, reason: str, now: datetime
) -> Entry:
    """A mirror is no longer registered: its holder said so (`own`), or a keeper."""
    return write(
        "copy.end",
        actor=actor,
        now=now,
        place=place,
        privileged=not own,
        reason=reason,
        subject=f"copy:{code}",
        concerns=holder,
    )


def terms_published(
    *,
    actor: Actor,
    place: Place,
    terms_version: str,
    text_sha256: str,
    effective: datetime,
    earlier: str,
    earlier_until: datetime | None,
    reason: str,
    now: datetime,
) -> Entry:
    """A text of terms is in force from `effective`; `earlier` acceptances stay good, or end."""
    return write(
        "terms.publish",
        actor=actor,
        now=now,
        place=place,
        privileged=True,
        reason=reason,
        terms_version=terms_version,
        detail={
            "text_sha256": text_sha256,
            "effective": leaves.iso(effective),
            "earlier": earlier,
            "earlier_until": leaves.iso(earlier_until) if earlier_until else None,
        },
    )


def terms_drafted(
    *,
    actor: Actor,
    place: Place,
    verb: str,
    terms_version: str,
    text_sha256: str,
    reason: str,
    now: datetime,
) -> Entry:
    """The draft of the next terms was begun, changed or discarded: `verb` says which."""
    return write(
        f"draft.{verb}",
        actor=actor,
        now=now,
        place=place,
        privileged=True,
        reason=reason,
        terms_version=terms_version,
        detail={"text_sha256": text_sha256},
        wake=False,
    )


def terms_ending(
    *, actor: Actor, place: Place, terms_version: str, ends: datetime, days: int, now: datetime
) -> Entry:
    """Acceptances of these terms stop counting at `ends`: people are told `days` before."""
    return write(
        "terms.remind",
        actor=actor,
        now=now,
        place=place,
        terms_version=terms_version,
        detail={"ends": leaves.iso(ends), "days": days},
    )
