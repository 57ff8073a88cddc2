"""A published version can't be changed, on either database, by whatever goes past the services."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from governance.catalogue import guarding
from governance.catalogue.models import (
    Artefact,
    Judgement,
    ReleaseNotes,
    SignedManifest,
    Version,
)
from tests.factories import NOW, ArtefactFactory, VersionFactory

pytestmark = pytest.mark.django_db

OTHER = {
    "number": "9.9", "commit": "f" * 40, "manifest_sha256": "f" * 64, "terms": "9", "card": "x",
    "stats": {"rows": 1}, "charts": {"a": "b"}, "preview": [1], "difference": {"a": 1}, "rows": 7,
    "size": 7, "made_at": NOW, "started_by": 77, "approved_by": 78, "approved_at": NOW,
    "published_by": None, "published_at": NOW, "build": 4, "parent": None, "dataset": 0,
}  # fmt: skip


@pytest.fixture
def published():
    """A version with a file and notes, as a publication leaves it."""
    parent = VersionFactory(number="1.0", superseded=True)
    made = VersionFactory(
        dataset=parent.dataset, number="1.1", state="approved", parent=parent, approved_by=2
    )
    ArtefactFactory(version=made)
    ReleaseNotes.objects.create(version=made, text="Fewer rows.", changed_at=NOW)
    Version.objects.filter(pk=made.pk).update(state="published", published_by=3)
    return made


def refused(act):
    with pytest.raises(IntegrityError, match="can not be changed"), transaction.atomic():
        act()


@pytest.mark.parametrize("name", OTHER)
def test_no_column_of_a_published_version_changes(published, name):
    value = OTHER[name]
    if name == "dataset":
        value = VersionFactory().dataset
    refused(lambda: Version.objects.filter(pk=published.pk).update(**{name: value}))


def test_every_column_is_either_fixed_or_tells_of_the_end(published):
    """A new column must be put into one of the two lists."""
    # What may change: the state, and what is told when a version ends or a subject is removed.
    later = {"id", "state", "serve_until", "withdrawn_at", "withdrawn_reason"}
    later |= {"erase_by", "successor_id", "looked", "unshown"}
    columns = {field.column for field in Version._meta.concrete_fields}
    assert columns - later == set(guarding.FIXED["catalogue_version"])
    columns = {field.column for field in Artefact._meta.concrete_fields} - {"id", "withheld"}
    assert columns == set(guarding.FIXED["catalogue_artefact"])


@pytest.mark.parametrize("state", ["building", "candidate", "approved", "rejected"])
def test_its_state_never_goes_back(published, state):
    refused(lambda: Version.objects.filter(pk=published.pk).update(state=state))


def test_its_state_goes_forward_and_its_end_is_told(published):
    found = Version.objects.filter(pk=published.pk)
    found.update(state="superseded", serve_until=NOW)
    refused(lambda: found.update(state="published"))
    found.update(serve_until=NOW + timedelta(days=1))
    found.update(state="withdrawn", withdrawn_at=NOW, withdrawn_reason="a licence was misread")
    refused(lambda: found.update(state="superseded"))


def test_sample_rows_go_when_it_is_withdrawn_and_never_become_others(published):
    found = Version.objects.filter(pk=published.pk)
    refused(lambda: found.update(preview=[{"a": 1}]))
    found.update(state="withdrawn", withdrawn_at=NOW)
    refused(lambda: found.update(preview=[{"a": 2}]))
    found.update(preview=[])


@pytest.mark.parametrize(
    "change",
    [{"path": "x"}, {"size": 1}, {"sha256": "0" * 64}, {"rows": 0}, {"key": "gated/other"}],
)
def test_no_file_of_it_changes(published, change):
    refused(lambda: Artefact.objects.filter(version=published).update(**change))


def test_no_file_comes_or_goes(published):
    refused(lambda: Artefact.objects.filter(version=published)._raw_delete("default"))
    refused(lambda: ArtefactFactory(version=published))


def test_it_is_not_deleted(published):
    refused(lambda: Version.objects.filter(pk=published.pk)._raw_delete("default"))


def test_notes_are_fixed_with_it_and_signatures_and_judgements_from_the_first(published):
    refused(lambda: ReleaseNotes.objects.filter(version=published).update(text="More rows."))
    SignedManifest.objects.create(version=published, note="n", at=NOW)
    refused(lambda: SignedManifest.objects.update(note="m"))
    refused(lambda: SignedManifest.objects.all()._raw_delete("default"))
    Judgement.objects.create(
        version=published, kind="review", item="difference", by=2, at=NOW, reason="seen"
    )
    refused(lambda: Judgement.objects.update(by=5))
    refused(lambda: Judgement.objects.all()._raw_delete("default"))


def test_what_is_not_published_can_be_changed():
    made = VersionFactory(state="candidate", approved_by=None)
    file = ArtefactFactory(version=made)
    Artefact.objects.filter(pk=file.pk).update(size=1)
    Version.objects.filter(pk=made.pk).update(card="again")
    file.delete()


def test_guards_come_back_after_a_migration(published):
    guarding.unprotect(connection)
    call_command("migrate", "catalogue", verbosity=0)
    refused(lambda: Version.objects.filter(pk=published.pk).update(card="other"))
