"""What a lock protects, with two threads at once, on a database that others can see."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction

from governance.access import services as access
from governance.access.models import Application, Grant, Suspension
from governance.audit.actors import Role
from governance.audit.models import Entry
from governance.catalogue import services as catalogue
from governance.catalogue.models import Version
from governance.errors import GovernanceError
from governance.terms import services as terms
from governance.terms.models import Acceptance
from tests.factories import (
    NOW,
    AcceptanceFactory,
    ApplicationFactory,
    GrantFactory,
    MemberFactory,
    TermsFactory,
    UserFactory,
    VersionFactory,
    actor,
    all_met,
)

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*acts):
    """Run the acts in threads that start together; return what each returned or raised."""
    gate = threading.Barrier(len(acts))
    ends: list = [None] * len(acts)

    def run(at, act):
        try:
            gate.wait(10)
            ends[at] = act()
        except GovernanceError as refusal:
            ends[at] = refusal
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return ends


def refusals(ends):
    return [end for end in ends if isinstance(end, GovernanceError)]


def test_two_stewards_press_at_once_and_one_grant_is_made():
    application = ApplicationFactory()
    stewards = [actor(UserFactory(role=Role.STEWARD)) for _ in range(2)]
    ends = at_once(
        *(
            lambda who=who: access.approve_application(
                application_id=application.pk,
                actor=who,
                ends=NOW + timedelta(days=30),
                reason="fits",
                now=NOW,
            )
            for who in stewards
        )
    )
    assert len(refusals(ends)) == 1
    assert Grant.objects.count() == 1
    assert Entry.objects.filter(action="application.approve").count() == 1


def test_two_admins_publish_at_once_and_one_does():
    version = VersionFactory(state="approved", approved_by=999, published_at=None)
    admins = [actor(UserFactory(role=Role.ADMIN)) for _ in range(2)]
    ends = at_once(
        *(
            lambda who=who: catalogue.publish_version(
                version_id=version.pk, actor=who, reason="due", now=NOW, checked=all_met
            )
            for who in admins
        )
    )
    assert len(refusals(ends)) == 1
    assert Version.objects.get(pk=version.pk).state == "published"
    assert Entry.objects.filter(action="version.publish").count() == 1


def test_somebody_clicks_twice_and_signs_once():
    agreed, who = TermsFactory(), actor(UserFactory())

    def sign():
        return terms.accept(
            actor=who,
            terms_id=agreed.pk,
            ticked=[1, 2, 3, 4, 5],
            typed_name="Ada Lovelace",
            purpose="Measuring detectors.",
            now=NOW,
        )

    first, second = at_once(sign, sign)
    assert first == second
    assert Acceptance.objects.count() == 1
    assert Entry.objects.filter(action="terms.accept").count() == 1


def test_two_apply_at_once_and_get_two_numbers():
    tier = ApplicationFactory().tier
    answers = {
        "affiliation": "Example University",
        "purpose": "Compare detectors on held-out code, in aggregate only.",
        "ethics": "Reviewed by the board of the university.",
        "protection": "An encrypted disk, erased when the grant ends.",
        "no_sharing": True,
        "erasure": True,
    }
    people = [actor(UserFactory()) for _ in range(2)]
    ends = at_once(
        *(
            lambda who=who: access.apply(actor=who, tier=tier, answers=answers, now=NOW)
            for who in people
        )
    )
    assert not refusals(ends), ends
    assert Application.objects.values("number").distinct().count() == 3


@pytest.mark.parametrize("others", [0, 1])
def test_two_admins_suspend_each_other_at_once_and_one_stays(others):
    first, second, *_ = (UserFactory(role=Role.ADMIN) for _ in range(2 + others))
    ends = at_once(
        *(
            lambda who=who, whom=whom: access.suspend(
                actor=who, person=whom.pk, reason="they began", now=NOW
            )
            for who, whom in ((actor(first), second), (actor(second), first))
        )
    )
    assert len(refusals(ends)) == 1
    assert Suspension.objects.count() == 1


def test_two_admins_end_each_other_at_once_and_one_stays():
    from governance.access.models import RoleHeld

    both = [UserFactory(role=Role.ADMIN) for _ in range(2)]
    held = {each.user_id: each.pk for each in RoleHeld.objects.all()}
    ends = at_once(
        *(
            lambda me=me, other=other: access.end_role(
                actor=actor(me), held_id=held[other.pk], reason="no longer here", now=NOW
            )
            for me, other in (both, both[::-1])
        )
    )
    assert len(refusals(ends)) == 1
    assert RoleHeld.objects.filter(ends=None).count() == 1


def test_nobody_joins_a_group_behind_the_back_of_who_ends_it():
    steward, joins = actor(UserFactory(role=Role.STEWARD)), UserFactory()
    member = MemberFactory(email=joins.email, state="invited", application__state="approved")
    group = member.application
    AcceptanceFactory(user=joins, terms=TermsFactory(dataset=group.tier.dataset))
    VersionFactory(dataset=group.tier.dataset)
    GrantFactory(holder=group.applicant, tier=group.tier, application=group)
    ended, over = threading.Event(), threading.Event()

    def end():
        with transaction.atomic():
            access.revoke_application(
                application_id=group.pk, actor=steward, reason="misuse", now=NOW
            )
            ended.set()
            over.wait(1)  # the other one waits for this transaction: then the time is over

    def join():
        ended.wait(10)
        try:
            return access.accept_invitation(member_id=member.pk, actor=actor(joins), now=NOW)
        finally:
            over.set()

    results = at_once(end, join)
    assert len(refusals(results)) == 1, results
    assert not Grant.objects.filter(revoked_at=None).exists()


def test_ending_a_group_by_its_grant_and_by_its_application_never_waits_for_each_other():
    stewards = [actor(UserFactory(role=Role.STEWARD)) for _ in range(2)]
    for _ in range(5):
        group = ApplicationFactory(state="approved")
        grant = GrantFactory(holder=group.applicant, tier=group.tier, application=group)
        results = at_once(
            lambda at=grant: access.revoke_grant(
                grant_id=at.pk, actor=stewards[0], reason="misuse", now=NOW
            ),
            lambda at=group: access.revoke_application(
                application_id=at.pk, actor=stewards[1], reason="misuse", now=NOW
            ),
        )
        assert len(refusals(results)) == 1, results
        assert None not in results


def test_two_admins_confirm_at_once_and_the_dataset_ends_once():
    dataset = VersionFactory().dataset
    one, *others = (actor(UserFactory(role=Role.ADMIN)) for _ in range(3))
    winding = catalogue.propose_wind_down(dataset=dataset, actor=one, reason="it ends", now=NOW)
    before = dataset.terms.count()
    ends = at_once(
        *(
            lambda who=who: terms.confirm_wind_down(winding_id=winding.pk, actor=who, now=NOW)
            for who in others
        )
    )
    assert len(refusals(ends)) == 1
    assert dataset.terms.count() == before + 1
    assert Entry.objects.filter(action="dataset.wind-down-confirm").count() == 1
