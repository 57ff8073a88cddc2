"""Who is invited to a group is led to the invitation, wherever a step is named."""

from datetime import timedelta

import pytest

from governance.access import selectors
from governance.access.models import MemberState
from tests.factories import (
    NOW,
    ApplicationFactory,
    GrantFactory,
    MemberFactory,
    UserFactory,
    VersionFactory,
    actor,
)

pytestmark = pytest.mark.django_db


def invited(user, *, ends=NOW + timedelta(days=30), state=MemberState.INVITED, **told):
    """A place in a group whose lead has a grant."""
    tier = VersionFactory().dataset.tiers.get(name="annotations")
    led = ApplicationFactory(tier=tier, state="approved")
    GrantFactory(holder=led.applicant, application=led, tier=tier, ends=ends, **told)
    MemberFactory(application=led, email=user.email, state=state)
    return tier


def step(who, tier):
    """The step that opens the tier, as a file and as a list of tiers name it."""
    dataset, version = tier.dataset, tier.dataset.versions.get()
    one = selectors.decide_tier(who, tier, version, "download", NOW)
    (many,) = [
        each for each in selectors.standing(who, dataset, version, now=NOW) if each.tier == tier
    ]
    assert one == many.decision
    (found,) = [each for each in one.missing_steps if each.code == "grant"]
    return found.route


def test_an_invitation_is_the_step():
    user = UserFactory()
    tier = invited(user)
    assert step(actor(user), tier) == "invitations"
    assert step(actor(UserFactory()), tier) == "apply"
    other = VersionFactory().dataset.tiers.get(name="annotations")
    assert step(actor(user), other) == "apply"


@pytest.mark.parametrize(
    "told",
    [
        {"ends": NOW},
        {"revoked_at": NOW, "revoked_reason": "misuse"},
        {"state": MemberState.NAMED},
        {"state": MemberState.DECLINED},
    ],
)
def test_what_can_not_be_accepted_is_no_step(told):
    user = UserFactory()
    assert step(actor(user), invited(user, **told)) == "apply"


def test_an_address_that_is_not_confirmed_is_told_of_no_invitation():
    user = UserFactory()
    assert step(actor(user, verified=False), invited(user)) == "apply"


def test_an_application_that_waits_comes_before_an_invitation():
    user = UserFactory()
    tier = invited(user)
    ApplicationFactory(applicant=user, tier=tier)
    assert step(actor(user), tier) == "application"
