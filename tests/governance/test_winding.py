"""A dataset ends when two admins say so: then for everybody, at once, and everybody is told."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from governance import dates
from governance.access import services as access
from governance.audit import services as audit
from governance.audit.actors import HOUSE, Role
from governance.audit.models import Entry
from governance.catalogue import services
from governance.catalogue.models import Dataset, Winding
from governance.errors import NotPermittedError, WrongStateError
from governance.notices.models import Message
from governance.notices.services import make_from_record
from governance.terms import defaults
from governance.terms import selectors as in_force
from governance.terms import services as terms
from governance.terms.models import Earlier
from tests.factories import (
    NOW,
    AcceptanceFactory,
    ArtefactFactory,
    DatasetFactory,
    TermsFactory,
    UserFactory,
    VersionFactory,
    actor,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
WHY = "the programme ends"


@pytest.fixture
def one():
    return actor(UserFactory(role=Role.ADMIN, name="Ada"))


@pytest.fixture
def two():
    return actor(UserFactory(role=Role.ADMIN, name="Bo"))


@pytest.fixture
def dataset():
    made = DatasetFactory(namespace="lab", name="shelf")
    TermsFactory(dataset=made, number="1.0")
    return made


def propose(one, dataset, now=NOW, reason=WHY):
    return services.propose_wind_down(dataset=dataset, actor=one, reason=reason, now=now)


def confirm(two, winding, now=NOW + DAY):
    return terms.confirm_wind_down(winding_id=winding.pk, actor=two, now=now)


def closed(dataset):
    return Dataset.objects.get(pk=dataset.pk).wound_down_at


def test_two_admins_end_it_under_restricted_terms(one, two, dataset):
    winding = propose(one, dataset)
    assert closed(dataset) is None
    done = confirm(two, winding)
    assert closed(dataset) == NOW + DAY
    assert done.erase_by == NOW + 43 * DAY
    now_in_force = in_force.in_force(dataset, now=NOW + DAY)
    assert (now_in_force.number, now_in_force.earlier) == ("2.0", Earlier.END)
    for words in ("shall erase every copy", dates.moment(done.erase_by), "shall not host, share"):
        assert words in now_in_force.text
    acts = list(Entry.objects.filter(action__startswith="dataset.wind").order_by("pk"))
    assert [each.action.rpartition("-")[2] for each in acts] == ["propose", "confirm"]
    assert [each.person.user_id for each in acts] == [one.user_id, two.user_id]
    assert acts[1].reason == WHY


def test_who_proposed_never_confirms(one, dataset):
    winding = propose(one, dataset)
    with pytest.raises(NotPermittedError, match="another admin"):
        confirm(one, winding)
    assert closed(dataset) is None
    with pytest.raises(IntegrityError), transaction.atomic():
        Winding.objects.filter(pk=winding.pk).update(state="confirmed", ended_by=one.user_id)


@pytest.mark.parametrize("role", [Role.STEWARD, Role.AUDITOR, None])
def test_only_admins_take_part(one, dataset, role):
    other = actor(UserFactory(role=role) if role else UserFactory())
    with pytest.raises(NotPermittedError):
        propose(other, dataset)
    winding = propose(one, dataset)
    with pytest.raises(NotPermittedError):
        confirm(other, winding)
    with pytest.raises(NotPermittedError):
        services.cancel_wind_down(winding_id=winding.pk, actor=other, reason=WHY, now=NOW)
    with pytest.raises(NotPermittedError):
        propose(HOUSE, dataset)


def test_after_a_week_it_does_nothing_and_can_be_proposed_anew(one, two, dataset):
    winding = propose(one, dataset)
    with pytest.raises(WrongStateError, match="expired"):
        confirm(two, winding, now=NOW + 7 * DAY)
    assert closed(dataset) is None
    again = propose(two, dataset, now=NOW + 7 * DAY)
    assert Winding.objects.get(pk=winding.pk).state == "expired"
    confirm(one, again, now=NOW + 8 * DAY)
    assert closed(dataset)


def test_one_is_open_at_a_time_and_it_can_be_cancelled(one, two, dataset):
    winding = propose(one, dataset)
    with pytest.raises(WrongStateError, match="Ada proposed this"):
        propose(two, dataset)
    with pytest.raises(IntegrityError), transaction.atomic():
        Winding.objects.create(
            dataset=dataset, reason=WHY, proposed_at=NOW, proposed_by=1, expires_at=NOW
        )
    services.cancel_wind_down(winding_id=winding.pk, actor=one, reason="a mistake", now=NOW)
    with pytest.raises(WrongStateError, match="cancelled already"):
        confirm(two, winding)
    assert propose(two, dataset).pk != winding.pk


def test_a_reason_is_given(one, dataset):
    with pytest.raises(WrongStateError, match="reason"):
        propose(one, dataset, reason="  ")


def test_terms_that_are_to_come_would_undo_the_restricted_ones(one, two, dataset):
    winding = propose(one, dataset)
    TermsFactory(dataset=dataset, number="3.0", effective_at=NOW + 2 * DAY)
    with pytest.raises(WrongStateError, match=r"3\.0"):
        confirm(two, winding)
    assert closed(dataset) is None


def test_nothing_new_is_made_of_it(one, two, dataset):
    applied = dataset.tiers.get(name="annotations")
    confirm(two, propose(one, dataset))
    later, person = NOW + 2 * DAY, actor(UserFactory())
    gone = Dataset.objects.get(pk=dataset.pk)
    applied.dataset = gone
    with pytest.raises(WrongStateError, match="wound down"):
        access.apply(actor=person, tier=applied, answers={}, now=later)
    with pytest.raises(WrongStateError, match="wound down"), transaction.atomic():
        services.begin_version(
            dataset=dataset, number="9.0", parent=None, actor=one, terms="", now=later
        )
    approved = VersionFactory(dataset=gone, number="8.0", state="approved")
    with pytest.raises(WrongStateError, match="wound down"):
        services.publish_version(
            version_id=approved.pk, actor=one, reason=WHY, now=later, checked=lambda _: []
        )
    with pytest.raises(WrongStateError, match="wound down"):
        propose(one, dataset, now=later)
    with pytest.raises(WrongStateError, match="not in force any more"):
        terms.accept(
            actor=person, terms_id=dataset.terms.get(number="1.0").pk, ticked=[], now=later,
            typed_name="", purpose="",
        )  # fmt: skip
    with pytest.raises(WrongStateError, match="wound down"):
        terms.publish_terms(
            actor=one, dataset=dataset, number="9.0", title="Terms", summary="",
            clauses=defaults.CLAUSES, uses=[], effective_at=later, reason=WHY, now=later,
        )  # fmt: skip


def test_who_holds_a_copy_and_who_signed_are_told_once(one, two, dataset):
    file = ArtefactFactory(version=VersionFactory(dataset=dataset))
    holder, signer = UserFactory(), UserFactory()
    for each in (holder, signer):
        AcceptanceFactory(user=each, terms=dataset.terms.get())
    with transaction.atomic():
        audit.ticket_issued(
            actor=actor(holder), place=audit.Place("lab/shelf", file.version.number, "processed"),
            terms_version="1.0", grant=None, size=1, now=NOW,
        )  # fmt: skip
    winding = propose(one, dataset)
    make_from_record(now=NOW)
    assert told(two.user_id) == ["Winding down lab/shelf waits for a second admin"]
    assert told(one.user_id) == []
    confirm(two, winding)
    make_from_record(now=NOW + DAY)
    (subject,) = told(holder.pk)
    assert subject.startswith("Wound down: lab/shelf, erase your copies by ")
    assert told(signer.pk) == ["Wound down: lab/shelf"]


def told(user_id):
    found = Message.objects.filter(user_id=user_id, channel="inbox").values_list(
        "subject", flat=True
    )
    return list(found)
