"""Files at the addresses that dataset clients use: who gets which bytes, and what is on record."""

import pytest
from django.db import DatabaseError, connection
from django.test import Client

from governance.audit.models import Entry, Person
from pipeline.publish.storage import store
from portal.accounts import tokens
from tests.factories import (
    NOW,
    ArtefactFactory,
    GrantFactory,
    UserFactory,
    actor,
)
from tests.serving import BODY, SHA256, bearer
from tests.support import PAGE, signed_in

pytestmark = pytest.mark.django_db


def where(file, revision="main", tier=""):
    return f"/datasets/lab/shelf{tier}/resolve/{revision}/{file.path}"


def content(response):
    return b"".join(response.streaming_content)


@pytest.mark.parametrize("revision", ["main", "v1.0", "refs/tags/v1.0", "refs/heads/main"])
def test_who_signed_gets_the_bytes_and_one_entry(file, researcher, revision):
    response = Client().get(where(file, revision), **bearer(researcher))
    assert response.status_code == 200
    assert content(response) == BODY
    entry = Entry.objects.get(action="ticket.issue")
    assert (entry.dataset, entry.version, entry.artefact, entry.terms_version) == (
        "lab/shelf",
        "1.0",
        file.path,
        "1.0",
    )
    person = Person.objects.get(entry=entry)
    assert (person.user_id, person.token) == (researcher.pk, "laptop")


def test_a_browser_session_gets_the_same_as_an_attachment(file, researcher):
    response = signed_in(researcher).get(where(file), **PAGE)
    assert content(response) == BODY
    assert response["Content-Disposition"] == 'attachment; filename="0000.parquet"'


def test_head_tells_size_hash_and_commit_and_writes_nothing(file, researcher):
    before = Entry.objects.count()
    headers = bearer(researcher)
    at_tokens = Entry.objects.count()
    response = Client().head(where(file), **headers)
    assert (response.status_code, response.content) == (200, b"")
    assert response["Content-Length"] == str(len(BODY))
    assert response["ETag"] == f'"{SHA256}"'
    assert response["X-Repo-Commit"] == file.version.commit
    assert response["Accept-Ranges"] == "bytes"
    assert "Location" not in response
    assert Entry.objects.count() == at_tokens == before + 1


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-9", 0, 9),
        ("bytes=100-", 100, len(BODY) - 1),
        ("bytes=-5", len(BODY) - 5, len(BODY) - 1),
        (f"bytes=-{len(BODY) * 2}", 0, len(BODY) - 1),
        (f"bytes=10-{len(BODY) * 9}", 10, len(BODY) - 1),
        (f"bytes={len(BODY) - 1}-", len(BODY) - 1, len(BODY) - 1),
    ],
)
def test_a_range_is_served_exactly(file, researcher, asked, first, last):
    response = Client().get(where(file), HTTP_RANGE=asked, **bearer(researcher))
    assert response.status_code == 206
    assert response["Content-Range"] == f"bytes {first}-{last}/{len(BODY)}"
    assert response["Content-Length"] == str(last - first + 1)
    assert content(response) == BODY[first : last + 1]


@pytest.mark.parametrize(
    "asked", ["bytes=0-1,4-5", "lines=1-2", "bytes=5-2", "bytes=", "bytes=-", "bytes=a-b"]
)
def test_what_is_no_single_range_gives_the_whole(file, researcher, asked):
    response = Client().get(where(file), HTTP_RANGE=asked, **bearer(researcher))
    assert (response.status_code, content(response)) == (200, BODY)


@pytest.mark.parametrize("asked", [f"bytes={len(BODY)}-", "bytes=-0"])
def test_a_range_past_the_end_is_refused_with_the_size(file, researcher, asked):
    response = Client().get(where(file), HTTP_RANGE=asked, **bearer(researcher))
    assert response.status_code == 416
    assert response["Content-Range"] == f"bytes */{len(BODY)}"
    assert f"ends at {len(BODY)} bytes" in response["X-Error-Message"], "curl shows this line"


def test_conditions(file, researcher):
    headers, tag = bearer(researcher), f'"{SHA256}"'
    assert Client().get(where(file), HTTP_IF_NONE_MATCH=tag, **headers).status_code == 304
    assert Client().get(where(file), HTTP_IF_MATCH='"other"', **headers).status_code == 412
    assert Client().get(where(file), HTTP_IF_MATCH=tag, **headers).status_code == 200
    changed = Client().get(where(file), HTTP_RANGE="bytes=0-1", HTTP_IF_RANGE='"other"', **headers)
    assert (changed.status_code, content(changed)) == (200, BODY)
    same = Client().get(where(file), HTTP_RANGE="bytes=0-1", HTTP_IF_RANGE=tag, **headers)
    assert same.status_code == 206


def test_a_condition_tells_nothing_to_who_may_not_have_the_file(file):
    headers = bearer(UserFactory())
    response = Client().get(where(file), HTTP_IF_NONE_MATCH="*", **headers)
    assert response.status_code == 403


def test_a_stranger_is_told_to_sign_in_and_nothing_is_written(file):
    response = Client().get(where(file))
    assert response.status_code == 401
    told = response.json()
    assert [step["code"] for step in told["missing_steps"]] == ["signed_in", "verified", "terms"]
    assert told["missing_steps"][0]["url"].endswith("/accounts/login/")
    assert response["X-Error-Code"] == "GatedRepo"
    assert "/accounts/login/" in response["X-Error-Message"]
    assert not Entry.objects.exists()


def test_who_has_not_signed_is_refused_with_the_page_to_sign_on_record(file):
    headers = bearer(UserFactory())
    for method in ("get", "head"):
        response = getattr(Client(), method)(where(file), **headers)
        assert response.status_code == 403
        assert response["X-Error-Message"].endswith("/datasets/lab/shelf/terms")
    told = Entry.objects.filter(action="ticket.refuse").values_list("outcome", "reasons")
    assert list(told) == [("refused", ["terms"])] * 2


def test_a_browser_is_refused_with_a_page_that_leads_on(file):
    response = signed_in(UserFactory()).get(where(file), **PAGE)
    assert response.status_code == 403
    page = response.content.decode()
    assert "One step is missing" in page
    assert 'href="/datasets/lab/shelf/terms' in page


def test_the_reason_of_a_withdrawal_reaches_clients_whatever_it_says(file, researcher):
    file.version.state = "withdrawn"
    file.version.withdrawn_reason = "Lizenz falsch gelesen: öffentlich\nX-Evil: 1"
    file.version.save()
    response = Client().get(where(file, "v1.0"), **bearer(researcher))
    assert response.status_code == 403
    assert response["X-Error-Message"] == "Access to this resource is disabled."
    assert "Lizenz falsch gelesen" in response["X-HF-Warning"]
    assert "X-Evil" not in response


@pytest.mark.parametrize("secret", ["nonsense", "gh_" + "x" * 43, "", "gh_" + "x" * 5000])
def test_a_bad_token_is_never_taken_for_a_stranger(file, secret):
    response = Client().get(where(file), HTTP_AUTHORIZATION=f"Bearer {secret}")
    assert response.status_code == 401
    assert response["X-Error-Message"] == "Invalid credentials in Authorization header"
    assert "X-Error-Code" not in response


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("/datasets/lab/nothing/resolve/main/a", "RepoNotFound"),
        ("/datasets/lab/shelf-other/resolve/main/a", "RepoNotFound"),
        ("/datasets/lab/shelf/resolve/v9.9/data/python/0000.parquet", "RevisionNotFound"),
        ("/datasets/lab/shelf/resolve/main/data/none.parquet", "EntryNotFound"),
        ("/datasets/lab/shelf/resolve/main/../../etc/passwd", "EntryNotFound"),
        ("/datasets/lab/shelf/resolve/main/a%00b", "EntryNotFound"),
        ("/datasets/lab/shelf-raw/resolve/main/data/python/0000.parquet", "EntryNotFound"),
    ],
)
def test_what_is_missing_is_told_apart(file, researcher, address, code):
    response = Client().get(address, **bearer(researcher))
    assert (response.status_code, response["X-Error-Code"]) == (404, code)


def test_a_dataset_that_is_not_listed_answers_as_a_missing_one(file, researcher):
    headers = bearer(researcher)
    missing = Client().get("/datasets/lab/nothing/resolve/main/a", **headers)
    dataset = file.version.dataset
    dataset.listed = False
    dataset.save()
    hidden = Client().get(where(file), **headers)
    told, other = hidden.json(), missing.json()
    for each in (told, other):
        del each["request_id"]
    assert told == {**other, **{k: told[k] for k in ("title", "error")}}
    assert told["title"] == "There is no dataset lab/shelf."
    assert other["title"] == "There is no dataset lab/nothing."


def test_raw_is_refused_and_annotations_ask_for_grant_and_factor(file, researcher):
    for tier in ("raw", "annotations"):
        ArtefactFactory(version=file.version, tier_name=tier, path=file.path, key=file.key)
    headers = bearer(researcher)
    raw = Client().get(where(file, tier="-raw"), **headers)
    assert [step["code"] for step in raw.json()["missing_steps"]] == ["steward"]
    labels = where(file, tier="-annotations")
    told = Client().get(labels, **headers).json()
    assert [step["code"] for step in told["missing_steps"]] == ["grant", "second_factor"]
    from datetime import timedelta

    from django.utils import timezone

    now = timezone.now()
    GrantFactory(
        holder=researcher,
        tier=file.version.dataset.tiers.get(name="annotations"),
        begins=now - timedelta(days=1),
        ends=now + timedelta(days=1),
    )
    told = Client().get(labels, **headers).json()
    assert [step["code"] for step in told["missing_steps"]] == ["second_factor"]
    strong = bearer(researcher, second_factor=True)
    assert Client().get(labels, **strong).status_code == 200


def test_without_evidence_no_bytes(file, researcher):
    headers = bearer(researcher)

    def full(execute, sql, params, many, context):
        if sql.startswith(("INSERT", "WITH")) and "audit_entry" in sql:
            raise DatabaseError("database or disk is full")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(full):
        response = Client().get(where(file), **headers)
    assert response.status_code == 503
    assert "nothing is handed out" in response.json()["title"]
    assert not Entry.objects.filter(action="ticket.issue").exists()


def test_bytes_that_storage_lost_are_told_before_the_answer_begins(file, researcher):
    store().path(file.key).unlink()
    response = Client().get(where(file), **bearer(researcher))
    assert response.status_code == 503
    assert "Storage does not hold" in response.json()["title"]


def test_a_token_dies_with_its_day_its_revocation_and_its_person(file, researcher):
    headers = bearer(researcher)
    token = researcher.tokens.get()
    token.ends_at = NOW.replace(year=2020)
    token.save()
    assert Client().get(where(file), **headers).status_code == 401
    headers = bearer(researcher)
    from django.utils import timezone

    newest = researcher.tokens.order_by("-id").first()
    tokens.revoke(actor=actor(researcher), token_id=newest.pk, now=timezone.now())
    assert Client().get(where(file), **headers).status_code == 401
    headers = bearer(researcher)
    assert Client().head(where(file), **headers).status_code == 200
    researcher.is_active = False
    researcher.save()
    assert Client().head(where(file), **headers).status_code == 401


def test_only_reading_is_possible(file, researcher):
    assert Client().post(where(file), **bearer(researcher)).status_code == 405


def test_the_gate_takes_few_queries(file, researcher, django_assert_max_num_queries):
    headers = bearer(researcher)
    Client().head(where(file), **headers)  # notes the token's first use
    with django_assert_max_num_queries(4):
        Client().head(where(file), **headers)
