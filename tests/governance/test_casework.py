"""Drafts, returns, two reviewers, notes, nudges: an application between its two sides."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from governance.access import applied, services
from governance.access.models import Application, Exchange, Grant, Note
from governance.audit.actors import Limits, Role
from governance.audit.models import Entry
from governance.errors import InvalidError, MissingError, NotPermittedError, WrongStateError
from governance.notices import services as notices
from governance.notices.models import Message
from tests.factories import (
    ANSWERS,
    NOW,
    ApplicationFactory,
    MemberFactory,
    UserFactory,
    actor,
)

pytestmark = pytest.mark.django_db
ENDS = NOW + timedelta(days=30)
DAY = timedelta(days=1)


@pytest.fixture
def stewards():
    return [actor(UserFactory(role=Role.STEWARD)) for _ in range(3)]


@pytest.fixture
def found():
    application = ApplicationFactory(submitted_at=NOW, target_at=NOW + 14 * DAY)
    application.tier.reviewers = 2
    application.tier.save()
    return application


def does(verb, application, who, **told):
    return getattr(services, verb)(
        **{"application_id": application.pk, "actor": who, "now": NOW} | told
    )


def approve(application, who, **told):
    return does("approve_application", application, who, **{"ends": ENDS, "reason": "fits"} | told)


def told_of(kind):
    notices.make_from_record(now=NOW)
    found = Message.objects.filter(kind=kind, channel="mail")
    return set(found.values_list("email", flat=True))


# ------------------------------------------------------------------ drafts


def test_a_draft_is_continued_and_sent_and_stands_in_the_record_only_then(found):
    who = actor(UserFactory())
    draft = services.draft_application(
        actor=who, tier=found.tier, answers={"purpose": "later"}, now=NOW
    )
    assert not Entry.objects.exists()
    with pytest.raises(InvalidError):
        does("submit_application", draft, who)
    does("save_draft", draft, who, answers=ANSWERS)
    sent = does("submit_application", draft, who, now=NOW + DAY)
    assert (sent.state, sent.submitted_at) == ("submitted", NOW + DAY)
    assert sent.target_at == NOW + 15 * DAY
    assert Entry.objects.get().action == "application.submit"


def test_nobody_else_knows_of_a_draft(stewards):
    draft = ApplicationFactory(draft=True)
    for verb in ("take_application", "note_application", "reject_application"):
        words = {"note_application": {"text": "x"}, "reject_application": {"reason": "x"}}
        with pytest.raises(MissingError):
            does(verb, draft, stewards[0], **words.get(verb, {}))
    with pytest.raises(MissingError):
        applied.readable_application(draft.number, actor=stewards[0], now=NOW)
    assert applied.count_by_state(stewards[0], now=NOW) == {}


def test_what_was_sent_can_not_be_changed(found):
    with pytest.raises(WrongStateError, match="can't be changed"):
        does("save_draft", found, actor(found.applicant), answers=ANSWERS)


def test_a_draft_is_sent_against_the_questions_of_that_day(found):
    who = actor(UserFactory())
    draft = services.draft_application(actor=who, tier=found.tier, answers=ANSWERS, now=NOW)
    found.tier.form = [*found.tier.form, {"name": "new", "label": "New?", "kind": "text",
                                          "required": True}]  # fmt: skip
    found.tier.save()
    with pytest.raises(InvalidError) as refused:
        does("submit_application", draft, who)
    assert list(refused.value.fields) == ["new"]


@pytest.mark.parametrize(
    ("limits", "lets"),
    [
        (Limits("ci"), False),
        (Limits("ci", scope="act"), True),
        (Limits("ci", dataset="x/y", scope="act"), False),
    ],
)
def test_a_token_applies_only_with_the_scope_to_act(found, limits, lets):
    who = actor(UserFactory(), token=limits)
    told = {"actor": who, "tier": found.tier, "answers": ANSWERS, "now": NOW}
    if lets:
        assert services.apply(**told).state == "submitted"
    else:
        with pytest.raises(NotPermittedError, match="token"):
            services.apply(**told)


# ------------------------------------------------------------------ sent back with questions


def test_a_returned_one_is_answered_and_keeps_its_place_and_its_days(found, stewards):
    younger = ApplicationFactory(tier=found.tier, submitted_at=NOW + timedelta(hours=1))
    does("return_application", found, stewards[0], questions="Who else?", now=NOW + DAY)
    assert told_of("application.return") == {found.applicant.email}
    found.refresh_from_db()
    assert (found.state, found.answer_by) == ("returned", NOW + DAY + 42 * DAY)
    who = actor(found.applicant)
    later = NOW + 8 * DAY  # a week: five working days
    with pytest.raises(InvalidError):
        does("answer_application", found, who, reply="  ", now=later)
    does("answer_application", found, who, reply="Nobody.", now=later)
    found.refresh_from_db()
    assert found.target_at == NOW + 21 * DAY
    assert found.expires_at == NOW + 49 * DAY
    places = {each.pk: each.place for each in applied.queue(stewards[0], applied.Chosen(), now=NOW)}
    assert places == {found.pk: 1, younger.pk: 2}
    assert Exchange.objects.get().reply == "Nobody."
    assert told_of("application.answer") == {each.email for each in stewards}


def test_one_that_was_late_when_it_was_returned_stays_late(found, stewards):
    late = NOW + 20 * DAY
    does("return_application", found, stewards[0], questions="Why?", now=late)
    does("answer_application", found, actor(found.applicant), reply="So.", now=late + 7 * DAY)
    found.refresh_from_db()
    assert found.target_at == NOW + 14 * DAY


def test_an_earlier_yes_does_not_count_for_what_was_changed(found, stewards):
    assert approve(found, stewards[0]) is None
    does("return_application", found, stewards[1], questions="Why?")
    does("answer_application", found, actor(found.applicant), reply="So.")
    assert approve(found, stewards[2]) is None
    assert approve(found, stewards[0]) is not None


# ------------------------------------------------------------------ reviewers


def test_two_different_reviewers_say_yes_and_the_earlier_end_counts(found, stewards):
    assert approve(found, stewards[0], ends=NOW + 20 * DAY) is None
    assert not Grant.objects.exists()
    assert Entry.objects.get().action == "application.endorse"
    assert told_of("application.endorse") == {each.email for each in stewards[1:]}
    with pytest.raises(WrongStateError, match="another reviewer"):
        approve(found, stewards[0])
    grant = approve(found, stewards[1])
    assert grant.ends == NOW + 20 * DAY
    found.refresh_from_db()
    assert (found.state, found.decided_by) == ("approved", stewards[1].user_id)


def test_one_no_is_enough(found, stewards):
    approve(found, stewards[0])
    does("reject_application", found, stewards[1], reason="No measures.")
    with pytest.raises(WrongStateError, match="already rejected"):
        approve(found, stewards[2])
    assert not Grant.objects.exists()


def test_nobody_decides_for_a_group_that_they_are_in(found):
    by_account, by_address = UserFactory(role=Role.STEWARD), UserFactory(role=Role.STEWARD)
    MemberFactory(application=found, user=by_account)
    MemberFactory(application=found, email=by_address.email)
    for user in (by_account, by_address):
        for verb, told in (
            ("approve_application", {"ends": ENDS, "reason": "fits"}),
            ("reject_application", {"reason": "no"}),
            ("return_application", {"questions": "why"}),
            ("take_application", {}),
            ("note_application", {"text": "mine"}),
        ):
            with pytest.raises(NotPermittedError, match="group that they are in"):
                does(verb, found, actor(user), **told)


def test_an_approval_needs_every_required_answer(found, stewards):
    found.answers = ANSWERS | {"ethics": ""}
    found.save()
    with pytest.raises(InvalidError) as refused:
        approve(found, stewards[0])
    assert list(refused.value.fields) == ["ethics"]


def test_all_stewards_but_the_applicant_are_told_of_a_submission(found, stewards):
    """The one who applies is a steward as well; the others hear of it, and not they alone."""
    applicant = UserFactory(role=Role.STEWARD)
    services.apply(actor=actor(applicant), tier=found.tier, answers=ANSWERS, now=NOW)
    notices.make_from_record(now=NOW)
    told = Message.objects.filter(channel="mail", url__startswith="/steward/")
    assert set(told.values_list("email", flat=True)) == {each.email for each in stewards}


def test_an_application_is_taken_handed_on_and_given_back(found, stewards):
    first, second, _ = stewards
    does("take_application", found, first)
    with pytest.raises(WrongStateError, match="already"):
        does("take_application", found, first)
    mine = applied.Chosen(mine=True)
    assert [each.pk for each in applied.queue(first, mine, now=NOW)] == [found.pk]
    does("hand_on_application", found, first, to=second.user_id, note="You know the field.")
    assert told_of("application.hand") == {second.email}
    assert Note.objects.get().text == "You know the field."
    with pytest.raises(WrongStateError, match="do not look after"):
        does("give_back_application", found, first)
    does("give_back_application", found, second)
    free = applied.Chosen(free=True)
    assert [each.pk for each in applied.queue(first, free, now=NOW)] == [found.pk]


@pytest.mark.parametrize("who", ["applicant", "researcher", "themselves"])
def test_it_is_handed_to_reviewers_without_a_part_in_it(found, stewards, who):
    does("take_application", found, stewards[0])
    to = {"applicant": found.applicant_id, "researcher": UserFactory().pk,
          "themselves": stewards[0].user_id}[who]  # fmt: skip
    with pytest.raises((InvalidError, WrongStateError)):
        does("hand_on_application", found, stewards[0], to=to, note="")


def test_notes_stand_in_no_entry_and_are_told_to_nobody(found, stewards):
    does("note_application", found, stewards[0], text="I know their supervisor.")
    entry = Entry.objects.select_related("person").get()
    assert "supervisor" not in str([vars(entry), vars(entry.person)])
    assert entry.person.concerns is None
    notices.make_from_record(now=NOW)
    assert not Message.objects.exists()


def test_many_are_decided_at_once_and_a_bad_one_costs_itself(found, stewards):
    steward = stewards[0]
    others = [ApplicationFactory() for _ in range(2)]
    own = ApplicationFactory(applicant_id=steward.user_id)
    done = services.decide_many(
        numbers=[others[0].number, own.number, "GH-1", others[1].number],
        actor=steward,
        verb="reject",
        reason="The programme is closed.",
        now=NOW,
    )
    assert [each.done for each in done] == ["rejected", "", "", "rejected"]
    assert [type(each.error) for each in done[1:3]] == [NotPermittedError, MissingError]
    assert Entry.objects.filter(action="application.reject").count() == 2
    with pytest.raises(InvalidError):
        services.decide_many(numbers=[], actor=steward, verb="reject", reason="x", now=NOW)
    with pytest.raises(InvalidError):
        services.decide_many(
            numbers=[found.number], actor=steward, verb="approve", reason="x", now=NOW
        )


def test_the_database_itself_refuses_a_decision_about_oneself(found):
    with pytest.raises(IntegrityError), transaction.atomic():
        Application.objects.filter(pk=found.pk).update(decided_by=found.applicant_id)


# ------------------------------------------------------------------ the applicant meanwhile


def test_a_nudge_a_week_is_told_to_the_stewards(found, stewards):
    who = actor(found.applicant)
    does("nudge_application", found, who)
    with pytest.raises(WrongStateError, match="you may again on"):
        does("nudge_application", found, who, now=NOW + 7 * DAY - timedelta(seconds=1))
    does("nudge_application", found, who, now=NOW + 7 * DAY)
    assert told_of("application.nudge") == {each.email for each in stewards}


def test_place_and_age_are_those_of_the_queue(found):
    ApplicationFactory(tier=found.tier, submitted_at=NOW - DAY)
    ApplicationFactory(submitted_at=NOW - DAY)  # of another dataset
    ApplicationFactory(tier=found.tier, submitted_at=NOW - DAY, state="returned")
    mine = applied.own_application(found.number, actor=actor(found.applicant), now=NOW)
    assert (mine.place, mine.queued) == (2, 2)


@pytest.mark.parametrize("state", ["rejected", "withdrawn", "expired", "revoked"])
def test_answers_are_copied_to_apply_again(found, state):
    MemberFactory(application=found, email="pia@example.org")
    found.state = state
    found.save()
    again = does("apply_again", found, actor(found.applicant))
    assert (again.state, again.answers, again.previous) == ("draft", ANSWERS, found)
    assert list(again.members.values_list("email", flat=True)) == ["pia@example.org"]


def test_what_waits_or_is_open_is_not_repeated(found):
    with pytest.raises(WrongStateError, match="nothing to repeat"):
        does("apply_again", found, actor(found.applicant))
