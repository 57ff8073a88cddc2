"""The purge against a store that really keeps versions: Swift with its S3 interface."""

import hashlib

import pytest
from django.utils import timezone

from governance.audit.actors import Role
from governance.audit.models import Entry
from governance.catalogue import services as catalogue
from governance.catalogue.models import Purge
from pipeline.engine import purging
from pipeline.publish import s3, storage
from tests.factories import ArtefactFactory, DatasetFactory, UserFactory, VersionFactory, actor
from tests.services import swift
from tests.services.test_storage import address, client, make_bucket

pytestmark = [pytest.mark.services, pytest.mark.django_db]
__all__ = ["address"]
PART = b"y" * (5 << 20)  # the smallest that is no last one


@pytest.fixture(params=["kept", "not-kept"])
def bucket(request, address, settings, monkeypatch):
    """A bucket that the site's settings name; one that keeps versions, and one that does not."""
    made = client(address)
    name = f"purge-{request.param}"
    make_bucket(made, name)
    if request.param == "kept":
        made.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", swift.KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", swift.SECRET)
    settings.STORAGE_URL = f"s3://{name}/site?endpoint={address}&region=us-east-1"
    return made, name


def everything(made, name):
    """Whatever the bucket holds: objects, old versions, delete markers, unfinished uploads."""
    listed = made.list_object_versions(Bucket=name)
    found = [*listed.get("Versions", ()), *listed.get("DeleteMarkers", ())]
    uploads = made.list_multipart_uploads(Bucket=name).get("Uploads", ())
    return sorted(each["Key"] for each in (*found, *uploads))


def test_versions_markers_and_unfinished_uploads_go_and_shared_files_stay(bucket, tmp_path):
    made, name = bucket
    kept = storage.store()
    assert isinstance(kept, s3.S3Store)
    dataset = DatasetFactory()
    old = VersionFactory(dataset=dataset, number="1.0", superseded=True)
    new = VersionFactory(dataset=dataset, number="1.1")
    files = {}
    for text, versions in {"own": [old], "large": [old], "shared": [old, new]}.items():
        source = tmp_path / text
        source.write_bytes(text.encode() * 10)
        digest = hashlib.sha256(source.read_bytes()).hexdigest()
        files[text] = storage.artefact_key(dataset.slug, "processed", digest)
        kept.put(files[text], source)
        for version in versions:
            ArtefactFactory(version=version, path=text, key=files[text], sha256=digest)
    own, large = kept.name(files["own"]), kept.name(files["large"])
    made.put_object(Bucket=name, Key=own, Body=b"a second version")
    made.delete_object(Bucket=name, Key=own)
    made.put_object(Bucket=name, Key=own, Body=b"a third version")
    for finished in (True, False):
        upload = made.create_multipart_upload(Bucket=name, Key=large)["UploadId"]
        told = made.upload_part(Bucket=name, Key=large, UploadId=upload, PartNumber=1, Body=PART)
        if finished:
            parts = {"Parts": [{"PartNumber": 1, "ETag": told["ETag"]}]}
            made.complete_multipart_upload(
                Bucket=name, Key=large, UploadId=upload, MultipartUpload=parts
            )
    assert len(everything(made, name)) == {"purge-kept": 8, "purge-not-kept": 4}[name]
    admin = actor(UserFactory(role=Role.ADMIN))
    catalogue.withdraw_version(version_id=old.pk, actor=admin, reason="misread", now=timezone.now())
    purging.run(Purge.objects.get().pk, now=timezone.now())
    done = Purge.objects.get()
    assert (done.state, done.last_error) == ("done", "")
    assert (done.objects_erased, done.objects_shared) == (2, 1)
    assert everything(made, name) == [kept.name(files["shared"])]
    assert kept.size(files["shared"]) == 60
    assert Entry.objects.get(action="version.purge").detail["verified"] is True
