"""A program without a browser reads the terms, signs them and downloads."""

import hashlib
import json
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from governance.audit.actors import HOUSE
from governance.audit.models import Entry
from governance.terms import services
from governance.terms.models import Acceptance, Clause, TermsVersion
from governance.terms.texts import ClauseSpec
from tests.factories import AcceptanceFactory, SharedCopyFactory, TermsFactory, UserFactory
from tests.serving import BODY, bearer
from tests.support import PAGE, signed_in

pytestmark = pytest.mark.django_db
TERMS = "/api/v1/datasets/lab/shelf/terms"
SIGN = f"{TERMS}/acceptance"


@pytest.fixture
def terms(file):
    """The terms in force, with the sha256 that their text really has."""
    made = file.version.dataset.terms.get()
    made.text_sha256 = hashlib.sha256(made.text.encode()).hexdigest()
    made.save()
    return made


def whole(read, **changed):
    body = {
        "terms_version": read["terms_version"],
        "sha256": read["sha256"],
        "clauses": [each["number"] for each in read["clauses"]],
        "typed_name": "Ada Lovelace",
        "purpose": "Measuring how names are spread in code.",
    }
    return body | changed


def post(client, body, **headers):
    return client.post(SIGN, json.dumps(body), content_type="application/json", **headers)


def read(**headers):
    return Client().get(TERMS, **headers).json()


def test_from_the_refusal_to_the_bytes_without_a_browser(file, terms):
    headers = bearer(UserFactory(), scope="act")
    where = f"/datasets/lab/shelf/resolve/main/{file.path}"
    refused = Client().get(where, **headers)
    assert refused.status_code == 403
    [step] = refused.json()["missing_steps"]
    told = Client().get(step["api"], **headers).json()
    assert hashlib.sha256(told["text"].encode()).hexdigest() == told["sha256"]
    made = Client().post(
        told["accept_url"], json.dumps(whole(told)), content_type="application/json", **headers
    )
    assert made.status_code == 201
    answer = Client().get(where, **headers)
    assert b"".join(answer.streaming_content) == BODY
    copy = Client().get(f"/api/v1/acceptances/{made.json()['number']}", **headers).json()
    assert copy == made.json()
    assert copy["text"] == told["text"]
    signed = Acceptance.objects.get()
    assert (signed.typed_name, signed.text_sha256) == ("Ada Lovelace", terms.text_sha256)


def test_one_signature_is_enough_for_every_file(file, terms):
    headers = bearer(UserFactory(), scope="act")
    first = post(Client(), whole(read()), **headers)
    again = post(Client(), whole(read(), typed_name="Somebody Else"), **headers)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert Acceptance.objects.count() == 1


def test_anyone_reads_the_clauses_the_summary_and_the_uses(terms):
    told = read()
    assert [each["law"] for each in told["clauses"]] == [each.law for each in terms.clauses.all()]
    assert told["uses"][0]["answer"] == "permitted"
    assert told["summary"] == terms.summary
    assert told["url"].endswith("/datasets/lab/shelf/terms/1.0")
    assert told["yours"] == {"accepted": False, "until": None, "acceptances": []}
    assert told["difference"] is None


def test_whoever_signed_before_reads_what_changed_and_until_when_it_counts(terms):
    user, soon = UserFactory(), timezone.now() + timedelta(days=9)
    signed = AcceptanceFactory(user=user, terms=terms)
    TermsVersion.objects.filter(pk=terms.pk).update(accepted_until=soon)
    newer = TermsFactory(dataset=terms.dataset, number="2.0", effective_at=timezone.now())
    Clause.objects.filter(terms=newer, number=1).update(law="Do as the licence says.")
    told = read(**bearer(user))
    assert told["terms_version"] == "2.0"
    assert told["yours"]["accepted"] is True
    assert told["yours"]["until"][:19] == soon.isoformat()[:19]
    assert [each["number"] for each in told["yours"]["acceptances"]] == [signed.number]
    assert told["difference"]["since"] == "1.0"
    changes = [each["state"] for each in told["difference"]["clauses"]]
    assert changes == ["changed", "same", "same", "same", "same"]
    assert {"kind": "in", "text": "says."} in told["difference"]["clauses"][0]["law"]
    old = Client().get(TERMS, {"version": "1.0"}).json()
    assert old["terms_version"] == "1.0"


def test_versions_stand_with_their_addresses_and_hashes(terms):
    newer = TermsFactory(dataset=terms.dataset, number="2.0", effective_at=timezone.now())
    told = Client().get(f"{TERMS}/versions").json()
    assert [(each["terms_version"], each["sha256"]) for each in told] == [
        ("2.0", newer.text_sha256),
        ("1.0", terms.text_sha256),
    ]
    assert Client().get(told[1]["url"], **PAGE).status_code == 200


@pytest.mark.parametrize(
    ("changed", "fields"),
    [
        ({"clauses": [1, 2, 3]}, {"clauses"}),
        ({"clauses": []}, {"clauses"}),
        ({"typed_name": ""}, {"typed_name"}),
        ({"purpose": "fun"}, {"purpose"}),
        ({"sha256": ""}, {"sha256"}),
        ({"clauses": "all"}, {"clauses"}),
        ({"clauses": ["one"]}, {"clauses"}),
        ({"clauses": [1] * 101}, {"clauses"}),
        ({"typed_name": ["Ada"]}, {"typed_name"}),
        ({"typed_name": "x" * 201}, {"typed_name"}),
    ],
)
def test_what_is_missing_is_named_by_field_and_nothing_is_signed(terms, changed, fields):
    answer = post(Client(), whole(read(), **changed), **bearer(UserFactory(), scope="act"))
    assert answer.status_code == 422
    assert set(answer.json()["fields"]) == fields
    assert not Acceptance.objects.exists()


def test_an_empty_body_names_everything(terms):
    answer = post(Client(), {}, **bearer(UserFactory(), scope="act"))
    assert answer.status_code == 422
    assert set(answer.json()["fields"]) == {
        "terms_version", "sha256", "clauses", "typed_name", "purpose"
    }  # fmt: skip


def test_no_json_is_a_refusal_and_no_failure(terms):
    headers = bearer(UserFactory(), scope="act")
    for body in ("{", "[]", '"x"', "null"):
        answer = Client().post(SIGN, body, content_type="application/json", **headers)
        assert answer.status_code in {400, 422}, body


def test_another_text_than_the_one_that_binds_is_not_signed(terms):
    answer = post(Client(), whole(read(), sha256="0" * 64), **bearer(UserFactory(), scope="act"))
    assert answer.status_code == 409
    told = answer.json()
    assert told["code"] == "wrong_state"
    assert told["missing_steps"][0]["api"].endswith(TERMS)
    assert not Acceptance.objects.exists()


def test_terms_that_were_replaced_meanwhile_are_refused_with_the_new_ones(terms):
    body = whole(read())
    TermsFactory(dataset=terms.dataset, number="2.0", effective_at=timezone.now())
    answer = post(Client(), body, **bearer(UserFactory(), scope="act"))
    assert answer.status_code == 409
    assert "read terms 2.0" in answer.json()["error"]


def test_terms_of_tomorrow_are_signed_ahead(terms):
    ahead = TermsFactory(
        dataset=terms.dataset, number="2.0", effective_at=timezone.now() + timedelta(days=1)
    )
    assert read()["coming"] == "2.0"
    body = whole(read(), terms_version="2.0", sha256=ahead.text_sha256)
    assert post(Client(), body, **bearer(UserFactory(), scope="act")).status_code == 201


def test_a_token_that_only_reads_signs_nothing_and_says_which_one_does(terms):
    answer = post(Client(), whole(read()), **bearer(UserFactory()))
    assert answer.status_code == 403
    assert "scope act" in answer.json()["error"]
    assert answer.json()["missing_steps"][0]["url"].endswith("/tokens")
    assert not Acceptance.objects.exists()


def test_a_token_of_another_dataset_signs_nothing(terms):
    answer = post(Client(), whole(read()), **bearer(UserFactory(), scope="act", dataset="a/b"))
    assert answer.status_code == 403
    assert not Acceptance.objects.exists()


def test_a_stranger_is_told_to_send_a_token(terms):
    answer = post(Client(), whole(read()))
    assert answer.status_code == 401
    assert answer.json()["missing_steps"][0]["url"].endswith("/tokens")


def test_a_session_signs_with_its_csrf_token_and_not_without(terms):
    client = Client(enforce_csrf_checks=True)
    client.force_login(UserFactory())
    assert post(client, whole(read())).status_code == 403
    client.get("/datasets/lab/shelf/terms", **PAGE)
    token = client.cookies["csrftoken"].value
    assert post(client, whole(read()), HTTP_X_CSRFTOKEN=token).status_code == 201


def test_what_was_read_on_a_copy_s_page_is_noted(terms):
    copy = SharedCopyFactory(acceptance__terms=terms)
    answer = post(
        Client(), whole(read(), shared_copy=copy.code), **bearer(UserFactory(), scope="act")
    )
    assert answer.json()["shared_copy"] == copy.code
    assert Entry.objects.get(action="terms.accept").detail["copy"] == copy.code


def test_another_person_s_copy_is_as_if_it_were_not_there(terms):
    signed = AcceptanceFactory(terms=terms)
    where = reverse("api-copy", args=[signed.number])
    assert Client().get(where).status_code == 401
    assert Client().get(where, **bearer(UserFactory())).status_code == 404
    assert Client().get(where, **bearer(signed.user)).status_code == 200


def test_a_dataset_without_terms_answers_as_a_missing_one(db):
    for where in (TERMS, f"{TERMS}?version=1.0", f"{TERMS}?version=%00", f"{TERMS}/versions"):
        assert Client().get(where).status_code == 404


def test_the_schema_tells_the_body_and_the_refusals(db):
    schema = Client().get("/api/v1/schema").json()
    post_ = schema["paths"]["/api/v1/datasets/{namespace}/{name}/terms/acceptance"]["post"]
    assert set(post_["responses"]) == {"200", "201", "400", "401", "403", "404", "409", "422"}
    body = schema["components"]["schemas"]["AcceptanceIn"]["properties"]
    assert {"terms_version", "sha256", "clauses", "typed_name", "purpose"} <= set(body)


# ------------------------------------------------------------------ what goes with the bytes


def test_every_download_carries_the_terms_that_were_signed(file, terms):
    user, now = AcceptanceFactory(terms=terms).user, timezone.now()
    services.publish_terms(
        actor=HOUSE,
        dataset=terms.dataset,
        number="2.0",
        title="Terms",
        summary="",
        clauses=[ClauseSpec("One", "Be kind.", "Be kind.")],
        uses=[],
        effective_at=now,
        earlier="until",
        earlier_until=now + timedelta(days=1),
        reason="shorter",
        now=now,
    )
    where = f"/datasets/lab/shelf/resolve/main/{file.path}"
    answer = signed_in(user).get(where)
    assert answer["X-Gatehouse-Terms"] == "1.0"
    assert answer["X-Gatehouse-Terms-Sha256"] == terms.text_sha256
    link = answer["Link"]
    assert link.endswith('/datasets/lab/shelf/terms/1.0>; rel="terms-of-service"')
    assert Client().get(link[1 : link.index(">")], **PAGE).status_code == 200
    assert Entry.objects.filter(action="ticket.issue").last().terms_version == "1.0"


def test_a_file_that_asks_for_no_terms_carries_those_in_force(file, terms):
    tier = file.tier
    tier.policy = {"download": ["served"]}
    tier.save()
    answer = Client().head(f"/datasets/lab/shelf/resolve/main/{file.path}")
    assert answer.status_code == 200
    assert answer["X-Gatehouse-Terms"] == "1.0"
    assert answer["X-Gatehouse-Terms-Sha256"] == terms.text_sha256
