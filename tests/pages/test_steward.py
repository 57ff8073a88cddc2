"""The queue of applications: read by stewards, decided with a reason, never one's own."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import OperationalError
from django.urls import reverse
from django.utils import timezone

from governance.access.models import Grant, RoleHeld
from governance.access.states import State
from governance.audit.actors import Role
from governance.audit.models import Entry
from tests.factories import (
    ANSWERS,
    LONG_AGO,
    NOW,
    ApplicationFactory,
    DatasetFactory,
    UploadFactory,
    UserFactory,
)
from tests.pages.visitors import VISITORS, answered, browser, queries, text
from tests.support import PAGE, signed_in, staff_client

pytestmark = pytest.mark.django_db
STEWARDS_AND_ADMINS = {
    "stranger": "account_login",
    "researcher": "404",
    "steward without factor": "mfa_activate_totp",
    "steward": "200",
    "admin": "200",  # reads, and hands on what waits too long
    "auditor": "404",
}


@pytest.fixture
def waiting():
    return ApplicationFactory(
        answers=ANSWERS | {"purpose": "To <script>compare</script> detectors on code held out."},
        submitted_at=timezone.now() - timedelta(days=3),
        target_at=timezone.now() + timedelta(days=11),
    )


def address(application) -> str:
    return reverse("steward-application", args=[application.number])


@pytest.mark.parametrize("visitor", VISITORS)
def test_who_reads_the_queue(visitor):
    assert answered(browser(visitor), reverse("steward-queue")) == STEWARDS_AND_ADMINS[visitor]


@pytest.mark.parametrize("visitor", VISITORS)
def test_who_reads_an_application(visitor, waiting):
    assert answered(browser(visitor), address(waiting)) == STEWARDS_AND_ADMINS[visitor]


def test_the_queue_shows_states_and_what_is_late(waiting):
    late = ApplicationFactory(submitted_at=LONG_AGO, target_at=LONG_AGO)
    done = ApplicationFactory(state=State.REJECTED, decided_at=NOW, reason="No.")
    client = staff_client(Role.STEWARD)
    told = text(client.get(reverse("steward-queue"), **PAGE))
    assert "2 open, 1 past the promised day" in told
    assert "Past target" in told
    assert told.index(late.number) < told.index(waiting.number)  # the oldest first
    assert done.number not in told
    declined = text(client.get(reverse("steward-queue") + "?state=rejected", **PAGE))
    assert done.number in declined
    assert waiting.number not in declined


@pytest.mark.parametrize("state", ["", "nonsense", "submitted'--"])
def test_an_unknown_state_shows_the_open_ones(state, waiting):
    told = staff_client(Role.STEWARD).get(reverse("steward-queue"), {"state": state}, **PAGE)
    assert waiting.number in text(told)


def test_a_steward_of_one_dataset_sees_no_other(waiting):
    steward, own = UserFactory(), DatasetFactory()
    RoleHeld.objects.create(user=steward, role=Role.STEWARD, dataset=own, begins=LONG_AGO)
    mine = ApplicationFactory(tier=own.tiers.get(name="annotations"))
    client = signed_in(steward, second_factor=True)
    told = text(client.get(reverse("steward-queue"), **PAGE))
    assert mine.number in told
    assert waiting.number not in told
    assert answered(client, address(waiting)) == "404"


def test_answers_are_words_and_never_markup(waiting):
    response = staff_client(Role.STEWARD).get(address(waiting), **PAGE)
    assert b"&lt;script&gt;compare" in response.content
    assert b"<script>compare" not in response.content


def test_the_queue_takes_as_many_queries_for_one_as_for_many(waiting):
    client = staff_client(Role.STEWARD)
    few = queries(client, reverse("steward-queue"))
    ApplicationFactory.create_batch(6)
    assert queries(client, reverse("steward-queue")) == few


# ------------------------------------------------------------------ decisions


def approval(**change) -> dict:
    ends = (timezone.now() + timedelta(days=30)).date()
    return {"do": "approve", "ends": ends.isoformat(), "reason": "Fits."} | change


def test_an_approval_lasts_to_the_end_of_the_chosen_day(waiting):
    client = staff_client(Role.STEWARD)
    response = client.post(address(waiting), approval(), follow=True, **PAGE)
    day = (timezone.now() + timedelta(days=30)).date()
    assert Grant.objects.get().ends == datetime(day.year, day.month, day.day, 23, 59, tzinfo=UTC)
    assert "is approved" in text(response)
    assert Entry.objects.get(action="application.approve").reason == "Fits."


def test_the_longest_end_offered_is_accepted(waiting):
    client = staff_client(Role.STEWARD)
    page = client.get(address(waiting), **PAGE)
    offered = page.context["approve"].initial["ends"]
    response = client.post(address(waiting), approval(ends=offered.isoformat()), **PAGE)
    assert response.status_code == 302
    assert Grant.objects.get().ends > timezone.now() + timedelta(days=waiting.tier.days - 2)


def test_a_rejection_keeps_its_reason(waiting):
    client = staff_client(Role.STEWARD)
    given = {"do": "reject", "reason": "Say more."}
    assert "is declined" in text(client.post(address(waiting), given, follow=True, **PAGE))
    waiting.refresh_from_db()
    assert (waiting.state, waiting.reason) == (State.REJECTED, "Say more.")


@pytest.mark.parametrize(
    ("given", "status", "told"),
    [
        (approval(ends="2000-01-01"), 422, "at the latest"),
        (approval(ends="2999-01-01"), 422, "at the latest"),
        (approval(ends="tomorrow"), 422, "Enter a valid date"),
        (approval(ends=""), 422, "This field is required"),
        (approval(reason=" "), 409, "Give a reason"),
        ({"do": "reject", "reason": ""}, 409, "Give a reason"),
        ({"do": "burn", "reason": "x"}, 422, "In their words"),
    ],
)
def test_what_can_not_be_done_is_said_and_nothing_is_decided(waiting, given, status, told):
    response = staff_client(Role.STEWARD).post(address(waiting), given, **PAGE)
    waiting.refresh_from_db()
    assert response.status_code == status
    assert told in text(response)
    assert waiting.state == State.SUBMITTED
    assert not Grant.objects.exists()


def test_what_was_typed_stays(waiting):
    given = approval(ends="2000-01-01", reason="A long <considered> reason")
    response = staff_client(Role.STEWARD).post(address(waiting), given, **PAGE)
    assert "A long <considered> reason" in text(response)


def test_what_is_decided_stays_decided(waiting):
    waiting.state = State.EXPIRED
    waiting.save()
    response = staff_client(Role.STEWARD).post(address(waiting), approval(), **PAGE)
    assert response.status_code == 409
    assert "already expired" in text(response)


def test_nobody_decides_their_own(waiting):
    RoleHeld.objects.create(user=waiting.applicant, role=Role.STEWARD, begins=LONG_AGO)
    client = signed_in(waiting.applicant, second_factor=True)
    shown = text(client.get(address(waiting), **PAGE))
    assert "another steward decides" in shown
    assert "Approve</button>" not in shown
    response = client.post(address(waiting), approval(), **PAGE)
    assert response.status_code == 403
    assert not Grant.objects.exists()


@pytest.mark.parametrize("visitor", [each for each in VISITORS if each != "steward"])
def test_nobody_else_decides(visitor, waiting):
    response = browser(visitor).post(address(waiting), approval(), **PAGE)
    assert response.status_code in {302, 403, 404}
    assert not Grant.objects.exists()


def test_whoever_saves_a_file_of_an_application_leaves_an_entry():
    upload = UploadFactory()
    number = upload.application.number
    address = reverse("steward-file", kwargs={"number": number, "upload_id": upload.pk})
    client = staff_client(Role.STEWARD)
    assert client.head(address, **PAGE).status_code == 200
    assert not Entry.objects.filter(action="application.read-file").exists()
    response = client.get(address, **PAGE)
    assert b"".join(response.streaming_content) == b"%PDF-1.7 a letter of the board"
    entry = Entry.objects.get(action="application.read-file")
    assert (entry.subject, entry.detail) == (f"application:{number}", {"file": upload.pk})
    assert entry.person.concerns == upload.application.applicant_id


def test_a_file_of_an_application_is_not_saved_without_its_entry(monkeypatch):
    upload = UploadFactory()
    told = {"number": upload.application.number, "upload_id": upload.pk}
    client = staff_client(Role.STEWARD)

    def full(*_args, **_kwargs):
        raise OperationalError("disk full")

    monkeypatch.setattr("governance.access.services.files.audit.application_file_read", full)
    client.raise_request_exception = False
    response = client.get(reverse("steward-file", kwargs=told), **PAGE)
    assert response.status_code >= 500
    assert b"PDF" not in response.content
