"""Who could open what at a moment: answered from entries, by whom and by which entry."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from governance.access import services as access
from governance.access.models import Grant, RoleHeld
from governance.audit import policies, rights
from governance.audit import services as audit
from governance.audit.actors import HOUSE, Role
from governance.audit.models import Entry, Person
from governance.audit.services import Place
from governance.catalogue import services as catalogue
from governance.catalogue.states import State
from governance.terms import defaults as terms_defaults
from governance.terms import services as terms
from governance.terms.models import Acceptance
from tests.factories import (
    ApplicationFactory,
    DatasetFactory,
    UserFactory,
    VersionFactory,
    actor,
    all_met,
)
from tests.pages.visitors import VISITORS, answered, browser, text
from tests.support import PAGE, staff_client

pytestmark = pytest.mark.django_db
WHERE = "/record/could-open"
START = datetime(2026, 3, 1, 9, tzinfo=UTC)
AUDITORS_ONLY = {
    "stranger": "account_login",
    "researcher": "404",
    "steward without factor": "404",
    "steward": "404",
    "admin": "404",
    "auditor": "200",
}


def day(number: float) -> datetime:
    return START + timedelta(days=number)


@pytest.fixture
def shelf():
    """A dataset with terms from day 0, version 1.0 out since day 1."""
    dataset = DatasetFactory(namespace="lab", name="shelf")
    put_terms(dataset, "1.0", day(0))
    publish(dataset, "1.0", day(1))
    return dataset


def put_terms(dataset, number, at, effective=None, **earlier):
    return terms.publish_terms(
        actor=HOUSE,
        dataset=dataset,
        number=number,
        title=terms_defaults.TITLE,
        summary=terms_defaults.SUMMARY,
        clauses=terms_defaults.CLAUSES,
        uses=terms_defaults.USES,
        effective_at=effective or at,
        reason="terms",
        now=at,
        **earlier,
    )


def publish(dataset, number, at):
    version = VersionFactory(
        dataset=dataset, number=number, state=State.APPROVED, published_at=None, terms="1.0"
    )
    return catalogue.publish_version(
        version_id=version.pk, actor=admin(), reason="ready", now=at, checked=all_met
    )


def admin():
    return actor(UserFactory(role=Role.ADMIN))


def sign(dataset, name, at, number="1.0"):
    user = UserFactory(name=name)
    found = dataset.terms.get(number=number)
    terms.accept(
        actor=actor(user),
        terms_id=found.pk,
        ticked=[each.number for each in found.clauses.all()],
        typed_name=name,
        purpose="Measuring things for science.",
        now=at,
    )
    return user


def grant(dataset, user, at, ends, steward):
    application = ApplicationFactory(
        applicant=user, tier=dataset.tiers.get(name="annotations"), submitted_at=at
    )
    return access.approve_application(
        application_id=application.pk, actor=actor(steward), ends=ends, reason="sound", now=at
    )


def names(version="1.0", tier="processed", at=None, needs=("terms",)):
    found = rights.could_open("lab/shelf", version, tier, at=at, needs=needs)
    return [grounds[0].name for grounds in found.people]


def test_terms_open_from_the_moment_they_are_accepted(shelf):
    sign(shelf, "Ada", day(2))
    sign(shelf, "Bob", day(4))
    assert names(at=day(2) - timedelta(seconds=1)) == []
    assert names(at=day(2)) == ["Ada"]
    assert names(at=day(5)) == ["Ada", "Bob"]


def test_new_terms_shut_out_who_signed_the_old_ones(shelf):
    sign(shelf, "Ada", day(2))
    put_terms(shelf, "2.0", day(3), effective=day(6))
    sign(shelf, "Bob", day(7), number="2.0")
    assert names(at=day(5)) == ["Ada"]  # told on day 3, in force from day 6
    assert names(at=day(6)) == []
    assert names(at=day(8)) == ["Bob"]


def test_earlier_signatures_that_stayed_good_opened_until_their_end(shelf):
    sign(shelf, "Ada", day(2))
    put_terms(shelf, "1.1", day(3), earlier="good")
    assert names(at=day(4)) == ["Ada"]
    put_terms(shelf, "2.0", day(5), day(6), earlier="until", earlier_until=day(9))
    sign(shelf, "Bob", day(5), number="2.0")
    assert names(at=day(5)) == ["Ada"]  # what Bob signed is of tomorrow
    assert names(at=day(8)) == ["Ada", "Bob"]
    assert names(at=day(9)) == ["Bob"]
    ada = rights.could_open("lab/shelf", "1.0", "processed", at=day(8), needs=("terms",)).people[0]
    assert ada[0].until == day(9)


def test_the_answer_comes_from_entries_not_from_tables(shelf):
    sign(shelf, "Ada", day(2))
    Acceptance.objects.all().delete()
    assert names(at=day(3)) == ["Ada"]


def test_a_version_opens_when_it_is_published_and_shuts_when_withdrawn(shelf):
    sign(shelf, "Ada", day(0.5))
    assert names(at=day(0.9)) == []
    assert names(at=day(1)) == ["Ada"]
    version = shelf.versions.get(number="1.0")
    catalogue.withdraw_version(version_id=version.pk, actor=admin(), reason="misread", now=day(3))
    assert names(at=day(2)) == ["Ada"]
    assert names(at=day(3)) == []
    assert names(version="9.9", at=day(2)) == []


def test_an_older_version_opens_until_its_time_is_over(shelf):
    sign(shelf, "Ada", day(1))
    publish(shelf, "1.1", day(10))
    until = day(10) + catalogue.SERVED_AFTER
    assert names(at=until - timedelta(seconds=1)) == ["Ada"]
    assert names(at=until) == []
    assert names(version="1.1", at=until) == ["Ada"]


NEEDS = ("terms", "grant")


def test_a_grant_opens_until_its_end_or_its_revocation(shelf):
    steward = UserFactory(role=Role.STEWARD)
    ada, bob = sign(shelf, "Ada", day(1)), sign(shelf, "Bob", day(1))
    grant(shelf, ada, day(2), day(5), steward)
    revoked = grant(shelf, bob, day(2), day(30), steward)
    access.revoke_grant(grant_id=revoked.pk, actor=actor(steward), reason="misuse", now=day(4))
    opened = [names(tier="annotations", at=day(at), needs=NEEDS) for at in (1.5, 2, 3.9, 4, 5)]
    assert opened == [[], ["Ada", "Bob"], ["Ada", "Bob"], ["Ada"], []]


def test_a_grant_names_its_entry_and_its_end(shelf):
    steward = UserFactory(role=Role.STEWARD)
    made = grant(shelf, sign(shelf, "Ada", day(1)), day(2), day(5), steward)
    Grant.objects.all().delete()
    found = rights.could_open("lab/shelf", "1.0", "annotations", at=day(3), needs=NEEDS)
    signed, granted = found.people[0]
    assert (signed.need, granted.need) == NEEDS
    assert (granted.grant, granted.until) == (made.pk, day(5))
    assert Entry.objects.get(pk=granted.entry).action == "application.approve"


def test_a_grant_without_signed_terms_opens_nothing(shelf):
    grant(shelf, UserFactory(), day(2), day(5), UserFactory(role=Role.STEWARD))
    assert names(tier="annotations", at=day(3), needs=NEEDS) == []


def give(user, at, *, dataset=None, ends=None, role=Role.STEWARD):
    access.give_role(
        actor=HOUSE, person=user.pk, role=role, dataset=dataset, ends=ends, reason="duty", now=at
    )


def ids(at):
    found = rights.could_open("lab/shelf", "1.0", "raw", at=at, needs=("steward",))
    return sorted(grounds[0].person for grounds in found.people)


def test_stewards_are_those_whose_role_had_begun_and_not_ended(shelf):
    everywhere, here, elsewhere, admin = UserFactory.create_batch(4)
    give(everywhere, day(2))
    give(here, day(3), dataset=shelf, ends=day(6))
    give(elsewhere, day(2), dataset=DatasetFactory())
    give(admin, day(2), role=Role.ADMIN)
    RoleHeld.objects.all().delete()
    assert ids(day(1.5)) == []
    assert ids(day(2)) == [everywhere.pk]
    assert ids(day(3)) == sorted([everywhere.pk, here.pk])
    assert ids(day(6)) == [everywhere.pk]


def test_a_role_that_is_given_again_takes_the_place_of_the_first(shelf):
    user = UserFactory()
    give(user, day(2), ends=day(20))
    give(user, day(3), ends=day(4))
    assert ids(day(3)) == [user.pk]
    assert ids(day(5)) == []


def test_a_role_that_was_ended_opens_nothing_more(shelf):
    user = UserFactory()
    give(user, day(2), dataset=shelf)
    with transaction.atomic():
        audit.role_ended(
            actor=HOUSE, role="steward", person=user.pk, dataset="lab/shelf", reason="x", now=day(4)
        )
    assert ids(day(3)) == [user.pk]
    assert ids(day(4)) == []


def suspend(user, at, ends=None):
    access.suspend(actor=HOUSE, person=user.pk, reason="misuse", ends=ends, now=at)


def test_who_was_suspended_could_open_nothing_and_is_named(shelf):
    ada, bob = sign(shelf, "Ada", day(2)), sign(shelf, "Bob", day(2))
    suspend(ada, day(4))
    access.lift_suspension(actor=HOUSE, person=ada.pk, reason="cleared", now=day(6))
    suspend(bob, day(5), ends=day(7))
    opened = [names(at=day(at)) for at in (3, 4, 5, 6, 7)]
    assert opened == [["Ada", "Bob"], ["Bob"], [], ["Ada"], ["Ada", "Bob"]]
    found = rights.could_open("lab/shelf", "1.0", "processed", at=day(5), needs=("terms",))
    assert sorted(each.person for each in found.suspended) == sorted([ada.pk, bob.pk])
    assert {each.until for each in found.suspended} == {None, day(7)}
    told = text(ask(staff_client(Role.AUDITOR), tier="processed", at="2026-03-06T09:00"))
    assert "Ada, who met all of it, was suspended" in told


def test_people_whose_part_was_erased_are_counted_as_unknown(shelf):
    sign(shelf, "Ada", day(2))
    Person.objects.filter(entry__action="terms.accept").delete()
    found = rights.could_open("lab/shelf", "1.0", "processed", at=day(3), needs=("terms",))
    assert (found.people, len(found.unknown)) == ([], 1)


# ------------------------------------------------------------------ the page


def ask(client, **changed):
    asked = {"dataset": "lab/shelf", "version": "1.0", "tier": "annotations"}
    return client.get(WHERE, asked | {"at": "2026-03-04T09:00"} | changed, **PAGE)


@pytest.mark.parametrize("visitor", VISITORS)
def test_auditors_alone_ask(visitor):
    assert answered(browser(visitor), WHERE) == AUDITORS_ONLY[visitor]


def test_the_page_shows_who_by_which_entry_and_until_when(shelf):
    made = grant(shelf, sign(shelf, "Ada", day(1)), day(2), day(5), UserFactory(role=Role.STEWARD))
    approve = Entry.objects.get(action="application.approve")
    told = text(ask(staff_client(Role.AUDITOR)))
    for part in ("1 person", "Ada", f"grant {made.pk}", f'href="/record/{approve.pk}"'):
        assert part in told
    assert "6 Mar 2026, 09:00 UTC" in told
    assert "What the record can't tell" in told


def test_the_needs_are_those_of_the_tier(shelf):
    sign(shelf, "Ada", day(1))
    client = staff_client(Role.AUDITOR)
    assert "0 people" in text(ask(client))  # Ada holds no grant
    assert "1 person" in text(ask(client, tier="processed"))
    assert "0 people" in text(ask(client, tier="raw"))


def change_policy(shelf, tier, needs, at):
    found = shelf.tiers.get(name=tier)
    before, after = found.policy, found.policy | {"download": needs}
    shelf.tiers.filter(name=tier).update(policy=after)
    with transaction.atomic():
        return audit.tier_policy_changed(
            actor=HOUSE,
            place=Place(dataset="lab/shelf", tier=tier),
            before=before,
            after=after,
            reason="opened up",
            now=at,
        )


def test_the_policy_is_that_of_the_moment(shelf):
    sign(shelf, "Ada", day(1))
    first = change_policy(shelf, "annotations", ["signed_in", "served", "terms"], day(3))
    change_policy(shelf, "processed", ["steward"], day(3))
    second = change_policy(shelf, "annotations", ["served", "grant"], day(5))
    client = staff_client(Role.AUDITOR)
    before, between, after = (
        text(ask(client, at=f"2026-03-{1 + at:02}T09:00")) for at in (2, 4, 5)
    )
    assert "0 people" in before
    assert f"entry {first.pk}</a> of <time" in before
    assert "tells, which changed it" in before
    assert "1 person" in between
    assert f"Entry {first.pk}</a>, since <time" in between
    assert "0 people" in after
    assert f"Entry {second.pk}</a>, since" in after
    assert "1 person" in text(ask(client, tier="processed", at="2026-03-03T09:00"))


def test_a_dataset_tells_its_first_policies_when_it_is_made(shelf):
    spec = catalogue.TierSpec("open", "Open.", {"download": ["served", "signed_in", "terms"]})
    catalogue.make_dataset(
        actor=HOUSE, slug="lab/new", title="New", summary="Files.", licence_set="permissive",
        redaction={}, sources=[], tiers=[spec], contact="a@b.example", reason="asked", now=day(2),
    )  # fmt: skip
    made = Entry.objects.get(action="dataset.make", dataset="lab/new")
    told = policies.policy_at("lab/new", "open", at=day(9))
    assert told == (("served", "signed_in", "terms"), made.pk, day(2), False)
    assert policies.policy_at("lab/new", "open", at=day(1)) is None
    assert policies.policy_at("lab/new", "attic", at=day(9)) is None


def test_where_no_entry_tells_the_policy_it_says_whose_was_used(shelf):
    told = text(ask(staff_client(Role.AUDITOR), tier="processed"))
    assert "Today&#x27;s policy: no entry tells" in told or "Today's policy: no entry tells" in told


def test_a_tier_that_asks_for_nothing_personal_says_so(shelf):
    client = staff_client(Role.AUDITOR)
    change_policy(shelf, "processed", ["served", "signed_in"], day(2))
    assert "anybody with an account could open it" in text(ask(client, tier="processed"))
    change_policy(shelf, "processed", [], day(2.5))
    assert "nothing: it was not offered" in text(ask(client, tier="processed"))


def test_a_question_is_on_record(shelf):
    ask(staff_client(Role.AUDITOR), tier="processed")
    look = Entry.objects.get(action="record.search")
    assert look.detail == {
        "fields": {
            "dataset": "lab/shelf",
            "version": "1.0",
            "tier": "processed",
            "question": "could-open",
            "at": "2026-03-04T09:00:00.000000Z",
        },
        "found": 0,
    }


@pytest.mark.parametrize(
    "wrong", [{"dataset": "lab/none"}, {"tier": "attic"}, {"at": "yesterday"}, {"version": ""}]
)
def test_what_can_not_be_asked_is_said_and_not_recorded(shelf, wrong):
    response = ask(staff_client(Role.AUDITOR), **wrong)
    assert response.status_code == 422
    assert "Nothing was asked" in text(response)
    assert not Entry.objects.filter(action="record.search").exists()
