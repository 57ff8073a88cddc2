"""How a dataset is used, as its stewards see it, and the one figure that everybody sees."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from governance.access.models import RoleHeld
from governance.audit import services as audit
from governance.audit.actors import Role
from governance.audit.services import Place
from tests.factories import LONG_AGO, DatasetFactory, UserFactory, actor
from tests.pages.shelf import published, read
from tests.pages.visitors import queries, text
from tests.support import PAGE, signed_in, staff_client

pytestmark = pytest.mark.django_db
WHERE = "/datasets/lab/shelf/metrics"


@pytest.fixture
def shelf():
    dataset = DatasetFactory(namespace="lab", name="shelf")
    published(dataset)
    return dataset


def ticket(user=None, *, version="1.0", tier="processed", days=0):
    with transaction.atomic():
        audit.ticket_issued(
            actor=actor(user or UserFactory()),
            place=Place("lab/shelf", version, tier, "a.parquet"),
            terms_version="1.0",
            grant=None,
            size=7,
            now=timezone.now() - timedelta(days=days),
        )


def cells(response) -> str:
    return " ".join(read(response).split())


def test_a_steward_of_another_dataset_sees_nothing(shelf):
    user = UserFactory()
    RoleHeld.objects.create(user=user, role=Role.STEWARD, dataset=DatasetFactory(), begins=LONG_AGO)
    assert signed_in(user, second_factor=True).get(WHERE, **PAGE).status_code == 404
    RoleHeld.objects.create(user=user, role=Role.STEWARD, dataset=shelf, begins=LONG_AGO)
    assert signed_in(user, second_factor=True).get(WHERE, **PAGE).status_code == 200


def test_figures_by_version_tier_and_organisation(shelf):
    ada = UserFactory(affiliation="Example  University", country="SE")
    ticket(ada)
    ticket(ada, version="1.10", days=1)
    ticket(UserFactory(affiliation="example university"))
    ticket(UserFactory(affiliation=""), tier="raw", version="1.9", days=40)
    told = cells(staff_client(Role.STEWARD).get(WHERE, **PAGE))
    assert told.index(">1.10<") < told.index(">1.9<") < told.index(">1.0<")
    assert 'Example University</th><td class="num" data-label="Downloads">3</td>' in told
    assert 'data-label="People">2</td>' in told
    assert "Not given, or the account is gone" in told
    assert 'Sweden</th><td class="num" data-label="Downloads">2</td>' in told
    assert "One person, version, tier and day counts as one download." in told


def test_weeks_are_drawn_and_said(shelf):
    ticket()
    ticket(tier="raw")
    told = cells(staff_client(Role.AUDITOR).get(WHERE, **PAGE))
    assert "Downloads a week, " in told
    assert "1 processed, 1 raw; at most 2 in one week." in told


def test_without_downloads_the_page_says_what_to_do(shelf):
    assert "Nobody has downloaded anything yet" in text(staff_client(Role.ADMIN).get(WHERE, **PAGE))


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/datasets/lab/shelf", "3 downloads in the last 30 days"),
        ("/datasets", "3 downloads in 30 days"),
    ],
)
def test_the_figure_of_thirty_days_is_public(shelf, path, words):
    for _ in range(3):
        ticket()
    ticket(days=31)
    told = cells(Client().get(path))
    assert words in told
    assert "metrics" not in told


def test_the_public_figure_costs_a_page_nothing(shelf):
    before = queries(Client(), "/datasets/lab/shelf")
    for _ in range(3):
        ticket()
    assert queries(Client(), "/datasets/lab/shelf") == before


def test_the_card_leads_those_who_may_to_the_figures(shelf):
    assert WHERE in text(staff_client(Role.STEWARD).get("/datasets/lab/shelf", **PAGE))
