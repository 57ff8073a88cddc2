"""Publishing takes two people, and old versions close by themselves."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from governance.access import selectors as access
from governance.audit.actors import Role
from governance.audit.models import Entry
from governance.catalogue import selectors, services
from governance.catalogue.models import Version
from governance.errors import InvalidError, MissingError, NotPermittedError, WrongStateError
from tests.factories import (
    NOW,
    ArtefactFactory,
    DatasetFactory,
    UserFactory,
    VersionFactory,
    actor,
    all_met,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    return {
        "builder": actor(UserFactory(role=Role.ADMIN)),
        "admin": actor(UserFactory(role=Role.ADMIN)),
        "steward": actor(UserFactory(role=Role.STEWARD)),
        "auditor": actor(UserFactory(role=Role.AUDITOR)),
        "researcher": actor(UserFactory()),
    }


def candidate(people, **told):
    return VersionFactory(
        state="candidate", started_by=people["builder"].user_id, published_at=None, **told
    )


def move(verb, version, who, reason="reviewed"):
    more = {"checked": all_met} if verb == "publish" else {}
    return getattr(services, f"{verb}_version")(
        version_id=version.pk, actor=who, reason=reason, now=NOW, **more
    )


def test_a_steward_approves_and_another_admin_publishes(people):
    version = candidate(people)
    move("approve", version, people["steward"])
    published = move("publish", version, people["admin"])
    assert selectors.current(version.dataset) == published
    assert [entry.action for entry in Entry.objects.order_by("id")] == [
        "version.approve",
        "version.publish",
    ]


@pytest.mark.parametrize("who", ["builder", "auditor", "researcher"])
def test_who_may_not_approve(people, who):
    with pytest.raises(NotPermittedError):
        move("approve", candidate(people), people[who])


@pytest.mark.parametrize("who", ["builder", "steward", "auditor", "researcher"])
def test_who_may_not_publish(people, who):
    version = candidate(people)
    move("approve", version, people["steward"])
    with pytest.raises(NotPermittedError):
        move("publish", version, people[who])


def test_nobody_publishes_what_they_approved(people):
    version = candidate(people)
    move("approve", version, people["admin"])
    with pytest.raises(NotPermittedError, match="another admin"):
        move("publish", version, people["admin"])


def test_the_database_refuses_one_person_for_both(people):
    version = candidate(people)
    with pytest.raises(IntegrityError), transaction.atomic():
        Version.objects.filter(pk=version.pk).update(approved_by=1, published_by=1)


def test_a_role_without_its_second_factor_opens_nothing(people):
    weak = people["steward"].without_factor()
    with pytest.raises(NotPermittedError):
        move("approve", candidate(people), weak)


def test_publishing_supersedes_the_version_before_for_42_days(people):
    old = VersionFactory(number="1.0")
    new = candidate(people, dataset=old.dataset, number="1.1", parent=old)
    move("approve", new, people["steward"])
    move("publish", new, people["admin"])
    old.refresh_from_db()
    assert old.state == "superseded"
    assert old.serve_until == NOW + timedelta(days=42)
    file = ArtefactFactory(version=old)
    steward = people["steward"]
    tier = file.tier
    tier.policy = {"download": ["served"]}
    assert access.decide_tier(steward, tier, old, "download", NOW).allowed
    late = NOW + timedelta(days=42)
    assert not access.decide_tier(steward, tier, old, "download", late).allowed


def test_there_is_one_current_version(people):
    old = VersionFactory()
    with pytest.raises(IntegrityError), transaction.atomic():
        VersionFactory(dataset=old.dataset)


def test_withdrawing_shuts_it_at_once_and_keeps_the_reason(people):
    version = VersionFactory()
    move("withdraw", version, people["admin"], "a licence was misread")
    decision = access.decide_tier(
        people["steward"],
        version.dataset.tiers.get(name="raw"),
        Version.objects.get(pk=version.pk),
        "download",
        NOW,
    )
    assert decision.reasons == ("served",)
    assert "a licence was misread" in decision.missing_steps[0].sentence
    assert selectors.current(version.dataset) is None


@pytest.mark.parametrize("number", ["1", "1.0.0", "v1.1", "one", "", "1.0"])
def test_a_number_must_be_like_1_1_and_above_the_last(people, number):
    last = VersionFactory(number="1.0")
    with pytest.raises(InvalidError), transaction.atomic():
        services.begin_version(
            dataset=last.dataset,
            number=number,
            parent=last,
            actor=people["builder"],
            terms="",
            now=NOW,
        )


def test_only_one_version_is_in_the_making(people):
    first = candidate(people, number="1.0")
    with pytest.raises(WrongStateError, match=r"1\.0 is candidate"), transaction.atomic():
        services.begin_version(
            dataset=first.dataset,
            number="1.1",
            parent=None,
            actor=people["builder"],
            terms="",
            now=NOW,
        )


def test_versions_in_the_making_are_not_known_outside(people):
    version = candidate(people)
    with pytest.raises(MissingError):
        selectors.version(version.dataset, version.number)
    assert not selectors.public_versions(version.dataset).exists()
    assert selectors.by_revision(version.dataset, f"v{version.number}") is None


def test_a_revision_is_main_a_tag_or_a_commit():
    dataset = DatasetFactory()
    old = VersionFactory(dataset=dataset, number="1.0", superseded=True)
    new = VersionFactory(dataset=dataset, number="1.1")
    assert selectors.by_revision(dataset, "main") == new
    assert selectors.by_revision(dataset, "v1.0") == old
    assert selectors.by_revision(dataset, "refs/tags/v1.0") == old
    assert selectors.by_revision(dataset, old.commit) == old
    assert selectors.by_revision(dataset, "nothing") is None
