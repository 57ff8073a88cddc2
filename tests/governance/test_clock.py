"""What time brings, with the clock in hand: escalation, expiry, warnings. Silence never grants."""

from datetime import timedelta

import pytest

from governance.access import applied, selectors, services
from governance.access.models import Application, Grant
from governance.audit.actors import Role
from governance.audit.models import Entry
from governance.notices import services as notices
from governance.notices.models import Message
from tests.factories import (
    NOW,
    AcceptanceFactory,
    ApplicationFactory,
    ArtefactFactory,
    GrantFactory,
    TermsFactory,
    UserFactory,
    actor,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def sweep(now):
    """How many ended, were escalated, were warned of."""
    verbs = (services.expire_old, services.escalate_late, services.warn_of_ends)
    return tuple(verb(now=now) for verb in verbs)


def subjects(kind):
    notices.make_from_record(now=NOW)
    found = Message.objects.filter(kind=kind, channel="mail").order_by("id")
    return list(found.values_list("email", "subject"))


def test_years_of_silence_grant_nothing():
    """The command of a peer accepted whatever had waited for a year, in the name of an admin."""
    waiting = ApplicationFactory()
    UserFactory(role=Role.ADMIN)
    for day in range(0, 800, 5):
        sweep(NOW + day * DAY)
    waiting.refresh_from_db()
    assert waiting.state == "expired"
    assert not Grant.objects.exists()
    assert list(Entry.objects.order_by("id").values_list("action", flat=True)) == [
        "application.escalate", "application.expire",
    ]  # fmt: skip


def test_past_its_day_it_goes_to_the_admins_once():
    admin, waiting = UserFactory(role=Role.ADMIN), ApplicationFactory(target_at=NOW)
    assert sweep(NOW) == (0, 0, 0)
    assert sweep(NOW + timedelta(seconds=1)) == (0, 1, 0)
    assert sweep(NOW + DAY) == (0, 0, 0)
    told = dict(subjects("application.escalate"))
    assert set(told) == {admin.email, waiting.applicant.email}
    assert "Past its day" in told[admin.email]


def test_a_returned_one_expires_when_its_questions_wait_too_long():
    found = ApplicationFactory(state="returned", returned_at=NOW, answer_by=NOW + 42 * DAY)
    assert sweep(NOW + 42 * DAY - timedelta(seconds=1)) == (0, 0, 0)
    assert sweep(NOW + 42 * DAY) == (1, 0, 0)
    assert sweep(NOW + 42 * DAY) == (0, 0, 0)
    ((who, subject),) = subjects("application.expire")
    assert who == found.applicant.email
    assert "questions wait" in subject


def test_a_grant_warns_thirty_and_seven_days_before_its_end_and_never_twice():
    grant = GrantFactory(ends=NOW + 30 * DAY)
    before = NOW - timedelta(seconds=1)
    assert services.warn_of_ends(now=before) == 0
    warned = [services.warn_of_ends(now=NOW + day * DAY) for day in (0, 0, 1, 22, 23, 23, 24, 31)]
    assert warned == [1, 0, 0, 0, 1, 0, 0, 0]
    days = Entry.objects.filter(action="grant.warn").order_by("id")
    assert [each.detail["days"] for each in days] == [30, 7]
    assert [subject for _, subject in subjects("grant.warn")] == [
        f"30 days left: {grant.tier.dataset.slug}, annotations",
        f"7 days left: {grant.tier.dataset.slug}, annotations",
    ]


def test_after_a_long_stop_only_the_nearer_warning_is_given():
    GrantFactory(ends=NOW + 5 * DAY)
    assert [services.warn_of_ends(now=NOW) for _ in range(3)] == [1, 0, 0]


def test_nobody_is_warned_of_an_end_that_a_renewal_goes_beyond():
    grant = GrantFactory(ends=NOW + 5 * DAY)
    GrantFactory(holder=grant.holder, tier=grant.tier, begins=grant.ends, ends=NOW + 90 * DAY)
    GrantFactory(revoked=True, ends=NOW + 5 * DAY)
    assert services.warn_of_ends(now=NOW) == 0


# ------------------------------------------------------------------ one clock


@pytest.fixture
def held():
    found = ApplicationFactory(state="approved", decided_at=NOW)
    grant = GrantFactory(application=found, holder=found.applicant, tier=found.tier, ends=NOW + DAY)
    return found, grant


def shown(found, now):
    who = actor(found.applicant)
    mine = applied.own_application(found.number, actor=who, now=now).shown
    steward = actor(UserFactory(role=Role.STEWARD))
    theirs = applied.readable_application(found.number, actor=steward, now=now).shown
    listed = applied.applications_of(who, now=now).get(pk=found.pk).shown
    counted = applied.count_by_state(steward, now=now)
    assert {mine, theirs, listed} == set(counted) == {mine}
    return mine


def test_the_application_says_what_the_grant_says_at_every_moment(held):
    """A peer's application stayed `approved` after its entitlement had ended."""
    found, grant = held
    file = ArtefactFactory(version__dataset=found.tier.dataset, tier_name="annotations")
    terms = TermsFactory(dataset=found.tier.dataset)
    AcceptanceFactory(user=found.applicant, terms=terms)
    who = actor(found.applicant)
    for at in (NOW, grant.ends - timedelta(microseconds=1), grant.ends, grant.ends + DAY):
        allowed = selectors.decide(who, file, "download", at).allowed
        assert (shown(found, at) == "approved") == allowed, at
    services.expire_old(now=grant.ends)
    assert Application.objects.get(pk=found.pk).state == "expired"


def test_a_revoked_grant_revokes_its_application_at_once(held):
    found, grant = held
    steward = actor(UserFactory(role=Role.STEWARD))
    services.revoke_grant(grant_id=grant.pk, actor=steward, reason="was shared", now=NOW)
    assert shown(found, NOW) == "revoked"
    assert Application.objects.get(pk=found.pk).state == "revoked"
    actions = set(Entry.objects.values_list("action", flat=True))
    assert actions == {"application.revoke", "grant.revoke"}


def test_lists_and_the_rule_agree_on_an_expired_grant(held):
    """A peer's three copies of the rule drifted: lists showed what the gate refused."""
    found, grant = held
    who = actor(found.applicant)
    version = ArtefactFactory(version__dataset=found.tier.dataset, tier_name="annotations").version
    for at in (NOW, grant.ends):
        listed = selectors.standing(who, found.tier.dataset, version, now=at)
        tier = next(each for each in listed if each.tier.name == "annotations")
        one = selectors.decide_tier(who, found.tier, version, "download", at)
        assert tier.decision == one
        assert ("grant" in one.reasons) == (at == grant.ends)
        assert selectors.grant_state(grant, now=at) == ("open" if at == NOW else "ended")
