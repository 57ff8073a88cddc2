"""Withdrawing has a reason, a deadline and a successor; what time is over for closes by itself."""

from datetime import timedelta

import pytest

from governance.access import selectors as access
from governance.audit.actors import Role
from governance.audit.models import Entry
from governance.catalogue import selectors, services
from governance.catalogue.models import Purge, Version
from governance.errors import InvalidError, NotPermittedError, WrongStateError
from tests.factories import NOW, DatasetFactory, UserFactory, VersionFactory, actor

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def admin():
    return actor(UserFactory(role=Role.ADMIN))


@pytest.fixture
def two():
    """A superseded version and the current one."""
    dataset = DatasetFactory()
    old = VersionFactory(dataset=dataset, number="1.0", superseded=True)
    return old, VersionFactory(dataset=dataset, number="1.1", parent=old)


def withdraw(admin, version, **told):
    told = {"reason": "a licence was misread", "now": NOW} | told
    return services.withdraw_version(version_id=version.pk, actor=admin, **told)


def test_holders_have_two_weeks_and_the_current_version_to_take(admin, two):
    old, new = two
    closed = withdraw(admin, old)
    assert (closed.erase_by, closed.successor) == (NOW + 14 * DAY, new)
    assert Entry.objects.get().detail == {
        "erase_by": (NOW + 14 * DAY).isoformat(),
        "successor": "1.1",
    }
    assert Purge.objects.get(version=old).state == "waiting"


def test_the_only_version_is_withdrawn_and_nothing_takes_its_place(admin):
    only = VersionFactory()
    assert withdraw(admin, only, erase_by=NOW + DAY).successor is None
    assert selectors.current(only.dataset) is None
    assert selectors.by_revision(only.dataset, "main") == only
    for tier in only.dataset.tiers.all():
        decision = access.decide_tier(admin, tier, Version.objects.get(), "download", NOW)
        assert not decision.allowed


@pytest.mark.parametrize("number", ["1.0", "9.9"])
def test_a_successor_must_be_one_that_can_be_had(admin, two, number):
    old, new = two
    Version.objects.filter(pk=old.pk).update(serve_until=NOW)
    with pytest.raises(InvalidError) as refused:
        withdraw(admin, new, successor=number)
    assert "successor" in refused.value.fields
    assert withdraw(admin, new, successor="").successor is None


@pytest.mark.parametrize("days", [0, -1, 400])
def test_a_deadline_lies_ahead_and_within_a_year(admin, days):
    with pytest.raises(InvalidError) as refused:
        withdraw(admin, VersionFactory(), erase_by=NOW + days * DAY)
    assert "erase_by" in refused.value.fields
    assert not Purge.objects.exists()


def test_only_an_admin_withdraws_and_only_with_a_reason(admin):
    version = VersionFactory()
    with pytest.raises(NotPermittedError):
        withdraw(actor(UserFactory(role=Role.STEWARD)), version)
    with pytest.raises(WrongStateError, match="reason"):
        withdraw(admin, version, reason=" ")
    withdraw(admin, version)
    with pytest.raises(WrongStateError, match="this one is withdrawn"):
        withdraw(admin, version)


def test_a_superseded_version_closes_when_its_time_is_over_and_not_before(two):
    old, new = two
    assert services.close_over(now=old.serve_until - timedelta(seconds=1)) == 0
    assert services.close_over(now=old.serve_until) == 1
    assert services.close_over(now=old.serve_until) == 0
    old.refresh_from_db()
    assert (old.state, old.successor) == ("withdrawn", new)
    assert Purge.objects.get().version == old
    assert [each.action for each in Entry.objects.all()] == ["version.close"]


# ------------------------------------------------------------------ legal holds


def hold(admin, version, **told):
    told = {"reason": "Case 12/2030", "until": NOW + 30 * DAY, "now": NOW} | told
    return services.place_hold(actor=admin, version_id=version.pk, **told)


def test_a_hold_does_not_keep_a_version_open(admin, two):
    old, _ = two
    hold(admin, old)
    assert withdraw(admin, old).state == "withdrawn"


def test_a_hold_ends_by_itself_or_is_lifted_with_a_reason(admin, two):
    old, _ = two
    held = hold(admin, old)
    assert selectors.hold_of(old, now=NOW) == held
    assert selectors.hold_of(old, now=held.until) is None
    with pytest.raises(WrongStateError, match="in force"):
        hold(admin, old)
    with pytest.raises(InvalidError):
        services.lift_hold(actor=admin, hold_id=held.pk, reason=" ", now=NOW)
    services.lift_hold(actor=admin, hold_id=held.pk, reason="settled", now=NOW + DAY)
    assert selectors.hold_of(old, now=NOW + DAY) is None
    assert [each.action for each in Entry.objects.order_by("id")] == [
        "version.hold",
        "version.unhold",
    ]


@pytest.mark.parametrize("wrong", [{"reason": " "}, {"until": NOW}, {"until": NOW + 6 * 366 * DAY}])
def test_a_hold_names_its_matter_and_its_end(admin, two, wrong):
    with pytest.raises(InvalidError):
        hold(admin, two[0], **wrong)


def test_only_an_admin_holds_and_only_what_was_published(admin, two):
    with pytest.raises(NotPermittedError):
        hold(actor(UserFactory(role=Role.STEWARD)), two[0])
    with pytest.raises(WrongStateError):
        hold(admin, VersionFactory(dataset=two[0].dataset, number="1.2", state="candidate"))
