"""Datasets, policies and forms in the hands of their admins."""

import pytest
from django.urls import reverse

from governance.access import selectors as access
from governance.audit.actors import STRANGER, Role
from governance.audit.models import Entry
from governance.catalogue.models import Dataset
from pipeline.redact.spans import CLASSES
from tests.factories import NOW, ArtefactFactory, DatasetFactory, TermsFactory, VersionFactory
from tests.pages.visitors import queries, text
from tests.support import PAGE, staff_client

pytestmark = pytest.mark.django_db
NEW = {
    "slug": "lab/new", "title": "New", "summary": "Some files.", "contact": "",
    "licence_set": "permissive", "reason": "a start",
} | {f"class_{cls}": "redact" for cls in CLASSES}  # fmt: skip


@pytest.fixture
def admin():
    return staff_client(Role.ADMIN)


@pytest.fixture
def dataset():
    return DatasetFactory(namespace="lab", name="shelf")


def test_a_dataset_is_made_with_three_tiers_seen_by_its_staff_alone(admin, client):
    assert admin.post(reverse("dataset-new"), NEW, **PAGE).status_code == 302
    made = Dataset.objects.get()
    assert not made.listed
    assert [each.name for each in made.tiers.all()] == ["processed", "annotations", "raw"]
    assert made.redaction["classes"]["KEY"] == "redact"
    assert client.get("/datasets/lab/new", **PAGE).status_code == 404
    page = text(admin.get("/admin/datasets/lab/new", **PAGE))
    for told in ("Put terms in force", "Name its sources", "manage.py collect distributions"):
        assert told in page


@pytest.mark.parametrize(
    ("change", "status", "told"),
    [
        ({"slug": "Lab/New!"}, 422, "can't name a dataset"),
        ({"slug": "lab/new-raw"}, 422, "can't end in -raw"),
        ({"title": " "}, 422, "A title of 1 to"),
        ({"summary": ""}, 422, "Say what is in it"),
        ({"licence_set": "any"}, 422, "Select a valid choice"),
        ({"class_KEY": "publish"}, 422, "Select a valid choice"),
        ({"reason": " "}, 409, "Give a reason"),
        ({"slug": "lab/shelf"}, 409, "There is a dataset lab/shelf already"),
    ],
)
def test_what_makes_no_dataset_is_said(admin, dataset, change, status, told):
    response = admin.post(reverse("dataset-new"), NEW | change, **PAGE)
    assert response.status_code == status
    assert told in text(response)
    assert Dataset.objects.count() == 1


def edit(admin, **told):
    return admin.post("/admin/datasets/lab/shelf", told, **PAGE)


def test_listing_and_unlisting_take_effect_at_once(admin, dataset, client):
    assert edit(admin, do="listing", reason="a fault was found").status_code == 302
    assert client.get("/datasets/lab/shelf", **PAGE).status_code == 404
    assert edit(admin, do="listing", reason="mended").status_code == 302
    assert client.get("/datasets/lab/shelf", **PAGE).status_code == 200
    told = Entry.objects.filter(action="dataset.list").order_by("id")
    assert [each.detail["listed"] for each in told] == [False, True]
    assert edit(admin, do="listing", reason=" ").status_code == 409


def test_what_builds_go_by_is_changed_with_before_and_after(admin, dataset):
    told = NEW | {"do": "about", "class_EMAIL": "drop-row", "reason": "asked by the board"}
    assert edit(admin, **told).status_code == 302
    dataset.refresh_from_db()
    assert dataset.redaction == {
        "version": 2, "classes": dict.fromkeys(CLASSES, "redact") | {"EMAIL": "drop-row"},
    }  # fmt: skip
    entry = Entry.objects.get(action="dataset.change")
    assert entry.detail["before"]["title"] == "Shelf"
    assert entry.detail["after"]["redaction"]["version"] == 2
    assert edit(admin, **told).status_code == 409


def test_a_class_may_be_treated_otherwise_in_a_context(admin, dataset):
    told = NEW | {"do": "about", "exceptions": "KEY example leave\r\nKEY licence drop-row\r\n"}
    assert edit(admin, **told).status_code == 302
    dataset.refresh_from_db()
    assert dataset.redaction["classes"]["KEY"] == {
        "code": "redact", "comment": "redact", "licence": "drop-row", "example": "leave",
    }  # fmt: skip
    page = admin.get("/admin/datasets/lab/shelf", **PAGE).content.decode()
    assert "KEY licence drop-row\nKEY example leave" in page.replace("\r", "")
    response = edit(admin, **told | {"exceptions": "KEY everywhere leave"})
    assert response.status_code == 422
    assert "is not a class, a context and an action" in text(response)


def test_a_class_that_is_not_named_stays_out_of_the_policy(admin, dataset):
    few = {name: value for name, value in NEW.items() if not name.startswith("class_")}
    few |= {f"class_{cls}": "redact" for cls in ("KEY", "PASSWORD", "EMAIL", "IP_ADDRESS")}
    few |= {f"class_{cls}": "leave" for cls in ("NAME", "USERNAME", "EMAIL_LICENSE")}
    few |= {f"class_{cls}_EXAMPLE": "leave" for cls in ("EMAIL", "NAME", "USERNAME")}
    few |= {f"class_{cls}_LICENSE": "leave" for cls in ("NAME", "USERNAME")}
    assert edit(admin, do="about", **few).status_code == 302
    dataset.refresh_from_db()
    assert not {"PHONE", "PRIVATE_KEY"} & set(dataset.redaction["classes"])


def test_a_source_is_taken_out_by_its_place(admin, dataset):
    assert edit(admin, do="source", position="7", reason="gone").status_code == 404
    assert edit(admin, do="source", position="0", reason="gone").status_code == 302
    dataset.refresh_from_db()
    assert dataset.sources == []
    assert "/nowhere" not in str(Entry.objects.get(action="dataset.unsource").__dict__)


def test_the_lists_cost_the_same_for_many(admin, dataset):
    VersionFactory(dataset=dataset)
    few = queries(admin, reverse("admin-datasets"))
    for _ in range(4):
        VersionFactory(dataset=DatasetFactory())
    assert queries(admin, reverse("admin-datasets")) == few


# ------------------------------------------------------------------ policies


def policy(admin, tier, *needs, **told):
    told = {"do": "policy", "offered": "yes", "reason": "asked by the board", "typed": ""} | told
    ticked = {f"need_{name}": "on" for name in needs}
    order = {f"at_{name}": str(at) for at, name in enumerate(needs, start=1)}
    return admin.post(f"/admin/datasets/lab/shelf/tiers/{tier}", told | ticked | order, **PAGE)


def needs_of(dataset, tier):
    return dataset.tiers.get(name=tier).policy["download"]


USUAL = ("signed_in", "verified", "served", "token", "terms")


def test_a_policy_is_in_force_at_once_in_the_order_given(admin, dataset):
    order = ("signed_in", "second_factor", *USUAL[1:])
    assert policy(admin, "processed", *order).status_code == 302
    assert needs_of(dataset, "processed") == list(order)
    entry = Entry.objects.get(action="dataset.policy")
    assert entry.detail["before"] == {"download": list(USUAL)}
    assert entry.detail["after"] == {"download": list(order)}
    assert (entry.tier, entry.reason) == ("processed", "asked by the board")


def test_opening_a_tier_further_asks_to_type_its_name(admin, dataset):
    fewer = ("signed_in", "verified", "served", "token")
    refused = policy(admin, "processed", *fewer)
    assert refused.status_code == 422
    assert "type lab/shelf processed to confirm" in text(refused)
    assert policy(admin, "processed", *fewer, typed="lab/shelf raw").status_code == 422
    assert needs_of(dataset, "processed") == list(USUAL)
    assert policy(admin, "processed", *fewer, typed="lab/shelf processed").status_code == 302
    assert needs_of(dataset, "processed") == list(fewer)


def test_all_ticks_gone_is_open_to_anyone_and_so_must_be_confirmed(admin, dataset):
    assert policy(admin, "processed").status_code == 422
    assert needs_of(dataset, "processed") == list(USUAL)


def test_a_closed_tier_is_closed_to_everybody(admin, dataset):
    TermsFactory(dataset=dataset)
    version = VersionFactory(dataset=dataset)
    file = ArtefactFactory(version=version)
    assert policy(admin, "processed", offered="no").status_code == 302
    assert needs_of(dataset, "processed") == []
    file.tier.refresh_from_db()
    assert access.decide(STRANGER, file, "download", NOW).reasons == ("not_offered",)
    page = text(admin.get("/admin/datasets/lab/shelf/tiers/processed", **PAGE))
    assert "Closed: nobody can download it" in page
    assert policy(admin, "processed", *USUAL).status_code == 422, "to open it again is confirmed"


@pytest.mark.parametrize(
    ("tier", "needs", "told"),
    [
        ("raw", ("signed_in", "steward", "served", "token"), "always asks for"),
        ("raw", ("signed_in", "second_factor", "served", "token"), "always asks for"),
        ("annotations", ("signed_in", "grant", "served", "token"), "always asks for"),
        ("processed", ("terms", "served", "token"), "add signed_in"),
    ],
)
def test_what_a_tier_never_gives_up(admin, dataset, tier, needs, told):
    before = needs_of(dataset, tier)
    response = policy(admin, tier, *needs, typed=f"lab/shelf {tier}")
    assert response.status_code == 422
    assert told in text(response)
    assert needs_of(dataset, tier) == before


def test_the_page_says_in_words_what_is_asked(admin, dataset):
    page = text(admin.get("/admin/datasets/lab/shelf/tiers/annotations", **PAGE))
    assert "To download it somebody needs: an account; a confirmed address" in page
    assert admin.get("/admin/datasets/lab/shelf/tiers/attic", **PAGE).status_code == 404


def test_limits_of_a_tier_are_bounded(admin, dataset):
    where = "/admin/datasets/lab/shelf/tiers/annotations"
    told = {"do": "limits", "summary": "Labels.", "days": "90", "reviewers": "1", "reason": "due"}
    for change in ({"days": "0"}, {"days": "9999"}, {"reviewers": "3"}, {"summary": " "}):
        assert admin.post(where, told | change, **PAGE).status_code == 422, change
    assert admin.post(where, told, **PAGE).status_code == 302
    tier = dataset.tiers.get(name="annotations")
    assert (tier.days, tier.reviewers, tier.summary) == (90, 1, "Labels.")


# ------------------------------------------------------------------ forms


def draft(*questions, **told):
    """What the editor sends of these questions."""
    sent = {"count": str(len(questions)), "reason": "shorter"} | told
    for at, question in enumerate(questions, start=1):
        sent |= {f"q{at}_{part}": value for part, value in question.items()}
    return sent


WHY = {"kind": "long", "label": "Why?", "required": "on", "least": "20", "help": "In full."}
WHERE = {"kind": "choice", "label": "Where is it kept?", "choices": "Here\nThere\n"}
FORM = "/admin/datasets/lab/shelf/tiers/annotations/form"


def form_of(dataset):
    return dataset.tiers.get(name="annotations").form


def test_a_form_is_saved_with_before_and_after(admin, dataset):
    before = form_of(dataset)
    assert admin.post(FORM, draft(WHY, WHERE, do="save"), **PAGE).status_code == 302
    assert form_of(dataset) == [
        {"name": "why", "label": "Why?", "kind": "long", "required": True, "least": 20,
         "help": "In full."},
        {"name": "where_is_it_kept", "label": "Where is it kept?", "kind": "choice",
         "required": False, "choices": ["Here", "There"]},
    ]  # fmt: skip
    entry = Entry.objects.get(action="tier.form")
    assert entry.detail["before"] == before
    assert entry.detail["after"] == form_of(dataset)


def test_questions_are_moved_and_removed_without_being_saved(admin, dataset):
    before = form_of(dataset)

    def labels(do):
        page = text(admin.post(FORM, draft(WHY, WHERE, do=do), **PAGE))
        found = [label for label in ("Why?", "Where is it kept?") if f'value="{label}"' in page]
        return sorted(found, key=page.index)

    assert labels("look") == ["Why?", "Where is it kept?"]
    assert labels("down:1") == labels("up:2") == ["Where is it kept?", "Why?"]
    assert labels("remove:1") == ["Where is it kept?"]
    for wrong in ("remove:9", "up:1", "add:poem", "remove:x", "", "up:"):
        assert labels(wrong) == ["Why?", "Where is it kept?"], wrong
    page = text(admin.post(FORM, draft(WHY, do="add:date"), **PAGE))
    assert "2. A date" in page
    assert "This is not saved yet" in page
    assert form_of(dataset) == before


def test_the_applicants_view_stands_beside_it(admin, dataset):
    page = text(admin.post(FORM, draft(WHY, WHERE, do="look"), **PAGE))
    seen = page[page.index("As the applicant sees it") :]
    for words in ("Why?", "In full.", "There"):
        assert words in seen


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"label": ""}, "Ask in 1 to"),
        ({"kind": "poem"}, "One of text, long"),
        ({"least": "many"}, "A whole number"),
        ({"least": "99999999"}, "A whole number"),
    ],
)
def test_a_question_that_cannot_stand_is_named_and_nothing_is_lost(admin, dataset, change, told):
    before = form_of(dataset)
    response = admin.post(FORM, draft(WHY | change, WHERE, do="save"), **PAGE)
    assert response.status_code == 422
    assert told in text(response)
    assert "Where is it kept?" in text(response)
    assert form_of(dataset) == before


def test_a_form_is_not_changed_without_a_reason(admin, dataset):
    response = admin.post(FORM, draft(WHY, do="save", reason=" "), **PAGE)
    assert response.status_code == 409
    assert "Give a reason" in text(response)
