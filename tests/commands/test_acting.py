"""`--as EMAIL`: outside the demo it takes that person's token, so two people are two people."""

import getpass
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from governance.audit.actors import Role, Scope
from governance.audit.models import Entry
from governance.catalogue.models import Version
from portal.accounts.models import ApiToken
from tests.factories import DatasetFactory, UserFactory, VersionFactory, built

pytestmark = pytest.mark.django_db


@pytest.fixture
def candidate():
    return VersionFactory(state="candidate", published_at=None)


@pytest.fixture
def steward():
    return UserFactory(role=Role.STEWARD)


def approve(version, person):
    words = (version.dataset.slug, version.number, "--reason", "reviewed", "--as", person.email)
    call_command("approve", *words)


def state(version):
    return Version.objects.get(pk=version.pk).state


def test_without_a_token_the_next_step_is_told(candidate, steward, token_in_hand, settings):
    settings.PUBLIC_URL = "https://data.example.org"
    with pytest.raises(CommandError) as refused:
        approve(candidate, steward)
    told = str(refused.value)
    for words in (steward.email, "GATEHOUSE_TOKEN", "https://data.example.org/tokens", "review"):
        assert words in told
    assert "\n" not in told
    assert state(candidate) == "candidate"


def test_with_their_token_it_is_done_and_the_entry_names_both(candidate, steward, token_in_hand):
    token = token_in_hand(steward, scope=Scope.REVIEW)
    approve(candidate, steward)
    assert state(candidate) == "approved"
    person = Entry.objects.get(action="version.approve").person
    assert person.user_id == steward.pk
    assert person.agent == f"manage.py by {getpass.getuser()}, token terminal"
    assert ApiToken.objects.get(pk=token.pk).used_at


def test_the_token_of_one_person_does_not_speak_for_another(candidate, steward, token_in_hand):
    token_in_hand(UserFactory(role=Role.ADMIN))
    with pytest.raises(CommandError, match="another person's"):
        approve(candidate, steward)
    assert state(candidate) == "candidate"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"scope": Scope.READ}, "scope read only"),
        ({"scope": Scope.ACT}, "scope act only"),
        ({"dataset": "lab/another"}, "reaches lab/another alone"),
    ],
)
def test_a_token_that_was_not_made_for_this_is_refused(
    given, told, candidate, steward, token_in_hand
):
    token_in_hand(steward, **given)
    with pytest.raises(CommandError, match=told):
        approve(candidate, steward)
    assert state(candidate) == "candidate"


def test_review_answers_but_does_not_publish(candidate, steward, token_in_hand):
    admin = UserFactory(role=Role.ADMIN)
    built(candidate)
    token_in_hand(steward)
    approve(candidate, steward)
    words = (candidate.dataset.slug, candidate.number, "--reason", "due", "--as", admin.email)
    token_in_hand(admin, scope=Scope.REVIEW)
    with pytest.raises(CommandError, match="scope review only"):
        call_command("publish", *words)
    token_in_hand(admin, scope=Scope.OPERATE)
    call_command("publish", *words)
    assert state(candidate) == "published"


@pytest.mark.parametrize("change", ["ends_at", "revoked_at", "second_factor", "is_active"])
def test_a_token_that_is_no_longer_good_is_refused(change, candidate, steward, token_in_hand):
    token = token_in_hand(steward)
    past = timezone.now() - timedelta(seconds=1)
    if change == "is_active":
        steward.is_active = False
        steward.save()
    else:
        value = False if change == "second_factor" else past
        ApiToken.objects.filter(pk=token.pk).update(**{change: value})
    with pytest.raises(CommandError, match="GATEHOUSE_TOKEN"):
        approve(candidate, steward)
    assert state(candidate) == "candidate"


def test_a_build_needs_the_admins_token_too(token_in_hand):
    admin, dataset = UserFactory(role=Role.ADMIN), DatasetFactory()
    with pytest.raises(CommandError, match="a token of theirs is needed"):
        call_command("build", dataset.slug, "1.0", "--as", admin.email)
    token_in_hand(admin, dataset=dataset.slug)
    call_command("build", dataset.slug, "1.0", "--as", admin.email)
    assert Version.objects.get().started_by == admin.pk


def test_the_demo_asks_for_no_token(candidate, steward, token_in_hand, settings):
    settings.DEMO = True
    approve(candidate, steward)
    assert state(candidate) == "approved"
