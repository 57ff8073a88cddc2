"""Every refusal of somebody signed in is on record; what is allowed and only looked at is not."""

import pytest
from django.test import Client
from django.utils import timezone

from governance.access import services as access
from governance.audit.actors import HOUSE
from governance.audit.models import Entry, Strangers
from tests.factories import UserFactory
from tests.record.serving import WHERE
from tests.serving import bearer
from tests.support import PAGE, signed_in

pytestmark = pytest.mark.django_db


def told(action: str) -> list[tuple]:
    found = Entry.objects.filter(action=action).order_by("id")
    return [(each.person.user_id, each.subject, each.reasons, each.outcome) for each in found]


def test_a_refused_head_is_on_record_and_an_allowed_one_is_not(file, researcher):
    assert Client().head(WHERE, **bearer(researcher)).status_code == 200
    assert not Entry.objects.filter(action__startswith="ticket.").exists()
    user = UserFactory()
    assert Client().head(WHERE, **bearer(user)).status_code == 403
    assert told("ticket.refuse") == [(user.pk, "", ["terms"], "refused")]


def test_a_refused_head_of_a_stranger_is_counted(file):
    assert Client().head(WHERE).status_code == 401
    assert Strangers.objects.get().refusals == 1


def test_a_page_of_the_staff_that_somebody_asks_for_is_on_record(researcher):
    assert signed_in(researcher).get("/record", **PAGE).status_code == 404
    assert told("act.refuse") == [(researcher.pk, "route:record", ["role"], "refused")]


def test_an_act_that_somebody_may_not_do_is_on_record(file, researcher):
    answer = Client().get("/downloads", **bearer(researcher), **PAGE)
    assert answer.status_code == 403
    assert told("act.refuse") == [(researcher.pk, "route:downloads", ["not_permitted"], "refused")]


def test_who_is_suspended_and_acts_anyway_is_on_record(file, researcher):
    headers = bearer(researcher)
    access.suspend(actor=HOUSE, person=researcher.pk, reason="misuse", now=timezone.now())
    answer = signed_in(researcher).get("/record", **PAGE)
    assert answer.status_code == 403
    assert told("act.refuse") == [(researcher.pk, "route:record", ["suspended"], "refused")]
    assert Client().get(WHERE, **headers).status_code == 403
    assert len(told("act.refuse")) == 1  # that one is the refusal of a ticket
    assert [each[2] for each in told("ticket.refuse")] == [["suspended"]]


def test_what_is_not_there_and_strangers_make_no_entry(researcher):
    signed_in(researcher).get("/datasets/no/such", **PAGE)
    Client().get("/record", **PAGE)
    assert not Entry.objects.exists()


def test_a_changed_profile_is_on_record_by_the_names_of_its_fields(researcher):
    client = signed_in(researcher)
    kept = {"name": "Ada Lovelace", "affiliation": "Analytical Engines", "country": ""}
    for _ in range(2):  # the second time nothing changes
        assert client.post("/account", kept, **PAGE).status_code == 302
    entry = Entry.objects.get(action="account.profile")
    assert entry.detail == {"changed": ["name", "affiliation"]}
    assert entry.person.user_id == researcher.pk
