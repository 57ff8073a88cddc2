"""The whole of an application by program: drafted, asked, answered, granted, ended, renewed."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from governance.access.models import Application, Grant
from governance.audit.actors import Role
from portal.accounts import tokens
from portal.accounts.models import User
from portal.pages import timelines
from tests.factories import (
    ANSWERS,
    AcceptanceFactory,
    ApplicationFactory,
    GrantFactory,
    MemberFactory,
    TermsFactory,
    UserFactory,
    VersionFactory,
    actor,
)
from tests.serving import enrol

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
OPEN, MINE, REVIEW = "/api/v1", "/api/v1/applications", "/api/v1/review/applications"


class Program:
    """Somebody's program with a token of theirs."""

    def __init__(self, user: User, scope: str = "act", dataset: str = "") -> None:
        self.user = user
        # Made as the house makes it: who may have which scope is told by the tests of tokens.
        secret = f"gh_{user.pk:040d}_{scope}_{dataset}"
        from portal.accounts.models import ApiToken

        enrol(user)
        ApiToken.objects.create(
            user=user, name="ci", digest=tokens._digest(secret), ending="0000", scope=scope,
            dataset=dataset, second_factor=True, made_at=timezone.now(),
            ends_at=timezone.now() + DAY,
        )  # fmt: skip
        self.client = Client(HTTP_AUTHORIZATION=f"Bearer {secret}")

    def get(self, path: str, **query):
        return self.client.get(path, query)

    def post(self, path: str, **told):
        return self.client.post(path, told, content_type="application/json")

    def patch(self, path: str, **told):
        return self.client.patch(path, told, content_type="application/json")


@pytest.fixture
def tier():
    found = VersionFactory(dataset__name="shelf").dataset.tiers.get(name="annotations")
    found.reviewers = 2
    found.save()
    TermsFactory(dataset=found.dataset)
    return found


def person(tier):
    return AcceptanceFactory(terms=tier.dataset.terms.get()).user


@pytest.fixture
def stewards():
    return [Program(UserFactory(role=Role.STEWARD), "review") for _ in range(2)]


def is_(response, status):
    assert response.status_code == status, response.content
    return response.json() if response.content else None


def ends(days=30):
    return (timezone.now() + days * DAY).isoformat()


def test_a_lab_of_two_from_draft_over_returned_to_approved_expired_and_renewed(tier, stewards):
    lead, member = Program(person(tier)), Program(person(tier))
    slug = tier.dataset.slug
    form = is_(lead.get(f"{OPEN}/datasets/{slug}/tiers/annotations/form"), 200)
    assert [each["name"] for each in form["questions"]] == list(ANSWERS)
    told = {"dataset": slug, "tier": "annotations", "answers": {"purpose": "Compare"}}
    draft = is_(lead.post(MINE, **told, members=[member.user.email]), 201)
    mine = f"{MINE}/{draft['number']}"
    assert draft["state"] == "draft"
    assert "purpose" in is_(lead.post(f"{mine}/submit"), 422)["fields"]
    is_(lead.patch(mine, answers=ANSWERS), 200)
    sent = is_(lead.post(f"{mine}/submit"), 200)
    assert (sent["state"], sent["place"], sent["queued"]) == ("submitted", 1, 1)
    is_(lead.post(f"{mine}/nudge"), 200)
    is_(lead.post(f"{mine}/nudge"), 409)

    first, second = stewards
    theirs = f"{REVIEW}/{draft['number']}"
    assert is_(first.get(REVIEW), 200)["count"] == 1
    assert is_(first.post(f"{theirs}/take"), 200)["taken_by"] == first.user.name
    is_(first.post(f"{theirs}/note", text="I know the field well."), 200)
    is_(first.post(f"{theirs}/return", questions="Who keeps the disk?"), 200)
    assert is_(lead.get(mine), 200)["exchanges"][0]["questions"] == "Who keeps the disk?"
    is_(lead.patch(mine, answers={"protection": "An encrypted disk that Pia keeps."}), 200)
    assert is_(lead.post(f"{mine}/answer", reply="Pia does."), 200)["state"] == "submitted"
    is_(first.post(f"{theirs}/hand-on", to=second.user.email, note="Over to you."), 200)
    yes = {"ends": ends(), "reason": "The measures are enough."}
    one = is_(second.post(f"{theirs}/approve", **yes), 200)
    assert (one["state"], len(one["yeses"]), one["grant"]) == ("submitted", 1, None)
    is_(second.post(f"{theirs}/approve", **yes), 409)
    assert is_(first.post(f"{theirs}/approve", **yes), 200)["state"] == "approved"

    (asked,) = is_(member.get(f"{OPEN}/invitations"), 200)
    assert is_(member.post(f"{OPEN}/invitations/{asked['id']}/accept"), 201)["state"] == "open"
    for holder in (lead, member):
        access = is_(holder.get(f"{OPEN}/datasets/{slug}/access"), 200)
        assert next(each for each in access if each["tier"] == "annotations")["allowed"]

    Grant.objects.update(begins=timezone.now() - 40 * DAY, ends=timezone.now() - 10 * DAY)
    assert is_(lead.get(mine), 200)["state"] == "expired"
    access = is_(lead.get(f"{OPEN}/datasets/{slug}/access"), 200)
    closed = next(each for each in access if each["tier"] == "annotations")
    assert [each["code"] for each in closed["missing_steps"]] == ["grant"]

    again = is_(lead.post(f"{mine}/renew"), 201)
    assert (again["kind"], again["answers"]["purpose"]) == ("renewal", ANSWERS["purpose"])
    renewal = f"{MINE}/{again['number']}"
    assert "done_with_it" in is_(lead.post(f"{renewal}/submit"), 422)["fields"]
    done = {
        "done_with_it": "Two detectors were measured; a paper is in review.",
        "kept_to_it": True,
    }
    is_(lead.patch(renewal, answers=done), 200)
    is_(lead.post(f"{renewal}/submit"), 200)
    for steward in stewards:
        is_(steward.post(f"{REVIEW}/{again['number']}/approve", **yes), 200)
    assert is_(lead.get(renewal), 200)["grant"]["state"] == "open"


def test_notes_between_reviewers_reach_no_answer_to_the_applicant(tier, stewards):
    found = ApplicationFactory(tier=tier)
    theirs = f"{REVIEW}/{found.number}"
    is_(stewards[0].post(f"{theirs}/note", text="SECRET-NOTE"), 200)
    is_(stewards[0].post(f"{theirs}/hand-on", to=stewards[1].user.email, note="SECRET-HAND"), 200)
    is_(stewards[0].post(f"{theirs}/approve", ends=ends(), reason="SECRET-YES"), 200)
    assert "SECRET-NOTE" in str(is_(stewards[1].get(theirs), 200))
    own = Program(found.applicant)
    for path in (MINE, f"{MINE}/{found.number}", f"{OPEN}/invitations"):
        assert "SECRET" not in own.get(path).content.decode()
    from tests.support import PAGE, signed_in

    browser = signed_in(found.applicant)
    for path in ("/applications", f"/applications/{found.number}", "/inbox", "/account"):
        shown = browser.get(path, **PAGE).content
        for told in (b"SECRET", b"Note written", b"Handed on"):
            assert told not in shown, (path, told)
    happened = timelines.timeline(found, [], reviewer=False)
    assert [each["title"] for each in happened] == ["One reviewer said yes"]
    assert "SECRET" not in str(happened)


def test_what_is_not_ones_own_answers_as_what_is_not_there(tier):
    found = ApplicationFactory(tier=tier)
    stranger = Program(UserFactory())
    limited = Program(found.applicant, dataset="x/y")
    verbs = ("submit", "answer", "withdraw", "nudge", "again", "renew")
    paths = [("get", ""), *(("post", f"/{verb}") for verb in verbs)]
    for who in (stranger, limited):
        for method, tail in paths:
            answers = []
            for number in (found.number, "GH-1999-0001"):
                response = getattr(who, method)(f"{MINE}/{number}{tail}")
                told = response.json() | {"request_id": ""}
                answers.append((response.status_code, told, response["Content-Type"]))
            assert answers[0] == answers[1], tail
            assert answers[0][0] == 404


@pytest.mark.parametrize(
    ("role", "scope", "status"),
    [
        (None, "review", 403),
        (Role.AUDITOR, "review", 403),
        (Role.STEWARD, "act", 404),
        (Role.STEWARD, "read", 404),
    ],
)
def test_only_a_review_token_of_a_steward_reviews(tier, role, scope, status):
    found = ApplicationFactory(tier=tier)
    who = Program(UserFactory(role=role), scope)
    for verb, told in (
        ("take", {}), ("reject", {"reason": "no"}), ("approve", {"ends": ends(), "reason": "x"}),
        ("return", {"questions": "why"}), ("note", {"text": "x"}), ("revoke", {"reason": "x"}),
    ):  # fmt: skip
        is_(who.post(f"{REVIEW}/{found.number}/{verb}", **told), status)
    assert Application.objects.get(pk=found.pk).state == "submitted"
    is_(who.get(f"{REVIEW}/{found.number}"), status)
    listed = who.get(REVIEW)
    assert listed.status_code == 403 or listed.json()["applications"] == []


def test_a_review_token_of_one_dataset_reaches_no_other(tier):
    found = ApplicationFactory(tier=tier)
    who = Program(UserFactory(role=Role.STEWARD), "review", dataset="lab/other")
    is_(who.post(f"{REVIEW}/{found.number}/reject", reason="no"), 404)
    done = is_(
        who.post(f"{OPEN}/review/bulk", numbers=[found.number], verb="reject", reason="no"), 200
    )
    assert done[0]["problem"]["code"] == "not_permitted"
    assert Application.objects.get(pk=found.pk).state == "submitted"


def test_a_reading_token_applies_for_nothing(tier):
    who = Program(UserFactory(), "read")
    told = {"dataset": tier.dataset.slug, "tier": "annotations", "answers": ANSWERS, "send": True}
    is_(who.post(MINE, **told), 403)
    is_(who.get(MINE), 403)
    assert not Application.objects.exists()


def test_many_are_answered_at_once(tier, stewards):
    found = [ApplicationFactory(tier=tier) for _ in range(2)]
    mine = ApplicationFactory(tier=tier, applicant=stewards[0].user)
    numbers = [each.number for each in (*found, mine)]
    told = {"verb": "reject", "reason": "The programme is closed."}
    done = is_(stewards[0].post(f"{OPEN}/review/bulk", numbers=numbers, **told), 200)
    assert [each["done"] for each in done] == ["rejected", "rejected", ""]
    assert done[2]["problem"]["code"] == "not_permitted"


def test_a_revocation_by_program_ends_the_grants(tier, stewards):
    found = ApplicationFactory(tier=tier, state="approved", decided_at=timezone.now())
    grant = GrantFactory(application=found, holder=found.applicant, tier=tier)
    is_(stewards[0].post(f"{REVIEW}/{found.number}/revoke", reason="was shared"), 200)
    grant.refresh_from_db()
    assert grant.revoked_at is not None
    assert is_(Program(found.applicant).get(f"{MINE}/{found.number}"), 200)["state"] == "revoked"


def test_members_are_removed_and_leave_by_program(tier):
    found = ApplicationFactory(tier=tier, state="approved", decided_at=timezone.now())
    lead, gone = Program(found.applicant), Program(UserFactory())
    member = MemberFactory(application=found, user=gone.user, state="accepted")
    other = MemberFactory(application=found, state="invited")
    for each in (gone.user, found.applicant):
        GrantFactory(application=found, holder=each, tier=tier)
    is_(lead.post(f"{OPEN}/invitations/{member.pk}/leave"), 404)
    is_(gone.post(f"{OPEN}/invitations/{member.pk}/leave"), 204)
    is_(lead.post(f"{MINE}/{found.number}/members/{other.pk}/remove"), 200)
    assert Grant.objects.filter(revoked_at=None).get().holder == found.applicant


def test_a_file_is_sent_as_it_is_and_taken_out_again(tier):
    tier.form = [{"name": "letter", "label": "Letter", "kind": "file", "types": ["pdf"],
                  "megabytes": 1}]  # fmt: skip
    tier.save()
    who = Program(UserFactory())
    told = {"dataset": tier.dataset.slug, "tier": "annotations", "answers": {}}
    mine = f"{MINE}/{is_(who.post(MINE, **told), 201)['number']}"

    def send(data, query="question=letter&name=l.pdf"):
        return who.client.post(
            f"{mine}/files?{query}", data, content_type="application/octet-stream"
        )

    is_(send(b"MZ no letter"), 422)
    is_(send(b"%PDF-1", "question=other"), 422)
    is_(send(b"%PDF-" + b"x" * 10_000_000), 413)
    made = is_(send(b"%PDF-1.7"), 201)
    assert (made["name"], made["size"]) == ("l.pdf", 8)
    assert is_(who.get(mine), 200)["files"] == [made]
    is_(who.client.delete(f"{mine}/files/{made['id']}"), 204)
    assert is_(who.get(mine), 200)["files"] == []


def test_more_than_a_megabyte_of_words_is_refused_unread(tier):
    who = Program(UserFactory())
    response = who.post(MINE, dataset="x" * (1 << 21))
    assert response.status_code == 413


def test_the_lists_cost_the_same_for_one_as_for_many(tier, stewards, django_assert_max_num_queries):
    who = Program(UserFactory())
    for at in range(6):
        state = "submitted" if not at else "rejected"
        ApplicationFactory(tier=tier, applicant=who.user, state=state)
        ApplicationFactory(tier=tier)
    who.get(MINE), stewards[0].get(REVIEW)  # notes of their use are written
    with django_assert_max_num_queries(4):
        assert len(who.get(MINE).json()) == 6
    with django_assert_max_num_queries(5):
        assert stewards[0].get(REVIEW).json()["count"] == 7


def test_a_session_needs_its_form_token(tier):
    user = UserFactory()
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    told = {"dataset": tier.dataset.slug, "tier": "annotations", "answers": ANSWERS, "send": True}
    assert client.post(MINE, told, content_type="application/json").status_code == 403
    assert actor(user).may_act(tier.dataset.slug)
    assert not Application.objects.exists()
