"""One person as an admin sees them, and keeping them out."""

from urllib.parse import quote

import pytest
from django.urls import reverse

from governance.access.models import RoleHeld, Suspension
from governance.audit.actors import Role
from governance.audit.models import Entry
from tests.factories import LONG_AGO, GrantFactory, UserFactory
from tests.pages.visitors import queries, text
from tests.support import PAGE, signed_in, staff_client

pytestmark = pytest.mark.django_db


def url(user):
    return reverse("person", kwargs={"user_id": user.pk})


def test_a_person_is_found_by_address_or_name_and_by_nothing_else():
    admin = staff_client(Role.ADMIN)
    user = UserFactory(name="Grace Hopper", email="grace@navy.example")
    for words in ("GRACE@navy", "hopper"):
        assert url(user) in text(admin.get(reverse("people"), {"q": words}, **PAGE))
    page = text(admin.get(reverse("people"), {"q": '"><script>'}, **PAGE))
    assert "Nobody has this" in page
    assert url(user) not in text(admin.get(reverse("people"), **PAGE))


def test_somebody_is_kept_out_and_let_in_again():
    admin, user = staff_client(Role.ADMIN), UserFactory(role=Role.STEWARD)
    theirs = signed_in(user, second_factor=True)
    assert theirs.get(reverse("steward-queue"), **PAGE).status_code == 200
    told = {"do": "suspend", "reason": "shared the raw tier", "ends": ""}
    assert admin.post(url(user), told, **PAGE).status_code == 302
    assert theirs.get(reverse("steward-queue"), **PAGE).status_code == 403
    page = text(admin.get(url(user), **PAGE))
    assert "shared the raw tier" in page
    assert "Lift the suspension" in page
    assert url(user) in text(admin.get(reverse("people"), **PAGE)), "the list of who is kept out"
    lift = {"do": "lift", "reason": "it was a mistake"}
    assert admin.post(url(user), lift, **PAGE).status_code == 302
    assert theirs.get(reverse("steward-queue"), **PAGE).status_code == 200
    assert Entry.objects.filter(action__startswith="suspension.").count() == 2


@pytest.mark.parametrize(("reason", "status"), [("", 422), ("shared", 302)])
def test_keeping_out_asks_for_a_reason(reason, status):
    user = UserFactory()
    told = {"do": "suspend", "reason": reason, "ends": ""}
    assert staff_client(Role.ADMIN).post(url(user), told, **PAGE).status_code == status
    assert Suspension.objects.exists() == (status == 302)


def test_nobody_keeps_themselves_out():
    admin = UserFactory(role=Role.ADMIN)
    client = signed_in(admin, second_factor=True)
    assert "ask another admin" in text(client.get(url(admin), **PAGE))
    told = {"do": "suspend", "reason": "tired", "ends": ""}
    assert client.post(url(admin), told, **PAGE).status_code == 403


def test_only_an_auditor_is_led_to_the_record():
    user, both = UserFactory(), UserFactory(role=Role.ADMIN)
    link = f"{reverse('record')}?person={quote(user.email)}"
    assert link not in text(signed_in(both, second_factor=True).get(url(user), **PAGE))
    RoleHeld.objects.create(user=both, role=Role.AUDITOR, begins=LONG_AGO)
    assert link in text(signed_in(both, second_factor=True).get(url(user), **PAGE))


def test_a_person_who_holds_much_costs_no_more_queries():
    admin, user = staff_client(Role.ADMIN), UserFactory(role=Role.STEWARD)
    GrantFactory(holder=user)
    few = queries(admin, url(user))
    for _ in range(5):
        GrantFactory(holder=user)
    assert queries(admin, url(user)) == few
    assert admin.get(reverse("person", kwargs={"user_id": 10**6}), **PAGE).status_code == 404
