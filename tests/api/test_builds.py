"""Builds for programs and by command: how far, what was left out, and who may steer them."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from governance.access.models import RoleHeld
from governance.audit.actors import Role
from governance.audit.models import Entry
from pipeline.engine.models import Build, Shard
from tests.factories import LONG_AGO, DatasetFactory, UserFactory, VersionFactory
from tests.support import signed_in, staff_client

pytestmark = pytest.mark.django_db


@pytest.fixture
def build():
    dataset = DatasetFactory(namespace="lab", name="shelf")
    version = VersionFactory(dataset=dataset, number="1.1", state="building", published_at=None)
    begun = timezone.now() - timedelta(minutes=1)
    found = Build.objects.create(
        version=version, brief={"parent": None}, started_at=begun, stage="collect"
    )
    told = {"rows_in": 100, "rows_out": 90, "bytes_in": 5000, "dropped": {"licence": 7, "dup": 3}}
    for number in range(4):
        done = number < 2
        Shard.objects.create(
            build=found, stage="collect", number=number, label=str(number), ref=f"collect/{number}",
            params={}, state="done" if done else "to_do", report=told if done else {},
            started_at=begun if done else None, attempts=int(done),
            finished_at=begun + timedelta(seconds=20) if done else None,
        )  # fmt: skip
    return found


def at(build, verb=""):
    return f"/api/v1/builds/{build.pk}{verb}"


def post(client, build, verb, body=None):
    return client.post(
        at(build, verb), body or {"reason": "a disk"}, content_type="application/json"
    )


def test_how_far_a_build_is_and_what_was_left_out(build):
    told = staff_client(Role.STEWARD).get(at(build)).json()
    assert (told["dataset"], told["version"], told["state"]) == ("lab/shelf", "1.1", "running")
    [stage] = [each for each in told["stages"] if each["name"] == "collect"]
    assert (stage["shards_done"], stage["shards_planned"]) == (2, 4)
    assert stage["rows_per_second"] == pytest.approx(200 / stage["seconds"], abs=0.06)
    assert told["seconds_left"] == pytest.approx(stage["seconds"])  # half is done
    assert told["dropped"] == {"licence": 14, "dup": 6}


def test_the_list_asks_as_many_questions_for_one_as_for_many(build):
    client = staff_client(Role.AUDITOR)

    def asked():
        with CaptureQueriesContext(connection) as seen:
            told = client.get("/api/v1/builds").json()
        return told["count"], len(seen)

    asked()  # the first request of a session asks more
    _, few = asked()
    for number in range(6):
        version = VersionFactory(
            dataset=build.version.dataset, number=f"0.{number}", superseded=True
        )
        Build.objects.create(version=version, brief={}, started_at=build.started_at)
    assert asked() == (7, few)


def test_an_admin_pauses_resumes_and_cancels_with_a_reason(build):
    client = staff_client(Role.ADMIN)
    assert post(client, build, "/pause").json()["state"] == "paused"
    again = post(client, build, "/pause")
    assert (again.status_code, again["Content-Type"]) == (409, "application/problem+json")
    assert post(client, build, "/resume").json()["state"] == "running"
    missing = post(client, build, "/cancel", {"reason": ""})
    assert (missing.status_code, list(missing.json()["fields"])) == (422, ["reason"])
    ended = post(client, build, "/cancel").json()
    assert (ended["state"], ended["cause"]) == ("cancelled", "a disk")
    acts = ["build.pause", "build.resume", "build.cancel"]
    entries = Entry.objects.filter(action__in=acts).order_by("pk")
    assert list(entries.values_list("action", flat=True)) == acts


def test_nobody_else_steers_or_learns_of_it(build):
    other = UserFactory()
    RoleHeld.objects.create(user=other, role=Role.ADMIN, dataset=DatasetFactory(), begins=LONG_AGO)
    answers = {
        "stranger": (Client(), 401),
        "researcher": (signed_in(UserFactory()), 403),
        "weak": (staff_client(Role.ADMIN, second_factor=False), 403),
        "steward": (staff_client(Role.STEWARD), 403),
        "auditor": (staff_client(Role.AUDITOR), 403),
        "elsewhere": (signed_in(other, second_factor=True), 404),
    }
    for verb in ("/pause", "/resume", "/cancel"):
        told = {who: post(client, build, verb).status_code for who, (client, _) in answers.items()}
        assert told == {who: status for who, (_, status) in answers.items()}
    build.refresh_from_db()
    assert build.state == "running"
    elsewhere = answers["elsewhere"][0]
    assert elsewhere.get(at(build)).status_code == 404
    assert elsewhere.get("/api/v1/builds").json()["builds"] == []


def test_the_command_steers_the_newest_build(build, settings, capsys):
    settings.DEMO = True
    admin = UserFactory(role=Role.ADMIN)
    call_command("steer_build", "status", "lab/shelf")
    said = capsys.readouterr().out
    assert "is running." in said
    assert "2 of 4 shards" in said
    assert "14 rows, licence" in said
    with pytest.raises(CommandError, match="--reason"):
        call_command("steer_build", "pause", "lab/shelf", email=admin.email)
    call_command("steer_build", "pause", "lab/shelf", email=admin.email, reason="a disk")
    assert "is paused." in capsys.readouterr().out
    with pytest.raises(CommandError, match="paused"):
        call_command("steer_build", "pause", "lab/shelf", email=admin.email, reason="a disk")
