"""What a stranger's program sends to break in, to learn something or to go around: none of it does.

PostgreSQL refuses letters that SQLite keeps, so these matter most there.
"""

import json
from datetime import timedelta

import pytest
from django.core.files.storage import storages

from governance.access.models import Application, RoleHeld, Upload
from governance.audit.actors import Role
from tests.api.test_casework import MINE, OPEN, REVIEW, Program, ends, is_
from tests.factories import (
    NOW,
    AcceptanceFactory,
    ApplicationFactory,
    DatasetFactory,
    MemberFactory,
    TermsFactory,
    UploadFactory,
    UserFactory,
    VersionFactory,
)
from tests.support import signed_in

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def tier():
    found = VersionFactory(dataset__name="shelf").dataset.tiers.get(name="annotations")
    TermsFactory(dataset=found.dataset)
    return found


@pytest.fixture
def them(tier):
    return AcceptanceFactory(terms=tier.dataset.terms.get()).user


# ------------------------------------------------------------------ shapes


SHAPES = {
    "nul": "a \x00 b",
    "half a letter": "a \ud800 b",
    "lists": [[1]],
    "mappings": [{}],
    "mapping": {"a": 1},
    "number": 7,
    "long": "[" * 9000,
}
KINDS = ["text", "long", "choice", "multi-choice", "date", "country", "declaration"]


@pytest.mark.parametrize("value", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("kind", KINDS)
def test_an_answer_of_any_shape_is_refused_or_kept_as_what_was_asked(tier, them, kind, value):
    question = {"name": "asked", "label": "Asked", "kind": kind}
    if "choice" in kind:
        question["choices"] = ["one", "two"]
    tier.form = [question]
    tier.save()
    told = {"dataset": tier.dataset.slug, "tier": tier.name, "answers": {"asked": value}}
    response = Program(them).client.post(MINE, json.dumps(told), content_type="application/json")
    assert response.status_code in {201, 422}, response.content
    kept = [each.answers["asked"] for each in Application.objects.all()]
    assert kept in ([], [""], [[]], [False])


@pytest.mark.parametrize("body", ["[" * 100_000, '{"answers":' * 50_000, "9" * 100_000])
def test_json_that_is_too_deep_or_too_long_a_number_is_refused(tier, them, body):
    response = Program(them).client.post(MINE, body, content_type="application/json")
    assert response.status_code in {400, 422}


@pytest.mark.parametrize("odd", ["GH%00", "GH-%ED%A0%80", "9" * 300])
def test_a_strange_address_names_nothing(tier, odd):
    client = Program(UserFactory(role=Role.STEWARD), "review").client
    slug = tier.dataset.slug
    for path in (
        f"{MINE}/{odd}",
        f"{REVIEW}/{odd}",
        f"{OPEN}/acceptances/{odd}",
        f"{OPEN}/datasets/{odd}/x/terms",
        f"{OPEN}/datasets/{slug}/tiers/{odd}/form",
        f"/datasets/{odd}/x",
        f"/datasets/{slug}/versions/{odd}",
    ):
        assert client.get(path).status_code == 404, path


@pytest.mark.parametrize("odd", ["²", "9" * 30, "9" * 5000])
def test_buttons_that_send_strange_numbers_press_nothing(tier, them, odd):
    draft = ApplicationFactory(applicant=them, tier=tier, draft=True)
    client = signed_in(them, second_factor=True)
    edit = f"/applications/{draft.number}/edit"
    assert client.post(edit, {"remove": odd, "do": "save"}).status_code == 404
    got = client.post(f"/applications/{draft.number}", {"do": "remove", "member": odd})
    assert got.status_code == 404
    assert client.post("/invitations", {"do": "accept", "member": odd}).status_code == 404
    steward = signed_in(UserFactory(role=Role.STEWARD), second_factor=True)
    told = {"do": "lift", "block": odd, "reason": "x"}
    assert steward.post("/steward/blocks", told).status_code == 404
    assert steward.post("/steward/grants", {"grant": odd, "reason": "x"}).status_code == 404


def test_people_are_searched_by_strange_words_too(tier):
    admin = signed_in(UserFactory(role=Role.ADMIN), second_factor=True)
    assert admin.get("/admin/people", {"q": "a\x00"}).status_code == 200


def test_a_block_of_a_strange_address_is_refused(tier):
    steward = signed_in(UserFactory(role=Role.STEWARD), second_factor=True)
    told = {"do": "add", "kind": "email", "ends": "2027-01-01", "reason": "x"}
    assert steward.post("/steward/blocks", told | {"value": "a\x00@b.org"}).status_code == 422


def test_a_name_is_one_line_that_reads_from_left_to_right(them):
    told = {"name": "Ada\r\n\r\nOpen evil.example\u202e", "affiliation": "A \n B", "country": ""}
    assert signed_in(them).post("/account", told).status_code == 302
    them.refresh_from_db()
    assert (them.name, them.affiliation) == ("Ada Open evil.example", "A B")


# ------------------------------------------------------------------ what others must not learn


@pytest.mark.parametrize("part", ["applicant", "member"])
def test_a_steward_reads_no_notes_about_themselves(tier, them, part):
    tier.reviewers = 2
    tier.save()
    found = ApplicationFactory(tier=tier)
    steward = UserFactory(role=Role.STEWARD)
    other = Program(UserFactory(role=Role.STEWARD), "review")
    theirs = f"{REVIEW}/{found.number}"
    is_(other.post(f"{theirs}/note", text="I doubt their story."), 200)
    is_(other.post(f"{theirs}/approve", ends=ends(), reason="Good enough for me."), 200)
    if part == "applicant":
        Application.objects.filter(pk=found.pk).update(applicant=steward)
    else:
        MemberFactory(application=found, email=steward.email)
    read = is_(Program(steward, "review").get(theirs), 200)
    assert (read["notes"], read["yeses"], read["taken_by"]) == ([], [], None)
    page = signed_in(steward, second_factor=True).get(f"/steward/applications/{found.number}")
    words = page.content.decode()
    assert page.status_code == 200
    assert "I doubt their story" not in words
    assert "Good enough for me" not in words
    assert "I doubt their story" in is_(other.get(theirs), 200)["notes"][0]["text"]


def test_a_steward_of_one_dataset_learns_no_numbers_of_another(tier):
    elsewhere = ApplicationFactory(tier=DatasetFactory().tiers.get(name="annotations"))
    draft = ApplicationFactory(tier=tier, draft=True)
    steward = UserFactory()
    RoleHeld.objects.create(
        user=steward, role=Role.STEWARD, dataset=tier.dataset, begins=NOW - 9999 * DAY
    )
    numbers = [elsewhere.number, draft.number, "GH-1999-0001"]
    bulk = {"numbers": numbers, "verb": "reject", "reason": "x"}
    told = is_(Program(steward, "review").post(f"{OPEN}/review/bulk", **bulk), 200)
    assert {each["problem"]["status"] for each in told} == {404}


def test_a_token_of_one_dataset_shows_no_signature_of_another(tier, them):
    signed = them.acceptances.get()
    slug = tier.dataset.slug
    other = Program(them, "read", "lab/other")
    is_(other.get(f"{OPEN}/acceptances/{signed.number}"), 404)
    assert is_(other.get(f"{OPEN}/datasets/{slug}/terms"), 200)["yours"]["acceptances"] == []
    mine = Program(them, "read", slug)
    is_(mine.get(f"{OPEN}/acceptances/{signed.number}"), 200)
    assert len(is_(mine.get(f"{OPEN}/datasets/{slug}/terms"), 200)["yours"]["acceptances"]) == 1


# ------------------------------------------------------------------ going around


def test_a_yes_to_answers_that_changed_meanwhile_is_refused(tier, them):
    found = ApplicationFactory(tier=tier, applicant=them)
    steward = Program(UserFactory(role=Role.STEWARD), "review")
    theirs = f"{REVIEW}/{found.number}"
    read = is_(steward.get(theirs), 200)["submission"]
    is_(steward.post(f"{theirs}/return", questions="Who keeps it?"), 200)
    is_(Program(them).post(f"{MINE}/{found.number}/answer", reply="Me."), 200)
    yes = {"ends": ends(), "reason": "x"}
    is_(steward.post(f"{theirs}/approve", **yes, submission=read), 409)
    page = signed_in(steward.user, second_factor=True)
    address = f"/steward/applications/{found.number}"
    told = {"do": "approve", "ends": ends()[:10], "reason": "x"}
    again = page.post(address, told | {"submission": read})
    assert again.status_code == 409
    assert f'name="submission" value="{read + 1}"' in again.content.decode()
    assert page.post(address, told | {"submission": read + 1}).status_code == 302
    assert Application.objects.get().state == "approved"


def test_files_of_a_draft_that_is_thrown_away_are_erased_at_once(
    tier, them, django_capture_on_commit_callbacks
):
    draft = ApplicationFactory(applicant=them, tier=tier, draft=True)
    key = UploadFactory(application=draft).key
    with django_capture_on_commit_callbacks(execute=True):
        is_(Program(them).post(f"{MINE}/{draft.number}/withdraw"), 200)
    assert not Upload.objects.exists()
    assert not storages["private"].exists(key)
