"""The checklist before a publication: computed, shown, and asked for under the lock."""

from datetime import timedelta

import pytest
from django.db.models import F

from governance.audit.actors import Role
from governance.audit.models import Entry
from governance.catalogue import comparing, services
from governance.catalogue.checklist import ChecklistError, Mark
from governance.catalogue.models import Judgement, SignedManifest, Version
from governance.errors import NotPermittedError, WrongStateError
from governance.removals.models import Removal
from pipeline.engine import publishing
from pipeline.engine.models import Shard
from tests.factories import NOW, UserFactory, VersionFactory, actor, all_met, built

pytestmark = pytest.mark.django_db
FIGURES = {"EMAIL": {"precision": 0.98, "recall": 0.95}}


@pytest.fixture
def people():
    return {
        "builder": actor(UserFactory(role=Role.ADMIN)),
        "steward": actor(UserFactory(role=Role.STEWARD, name="Stella Steward")),
        "admin": actor(UserFactory(role=Role.ADMIN, name="Ada Admin")),
    }


@pytest.fixture
def candidate(people):
    """A version that may come out, after one that is out."""
    parent = VersionFactory(number="1.0")
    made = VersionFactory(
        dataset=parent.dataset,
        number="1.1",
        state="candidate",
        parent=parent,
        started_by=people["builder"].user_id,
        published_at=None,
        difference={"unchanged": 1},
    )
    built(made)
    return made


def lines(version, **more):
    version = Version.objects.select_related("dataset").get(pk=version.pk)
    return {item.code: item for item in publishing.checklist(version, now=NOW, **more)}


def approve(version, who, **more):
    return publishing.approve_version(
        version_id=version.pk, actor=who, reason="It is as it should be.", now=NOW, **more
    )


def publish(version, who, **more):
    return publishing.publish_version(
        version_id=version.pk, actor=who, reason="Due today.", now=NOW, **more
    )


def refused(version, who, **more):
    with pytest.raises(ChecklistError) as caught:
        publish(version, who, **more)
    assert Version.objects.get(pk=version.pk).state == "approved"
    assert Version.objects.get(number="1.0").state == "published"
    return [step.code for step in caught.value.steps]


def measured(version, classes):
    version.stats = {"redaction_quality": {"classes": classes}}
    version.save(update_fields=["stats"])


def test_all_is_met_and_it_comes_out_with_its_checklist_and_a_signature_on_record(
    candidate, people
):
    measured(candidate, FIGURES)
    approve(candidate, people["steward"])
    assert [item.mark for item in lines(candidate).values()] == [Mark.MET] * 5
    publish(candidate, people["admin"])
    entry = Entry.objects.get(action="version.publish")
    assert entry.detail["checklist"] == dict.fromkeys(lines(candidate), "met")
    assert SignedManifest.objects.get().version_id == candidate.pk


def test_a_line_that_nobody_computed_is_no_yes(candidate, people):
    approve(candidate, people["steward"])
    for missing in range(5):
        with pytest.raises(ValueError, match="not computed"):
            services.publish_version(
                version_id=candidate.pk,
                actor=people["admin"],
                reason="x",
                now=NOW,
                checked=lambda v, at=missing: all_met(v)[:at] + all_met(v)[at + 1 :],
            )
    assert Version.objects.get(pk=candidate.pk).state == "approved"


# ------------------------------------------------------------------ verified


@pytest.mark.parametrize("state", [Shard.State.TO_DO, Shard.State.FAILED])
def test_one_piece_that_is_not_proved_stands_against_it(candidate, people, state):
    approve(candidate, people["steward"])
    Shard.objects.create(
        build_id=candidate.build, stage="verify", number=1, label="x", ref="verify/x", params={},
        state=state,
    )  # fmt: skip
    assert "1 of 2 pieces" in lines(candidate)["verify"].evidence
    assert refused(candidate, people["admin"]) == ["verify"]


def test_a_build_without_the_stage_is_not_proved(candidate, people):
    approve(candidate, people["steward"])
    Shard.objects.all().delete()
    assert refused(candidate, people["admin"]) == ["verify"]


# ------------------------------------------------------------------ removals


def removal(dataset, days, value="octo/secret", **more):
    return Removal.objects.create(
        dataset=dataset, kind="repository", value=value, recorded_at=NOW - timedelta(days=days),
        reason="asked", **more,
    )  # fmt: skip


def test_a_removal_that_waits_too_long_stands_against_it_and_is_not_named(candidate, people):
    approve(candidate, people["steward"])
    removal(candidate.dataset, 15)
    line = lines(candidate)["removals"]
    assert line.mark is Mark.OPEN
    assert "octo" not in f"{line}"
    assert refused(candidate, people["admin"]) == ["removals"]


def test_a_young_one_waits_for_the_next_version(candidate, people):
    approve(candidate, people["steward"])
    removal(candidate.dataset, 13)
    assert "1 recorded since" in lines(candidate)["removals"].evidence
    publish(candidate, people["admin"])


def test_what_the_build_applied_waits_for_nothing_unless_it_was_widened(candidate, people):
    found = removal(candidate.dataset, 90)
    build = candidate.made_by
    build.brief["removals"] = [{"kind": "repository", "value": "octo/secret"}]
    build.save()
    approve(candidate, people["steward"])
    assert lines(candidate)["removals"].mark is Mark.MET
    found.aliases = ["octo/renamed"]
    found.save()
    assert refused(candidate, people["admin"]) == ["removals"]


# ------------------------------------------------------------------ redaction


def test_never_measured_is_never_met_and_two_people_answer_for_it(candidate, people):
    """A first publication can come out; the record says that nobody measured, and who said so."""
    approve(candidate, people["steward"])
    line = lines(candidate)["redaction"]
    assert line.mark is Mark.UNMEASURED
    assert line.evidence.startswith("Not measured.")
    publish(candidate, people["admin"])
    told = Entry.objects.filter(action="version.accept-unmeasured").order_by("id")
    assert [(each.detail["act"], each.reason) for each in told] == [
        ("approve", "It is as it should be."),
        ("publish", "Due today."),
    ]
    assert Entry.objects.get(action="version.publish").detail["checklist"]["redaction"] == (
        "not_measured"
    )


def test_no_longer_measured_needs_both_to_say_so(candidate, people):
    measured(candidate.parent, FIGURES)
    approve(candidate, people["steward"])
    assert refused(candidate, people["admin"], accepts=["redaction"]) == ["redaction"]


def test_the_approver_alone_is_not_enough(candidate, people):
    measured(candidate.parent, FIGURES)
    approve(candidate, people["steward"], accepts=["redaction"])
    assert refused(candidate, people["admin"]) == ["redaction"]
    publish(candidate, people["admin"], accepts=["redaction"])
    said = Judgement.objects.filter(kind="accept").order_by("id")
    assert [each.by_name for each in said] == ["Stella Steward", "Ada Admin"]


@pytest.mark.parametrize(
    ("now", "told"),
    [
        ({"EMAIL": {"precision": 0.97, "recall": 0.95}}, "precision of EMAIL 0.970, it was 0.980"),
        ({"EMAIL": {"precision": 0.98}}, "recall of EMAIL: not measured"),
        ({"KEY": {"precision": 1.0, "recall": 1.0}}, "precision of EMAIL: not measured"),
    ],
)
def test_below_the_last_figures_stands_against_it_whatever_people_accept(
    candidate, people, now, told
):
    measured(candidate.parent, FIGURES)
    measured(candidate, now)
    approve(candidate, people["steward"], accepts=["redaction"])
    assert told in lines(candidate)["redaction"].evidence
    assert refused(candidate, people["admin"], accepts=["redaction"]) == ["redaction"]


def test_the_last_figures_count_over_a_version_that_had_none(candidate, people):
    older = VersionFactory(dataset=candidate.dataset, number="0.9", superseded=True)
    measured(older, FIGURES)
    Version.objects.filter(pk=older.pk).update(published_at=F("published_at") - timedelta(days=90))
    assert lines(candidate)["redaction"].blocks


# ------------------------------------------------------------------ card, difference


def test_a_card_that_lacks_a_section_stands_against_it(candidate, people):
    candidate.card = candidate.card.replace("## Licences\n\nTold.\n", "## Licences\n\n")
    candidate.save()
    approve(candidate, people["steward"])
    assert "Licences" in lines(candidate)["card"].evidence
    assert refused(candidate, people["admin"]) == ["card"]


def test_a_review_is_of_one_difference_and_no_other(candidate, people):
    approve(candidate, people["steward"])
    assert lines(candidate)["difference"].mark is Mark.MET
    Version.objects.filter(pk=candidate.pk).update(difference={"unchanged": 2})
    assert refused(candidate, people["admin"]) == ["difference"]


def test_somebody_looked_at_another_difference_and_approves_nothing(candidate, people):
    with pytest.raises(WrongStateError, match="look at it again"):
        approve(candidate, people["steward"], digest="0" * 64)
    assert Version.objects.get(pk=candidate.pk).state == "candidate"
    assert not Judgement.objects.exists()


def test_the_builder_reviews_nothing(candidate, people):
    with pytest.raises(NotPermittedError, match="started this build"):
        services.review_difference(
            version_id=candidate.pk,
            actor=people["builder"],
            digest=comparing.digest_of(candidate.difference),
            reason="x",
            now=NOW,
        )


def test_what_the_builder_said_is_no_review_however_it_came_there(candidate, people):
    approve(candidate, people["steward"])
    digest = comparing.digest_of({"unchanged": 2})
    Version.objects.filter(pk=candidate.pk).update(difference={"unchanged": 2})
    Judgement.objects.create(
        version=candidate, kind="review", item="difference", digest=digest, at=NOW,
        by=people["builder"].user_id, by_name="Builder", reason="mine",
    )  # fmt: skip
    assert refused(candidate, people["admin"]) == ["difference"]


def test_a_review_beside_the_approval_counts_and_again_is_no_work(candidate, people):
    for _ in range(2):
        services.review_difference(
            version_id=candidate.pk,
            actor=people["admin"],
            digest=comparing.digest_of(candidate.difference),
            reason="Looked at it.",
            now=NOW,
        )
    assert "Ada Admin" in lines(candidate)["difference"].evidence
    assert Entry.objects.filter(action="version.review").count() == 1


def test_the_checklist_asks_a_fixed_number_of_questions(
    candidate, people, django_assert_max_num_queries
):
    for number in range(5):
        removal(candidate.dataset, 1, value=f"octo/{number}")
    version = Version.objects.select_related("dataset").get(pk=candidate.pk)
    with django_assert_max_num_queries(7):
        publishing.checklist(version, now=NOW)
