"""Which acceptance counts when: earlier ones stay good, end on a day, or at once."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from governance.access import files
from governance.access import selectors as access
from governance.audit.actors import STRANGER, Role
from governance.catalogue.selectors import Repository
from governance.errors import WrongStateError
from governance.terms import defaults, selectors, services
from governance.terms.models import Acceptance, TermsVersion
from governance.terms.standings import Kept, Rule, Standing, ends, stand
from tests.factories import (
    NOW,
    AcceptanceFactory,
    ArtefactFactory,
    TermsFactory,
    UserFactory,
    actor,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
TICK = timedelta(microseconds=1)


def publish(dataset, number, at=NOW, **told):
    return services.publish_terms(
        actor=actor(UserFactory(role=Role.ADMIN)),
        dataset=dataset,
        number=number,
        title=defaults.TITLE,
        summary=defaults.SUMMARY,
        clauses=defaults.CLAUSES,
        uses=defaults.USES,
        effective_at=at,
        reason="a word was unclear",
        now=NOW,
        **told,
    )


def accept(terms, who, now=NOW):
    return services.accept(
        actor=who,
        terms_id=terms.pk,
        ticked=[1, 2, 3, 4, 5],
        typed_name="Ada Lovelace",
        purpose="Measuring detectors.",
        now=now,
    )


@pytest.fixture
def file():
    return ArtefactFactory(path="data/a.parquet")


@pytest.fixture
def signed(file):
    """Terms 1.0, signed by somebody."""
    return AcceptanceFactory(terms__dataset=file.version.dataset)


def decision(file, who, at):
    """What the gate answers, by the query that stands before every byte."""
    dataset = file.version.dataset
    place = Repository(dataset.namespace, dataset.name)
    found = files.locate(who, place, f"v{file.version.number}", file.path, now=at)
    return access.decide(who, found.artefact, "download", at, known=found.terms)


def test_acceptances_that_stay_good_open_what_they_did(file, signed):
    publish(signed.terms.dataset, "1.1", earlier="good")
    told = decision(file, actor(signed.user), NOW + 999 * DAY)
    assert (told.allowed, told.valid_until, told.terms_version) == (True, None, "1.0")
    assert not decision(file, actor(UserFactory()), NOW).allowed


def test_downloads_stop_at_the_deadline_and_not_before(file, signed):
    end = NOW + 30 * DAY
    publish(signed.terms.dataset, "2.0", at=NOW + DAY, earlier="until", earlier_until=end)
    who = actor(signed.user)
    for at in (NOW, NOW + DAY, end - TICK):
        told = decision(file, who, at)
        assert (told.allowed, told.valid_until, told.terms_version) == (True, end, "1.0")
    refused = decision(file, who, end)
    assert (refused.allowed, refused.reasons) == (False, ("terms",))
    assert refused.missing_steps[0].title == "Sign terms 2.0"


def test_acceptances_that_end_at_once_end_when_the_new_terms_begin(file, signed):
    begin = NOW + DAY
    publish(signed.terms.dataset, "2.0", at=begin, earlier="end")
    who = actor(signed.user)
    assert decision(file, who, begin - TICK).valid_until == begin
    assert not decision(file, who, begin).allowed


def test_what_was_signed_ahead_takes_over_without_a_gap(file, signed):
    begin, end = NOW + DAY, NOW + 9 * DAY
    ahead = publish(signed.terms.dataset, "2.0", at=begin, earlier="until", earlier_until=end)
    who = actor(signed.user)
    accept(ahead, who)
    assert decision(file, who, NOW)[-1] is None
    assert decision(file, who, NOW).terms_version == "1.0"
    assert decision(file, who, begin).terms_version == "2.0"
    assert decision(file, who, end).allowed


def test_terms_of_tomorrow_open_nothing_today(file):
    terms = TermsFactory(dataset=file.version.dataset)
    ahead = publish(terms.dataset, "2.0", at=NOW + DAY)
    who = actor(UserFactory())
    accept(ahead, who)
    assert not decision(file, who, NOW).allowed
    assert decision(file, who, NOW + DAY).allowed


def test_a_later_version_never_lengthens_an_end_that_was_set(file, signed):
    dataset = signed.terms.dataset
    first_end = NOW + 10 * DAY
    publish(dataset, "2.0", earlier="until", earlier_until=first_end)
    publish(dataset, "2.1", at=NOW + DAY, earlier="until", earlier_until=NOW + 90 * DAY)
    publish(dataset, "2.2", at=NOW + 2 * DAY, earlier="good")
    ends_at = dict(TermsVersion.objects.values_list("number", "accepted_until"))
    assert ends_at == {"1.0": first_end, "2.0": NOW + 90 * DAY, "2.1": None, "2.2": None}
    assert not decision(file, actor(signed.user), first_end).allowed


def test_a_version_put_before_one_that_waits_obeys_that_one_s_rule(signed):
    dataset = signed.terms.dataset
    publish(dataset, "2.0", at=NOW + 9 * DAY, earlier="end")
    urgent = publish(dataset, "1.1", at=NOW, earlier="good")
    urgent.refresh_from_db()
    assert urgent.accepted_until == NOW + 9 * DAY


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ({"at": NOW - DAY}, "in the past"),
        ({"number": "1.0"}, "published already"),
        ({"earlier": "until"}, "deadline belongs"),
        ({"earlier": "good", "earlier_until": NOW + DAY}, "deadline belongs"),
        ({"earlier": "until", "earlier_until": NOW}, "must come after"),
        ({"at": NOW + DAY, "earlier": "until", "earlier_until": NOW + DAY}, "must come after"),
        ({"earlier": "perhaps"}, "good, until or end"),
    ],
)
def test_dates_that_can_not_be_kept_are_refused(signed, told, sentence):
    with pytest.raises(WrongStateError, match=sentence):
        publish(signed.terms.dataset, **({"number": "1.1"} | told))
    assert TermsVersion.objects.count() == 1


def test_two_versions_never_begin_at_one_moment(signed):
    publish(signed.terms.dataset, "1.1")
    with pytest.raises(WrongStateError, match="very moment"):
        publish(signed.terms.dataset, "1.2")


def test_the_database_holds_a_deadline_after_the_beginning():
    with pytest.raises(IntegrityError), transaction.atomic():
        TermsFactory(earlier="until", earlier_until=NOW, effective_at=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        TermsFactory(earlier="good", earlier_until=NOW)


def test_one_acceptance_a_person_and_version_even_when_the_account_is_gone(signed):
    number = signed.user.pk
    signed.user.delete()
    kept = Acceptance.objects.get()
    assert (kept.user, kept.person) == (None, number)
    with pytest.raises(IntegrityError), transaction.atomic():
        AcceptanceFactory(terms=signed.terms, person=number)


def test_a_stranger_stands_nowhere(file, signed):
    assert not decision(file, STRANGER, NOW).allowed
    signed.user.delete()  # an acceptance without an account is nobody's
    assert not decision(file, STRANGER, NOW).allowed
    told = selectors.standings(user_id=None, now=NOW)[signed.terms.dataset_id]
    assert (told.number, told.accepted, told.signed) == ("1.0", False, "")
    assert told.sha256 == signed.terms.text_sha256


# ------------------------------------------------------------------ the pure half

OFFSETS = st.integers(-5, 5)
VERSIONS = st.lists(
    st.tuples(OFFSETS, st.sampled_from(["good", "until", "end"]), st.integers(1, 6), st.booleans()),
    max_size=5,
    unique_by=lambda each: each[0],
)


def kept(drawn):
    rules = [
        Rule(NOW + at * DAY, rule, NOW + (at + more) * DAY if rule == "until" else None)
        for at, rule, more, _ in drawn
    ]
    return [
        Kept(f"n{at}", rule.effective_at, ends(rule.effective_at, rules), signed, f"{at:064d}")
        for (at, _, _, signed), rule in zip(drawn, rules, strict=True)
    ]


@given(VERSIONS)
def test_until_is_just_when_a_yes_turns_into_a_no(drawn):
    versions = kept(drawn)
    told = stand(versions, now=NOW)
    moments = sorted(
        {NOW, *(at for each in versions for at in each[1:3] if at is not None and at > NOW)}
    )
    answers = [(at, stand(versions, now=at).accepted) for at in moments]
    first_no = next((at for at, accepted in answers if not accepted), None)
    assert told.accepted == answers[0][1]
    if told.accepted:
        assert told.until == first_no


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(VERSIONS, st.integers(-6, 12))
def test_the_gate_s_query_the_lists_and_the_pure_rule_agree(drawn, at):
    now = NOW + at * DAY
    with transaction.atomic():
        file, user = ArtefactFactory(), UserFactory()
        dataset = file.version.dataset
        rows = zip(kept(drawn), drawn, strict=True)
        for each, (_, _, _, signed) in rows:
            terms = TermsFactory(
                dataset=dataset,
                number=each.number,
                effective_at=each.effective_at,
                accepted_until=each.accepted_until,
                text_sha256=each.sha256,
            )
            if signed:
                AcceptanceFactory(user=user, terms=terms)
        expected = stand(kept(drawn), now=now)
        place = Repository(dataset.namespace, dataset.name)
        located = files.locate(actor(user), place, f"v{file.version.number}", file.path, now=now)
        one = selectors.standing(user_id=user.pk, dataset_id=dataset.pk, now=now)
        many = selectors.standings(user_id=user.pk, now=now)
        counts = selectors.counting(user_id=user.pk, now=now).filter(terms__dataset=dataset)
        assert one == expected
        settled = any(
            each.signed and each.effective_at <= now and each.accepted_until is None
            for each in kept(drawn)
        )
        assert located.terms == (expected if settled else None)
        assert many.get(dataset.pk, Standing("", accepted=False)) == expected
        force = located.in_force
        assert force.number == expected.number
        if settled or not expected.accepted:
            assert (located.terms or force).sha256 == expected.sha256
        assert counts.exists() == expected.accepted
        transaction.set_rollback(True)
