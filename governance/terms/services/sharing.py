"""Shared copies: a holder names a mirror, so that its users accept the same terms."""

from datetime import datetime
from urllib.parse import urlsplit

from django.contrib.auth import get_user_model
from django.db import transaction

from governance.audit import services as audit
from governance.audit.actors import Actor, Role
from governance.audit.services import Place
from governance.catalogue.models import Dataset, Version
from governance.catalogue.states import PUBLIC
from governance.errors import InvalidError, MissingError, NotPermittedError, WrongStateError
from governance.terms import selectors
from governance.terms.models import SharedCopy
from governance.terms.services.accepting import code

MOST_OPEN = 50  # registrations of one person that have not ended


def register_copy(
    *,
    actor: Actor,
    dataset: Dataset,
    operator: str,
    url: str,
    kind: str,
    version: str,
    note: str,
    now: datetime,
) -> SharedCopy:
    """Name a mirror, under the acceptance that its holder has. The address is never fetched.

    Raises:
        NotPermittedError: nobody is signed in, or the token was not made for this.
        WrongStateError: no acceptance counts, or the mirror is registered already.
        InvalidError: something can't be used; `fields` says what.
    """
    actor.require_standing()
    if not actor.signed_in or not actor.may_act(dataset.slug):
        raise NotPermittedError("Sign in with a browser to register a copy.")
    url = url.strip()
    _check(dataset, operator=operator, url=url, kind=kind, version=version, note=note)
    with transaction.atomic():
        get_user_model().objects.select_for_update().get(pk=actor.user_id)
        signed = selectors.counting(user_id=actor.user_id, now=now).filter(terms__dataset=dataset)
        acceptance = signed.order_by("-terms__effective_at").first()
        if acceptance is None:
            raise WrongStateError(f"Sign the terms of {dataset.slug} before you pass them on.")
        mine = SharedCopy.objects.filter(person=actor.user_id, ended_at=None)
        if mine.filter(dataset=dataset, url=url).exists():
            raise WrongStateError("You have registered a copy at this address already.")
        if mine.count() >= MOST_OPEN:
            raise WrongStateError(f"At most {MOST_OPEN} copies: end one that is gone.")
        made = SharedCopy.objects.create(
            code=code(),
            dataset=dataset,
            acceptance=acceptance,
            holder_id=actor.user_id,
            person=actor.user_id,
            operator=operator.strip(),
            url=url,
            kind=kind,
            version=version,
            note=note.strip(),
            made_at=now,
        )
        audit.copy_registered(
            actor=actor,
            place=Place(dataset=dataset.slug, version=version),
            code=made.code,
            acceptance=acceptance.number,
            kind=kind,
            url=url,
            now=now,
        )
    return made


def _check(
    dataset: Dataset, *, operator: str, url: str, kind: str, version: str, note: str
) -> None:
    fields = {}
    if not 3 <= len(operator.strip()) <= 200:
        fields["operator"] = "Say who runs the copy, in 3 to 200 characters."
    if not is_address(url):
        fields["url"] = "Give an address that begins with http:// or https://, without a password."
    if kind not in SharedCopy.Kind.values:
        fields["kind"] = "Choose public or internal."
    there = Version.objects.filter(dataset=dataset, number=version, state__in=PUBLIC)
    if "\x00" in version or not there.exists():
        fields["version"] = f"{dataset.slug} has no version {version[:20]}."
    if len(note) > 2000:
        fields["note"] = "Keep the note under 2,000 characters."
    if fields:
        raise InvalidError("This copy can't be registered yet.", fields=fields)


def is_address(url: str) -> bool:
    """Whether a person may be shown this as an address of the web; it is shown, never fetched.

    >>> is_address("https://mirror.example/shelf")
    True
    >>> is_address("javascript:alert(1)"), is_address("https://me:secret@mirror.example/")
    (False, False)
    """
    if len(url) > 500 or any(not letter.isprintable() or letter.isspace() for letter in url):
        return False
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(host) and "@" not in parts.netloc


def end_copy(*, actor: Actor, code: str, reason: str, now: datetime) -> SharedCopy:
    """End a registration: by its holder, or by a steward or admin, who gives a reason.

    Raises:
        MissingError: no such registration, or it is another person's.
        WrongStateError: it has ended already, or a keeper gave no reason.
    """
    with transaction.atomic():
        found = (
            SharedCopy.objects.select_for_update(of=("self",))
            .select_related("dataset")
            .filter(code=code)
            .first()
        )
        if found is None or not _may_end(actor, found):
            raise MissingError("There is no such copy.")
        if found.ended_at is not None:
            raise WrongStateError("This registration has ended already.")
        own = actor.user_id == found.person
        if not own and not reason.strip():
            told = "Give a reason: the holder reads it."
            raise InvalidError(told, fields={"reason": told})
        found.ended_at, found.ended_by, found.ended_reason = now, actor.user_id, reason.strip()
        found.save(update_fields=["ended_at", "ended_by", "ended_reason"])
        audit.copy_ended(
            actor=actor,
            place=Place(dataset=found.dataset.slug, version=found.version),
            code=found.code,
            holder=found.person,
            own=own,
            reason=found.ended_reason,
            now=now,
        )
    return found


def _may_end(actor: Actor, copy: SharedCopy) -> bool:
    if actor.signed_in and actor.user_id == copy.person:
        return actor.may_act(copy.dataset.slug)
    return any(actor.acts_as(role, copy.dataset_id) for role in (Role.STEWARD, Role.ADMIN))
