"""Versions, differences and the checklist for programs: one word with the pages and commands."""

import json

import pytest
from django.test import Client
from django.urls import reverse

from client import manifests
from governance.audit import trust
from governance.audit.actors import Role
from governance.catalogue import comparing
from governance.catalogue.models import ReleaseNotes, Version
from governance.removals.models import Removal
from pipeline.engine import differences, publishing
from tests.factories import (
    LONG_AGO,
    NOW,
    ArtefactFactory,
    DatasetFactory,
    UserFactory,
    VersionFactory,
    built,
    kept_manifest,
)
from tests.pages import shelf
from tests.support import signed_in, staff_client

pytestmark = pytest.mark.django_db


@pytest.fixture
def versions():
    """1.0 superseded, 1.1 current, 1.2 a candidate."""
    dataset = DatasetFactory(namespace="lab", name="shelf")
    old = VersionFactory(dataset=dataset, number="1.0", superseded=True)
    new = VersionFactory(dataset=dataset, number="1.1", parent=old, rows=98, state="approved")
    ArtefactFactory(version=new)
    ReleaseNotes.objects.create(version=new, text="Two rows fewer.\n", changed_at=NOW)
    kept_manifest(old)
    kept_manifest(new)
    Version.objects.filter(pk=new.pk).update(state="published", published_by=5)
    candidate = VersionFactory(
        dataset=dataset, number="1.2", parent=new, state="candidate", published_at=None
    )
    built(candidate)
    return {"1.0": old, "1.1": new, "1.2": candidate}


def get(route, client=None, **more):
    number = more.pop("number", None)
    where = {"namespace": "lab", "name": "shelf"} | ({"number": number} if number else {})
    return (client or Client()).get(reverse(route, kwargs=where), more)


def test_versions_that_anyone_may_know_of(versions):
    told = get("api-versions").json()
    assert [each["version"] for each in told] == ["1.1", "1.0"]
    assert told[0]["state"] == "published"
    assert told[0]["rows"] == 98
    assert told[1]["serve_until"]
    assert told[0]["manifest_url"].endswith("/datasets/lab/shelf/versions/1.1/manifest.json")


def test_a_list_asks_a_fixed_number_of_questions(versions, django_assert_max_num_queries):
    for number in range(5):
        VersionFactory(dataset=versions["1.0"].dataset, number=f"0.{number}", superseded=True)
    with django_assert_max_num_queries(6):
        get("api-versions")


def test_one_version_with_its_notes_and_none_that_is_not_out(versions):
    assert get("api-version", number="1.1").json()["release_notes"] == "Two rows fewer.\n"
    refusal = get("api-version", number="1.2")
    assert refusal.status_code == 404
    assert refusal["Content-Type"] == "application/problem+json"
    assert refusal.json()["code"] == "missing"


def test_the_manifest_and_its_note_are_checked_with_what_a_reader_pinned(versions):
    data = get("manifest", number="1.1").content
    note = get("manifest-note", number="1.1").content.decode()
    statement = manifests.open_note(note, [trust.verifier()])
    assert manifests.check_manifest(data, statement)["version"] == "1.1"
    assert statement.commit == versions["1.1"].commit
    assert get("manifest", number="1.2").status_code == 404


# ------------------------------------------------------------------ differences


def test_the_difference_to_the_version_before_or_to_any_other(versions):
    told = get("api-difference", number="1.1").json()
    assert (told["version"], told["since"]) == ("1.1", "1.0")
    assert told["rows"]["removed"]["rows"] == 2
    assert "sha256" not in told
    counted = shelf.difference(added=2, removed=7)
    comparing.keep(
        older=versions["1.1"], newer=versions["1.0"], exact=counted, told=counted, now=NOW
    )
    back = get("api-difference", number="1.0", since="1.1").json()
    assert back["rows"]["removed"]["rows"] == 7


def test_what_cant_be_compared_says_why(versions):
    same = get("api-difference", number="1.1", since="1.1")
    assert same.status_code == 422
    assert same.json()["fields"] == {"since": "It is the same version."}
    gone = get("api-difference", number="1.0", since="1.1")
    assert gone.status_code == 409
    assert "were erased before lists of rows were kept" in gone.json()["error"]
    assert get("api-difference", number="1.1", since="7.7").status_code == 404


def test_a_long_count_is_asked_for_and_the_program_comes_back(versions, monkeypatch):
    rung = []
    monkeypatch.setattr(differences, "ring", lambda *told: rung.append(told))
    monkeypatch.setattr(differences, "AT_ONCE", 10)
    refusal = get("api-difference", number="1.0", since="1.1")
    assert refusal.status_code == 503
    assert refusal["Retry-After"] == "30"
    assert refusal.json()["code"] == "counting"
    assert rung == [("pipeline.engine.tasks.compare", versions["1.1"].pk, versions["1.0"].pk)]


def test_the_exact_form_is_for_staff(versions):
    assert get("api-difference", number="1.1", exact="1").status_code == 401
    assert (
        get("api-difference", signed_in(UserFactory()), number="1.1", exact="1").status_code == 403
    )
    told = get("api-difference", staff_client(Role.AUDITOR), number="1.1", exact="1").json()
    assert told["sha256"] == comparing.digest_of(shelf.difference())


# ------------------------------------------------------------------ the checklist


def test_the_checklist_is_that_of_the_page_and_the_command(versions):
    told = get("api-checklist", staff_client(Role.STEWARD), number="1.2").json()
    version = Version.objects.select_related("dataset").get(number="1.2")
    assert [
        (each["code"], each["mark"], each["evidence"], each["step"]) for each in told["items"]
    ] == [
        (item.code, str(item.mark), item.evidence, item.step)
        for item in publishing.checklist(version, now=NOW)
    ]
    marks = {each["code"]: (each["mark"], each["blocks"]) for each in told["items"]}
    assert marks["redaction"] == ("not_measured", False)
    assert marks["difference"] == ("open", True)
    assert told["difference_sha256"] == comparing.digest_of(version.difference)


def test_the_checklist_names_no_subject(versions):
    Removal.objects.create(
        dataset=versions["1.0"].dataset, kind="account", value="octocat", reason="asked",
        recorded_at=LONG_AGO,
    )  # fmt: skip
    response = get("api-checklist", staff_client(Role.ADMIN), number="1.2")
    marks = {each["code"]: each["mark"] for each in response.json()["items"]}
    assert marks["removals"] == "open"
    assert "octocat" not in json.dumps(response.json())


def test_a_dataset_that_is_not_listed_is_as_none_for_other_peoples_staff(versions):
    hidden = versions["1.0"].dataset
    hidden.listed = False
    hidden.save()
    assert get("api-checklist", staff_client(Role.STEWARD), number="1.2").status_code == 200
    weak = signed_in(UserFactory(role=Role.STEWARD), second_factor=False)
    assert get("api-checklist", weak, number="1.2").status_code == 404
