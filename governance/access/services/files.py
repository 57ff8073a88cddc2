"""Files that come with an application: kept privately, erased with it.

The bytes are stored before the row and erased after it; what a crash leaves between the two is
found by `erase_uploads`, which looks for bytes without a row.
"""

from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from governance.access import applied, uploads
from governance.access.forms import Question
from governance.access.models import Application, Grant, Upload
from governance.access.services.shared import own, place_of
from governance.access.states import State
from governance.audit import services as audit
from governance.audit.actors import Actor
from governance.errors import InvalidError, MissingError, WrongStateError

KEEP_AFTER_END = timedelta(days=90)  # after the application was declined, or its grant is over
ORPHAN_AFTER = timedelta(days=1)


def add_upload(
    *, application_id: int, actor: Actor, question: str, name: str, data: bytes, now: datetime
) -> Upload:
    """Keep a file as (part of) the answer to a question of a draft or a returned application.

    Raises:
        InvalidError: no question for files of this name, too large, too many, of a wrong kind.
    """
    with transaction.atomic():
        found = _changeable(application_id, actor)
        asked = next(
            (each for each in found.form if each["name"] == question and each["kind"] == "file"),
            None,
        )
        if asked is None:
            raise InvalidError("No question of this application asks for that file.")
        kind = uploads.checked(asked, data)
        _check_room(found, asked)
    key = uploads.keep(data)
    with transaction.atomic():
        found = _changeable(application_id, actor)
        _check_room(found, asked)  # another may have come meanwhile
        return Upload.objects.create(
            application=found,
            question=question,
            key=key,
            name=uploads.harmless(name, kind),
            kind=kind,
            size=len(data),
            at=now,
        )


def _check_room(application: Application, asked: Question) -> None:
    name, most = asked["name"], asked.get("most", 1)
    if application.uploads.filter(question=name, erased_at=None).count() >= most:
        told = f"At most {most} can be sent: remove one first."
        raise InvalidError(told, fields={name: told})


def remove_upload(*, application_id: int, upload_id: int, actor: Actor) -> None:
    """Take a file out of a draft or a returned application; its bytes go."""
    with transaction.atomic():
        found = _changeable(application_id, actor)
        upload = found.uploads.filter(pk=upload_id, erased_at=None).first()
        if upload is None:
            raise MissingError("There is no such file.")
        key = upload.key
        upload.delete()
        transaction.on_commit(partial(uploads.erase, key))


def read_upload(*, number: str, upload_id: int, actor: Actor, now: datetime) -> Upload:
    """A file of somebody's application for its reviewer; that it was read stays in the record.

    Raises:
        MissingError: there is none, or `actor` does not review that application.
    """
    with transaction.atomic():
        found = applied.upload(number, upload_id, actor=actor, reviewer=True)
        audit.application_file_read(
            actor=actor,
            place=place_of(found.application.tier),
            number=number,
            applicant=found.application.applicant_id,
            file=upload_id,
            now=now,
        )
    return found


def erase_files_of(application: Application) -> None:
    """What came with a draft that was never sent goes with it: nobody decides anything by it."""
    for upload in application.uploads.filter(erased_at=None):
        transaction.on_commit(partial(uploads.erase, upload.key))
    application.uploads.all().delete()


def _changeable(application_id: int, actor: Actor) -> Application:
    found = own(application_id, actor)
    if found.state not in {State.DRAFT, State.RETURNED}:
        raise WrongStateError(f"It can't be changed any more: it is {found.state}.")
    return found


def erase_uploads(*, now: datetime, at_most: int = 200) -> int:
    """Erase the files of applications that are long over. Again is no work. Returns how many."""
    done = 0
    for upload in _over(now)[:at_most]:
        uploads.erase(upload.key)
        done += Upload.objects.filter(pk=upload.pk, erased_at=None).update(erased_at=now)
    return done


def _over(now: datetime) -> list[Upload]:
    edge = now - KEEP_AFTER_END
    ended = [State.REJECTED, State.WITHDRAWN, State.EXPIRED, State.REVOKED]
    recent = Grant.objects.filter(
        Q(revoked_at=None, ends__gte=edge) | Q(revoked_at__gte=edge),
        application=OuterRef("application"),
    )
    over = Upload.objects.filter(
        ~Exists(recent),
        erased_at=None,
        application__state__in=ended,
        application__decided_at__lt=edge,
    )
    return list(over.order_by("id"))


def erase_orphans(*, now: datetime) -> int:
    """Erase stored bytes that no row names: their account, or a transaction, is gone."""
    known = set(Upload.objects.filter(erased_at=None).values_list("key", flat=True))
    edge = (now - ORPHAN_AFTER).timestamp()
    lost = [key for key in uploads.stored() if key not in known and uploads.stored_at(key) < edge]
    for key in lost:
        uploads.erase(key)
    return len(lost)
