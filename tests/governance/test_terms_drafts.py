"""Terms are drafted by admins, compared, and published once for good."""

from datetime import timedelta

import pytest

from governance.audit.actors import Role
from governance.audit.models import Entry
from governance.errors import InvalidError, MissingError, NotPermittedError, WrongStateError
from governance.terms import defaults, selectors, services
from governance.terms.models import TermsDraft, TermsVersion
from governance.terms.services import Written
from governance.terms.texts import ClauseSpec
from tests.factories import NOW, DatasetFactory, TermsDraftFactory, TermsFactory, UserFactory, actor

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def admin():
    return actor(UserFactory(role=Role.ADMIN))


def written(**told):
    whole = Written(
        number="2.0",
        title=defaults.TITLE,
        summary="Shorter.",
        clauses=defaults.CLAUSES[:2],
        uses=[],
        effective_at=None,
        earlier="until",
        earlier_until=NOW + 30 * DAY,
        reason="Two clauses are enough.",
    )
    return whole._replace(**told)


def publish(draft, admin, **told):
    asked = {"revision": draft.revision, "confirmation": draft.number, "now": NOW} | told
    return services.publish_draft(actor=admin, dataset=draft.dataset, **asked)


def test_a_draft_begins_as_a_copy_of_the_newest_terms(admin):
    terms = TermsFactory(number="1.4")
    draft = services.start_draft(actor=admin, dataset=terms.dataset, now=NOW)
    assert (draft.number, draft.earlier) == ("1.5", "until")
    assert draft.earlier_until - NOW == 30 * DAY
    assert [each["law"] for each in draft.clauses] == [each.law for each in terms.clauses.all()]
    assert services.start_draft(actor=admin, dataset=terms.dataset, now=NOW + DAY) == draft
    assert TermsVersion.objects.get() == terms


def test_a_dataset_without_terms_starts_with_some_that_can_be_published(admin):
    draft = services.start_draft(actor=admin, dataset=DatasetFactory(), now=NOW)
    draft = services.save_draft(
        actor=admin,
        dataset=draft.dataset,
        written=written(number="1.0", clauses=defaults.CLAUSES, earlier="good", earlier_until=None),
        revision=draft.revision,
        now=NOW,
    )
    assert publish(draft, admin).number == "1.0"
    assert selectors.in_force(draft.dataset, now=NOW).number == "1.0"


def test_a_draft_may_be_unfinished_and_can_not_be_published_then(admin):
    draft = services.start_draft(actor=admin, dataset=TermsFactory().dataset, now=NOW)
    unfinished = written(clauses=[ClauseSpec("", "", "")])
    draft = services.save_draft(
        actor=admin, dataset=draft.dataset, written=unfinished, revision=1, now=NOW
    )
    with pytest.raises(InvalidError) as refused:
        publish(draft, admin)
    assert set(refused.value.fields) == {"clause_1_title", "clause_1_law", "clause_1_plain"}
    assert TermsDraft.objects.exists()
    assert TermsVersion.objects.count() == 1


def test_two_admins_do_not_overwrite_one_another(admin):
    draft = TermsDraftFactory()
    other = actor(UserFactory(role=Role.ADMIN))
    services.save_draft(
        actor=other, dataset=draft.dataset, written=written(title="Theirs"), revision=1, now=NOW
    )
    with pytest.raises(WrongStateError, match="meanwhile"):
        services.save_draft(
            actor=admin, dataset=draft.dataset, written=written(title="Mine"), revision=1, now=NOW
        )
    assert TermsDraft.objects.get().title == "Theirs"
    with pytest.raises(WrongStateError, match="look at it again"):
        publish(draft, admin)


def test_publishing_takes_the_text_that_was_drafted_and_ends_the_draft(admin):
    draft = TermsDraftFactory(earlier="until", earlier_until=NOW + 9 * DAY)
    before = TermsFactory(dataset=draft.dataset)
    made = publish(draft, admin)
    assert [each.law for each in made.clauses.all()] == [each["law"] for each in draft.clauses]
    assert (made.effective_at, made.earlier_until) == (NOW, NOW + 9 * DAY)
    before.refresh_from_db()
    assert before.accepted_until == NOW + 9 * DAY
    assert not TermsDraft.objects.exists()
    with pytest.raises(MissingError):
        publish(draft, admin)
    entry = Entry.objects.get(action="terms.publish")
    assert (entry.reason, entry.detail["earlier"]) == (draft.reason, "until")


@pytest.mark.parametrize(
    ("told", "sent", "field"),
    [
        ({}, {"confirmation": "yes"}, "confirmation"),
        ({}, {"confirmation": ""}, "confirmation"),
        ({"reason": " "}, {}, "reason"),
    ],
)
def test_nothing_is_published_by_a_slip(admin, told, sent, field):
    draft = TermsDraftFactory(**told)
    with pytest.raises(InvalidError) as refused:
        publish(draft, admin, **sent)
    assert list(refused.value.fields) == [field]
    assert not TermsVersion.objects.exists()


def test_a_deadline_that_has_passed_while_the_draft_lay_there_is_refused(admin):
    draft = TermsDraftFactory(earlier="until", earlier_until=NOW + DAY)
    with pytest.raises(WrongStateError, match="deadline"):
        publish(draft, admin, now=NOW + 2 * DAY)


@pytest.mark.parametrize("role", [None, Role.STEWARD, Role.AUDITOR])
def test_only_an_admin_drafts(role):
    draft = TermsDraftFactory()
    who = actor(UserFactory(role=role))
    for verb in (
        lambda: services.start_draft(actor=who, dataset=draft.dataset, now=NOW),
        lambda: services.save_draft(
            actor=who, dataset=draft.dataset, written=written(), revision=1, now=NOW
        ),
        lambda: services.discard_draft(actor=who, dataset=draft.dataset, reason="", now=NOW),
        lambda: publish(draft, who),
    ):
        with pytest.raises(NotPermittedError):
            verb()
    assert not Entry.objects.exists()


def test_bounds_hold_for_what_is_merely_kept(admin):
    draft = TermsDraftFactory()
    for told in (
        {"clauses": [ClauseSpec("", "x" * 8001, "")]},
        {"clauses": [ClauseSpec("", "", "")] * 61},
        {"uses": [{"use": "x" * 301}]},
        {"summary": "x" * 4001},
    ):
        with pytest.raises(InvalidError):
            services.save_draft(
                actor=admin, dataset=draft.dataset, written=written(**told), revision=1, now=NOW
            )


def test_each_step_of_a_draft_is_on_record(admin):
    dataset = TermsFactory().dataset
    services.start_draft(actor=admin, dataset=dataset, now=NOW)
    services.save_draft(actor=admin, dataset=dataset, written=written(), revision=1, now=NOW)
    services.discard_draft(actor=admin, dataset=dataset, reason="Too short.", now=NOW)
    told = list(Entry.objects.order_by("id").values_list("action", "terms_version"))
    assert told == [("draft.start", "1.1"), ("draft.change", "2.0"), ("draft.discard", "2.0")]
