"""Builds: started by an admin, watched live, approved by one person and published by another."""

from datetime import timedelta
from functools import partial

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from governance.access.models import RoleHeld
from governance.audit.actors import Role
from governance.audit.models import Entry
from governance.catalogue import comparing
from governance.catalogue import selectors as catalogue
from governance.catalogue import services as catalogue_services
from governance.catalogue.services import Candidate
from governance.catalogue.states import State
from governance.errors import GovernanceError
from governance.removals.models import Removal
from pipeline.engine import publishing, services
from pipeline.engine.models import Build, Shard
from tests.factories import (
    CARD,
    LONG_AGO,
    DatasetFactory,
    UserFactory,
    VersionFactory,
    actor,
    all_met,
)
from tests.pages.visitors import VISITORS, answered, browser, queries, text
from tests.support import PAGE, signed_in, staff_client

pytestmark = pytest.mark.django_db
READERS = {
    "stranger": "account_login",
    "researcher": "404",
    "steward without factor": "mfa_activate_totp",
    "steward": "200",
    "admin": "200",
    "auditor": "200",
}
COUNTED = {"rows": 5, "bytes": 500, "languages": {"Python": 5}, "licences": {"MIT": 5}}
DIFFERENCE = {
    "rows": {"added": COUNTED, "removed": COUNTED | {"rows": 2}, "changed": COUNTED | {"rows": 1}},
    "unchanged": 90,
    "dropped": {"select": {"no-licence": {"old": 4, "new": 7}}},
    "totals": {
        "old": {"rows": 93, "bytes": 9300, "repositories": 3},
        "new": {"rows": 96, "bytes": 9600, "repositories": 4},
    },
    "files": {"processed": {"unchanged": 3, "rewritten": 1, "new": 1, "gone": 0, "bytes": 4200}},
}


@pytest.fixture
def starter():
    return UserFactory(role=Role.ADMIN, name="Adam Starter")


@pytest.fixture
def running(starter):
    parent = VersionFactory(number="1.0")
    build = services.start_build(
        actor=actor(starter),
        dataset=parent.dataset,
        number="1.1",
        reason="quarterly",
        now=timezone.now() - timedelta(minutes=5),
    )
    shard(
        build, 0, Shard.State.DONE, report={"rows_in": 100, "rows_out": 93, "bytes_in": 10_000_000}
    )
    shard(build, 1, Shard.State.TO_DO, label="octo/<cat>", attempts=3, error="Timeout: too slow")
    return build


def shard(
    build, number, state, *, stage="collect", label="wheels", attempts=1, error="", report=None
):
    began = build.started_at + timedelta(seconds=number)
    return Shard.objects.create(
        build=build,
        stage=stage,
        number=number,
        label=label,
        ref=f"{stage}/{number}",
        params={},
        state=state,
        attempts=attempts,
        error=error,
        report=report or {},
        started_at=began,
        finished_at=began + timedelta(seconds=10) if state == Shard.State.DONE else None,
    )


@pytest.fixture
def candidate(running):
    dropped = {"rows_in": 100, "rows_out": 93, "dropped": {"no-licence": 7}}
    shard(running, 0, Shard.State.DONE, stage="select", report=dropped)
    shard(running, 0, Shard.State.DONE, stage="verify")
    made = Candidate("c" * 40, "d" * 64, CARD, {}, {}, [], DIFFERENCE, [])
    services.finish_build(build_id=running.pk, made=made, now=timezone.now())
    running.refresh_from_db()
    return running


def approved(build):
    publishing.approve_version(
        version_id=build.version_id,
        actor=actor(UserFactory(role=Role.STEWARD, name="Stella Steward")),
        reason="looked",
        now=timezone.now(),
    )
    return build


def looked(build) -> dict:
    """What the form sends along: the difference that stood on the page."""
    build.version.refresh_from_db()
    return {"digest": comparing.digest_of(build.version.difference)}


def address(build) -> str:
    return reverse("build", args=[build.pk])


# ------------------------------------------------------------------ who sees what


@pytest.mark.parametrize("visitor", VISITORS)
def test_who_reads_the_list(visitor):
    assert answered(browser(visitor), reverse("builds")) == READERS[visitor]


@pytest.mark.parametrize("route", ["build", "build-progress"])
@pytest.mark.parametrize("visitor", VISITORS)
def test_who_reads_a_build(visitor, route, running):
    assert answered(browser(visitor), reverse(route, args=[running.pk])) == READERS[visitor]


@pytest.mark.parametrize("visitor", VISITORS)
def test_who_reads_its_shards(visitor, running):
    where = reverse("build-shards", args=[running.pk, "collect"])
    assert answered(browser(visitor), where) == READERS[visitor]


@pytest.mark.parametrize(
    "where", ["/builds/999", "/builds/1/shards/nonsense", "/builds/9/progress"]
)
def test_what_is_not_there(where):
    assert answered(staff_client(Role.ADMIN), where) == "404"


def test_a_steward_of_another_dataset_sees_no_build(running):
    steward = UserFactory()
    RoleHeld.objects.create(
        user=steward, role=Role.STEWARD, dataset=DatasetFactory(), begins=LONG_AGO
    )
    client = signed_in(steward, second_factor=True)
    assert running.version.dataset.slug not in text(client.get(reverse("builds"), **PAGE))
    assert answered(client, address(running)) == "404"


def test_the_list_takes_as_many_queries_for_one_as_for_many(candidate, starter):
    client = staff_client(Role.AUDITOR)
    few = queries(client, reverse("builds"))
    for dataset in DatasetFactory.create_batch(5):
        made = services.start_build(
            actor=actor(starter), dataset=dataset, number="1.0", reason="x", now=timezone.now()
        )
        Build.objects.filter(pk=made.pk).update(state=Build.State.DONE)
    assert queries(client, reverse("builds")) == few


# ------------------------------------------------------------------ starting


def test_an_admin_starts_a_build_with_the_next_number(starter):
    dataset = VersionFactory(number="1.4").dataset
    client = signed_in(starter, second_factor=True)
    assert 'value="1.5"' in client.get(reverse("builds"), **PAGE).content.decode()
    given = {"dataset": dataset.slug, "number": "", "reason": "quarterly"}
    response = client.post(reverse("builds"), given, follow=True, **PAGE)
    assert catalogue.version(dataset, "1.5", hidden=True).state == State.BUILDING
    assert f"Build of {dataset.slug} 1.5" in text(response)
    assert Entry.objects.get(action="build.start").reason == "quarterly"


@pytest.mark.parametrize(
    ("change", "status", "told"),
    [
        ({"number": "one"}, 422, "'one' is no version number"),
        ({"number": "1.0"}, 422, "must come after 1.0"),
        ({"reason": ""}, 409, "Give a reason for the build"),
        ({"dataset": "lab/none"}, 422, "Select a valid choice"),
    ],
)
def test_a_start_that_is_refused_says_why(starter, change, status, told):
    dataset = VersionFactory(number="1.0").dataset
    given = {"dataset": dataset.slug, "number": "1.1", "reason": "kept <words>"} | change
    response = signed_in(starter, second_factor=True).post(reverse("builds"), given, **PAGE)
    assert response.status_code == status
    assert told in text(response)
    assert given["reason"] in text(response)
    assert not Build.objects.exists()


def test_one_version_is_made_at_a_time(running, starter):
    given = {"dataset": running.version.dataset.slug, "number": "1.2", "reason": "more"}
    response = signed_in(starter, second_factor=True).post(reverse("builds"), given, **PAGE)
    assert response.status_code == 409
    assert "Version 1.1 is building" in text(response)


@pytest.mark.parametrize("role", [Role.STEWARD, Role.AUDITOR])
def test_others_have_no_form_and_can_not_start(role):
    client, dataset = staff_client(role), DatasetFactory()
    assert "Start a build" not in text(client.get(reverse("builds"), **PAGE))
    given = {"dataset": dataset.slug, "number": "1.0", "reason": "x"}
    assert client.post(reverse("builds"), given, **PAGE).status_code == 403
    assert not Build.objects.exists()


# ------------------------------------------------------------------ watching


def test_a_running_build_shows_its_stages_and_asks_for_more(running):
    response = staff_client(Role.ADMIN).get(address(running), **PAGE)
    told = text(response)
    assert "Stage 1 of 8: collect" in told
    assert "1 of 2" in told
    assert f'hx-get="{reverse("build-progress", args=[running.pk])}"' in told
    assert 'http-equiv="refresh"' in told  # the way without a script


def test_the_moving_part_alone_is_answered_and_stops_with_the_build(running):
    client, where = staff_client(Role.ADMIN), reverse("build-progress", args=[running.pk])
    moving = client.get(where, headers={"HX-Request": "true"}, **PAGE)
    assert "<html" not in text(moving)
    assert "HX-Refresh" not in moving
    Build.objects.filter(pk=running.pk).update(state=Build.State.DONE, finished_at=timezone.now())
    over = client.get(where, headers={"HX-Request": "true"}, **PAGE)
    assert over["HX-Refresh"] == "true"
    assert "hx-get" not in text(over)


def test_who_was_signed_out_meanwhile_gets_the_whole_page_anew(running):
    where = reverse("build-progress", args=[running.pk])
    response = Client().get(where, headers={"HX-Request": "true"}, **PAGE)
    assert response["HX-Refresh"] == "true"


def test_shards_tell_attempts_and_the_last_error(running):
    where = reverse("build-shards", args=[running.pk, "collect"])
    response = staff_client(Role.ADMIN).get(where, **PAGE)
    assert "Timeout: too slow" in text(response)
    assert b"octo/&lt;cat&gt;" in response.content
    empty = staff_client(Role.ADMIN).get(reverse("build-shards", args=[running.pk, "card"]), **PAGE)
    assert "not planned yet" in text(empty)


def test_shards_take_as_many_queries_for_one_as_for_many(running):
    client, where = staff_client(Role.ADMIN), reverse("build-shards", args=[running.pk, "collect"])
    few = queries(client, where)
    for number in range(2, 30):
        shard(running, number, Shard.State.DONE)
    assert queries(client, where) == few


# ------------------------------------------------------------------ releasing


def test_a_candidate_shows_what_it_left_out_and_what_it_changes(candidate):
    told = text(staff_client(Role.STEWARD).get(address(candidate), **PAGE))
    assert "No licence" in told
    assert "+3" in told  # dropped against the parent: 7 now, 4 before
    assert "Difference against 1.0" in told
    assert "4.20 KB" in told
    assert "By a steward or an admin who did not start the build" in told


def test_removals_recorded_since_the_start_are_told(candidate):
    Removal.objects.create(
        dataset=candidate.version.dataset,
        kind="account",
        value="octo",
        recorded_at=timezone.now(),
        reason="asked",
    )
    told = text(staff_client(Role.STEWARD).get(address(candidate), **PAGE))
    assert "None was in force. 1 recorded since: the next version takes them in" in told


def buttons(client: Client, build) -> set[str]:
    """Acts that are offered to a visitor of the page."""
    told = client.get(address(build), **PAGE).content.decode()
    return {
        verb for verb in ("approve", "publish", "reject", "cancel") if f'value="{verb}"' in told
    }


def test_each_act_is_offered_only_to_who_may_do_it(candidate, starter):
    steward, admin = staff_client(Role.STEWARD), staff_client(Role.ADMIN)
    started = signed_in(starter, second_factor=True)
    assert buttons(steward, candidate) == {"approve", "reject"}
    assert buttons(admin, candidate) == {"approve", "reject"}
    assert buttons(started, candidate) == {"reject"}
    assert "You started this build" in text(started.get(address(candidate), **PAGE))
    assert buttons(staff_client(Role.AUDITOR), candidate) == set()
    approved(candidate)
    assert buttons(steward, candidate) == {"reject"}
    assert buttons(admin, candidate) == {"publish", "reject"}
    assert buttons(started, candidate) == {"reject"}


def test_a_running_build_can_only_be_cancelled_and_only_by_an_admin(running):
    assert buttons(staff_client(Role.ADMIN), running) == {"cancel"}
    assert buttons(staff_client(Role.STEWARD), running) == set()


def test_two_other_people_bring_a_version_out(candidate):
    steward, admin = staff_client(Role.STEWARD), staff_client(Role.ADMIN)
    said = looked(candidate) | {"do": "approve", "reason": "looked at it"}
    assert "is approved" in text(steward.post(address(candidate), said, follow=True, **PAGE))
    said = {"do": "publish", "reason": "due"}
    told = text(admin.post(address(candidate), said, follow=True, **PAGE))
    assert "Version 1.1 is published" in told
    assert "How it came out" in told
    assert catalogue.current(candidate.version.dataset).number == "1.1"


@pytest.mark.parametrize(
    ("verb", "state"), [("reject", State.REJECTED), ("approve", State.APPROVED)]
)
def test_a_decision_is_on_record_with_its_reason(candidate, verb, state):
    said = looked(candidate) | {"do": verb, "reason": "because"}
    staff_client(Role.STEWARD).post(address(candidate), said, **PAGE)
    candidate.version.refresh_from_db()
    assert candidate.version.state == state
    assert Entry.objects.get(action=f"version.{verb}").reason == "because"
    shown = text(staff_client(Role.STEWARD).get(address(candidate), **PAGE))
    assert f">{state.capitalize()}</span>" in shown


def test_a_build_is_cancelled(running):
    client = staff_client(Role.ADMIN)
    told = client.post(
        address(running), {"do": "cancel", "reason": "wrong set"}, follow=True, **PAGE
    )
    assert "The build was cancelled" in text(told)
    assert "wrong set" in text(told)
    assert "hx-get" not in text(told)


@pytest.mark.parametrize(
    ("role", "given", "status", "told"),
    [
        (Role.STEWARD, {"do": "approve", "reason": " "}, 409, "Give a reason to approve"),
        (Role.STEWARD, {"do": "publish", "reason": "x"}, 403, "Only an admin publishes"),
        (Role.ADMIN, {"do": "publish", "reason": "x"}, 409, "it must be approved"),
        (Role.ADMIN, {"do": "cancel", "reason": "x"}, 409, "This build is done"),
        (Role.AUDITOR, {"do": "approve", "reason": "x"}, 403, "Only a steward or an admin"),
        (Role.AUDITOR, {"do": "reject", "reason": "x"}, 403, "Only a steward or an admin"),
        (Role.ADMIN, {"do": "burn", "reason": "x"}, 422, "no such button"),
    ],
)
def test_what_is_refused_says_why_and_moves_nothing(candidate, role, given, status, told):
    response = staff_client(role).post(address(candidate), given, **PAGE)
    candidate.version.refresh_from_db()
    assert response.status_code == status
    assert told in text(response)
    assert candidate.version.state == State.CANDIDATE


def test_the_starter_neither_approves_nor_publishes(candidate, starter):
    client = signed_in(starter, second_factor=True)
    response = client.post(address(candidate), {"do": "approve", "reason": "fine"}, **PAGE)
    assert response.status_code == 403
    assert "somebody else must approve it" in text(response)
    approved(candidate)
    response = client.post(address(candidate), {"do": "publish", "reason": "fine"}, **PAGE)
    assert response.status_code == 403
    assert "another admin must publish it" in text(response)


@pytest.mark.parametrize("verb", ["approve", "publish", "reject"])
@pytest.mark.parametrize("state", [State.CANDIDATE, State.APPROVED, State.PUBLISHED])
@pytest.mark.parametrize("who", ["steward", "admin", "auditor", "starter", "approver"])
def test_what_the_page_offers_is_what_the_verb_allows(candidate, starter, who, state, verb):
    """`why_not` repeats the rules of the verbs for the reader: here they are held together."""
    version = candidate.version
    people = {each: UserFactory(role=Role(each)) for each in ("steward", "admin", "auditor")}
    people |= {"starter": starter, "approver": UserFactory(role=Role.ADMIN)}
    type(version).objects.filter(dataset=version.dataset).exclude(pk=version.pk).update(
        state=State.WITHDRAWN
    )
    version.state = state
    version.approved_by = people["approver"].pk if state != State.CANDIDATE else None
    version.save()
    acting = actor(people[who])
    said = catalogue.why_not(version, acting, verb)
    move = getattr(catalogue_services, f"{verb}_version")
    if verb == "publish":
        move = partial(move, checked=all_met)
    if said:
        with pytest.raises(GovernanceError):
            move(version_id=version.pk, actor=acting, reason="x", now=timezone.now())
    else:
        move(version_id=version.pk, actor=acting, reason="x", now=timezone.now())


# ------------------------------------------------------------------ the checklist and the notes


def test_each_line_of_the_checklist_stands_with_its_evidence_and_next_step(candidate):
    told = text(staff_client(Role.STEWARD).get(address(candidate), **PAGE))
    assert "1 piece of stage verify proved" in told
    assert "Not measured. No version before it was measured either" in told
    assert "Nobody reviewed the difference" in told
    assert "Next: A steward or an admin who did not start the build looks at it" in told
    assert told.count("Met</span>") == 3


def test_who_saw_another_difference_approves_nothing_and_is_shown_the_new_one(candidate):
    client = staff_client(Role.STEWARD)
    said = {"do": "approve", "reason": "fine", "digest": "0" * 64}
    told = client.post(address(candidate), said, **PAGE)
    assert told.status_code == 409
    assert "look at it again" in text(told)
    assert looked(candidate)["digest"] in text(told)
    candidate.version.refresh_from_db()
    assert candidate.version.state == State.CANDIDATE


def test_what_stands_against_it_is_said_and_the_old_version_stays(candidate):
    Shard.objects.filter(build=candidate, stage="verify").update(state=Shard.State.FAILED)
    approved(candidate)
    client = staff_client(Role.ADMIN)
    told = client.post(address(candidate), {"do": "publish", "reason": "due"}, **PAGE)
    assert told.status_code == 409
    assert "0 of 1 pieces of stage verify are proved" in text(told)
    assert catalogue.current(candidate.version.dataset).number == "1.0"


def test_not_measured_any_more_asks_both_with_a_box_of_its_own(candidate):
    parent = candidate.version.parent
    parent.stats = {"redaction_quality": {"classes": {"EMAIL": {"precision": 1, "recall": 1}}}}
    parent.save(update_fields=["stats"])
    first, second = staff_client(Role.STEWARD), staff_client(Role.ADMIN)
    assert 'name="accept"' in text(first.get(address(candidate), **PAGE))
    said = looked(candidate) | {"do": "approve", "reason": "fine", "accept": "on"}
    first.post(address(candidate), said, **PAGE)
    told = second.post(address(candidate), {"do": "publish", "reason": "due"}, **PAGE)
    assert told.status_code == 409
    told = second.post(
        address(candidate), {"do": "publish", "reason": "due", "accept": "on"}, **PAGE
    )
    assert told.status_code == 302
    acts = Entry.objects.filter(action="version.accept-unmeasured").order_by("id")
    assert [each.detail["act"] for each in acts] == ["approve", "publish"]


def test_notes_are_edited_until_it_is_out_and_name_nobody_who_was_removed(candidate):
    Removal.objects.create(
        dataset=candidate.version.dataset, kind="account", value="Octocat", reason="asked",
        aliases=["tentacle"], recorded_at=timezone.now(),
    )  # fmt: skip
    client = staff_client(Role.STEWARD)
    for name in ("octocat", "Tentacle"):
        told = client.post(address(candidate), {"do": "notes", "text": f"We lost {name}."}, **PAGE)
        assert told.status_code == 422
        assert "say how many rows left, never whose" in text(told)
    told = client.post(address(candidate), {"do": "notes", "text": "We lost octocats."}, **PAGE)
    assert told.status_code == 302
    approved(candidate)
    published = {"do": "publish", "reason": "due"}
    staff_client(Role.ADMIN).post(address(candidate), published, **PAGE)
    version = candidate.version
    where = {"namespace": version.dataset.namespace, "name": version.dataset.name}
    page = Client().get(reverse("dataset-difference", kwargs=where | {"number": "1.1"}), **PAGE)
    assert "We lost octocats." in text(page)
    told = client.post(address(candidate), {"do": "notes", "text": "Other."}, **PAGE)
    assert told.status_code == 409
    told = Client().get(reverse("manifest-note", kwargs=where | {"number": "1.1"}))
    assert version.manifest_sha256 in told.content.decode()


def test_what_was_approved_without_a_review_gets_one_by_itself(candidate):
    """As a version that was approved before reviews were kept."""
    catalogue_services.approve_version(
        version_id=candidate.version_id,
        actor=actor(UserFactory(role=Role.STEWARD)),
        reason="looked",
        now=timezone.now(),
    )
    client = staff_client(Role.STEWARD)
    assert 'value="review"' in text(client.get(address(candidate), **PAGE))
    said = looked(candidate) | {"do": "review", "reason": "Looked at it."}
    assert client.post(address(candidate), said, **PAGE).status_code == 302
    assert 'value="review"' not in text(client.get(address(candidate), **PAGE))
    told = staff_client(Role.ADMIN).post(
        address(candidate), {"do": "publish", "reason": "due"}, **PAGE
    )
    assert told.status_code == 302
