"""The end of a version on its page, in the API and by command; what is said when none is left."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from governance.audit.actors import Role, Scope
from governance.catalogue.models import Hold, Purge, Version
from tests.commands.conftest import token_in_hand
from tests.factories import ArtefactFactory, DatasetFactory, UserFactory, VersionFactory
from tests.pages.visitors import text
from tests.support import PAGE, staff_client

pytestmark = pytest.mark.django_db
__all__ = ["token_in_hand"]
CLOSE = "/admin/datasets/lab/shelf/versions/"
API = "/api/v1/datasets/lab/shelf/versions"


@pytest.fixture
def admin():
    return staff_client(Role.ADMIN)


@pytest.fixture
def two():
    dataset = DatasetFactory(namespace="lab", name="shelf")
    ends = timezone.now() + timedelta(days=9)
    old = VersionFactory(dataset=dataset, number="1.0", state="superseded", serve_until=ends)
    new = VersionFactory(
        dataset=dataset, number="1.1", parent=old, published_at=old.published_at + timedelta(days=9)
    )
    ArtefactFactory(version=old, path="data/old.parquet", size=4242)
    return old, new


def test_withdrawn_by_its_page_it_says_everywhere_what_is_in_its_place(admin, client, two):
    body = {"do": "withdraw", "reason": "a licence was misread", "successor": "1.1"}
    assert admin.post(f"{CLOSE}1.0", body | {"erase_by": "2020-01-01"}, **PAGE).status_code == 422
    assert admin.post(f"{CLOSE}1.0", body, **PAGE).status_code == 302
    told = text(client.get("/datasets/lab/shelf?version=1.0", **PAGE))
    for words in ("a licence was misread", "Take 1.1 in its place", "erases it by"):
        assert words in told
    assert "data/old.parquet" in text(client.get("/datasets/lab/shelf/files?version=1.0", **PAGE))
    Purge.objects.update(
        state="done", verified_at=timezone.now(), objects_erased=1, bytes_erased=4242
    )
    assert "Its bytes were erased" in text(client.get("/datasets/lab/shelf?version=1.0", **PAGE))
    tombstone = next(each for each in client.get(API).json() if each["version"] == "1.0")
    assert (tombstone["successor"], tombstone["served"]) == ("1.1", False)
    assert (tombstone["purge"]["state"], tombstone["purge"]["bytes_erased"]) == ("done", 4242)
    assert tombstone["manifest_sha256"]


def test_with_the_only_version_withdrawn_pages_say_that_there_is_none(admin, client, two):
    old, new = two
    Version.objects.filter(pk=old.pk).update(serve_until=timezone.now())
    body = {"do": "withdraw", "reason": "misread", "successor": ""}
    assert admin.post(f"{CLOSE}1.1", body, **PAGE).status_code == 302
    ArtefactFactory(version=new, path="data/new.parquet")
    assert "No version of this dataset can be had now" in text(
        client.get("/datasets/lab/shelf", **PAGE)
    )
    told = text(client.get("/datasets/lab/shelf?version=1.1", **PAGE))
    assert "There is no usable version of this dataset now" in told
    refused = admin.get("/datasets/lab/shelf/resolve/main/data/new.parquet")
    assert refused.status_code == 403
    assert "it was withdrawn (misread)" in str(refused.json())


def test_the_list_of_versions_costs_no_query_a_version(client, two, django_assert_max_num_queries):
    dataset = two[0].dataset
    for at in range(2, 12):
        made = VersionFactory(
            dataset=dataset, number=f"0.{at}", state="withdrawn", successor=two[1]
        )
        Purge.objects.create(version=made, asked_at=timezone.now(), next_at=timezone.now())
    with django_assert_max_num_queries(6):
        assert len(client.get(API).json()) == 12


def test_a_hold_is_placed_and_lifted_by_the_page(admin, two):
    day = (timezone.now() + timedelta(days=30)).date().isoformat()
    body = {"do": "hold", "until": day, "reason": "Case 12"}
    assert admin.post(f"{CLOSE}1.0", body, **PAGE).status_code == 302
    assert "Case 12" in text(admin.get(f"{CLOSE}1.0", **PAGE))
    assert admin.post(f"{CLOSE}1.0", body, **PAGE).status_code == 409
    lift = {"do": "lift", "reason": "settled"}
    assert admin.post(f"{CLOSE}1.0", lift, **PAGE).status_code == 302
    assert "Lifted: settled" in text(admin.get(f"{CLOSE}1.0", **PAGE))


def test_programs_withdraw_hold_and_lift_with_the_same_right(two, admin):
    stranger = staff_client(Role.STEWARD)
    more = {"content_type": "application/json"}
    until = (timezone.now() + timedelta(days=30)).isoformat()
    for act, body in (
        ("hold", {"reason": "Case 12", "until": until}),
        ("hold/lift", {"reason": "settled"}),
        ("withdraw", {"reason": "misread"}),
    ):
        where = f"{API}/1.0/{act}"
        assert stranger.post(where, body, **more).status_code == 403, act
        answer = admin.post(where, body, **more)
        assert answer.status_code in (200, 201), (act, answer.json())
    assert answer.json()["successor"] == "1.1"
    assert admin.post(f"{API}/1.0/withdraw", {"reason": "x"}, **more).status_code == 409
    assert Hold.objects.get().lifted_reason == "settled"


def test_the_command_takes_deadline_and_successor_and_holds(two, token_in_hand, capsys):
    person = UserFactory(role=Role.ADMIN)
    token_in_hand(person, scope=Scope.OPERATE)
    day = (timezone.now() + timedelta(days=5)).date().isoformat()
    words = ["lab/shelf", "1.0", "--as", person.email, "--reason", "misread"]
    call_command("hold", *words, "--until", day)
    call_command("withdraw", *words, "--erase-by", day, "--successor", "1.1")
    old = Version.objects.get(number="1.0")
    assert (old.erase_by.date().isoformat(), old.successor.number) == (day, "1.1")
    call_command("hold", *words, "--lift")
    assert "is lifted" in capsys.readouterr().out


def test_the_page_of_the_dataset_leads_there(admin, two):
    where = reverse("version-close", args=("lab", "shelf", "1.0"))
    assert where in admin.get("/admin/datasets/lab/shelf", **PAGE).content.decode()
