"""What a holder declares of a copy meets every duty for it, and opens what was held back."""

from datetime import timedelta

import pytest
from django.urls import reverse

from governance.access import selectors as access
from governance.access.models import Hold
from governance.audit.models import Entry
from governance.catalogue.models import Version
from governance.duty import services
from governance.duty.models import Attestation, Duty
from governance.errors import InvalidError, MissingError, WrongStateError
from tests.factories import (
    NOW,
    AcceptanceFactory,
    ArtefactFactory,
    CopyFactory,
    TermsFactory,
    UserFactory,
    VersionFactory,
    actor,
)
from tests.governance.test_duties import publish_after, withdraw
from tests.support import PAGE, signed_in

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def copy():
    """A copy of 1.0, whose duty began when 1.1 came out."""
    old = VersionFactory(number="1.0")
    held = CopyFactory(version=old, of=[ArtefactFactory(version=old)])
    publish_after(old)
    services.make_from_record(now=NOW)
    return held


def declare(copy, how, person=None, at=NOW):
    who = actor(person or copy.holder)
    return services.attest(actor=who, copy_id=copy.pk, how=how, via="page", now=at)


def test_deleted_meets_the_duty_and_is_kept_in_words(copy):
    made = declare(copy, "deleted")
    copy.refresh_from_db()
    assert (copy.closed_at, copy.closed_how) == (NOW, "deleted")
    assert Duty.objects.get().met_at == NOW
    assert "erased every copy" in made.statement
    entry = Entry.objects.get(pk=made.entry)
    assert entry.subject == f"attestation:{made.number}"
    assert entry.detail == {"how": "deleted", "statement": made.statement}


def test_replaced_is_for_who_was_handed_the_current_version(copy):
    with pytest.raises(WrongStateError, match=r"No processed file of version 1.1"):
        declare(copy, "replaced")
    assert not Attestation.objects.exists()
    new = Version.objects.get(number="1.1")
    CopyFactory(version=new, holder=copy.holder)
    assert declare(copy, "replaced").version == new
    assert Duty.objects.get().met_at == NOW


def test_the_current_version_is_replaced_by_none(copy):
    new = CopyFactory(version=Version.objects.get(number="1.1"), holder=copy.holder)
    with pytest.raises(WrongStateError, match=r"No version replaces 1.1"):
        declare(new, "replaced")


def test_only_its_holder_and_only_once(copy):
    with pytest.raises(MissingError):
        declare(copy, "deleted", UserFactory())
    with pytest.raises(InvalidError):
        declare(copy, "lost")
    declare(copy, "deleted")
    with pytest.raises(MissingError):
        declare(copy, "deleted")


def test_new_downloads_are_held_after_the_grace_and_open_with_the_declaration(copy):
    other = ArtefactFactory()
    TermsFactory(dataset=other.version.dataset)
    AcceptanceFactory(terms=other.version.dataset.terms.get(), user=copy.holder)
    ends = NOW + 49 * DAY
    assert Hold.objects.get().begins == ends

    def codes(at):
        decision = access.decide(actor(copy.holder), other, "download", at)
        return [each.code for each in decision.missing_steps]

    assert codes(ends - DAY) == []
    assert codes(ends) == ["copies"]
    declare(copy, "deleted", at=ends)
    assert codes(ends) == []


def test_a_hold_stays_for_another_copy_that_is_owed(copy):
    again = CopyFactory(version=copy.version, holder=copy.holder, tier=_raw(copy))
    services.make_from_record(now=NOW)
    declare(copy, "deleted")
    assert Hold.objects.get().user == again.holder
    declare(again, "deleted")
    assert not Hold.objects.exists()


def _raw(copy):
    return copy.version.dataset.tiers.exclude(pk=copy.tier_id).first()


def test_the_earliest_of_two_duties_holds(copy):
    withdraw(copy.version, erase_by=NOW + 5 * DAY)
    services.make_from_record(now=NOW)
    assert Hold.objects.get().begins == NOW + 12 * DAY


# ------------------------------------------------------------------ the page


def test_the_page_tells_what_is_held_and_due_and_takes_the_declaration(copy):
    browser, where = signed_in(copy.holder), reverse("downloads")
    told = browser.get(where, **PAGE).content.decode()
    assert "Version 1.1 takes its place" in told
    assert "Declare it deleted" in told
    assert "Declare it replaced" not in told  # 1.1 was not handed to them
    sent = browser.post(where, {"do": "attest", "copy": copy.pk, "how": "deleted"}, follow=True)
    assert "Declared, as GH-C-" in sent.content.decode()
    assert "Copies that you hold" not in sent.content.decode()
    assert Attestation.objects.get().person == copy.holder.pk


@pytest.mark.parametrize("given", ["", "x", "99999999", "²"])
def test_what_is_no_copy_of_theirs_is_told(copy, given):
    browser = signed_in(copy.holder)
    sent = browser.post(
        reverse("downloads"), {"do": "attest", "copy": given, "how": "deleted"}, follow=True
    )
    assert "You hold no such copy" in sent.content.decode()
    assert not Attestation.objects.exists()


def test_somebody_else_can_not_declare_it_on_the_page(copy):
    signed_in(UserFactory()).post(
        reverse("downloads"), {"do": "attest", "copy": copy.pk, "how": "deleted"}
    )
    copy.refresh_from_db()
    assert copy.closed_at is None
