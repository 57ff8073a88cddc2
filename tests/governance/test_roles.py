"""Roles and invitations: who gives them, who keeps them, and that there is always an admin."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from governance.access import holding, services
from governance.access import selectors as access
from governance.access.models import RoleHeld, RoleInvitation
from governance.audit import rights
from governance.audit.actors import HOUSE, Limits, Role
from governance.audit.models import Entry
from governance.errors import InvalidError, MissingError, NotPermittedError, WrongStateError
from governance.notices import services as notices
from governance.notices.models import Message
from tests.factories import NOW, DatasetFactory, UserFactory, actor

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=100)


@pytest.fixture
def admin():
    return UserFactory(role=Role.ADMIN)


def give(who, person, role=Role.STEWARD, **told):
    told = {"dataset": None, "ends": LATER, "reason": "joins the team", "now": NOW} | told
    return services.give_role(actor=actor(who), person=person.pk, role=role, **told)


def invite(who, email="grace@example.org", role=Role.STEWARD, **told):
    told = {"dataset": None, "ends": LATER, "reason": "joins the team", "now": NOW} | told
    return services.invite_to_role(actor=actor(who), email=email, role=role, **told)


def holds(person, role=Role.STEWARD, dataset=None, *, at=NOW):
    return (role, dataset) in access.roles_of(person.pk, now=at)


def test_a_role_has_an_end_a_reason_and_an_entry(admin):
    person = UserFactory()
    give(admin, person)
    assert holds(person)
    assert not holds(person, at=LATER)
    entry = Entry.objects.get(action="role.give")
    assert (entry.reason, entry.subject) == ("joins the team", "role:steward")
    assert entry.person.concerns == person.pk


@pytest.mark.parametrize("reason", ["", "  "])
def test_no_role_without_a_reason(admin, reason):
    with pytest.raises(WrongStateError, match="reason"):
        give(admin, UserFactory(), reason=reason)


def test_a_role_ends_in_the_future(admin):
    with pytest.raises(InvalidError) as refused:
        give(admin, UserFactory(), ends=NOW)
    assert "ends" in refused.value.fields


def test_nobody_gives_invites_or_prolongs_themselves(admin):
    with pytest.raises(NotPermittedError, match="themselves"):
        give(admin, admin)
    with pytest.raises(NotPermittedError, match="themselves"):
        invite(admin, email=admin.email.upper())
    UserFactory(role=Role.ADMIN)
    own = RoleHeld.objects.get(user=admin)
    with pytest.raises(NotPermittedError, match="own"):
        change_end(admin, own, LATER)


def change_end(who, held, ends):
    return services.change_end(
        actor=actor(who), held_id=held.pk, ends=ends, reason="still needed", now=NOW
    )


def end(who, held, reason="left the team"):
    return services.end_role(actor=actor(who), held_id=held.pk, reason=reason, now=NOW)


def test_only_admins_with_their_factor_give_and_those_of_a_dataset_only_there(admin):
    dataset, other = DatasetFactory(), DatasetFactory()
    theirs = UserFactory()
    give(admin, theirs, Role.ADMIN, dataset=dataset)
    person = UserFactory()
    give(theirs, person, dataset=dataset)
    assert holds(person, dataset=dataset.pk)
    for where in (None, other):
        with pytest.raises(NotPermittedError, match="Only an admin"):
            give(theirs, person, dataset=where)
        with pytest.raises(NotPermittedError, match="Only an admin"):
            invite(theirs, dataset=where)
    for weak in (actor(admin, second_factor=False), actor(admin, token=Limits("laptop"))):
        with pytest.raises(NotPermittedError):
            services.give_role(
                actor=weak, person=person.pk, role=Role.ADMIN, dataset=None, ends=LATER,
                reason="x", now=NOW,
            )  # fmt: skip


def test_an_ended_role_opens_nothing_and_the_person_is_told(admin):
    person = UserFactory()
    held = give(admin, person)
    end(admin, held)
    assert not holds(person, at=NOW)
    assert Entry.objects.get(action="role.end").reason == "left the team"
    notices.make_from_record(now=NOW)
    told = Message.objects.filter(user_id=person.pk, kind="role.end", channel="mail").get()
    assert "left the team" in told.text
    with pytest.raises(WrongStateError, match="ended already"):
        end(admin, held)


def test_somebody_elses_role_is_ended_by_its_admins_alone(admin):
    dataset, other = DatasetFactory(), DatasetFactory()
    theirs, stranger = UserFactory(), UserFactory()
    give(admin, theirs, Role.ADMIN, dataset=other)
    held = give(admin, UserFactory(), dataset=dataset)
    for who in (theirs, stranger):
        with pytest.raises(MissingError):
            end(who, held)
    assert holds(held.user, dataset=dataset.pk)


def test_the_last_admin_stays(admin):
    own = RoleHeld.objects.get(user=admin)
    with pytest.raises(WrongStateError, match="last admin"):
        end(admin, own)
    with pytest.raises(WrongStateError, match="last admin"):
        services.end_role(actor=HOUSE, held_id=own.pk, reason="x", now=NOW)
    with pytest.raises(WrongStateError, match="last admin"):
        services.change_end(actor=HOUSE, held_id=own.pk, ends=LATER, reason="x", now=NOW)
    # One whose role ends some day, and one whose account is shut, are no successor.
    passing, shut = UserFactory(), UserFactory(is_active=False)
    give(admin, passing, Role.ADMIN)
    give(admin, shut, Role.ADMIN, ends=None)
    with pytest.raises(WrongStateError, match="last admin"):
        end(passing, own)
    lasting = UserFactory()
    give(admin, lasting, Role.ADMIN, ends=None)
    end(admin, own)
    assert not holds(admin, Role.ADMIN)
    assert holding.is_last_admin(lasting.pk, now=NOW)


def test_a_warning_30_and_7_days_before_the_end_once_each(admin):
    person = UserFactory()
    give(admin, person, ends=NOW + timedelta(days=60))
    assert services.warn_of_role_ends(now=NOW) == 0
    for days, told in ((31, 0), (30, 1), (29, 0), (7, 1), (6, 0), (1, 0)):
        at = NOW + timedelta(days=60 - days)
        assert services.warn_of_role_ends(now=at) == told, days
    notices.make_from_record(now=NOW)
    mails = Message.objects.filter(kind="role.warn", channel="mail")
    assert sorted(mails.values_list("email", flat=True)) == sorted([person.email, admin.email] * 2)


def test_a_short_role_is_not_warned_of_at_once(admin):
    give(admin, UserFactory(), ends=NOW + timedelta(days=3))
    assert services.warn_of_role_ends(now=NOW) == 0


# ------------------------------------------------------------------ invitations


def accept(user, secret, *, now=NOW, **fields):
    return services.accept_role(actor=actor(user, **fields), secret=secret, now=now)


def test_an_invitation_is_taken_once_by_its_address(admin):
    made, secret = invite(admin)
    assert secret not in str(RoleInvitation.objects.values_list().get())
    with pytest.raises(NotPermittedError, match="address that was invited"):
        accept(UserFactory(), secret)
    person = UserFactory(email="grace@example.org")
    with pytest.raises(NotPermittedError):
        accept(person, secret, verified=False)
    held = accept(person, secret)
    assert holds(person)
    assert (held.ends, held.given_by, held.reason) == (LATER, admin.pk, made.reason)
    with pytest.raises(MissingError, match="can't be used"):
        accept(person, secret)
    entry = Entry.objects.get(action="role.accept")
    assert entry.person.user_id == person.pk
    notices.make_from_record(now=NOW)
    told = Message.objects.filter(kind="role.accept", channel="mail").get()
    assert told.email == admin.email


def test_the_address_of_an_invitation_stands_in_the_erasable_part_alone(admin):
    invite(admin)
    entry = Entry.objects.get(action="role.invite")
    assert "grace@example.org" not in f"{entry.detail} {entry.reason} {entry.subject}"
    assert entry.person.purpose == "grace@example.org"


def test_an_invitation_ends_after_14_days(admin):
    _, secret = invite(admin)
    person = UserFactory(email="grace@example.org")
    assert holding.invitation(secret, now=NOW + timedelta(days=14, seconds=-1))
    with pytest.raises(MissingError):
        accept(person, secret, now=NOW + timedelta(days=14))
    with pytest.raises(MissingError):
        holding.invitation(secret, now=NOW + timedelta(days=14))


def test_a_withdrawn_or_repeated_invitation_leaves_one_good_link(admin):
    first, old = invite(admin)
    second, new = invite(admin)
    with pytest.raises(MissingError):
        holding.invitation(old, now=NOW)
    assert [each.pk for each in holding.invitations(actor(admin), now=NOW)] == [second.pk]
    services.withdraw_invitation(
        actor=actor(admin), invitation_id=second.pk, reason="wrong address", now=NOW
    )
    with pytest.raises(MissingError):
        holding.invitation(new, now=NOW)
    with pytest.raises(MissingError):
        services.withdraw_invitation(
            actor=actor(admin), invitation_id=first.pk, reason="again", now=NOW
        )


def test_an_invitation_never_makes_a_role_shorter(admin):
    person = UserFactory(email="grace@example.org")
    give(admin, person, ends=None)
    _, secret = invite(admin)
    assert accept(person, secret).ends is None


def test_an_admin_of_one_dataset_sees_its_roles_and_invitations_alone(admin):
    dataset = DatasetFactory()
    theirs = UserFactory()
    give(admin, theirs, Role.ADMIN, dataset=dataset)
    give(admin, UserFactory())
    invite(admin)
    invite(admin, dataset=dataset, email="ada@example.org")
    seen = holding.held(actor(theirs), now=NOW)
    assert [each.user_id for each in seen] == [theirs.pk]
    assert [each.email for each in holding.invitations(actor(theirs), now=NOW)] == [
        "ada@example.org"
    ]
    with pytest.raises(MissingError):
        holding.one(RoleHeld.objects.get(user=admin).pk, actor=actor(theirs), now=NOW)


def test_the_list_of_roles_costs_one_query(admin):
    for _ in range(5):
        give(admin, UserFactory(), dataset=DatasetFactory())
    who = actor(admin)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        for each in holding.held(who, now=NOW):
            assert each.user.email
            assert each.dataset is None or each.dataset.slug
    assert len(asked) == 1


def test_who_was_steward_then_is_told_from_the_entries(admin):
    dataset = DatasetFactory()
    given, invited = UserFactory(), UserFactory(email="grace@example.org")
    held = give(admin, given)
    _, secret = invite(admin, dataset=dataset)
    accept(invited, secret)

    def stewards(at):
        return {each.person for each in rights.stewards(dataset.slug, at=at)}

    assert stewards(NOW) == {given.pk, invited.pk}
    tomorrow = NOW + timedelta(days=1)
    services.end_role(actor=actor(admin), held_id=held.pk, reason="left", now=tomorrow)
    assert stewards(tomorrow) == {invited.pk}
    assert stewards(NOW) == {given.pk, invited.pk}


@pytest.mark.parametrize("gone", ["ended", "suspended"])
def test_a_link_opens_nothing_once_its_giver_could_not_give_the_role(admin, gone):
    other, grace = UserFactory(role=Role.ADMIN), UserFactory(email="grace@example.org")
    _, secret = invite(admin)
    if gone == "ended":
        held = RoleHeld.objects.get(user=admin)
        services.end_role(actor=actor(other), held_id=held.pk, reason="misuse", now=NOW)
    else:
        services.suspend(actor=actor(other), person=admin.pk, reason="misuse", now=NOW)
    with pytest.raises(MissingError):
        holding.invitation(secret, now=NOW)
    with pytest.raises(MissingError):
        services.accept_role(actor=actor(grace), secret=secret, now=NOW)
    assert not holds(grace)


def test_an_operators_link_needs_no_admin():
    grace = UserFactory(email="grace@example.org")
    told = {"role": Role.ADMIN, "dataset": None, "ends": None, "reason": "first", "now": NOW}
    _, secret = services.invite_to_role(actor=HOUSE, email=grace.email, **told)
    services.accept_role(actor=actor(grace), secret=secret, now=NOW)
    assert holds(grace, Role.ADMIN)
