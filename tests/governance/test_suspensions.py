"""Keeping somebody out: at once, on every tier, whatever they hold, and never the last admin."""

from datetime import timedelta

import pytest
from django.core import mail
from django.core.management import CommandError
from django.db import IntegrityError, transaction

from governance.access import selectors, services
from governance.access.models import Suspension
from governance.access.tasks import sweep
from governance.audit.actors import HOUSE, Limits, Role, Scope
from governance.audit.models import Entry
from governance.catalogue import services as catalogue
from governance.errors import (
    GovernanceError,
    InvalidError,
    MissingError,
    NotPermittedError,
    RefusedError,
    WrongStateError,
)
from governance.notices import services as notices
from governance.removals import services as removals
from governance.terms import services as terms
from portal.accounts import tokens
from portal.accounts.actors import operator
from portal.operators import acting_as
from tests.factories import (
    NOW,
    AcceptanceFactory,
    ApplicationFactory,
    ArtefactFactory,
    GrantFactory,
    SuspensionFactory,
    TermsFactory,
    UserFactory,
    VersionFactory,
    actor,
    all_met,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin():
    return actor(UserFactory(role=Role.ADMIN))


def suspend(admin, person, **told):
    told = {"reason": "Files were passed on.", "now": NOW} | told
    return services.suspend(actor=admin, person=person.pk, **told)


def test_a_suspension_closes_every_tier_at_once_and_lifting_it_opens_what_was_open(admin):
    file = ArtefactFactory(tier_name="annotations")
    acceptance = AcceptanceFactory(terms=TermsFactory(dataset=file.version.dataset))
    GrantFactory(holder=acceptance.user, tier=file.tier)

    def reasons():
        return selectors.decide(actor(acceptance.user), file, "download", NOW).reasons

    assert reasons() == ("ok",)
    suspend(admin, acceptance.user)
    assert reasons() == ("suspended",)
    services.lift_suspension(actor=admin, person=acceptance.user.pk, reason="clear", now=NOW)
    assert reasons() == ("ok",)


def test_the_refusal_names_the_reason_and_whom_to_write_to(settings):
    settings.CONTACT_EMAIL = "stewards@example.org"
    file = ArtefactFactory()
    person = SuspensionFactory(reason="Files were\npassed on.", ends=NOW + timedelta(days=3)).user
    decision = selectors.decide(actor(person), file, "download", NOW)
    (step,) = decision.missing_steps
    assert "Files were passed on" in step.sentence
    assert "until 4 Jan 2030, 12:00 UTC" in step.sentence
    assert "stewards@example.org" in step.sentence
    assert step.route == "account"


@pytest.mark.parametrize("policy", [{}, {"download": []}, {"download": ["served"]}])
def test_no_policy_lets_somebody_in_who_is_suspended(policy):
    file = ArtefactFactory()
    file.tier.policy = policy
    who = actor(SuspensionFactory().user)
    assert selectors.decide(who, file, "download", NOW).reasons == ("suspended",)


def test_whoever_is_suspended_has_no_role_and_binds_themselves_to_nothing():
    person = UserFactory(role=Role.STEWARD)
    SuspensionFactory(user=person)
    for token in (None, *(Limits("ci", scope=scope) for scope in Scope)):
        who = actor(person, token=token)
        assert not who.roles
        assert not who.is_staff
        assert not who.holds(Role.STEWARD)
        assert not who.acts_as(Role.STEWARD)
        assert not who.may_act("lab/shelf")
        assert not who.may_review("lab/shelf", 1)
    assert not operator(person, now=NOW).roles


def _apply(who):
    services.apply(actor=who, tier=ApplicationFactory().tier, answers={}, now=NOW)


def _sign(who):
    terms.accept(
        actor=who, terms_id=TermsFactory().pk, ticked=[1, 2, 3, 4, 5], typed_name="Ada", now=NOW,
        purpose="Measuring things.",
    )  # fmt: skip


def _token(who):
    tokens.make(
        actor=who, owner_id=who.user_id, name="ci", dataset="", days=1, second_factor=True, now=NOW
    )


def _decide(who):
    services.reject_application(
        application_id=ApplicationFactory().pk, actor=who, reason="no", now=NOW
    )


def _revoke(who):
    services.revoke_grant(grant_id=GrantFactory().pk, actor=who, reason="no", now=NOW)


def _publish(who):
    version = VersionFactory(state="approved")
    catalogue.publish_version(
        version_id=version.pk, actor=who, reason="done", now=NOW, checked=all_met
    )


def _withdraw(who):
    catalogue.withdraw_version(version_id=VersionFactory().pk, actor=who, reason="no", now=NOW)


def _remove(who):
    removals.record_removal(
        actor=who, dataset=VersionFactory().dataset, kind="account", value="ada", reason="asked",
        now=NOW,
    )  # fmt: skip


def _give_role(who):
    services.give_role(
        actor=who, person=UserFactory().pk, role=Role.ADMIN, dataset=None, ends=None, reason="x",
        now=NOW,
    )  # fmt: skip


def _suspend(who):
    suspend(who, UserFactory())


@pytest.mark.parametrize(
    "act",
    [_apply, _sign, _token, _decide, _revoke, _publish, _withdraw, _remove, _give_role, _suspend],
)
def test_nothing_can_be_done_in_the_name_of_somebody_suspended(act):
    person = UserFactory(role=Role.ADMIN)
    services.give_role(
        actor=HOUSE, person=person.pk, role=Role.STEWARD, dataset=None, ends=None, reason="x",
        now=NOW,
    )  # fmt: skip
    SuspensionFactory(user=person)
    before = Entry.objects.count()
    with pytest.raises((RefusedError, NotPermittedError)):
        act(actor(person))
    assert Entry.objects.count() == before


@pytest.mark.parametrize("act", [_apply, _sign, _token, _decide, _revoke, _remove, _give_role])
def test_who_is_refused_for_it_is_told_of_the_suspension(act):
    with pytest.raises(RefusedError, match="Files were passed on"):
        act(actor(SuspensionFactory(user=UserFactory(role=Role.ADMIN)).user))


def test_no_command_acts_in_the_name_of_somebody_suspended(settings):
    settings.DEMO = True
    person = SuspensionFactory(user=UserFactory(role=Role.ADMIN)).user
    with pytest.raises(CommandError, match="Files were passed on"):
        acting_as(person.email)


def test_only_an_admin_of_the_whole_site_suspends(admin):
    person = UserFactory()
    of_one = UserFactory()
    services.give_role(
        actor=admin, person=of_one.pk, role=Role.ADMIN, dataset=VersionFactory().dataset, ends=None,
        reason="x", now=NOW,
    )  # fmt: skip
    for who in (
        actor(UserFactory()),
        actor(UserFactory(role=Role.STEWARD)),
        actor(of_one),
        actor(UserFactory(role=Role.ADMIN), second_factor=False),
        actor(UserFactory(role=Role.ADMIN), token=Limits("ci", scope=Scope.REVIEW)),
    ):
        with pytest.raises(NotPermittedError, match="Only an admin"):
            suspend(who, person)
        with pytest.raises(NotPermittedError, match="Only an admin"):
            services.lift_suspension(actor=who, person=person.pk, reason="x", now=NOW)


def test_nobody_suspends_themselves_and_the_last_admin_stays():
    person = UserFactory(role=Role.ADMIN)
    with pytest.raises(NotPermittedError, match="themselves"):
        suspend(actor(person), person)
    with pytest.raises(WrongStateError, match="last admin"):
        suspend(HOUSE, person)
    with pytest.raises(IntegrityError), transaction.atomic():
        SuspensionFactory(user=person, by=person.pk)
    SuspensionFactory(user=UserFactory(role=Role.ADMIN))  # an admin who can't act does not count
    with pytest.raises(WrongStateError, match="last admin"):
        suspend(HOUSE, person)
    UserFactory(role=Role.ADMIN)
    suspend(HOUSE, person)


@pytest.mark.parametrize(
    ("told", "field"),
    [({"reason": " "}, "reason"), ({"reason": "x" * 2001}, "reason"), ({"ends": NOW}, "ends")],
)
def test_a_suspension_needs_a_reason_and_an_end_to_come(admin, told, field):
    with pytest.raises(InvalidError) as refused:
        suspend(admin, UserFactory(), **told)
    assert list(refused.value.fields) == [field]
    assert not Suspension.objects.exists()


def test_nobody_is_suspended_twice_or_let_in_who_is_not_out(admin):
    person = UserFactory()
    suspend(admin, person)
    with pytest.raises(WrongStateError, match="already"):
        suspend(admin, person)
    with pytest.raises(IntegrityError), transaction.atomic():
        SuspensionFactory(user=person)
    services.lift_suspension(actor=admin, person=person.pk, reason="a mistake", now=NOW)
    with pytest.raises(WrongStateError, match="not suspended"):
        services.lift_suspension(actor=admin, person=person.pk, reason="again", now=NOW)
    with pytest.raises(MissingError):
        services.suspend(actor=admin, person=10**9, reason="x", now=NOW)


def test_an_end_opens_by_itself_and_is_recorded_once(admin):
    ends = NOW + timedelta(days=1)
    person = UserFactory()
    suspend(admin, person, ends=ends)
    last = ends - timedelta(microseconds=1)
    assert selectors.suspended(user_id=person.pk, now=last) is not None
    assert selectors.suspended(user_id=person.pk, now=ends) is None
    assert services.end_suspensions(now=last) == 0
    assert services.end_suspensions(now=ends) == 1
    assert services.end_suspensions(now=ends) == 0
    assert Entry.objects.filter(action="suspension.end").count() == 1


def test_after_an_end_that_nobody_recorded_yet_another_one_can_begin(admin):
    person = UserFactory()
    suspend(admin, person, ends=NOW + timedelta(days=1))
    suspend(admin, person, now=NOW + timedelta(days=2))
    told = list(Entry.objects.order_by("pk").values_list("action", flat=True))
    assert told == ["suspension.begin", "suspension.end", "suspension.begin"]


def test_the_clock_records_ends():
    SuspensionFactory(ends=NOW.replace(year=2021))
    sweep()
    assert Entry.objects.get().action == "suspension.end"


def test_the_person_is_told_with_the_reason_and_the_record_names_them_apart(admin, settings):
    settings.PUBLIC_URL = "https://data.example.org"
    person = UserFactory()
    suspend(admin, person, ends=NOW + timedelta(days=1))
    entry = Entry.objects.get(action="suspension.begin")
    assert (entry.reason, entry.person.concerns) == ("Files were passed on.", person.pk)
    assert entry.subject == f"suspension:{Suspension.objects.get().pk}"
    services.lift_suspension(actor=admin, person=person.pk, reason="a mistake", now=NOW)
    notices.make_from_record(now=NOW)
    notices.deliver_due(now=NOW)
    begun, lifted = mail.outbox
    assert (begun.to, lifted.to) == ([person.email], [person.email])
    assert "Files were passed on." in begun.body
    assert "until 2 Jan 2030" in begun.body
    assert settings.CONTACT_EMAIL in begun.body
    assert "a mistake" in lifted.body


def test_a_suspended_steward_is_told_of_no_application():
    steward = UserFactory(role=Role.STEWARD)
    assert selectors.holders_of(Role.STEWARD, None, now=NOW) == [steward.pk]
    SuspensionFactory(user=steward)
    assert selectors.holders_of(Role.STEWARD, None, now=NOW) == []


def test_a_refusal_is_a_governance_error_with_its_code():
    with pytest.raises(GovernanceError) as refused:
        actor(SuspensionFactory().user).require_standing()
    assert refused.value.code == "suspended"
