"""Applications, grants and decisions over the database."""

from datetime import timedelta

import pytest

from governance.access import applied, selectors, services
from governance.access.models import Application, Grant, RoleHeld
from governance.audit.actors import Limits, Role
from governance.audit.models import Entry
from governance.errors import InvalidError, MissingError, NotPermittedError, WrongStateError
from tests.factories import (
    NOW,
    AcceptanceFactory,
    ApplicationFactory,
    ArtefactFactory,
    DatasetFactory,
    GrantFactory,
    TermsFactory,
    UserFactory,
    actor,
)

pytestmark = pytest.mark.django_db

ANSWERS = {
    "affiliation": "Example University",
    "purpose": "Compare detectors on held-out code, in aggregate only.",
    "ethics": "Reviewed by the board of the university.",
    "protection": "An encrypted disk, erased when the grant ends.",
    "no_sharing": True,
    "erasure": True,
}
RAW = {"download": ["signed_in", "steward", "served"]}
ENDS = NOW + timedelta(days=30)


@pytest.fixture
def steward():
    return actor(UserFactory(role=Role.STEWARD))


def approve(application, who, **told):
    told = {"ends": ENDS, "reason": "fits the programme", "now": NOW} | told
    return services.approve_application(application_id=application.pk, actor=who, **told)


def test_an_application_waits_for_an_answer_until_a_day():
    tier = ApplicationFactory().tier
    made = services.apply(actor=actor(UserFactory()), tier=tier, answers=ANSWERS, now=NOW)
    assert made.state == "submitted"
    assert made.target_at == NOW + timedelta(days=14)
    assert Entry.objects.get(subject=f"application:{made.number}").tier == "annotations"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("affiliation", ""),
        ("purpose", "short"),
        ("ethics", "x" * 8001),
        ("protection", None),
        ("no_sharing", False),
        ("erasure", "yes"),
    ],
)
def test_what_is_missing_in_an_application_is_named(field, value):
    tier = ApplicationFactory().tier
    with pytest.raises(InvalidError) as refused:
        services.apply(
            actor=actor(UserFactory()), tier=tier, answers=ANSWERS | {field: value}, now=NOW
        )
    assert list(refused.value.fields) == [field]


def test_nobody_applies_twice_at_once_or_for_a_tier_without_a_form():
    waiting = ApplicationFactory()
    who = actor(waiting.applicant)
    with pytest.raises(WrongStateError, match=waiting.number):
        services.apply(actor=who, tier=waiting.tier, answers=ANSWERS, now=NOW)
    raw = waiting.tier.dataset.tiers.get(name="raw")
    with pytest.raises(WrongStateError, match="can't be applied for"):
        services.apply(actor=who, tier=raw, answers={}, now=NOW)


def test_an_approval_grants_until_its_end_and_not_a_moment_longer(steward):
    application = ApplicationFactory()
    approve(application, steward)
    file = ArtefactFactory(
        version__dataset=application.tier.dataset, tier_name="annotations", path="a.parquet"
    )
    terms = TermsFactory(dataset=application.tier.dataset)
    AcceptanceFactory(user=application.applicant, terms=terms)
    who = actor(application.applicant)

    def allowed(at):
        return selectors.decide(who, file, "download", at).allowed

    assert allowed(NOW)
    assert allowed(ENDS - timedelta(microseconds=1))
    assert not allowed(ENDS)
    assert selectors.decide(who, file, "download", ENDS).reasons == ("grant",)


@pytest.mark.parametrize("role", [None, Role.ADMIN, Role.AUDITOR])
def test_only_a_steward_decides(role):
    with pytest.raises(NotPermittedError):
        approve(ApplicationFactory(), actor(UserFactory(role=role)))


def test_nobody_decides_their_own():
    user = UserFactory(role=Role.STEWARD)
    application = ApplicationFactory(applicant=user)
    with pytest.raises(NotPermittedError, match="their own"):
        approve(application, actor(user))
    assert not Grant.objects.exists()


@pytest.mark.parametrize(
    ("told", "error"),
    [
        ({"reason": "  "}, WrongStateError),
        ({"ends": NOW}, InvalidError),
        ({"ends": NOW + timedelta(days=366)}, InvalidError),
    ],
)
def test_an_approval_needs_a_reason_and_an_end_within_the_tiers_limit(steward, told, error):
    with pytest.raises(error):
        approve(ApplicationFactory(), steward, **told)
    assert not Grant.objects.exists()


def test_an_answer_stands(steward):
    application = ApplicationFactory()
    services.reject_application(
        application_id=application.pk, actor=steward, reason="no measures", now=NOW
    )
    with pytest.raises(WrongStateError, match="already rejected"):
        approve(application, steward)


def test_silence_expires_and_never_grants():
    application = ApplicationFactory(submitted_at=NOW - timedelta(days=42))
    fresh = ApplicationFactory(submitted_at=NOW - timedelta(days=41, hours=23))
    assert services.expire_old(now=NOW) == 1
    assert services.expire_old(now=NOW) == 0
    application.refresh_from_db()
    fresh.refresh_from_db()
    assert (application.state, fresh.state) == ("expired", "submitted")
    assert not Grant.objects.exists()
    assert Entry.objects.get().action == "application.expire"


def test_the_end_of_a_grant_is_recorded_once():
    grant = GrantFactory(ended=True)
    assert services.expire_old(now=NOW) == 1
    assert services.expire_old(now=NOW) == 0
    entry = Entry.objects.get()
    assert (entry.action, entry.grant) == ("grant.end", grant.pk)
    assert entry.person.concerns == grant.holder_id


def test_a_revoked_grant_opens_nothing(steward):
    grant = GrantFactory()
    services.revoke_grant(grant_id=grant.pk, actor=steward, reason="was shared", now=NOW)
    decision = selectors.decide_tier(actor(grant.holder), grant.tier, None, "download", NOW)
    assert "grant" in decision.reasons


def test_an_application_of_somebody_else_is_as_if_it_were_not_there():
    application = ApplicationFactory()
    for stranger in (actor(UserFactory()), actor(UserFactory(role=Role.AUDITOR))):
        with pytest.raises(MissingError):
            applied.own_application(application.number, actor=stranger, now=NOW)
        with pytest.raises(MissingError):
            applied.readable_application(application.number, actor=stranger, now=NOW)


def test_only_the_applicant_withdraws():
    application = ApplicationFactory()
    with pytest.raises(MissingError):
        services.withdraw_application(
            application_id=application.pk, actor=actor(UserFactory()), now=NOW
        )
    services.withdraw_application(
        application_id=application.pk, actor=actor(application.applicant), now=NOW
    )
    assert Application.objects.get(pk=application.pk).state == "withdrawn"


def test_a_role_on_one_dataset_opens_no_other():
    application, other = ApplicationFactory(), ApplicationFactory()
    user = UserFactory()
    services.give_role(
        actor=actor(UserFactory(role=Role.ADMIN)),
        person=user.pk,
        role=Role.STEWARD,
        dataset=application.tier.dataset,
        ends=NOW + timedelta(days=1),
        reason="elected",
        now=NOW,
    )
    who = actor(user)
    approve(application, who)
    with pytest.raises(NotPermittedError):
        approve(other, who)
    assert list(applied.queue(who, applied.Chosen(), now=NOW)) == []
    assert not selectors.roles_of(user.pk, now=NOW + timedelta(days=1))


def test_a_decision_by_roles_holds_until_the_last_of_those_that_follow_without_a_gap():
    file, user = ArtefactFactory(), UserFactory()
    file.tier.policy = RAW
    hour = timedelta(hours=1)
    for dataset, begins, ends in [
        (file.version.dataset, -1, 1),
        (None, 1, 3),
        (DatasetFactory(), 3, 5),  # of another dataset: it prolongs nothing
    ]:
        RoleHeld.objects.create(
            user=user, role=Role.STEWARD, dataset=dataset,
            begins=NOW + begins * hour, ends=NOW + ends * hour,
        )  # fmt: skip
    assert selectors.decide(actor(user), file, "download", NOW).valid_until == NOW + 3 * hour


def test_a_role_of_somebody_whose_address_lapsed_is_not_used():
    application, user = ApplicationFactory(), UserFactory(role=Role.STEWARD)
    with pytest.raises(NotPermittedError, match="Confirm your e-mail address"):
        approve(application, actor(user, verified=False))


def test_nobody_gives_a_role_to_themselves():
    who = actor(UserFactory(role=Role.ADMIN))
    with pytest.raises(NotPermittedError, match="themselves"):
        services.give_role(
            actor=who,
            person=who.user_id,
            role=Role.STEWARD,
            dataset=None,
            ends=None,
            reason="handy",
            now=NOW,
        )


def test_a_token_for_another_dataset_does_not_reach_this_one():
    file = ArtefactFactory()
    terms = TermsFactory(dataset=file.version.dataset)
    acceptance = AcceptanceFactory(terms=terms)
    for limit, reasons in (
        ("", ("ok",)),
        (file.version.dataset.slug, ("ok",)),
        ("x/y", ("token",)),
    ):
        who = actor(acceptance.user, token=Limits("ci", dataset=limit))
        assert selectors.decide(who, file, "download", NOW).reasons == reasons


def test_a_decision_takes_few_queries(django_assert_max_num_queries):
    file = ArtefactFactory(tier_name="annotations")
    TermsFactory(dataset=file.version.dataset)
    who = actor(UserFactory())
    with django_assert_max_num_queries(5):  # terms, grants, application, roles, copies owed
        selectors.decide(who, file, "download", NOW)


@pytest.mark.parametrize("moment", [-timedelta(microseconds=1), timedelta(0), timedelta(days=1)])
def test_an_application_says_approved_exactly_as_long_as_the_door_is_open(steward, moment):
    """One clock for one fact: what the applicant reads is what the gate and the lists say."""
    application = ApplicationFactory()
    approve(application, steward)
    dataset = application.tier.dataset
    file = ArtefactFactory(version__dataset=dataset, tier_name="annotations")
    AcceptanceFactory(user=application.applicant, terms=TermsFactory(dataset=dataset))
    who, now = actor(application.applicant), ENDS + moment
    shown = applied.own_application(application.number, actor=who, now=now).shown
    decision = selectors.decide(who, file, "download", now)
    assert (shown == "approved") == decision.allowed == (moment < timedelta(0))
    assert selectors.visible_to(who, now).filter(pk=file.pk).exists() == decision.allowed
