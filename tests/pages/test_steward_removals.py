"""The removal ledger: kept by stewards and admins, shown to nobody else."""

from datetime import timedelta

import pytest
from django.urls import reverse

from governance.access.models import RoleHeld
from governance.audit.actors import Role
from governance.audit.models import Entry
from governance.removals.models import Removal
from tests.factories import LONG_AGO, NOW, DatasetFactory, UserFactory, VersionFactory
from tests.pages.visitors import VISITORS, answered, browser, queries, text
from tests.support import PAGE, signed_in, staff_client

pytestmark = pytest.mark.django_db
WHERE = "/steward/removals"
ANSWERS = {
    "stranger": "account_login",
    "researcher": "404",
    "steward without factor": "mfa_activate_totp",
    "steward": "200",
    "admin": "200",
    "auditor": "404",
}


@pytest.fixture
def dataset():
    return DatasetFactory()


def removal(of, /, **change) -> dict:
    given = {"kind": "repository", "value": "octo/cat", "reason": "Mail of 3 Nov, verified."}
    return {"dataset": of.slug} | given | change


@pytest.mark.parametrize("visitor", VISITORS)
def test_who_reads_the_ledger(visitor):
    assert answered(browser(visitor), reverse("steward-removals")) == ANSWERS[visitor]


@pytest.mark.parametrize("role", [Role.STEWARD, Role.ADMIN])
def test_a_removal_is_recorded_with_its_reason(role, dataset):
    client = staff_client(role)
    told = text(client.post(WHERE, removal(dataset), follow=True, **PAGE))
    assert "octo/cat is in the ledger" in told
    assert "Mail of 3 Nov, verified." in told
    assert "Next version" in told
    assert "octo/cat" not in str(Entry.objects.get(action="removal.record").__dict__)


@pytest.mark.parametrize(
    ("change", "status", "told"),
    [
        ({"value": "no-slash"}, 422, "Write owner/name."),
        ({"kind": "blob", "value": "abc"}, 422, "40 hex digits"),
        ({"value": ""}, 422, "Write owner/name."),
        ({"kind": "planet"}, 422, "Select a valid choice"),
        ({"dataset": "lab/none"}, 422, "Select a valid choice"),
        ({"reason": " "}, 409, "Give a reason"),
    ],
)
def test_what_can_not_be_recorded_is_said(change, status, told, dataset):
    response = staff_client(Role.STEWARD).post(WHERE, removal(dataset, **change), **PAGE)
    assert response.status_code == status
    assert told in text(response)
    assert not Removal.objects.exists()


def test_the_same_selector_is_recorded_once(dataset):
    client = staff_client(Role.STEWARD)
    client.post(WHERE, removal(dataset), **PAGE)
    response = client.post(WHERE, removal(dataset, value="OCTO/cat"), **PAGE)
    assert response.status_code == 409
    assert "in the ledger already" in text(response)


def test_a_steward_of_one_dataset_keeps_only_its_ledger(dataset):
    steward, own = UserFactory(), DatasetFactory()
    RoleHeld.objects.create(user=steward, role=Role.STEWARD, dataset=own, begins=LONG_AGO)
    staff_client(Role.ADMIN).post(WHERE, removal(dataset, value="hidden/one"), **PAGE)
    client = signed_in(steward, second_factor=True)
    assert "hidden/one" not in text(client.get(WHERE, **PAGE))
    assert client.post(WHERE, removal(dataset), **PAGE).status_code == 422
    assert client.post(WHERE, removal(own), **PAGE).status_code == 302


def test_the_ledger_tells_since_which_version_a_removal_is_in_effect(dataset):
    VersionFactory(dataset=dataset, number="1.0", made_at=NOW, superseded=True)
    made = {"dataset": dataset, "kind": "account", "reason": "asked"}
    Removal.objects.create(value="early", recorded_at=NOW + timedelta(hours=1), **made)
    VersionFactory(dataset=dataset, number="1.1", made_at=NOW + timedelta(hours=2))
    Removal.objects.create(value="late", recorded_at=NOW + timedelta(hours=3), **made)
    told = text(staff_client(Role.STEWARD).get(WHERE, **PAGE))
    late, early = told.split("late</span>")[1].split("early</span>")
    assert "Next version" in late
    assert "Since 1.1" in early


def test_the_ledger_takes_as_many_queries_for_one_as_for_many(dataset):
    client = staff_client(Role.STEWARD)
    client.post(WHERE, removal(dataset), **PAGE)
    few = queries(client, WHERE)
    for number in range(6):
        client.post(WHERE, removal(dataset, value=f"octo/cat{number}"), **PAGE)
    assert queries(client, WHERE) == few
