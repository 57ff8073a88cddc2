"""A holder names a mirror; its users accept the same terms, and the register says so."""

import pytest

from governance.audit.actors import Limits, Role
from governance.audit.models import Entry, Person
from governance.errors import InvalidError, MissingError, NotPermittedError, WrongStateError
from governance.notices import services as notices
from governance.notices.models import Message
from governance.terms import selectors, services
from governance.terms.models import Acceptance, SharedCopy
from governance.terms.services.sharing import is_address
from tests.factories import (
    NOW,
    AcceptanceFactory,
    SharedCopyFactory,
    TermsFactory,
    UserFactory,
    VersionFactory,
    actor,
)

pytestmark = pytest.mark.django_db
URL = "https://mirror.example/shelf"


@pytest.fixture
def signed():
    made = AcceptanceFactory()
    VersionFactory(dataset=made.terms.dataset, number="1.1")
    return made


def register(signed, who=None, **told):
    asked = {
        "operator": "Example University",
        "url": URL,
        "kind": "internal",
        "version": "1.1",
        "note": "On our cluster.",
        "now": NOW,
    }
    who = who or actor(signed.user)
    return services.register_copy(actor=who, dataset=signed.terms.dataset, **asked | told)


def accept(terms, who, **told):
    return services.accept(
        actor=who,
        terms_id=terms.pk,
        ticked=[1, 2, 3, 4, 5],
        typed_name="Ada Lovelace",
        purpose="Measuring detectors.",
        now=NOW,
        **told,
    )


def test_a_holder_registers_a_copy_under_what_they_signed(signed):
    made = register(signed)
    assert (made.acceptance, made.holder, made.url) == (signed, signed.user, URL)
    entry = Entry.objects.get(action="copy.register")
    assert (entry.subject, entry.detail["acceptance"]) == (f"copy:{made.code}", signed.number)
    assert URL not in str(entry.detail)  # it may be inside somebody's network
    assert Person.objects.get(entry=entry).purpose == URL


def test_who_has_not_signed_passes_nothing_on(signed):
    with pytest.raises(WrongStateError, match="Sign the terms"):
        register(signed, actor(UserFactory()))
    signed.terms.accepted_until = NOW
    signed.terms.save()
    with pytest.raises(WrongStateError, match="Sign the terms"):
        register(signed)


def test_a_token_that_only_reads_registers_nothing(signed):
    with pytest.raises(NotPermittedError):
        register(signed, actor(signed.user, token=Limits("laptop")))


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"url": "ftp://mirror.example/"}, "url"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"url": "https://me:secret@mirror.example/"}, "url"),
        ({"url": "https:///shelf"}, "url"),
        ({"url": "https://mirror.example/\nx"}, "url"),
        ({"url": "https://[::1/"}, "url"),
        ({"url": "https://mirror.example/" + "x" * 500}, "url"),
        ({"kind": "secret"}, "kind"),
        ({"version": "9.9"}, "version"),
        ({"version": "1.1\x00"}, "version"),
        ({"operator": " "}, "operator"),
        ({"note": "x" * 2001}, "note"),
    ],
)
def test_what_can_not_be_shown_is_refused(signed, told, field):
    with pytest.raises(InvalidError) as refused:
        register(signed, **told)
    assert list(refused.value.fields) == [field]
    assert not SharedCopy.objects.exists()


def test_addresses_inside_a_network_may_be_named():
    assert is_address("http://10.0.0.7:8080/data")
    assert is_address("https://intra/shelf")


def test_the_same_mirror_is_registered_once(signed):
    register(signed)
    with pytest.raises(WrongStateError, match="already"):
        register(signed)


def test_an_acceptance_on_its_page_is_one_as_anywhere_and_says_where(signed):
    copy, who = register(signed), actor(UserFactory())
    made = accept(signed.terms, who, via=copy.code)
    assert made.via == copy
    assert Entry.objects.get(pk=made.entry).detail["copy"] == copy.code
    standing = selectors.standing(user_id=who.user_id, dataset_id=signed.terms.dataset_id, now=NOW)
    assert standing.accepted
    [row] = selectors.copies_of(actor(signed.user))
    assert row.acceptances == 1


def test_on_the_page_of_another_dataset_s_copy_nothing_is_signed(signed):
    stray = SharedCopyFactory()
    with pytest.raises(WrongStateError, match="not registered"):
        accept(signed.terms, actor(UserFactory()), via=stray.code)
    assert not Acceptance.objects.filter(via=stray).exists()


def test_its_holder_ends_it_and_a_steward_gives_a_reason(signed):
    steward = actor(UserFactory(role=Role.STEWARD))
    copy = register(signed)
    services.end_copy(actor=actor(signed.user), code=copy.code, reason="", now=NOW)
    with pytest.raises(WrongStateError, match="already"):
        services.end_copy(actor=steward, code=copy.code, reason="gone", now=NOW)
    again = register(signed)
    with pytest.raises(InvalidError, match="reason"):
        services.end_copy(actor=steward, code=again.code, reason=" ", now=NOW)
    services.end_copy(actor=steward, code=again.code, reason="It is open to all.", now=NOW)
    with pytest.raises(WrongStateError, match="not registered"):
        accept(signed.terms, actor(UserFactory()), via=again.code)
    told = Entry.objects.filter(action="copy.end").values_list("privileged", "reason")
    assert sorted(told) == [(False, ""), (True, "It is open to all.")]


@pytest.mark.parametrize("role", [None, Role.AUDITOR])
def test_another_person_s_copy_is_as_if_it_were_not_there(signed, role):
    copy = register(signed)
    with pytest.raises(MissingError):
        services.end_copy(
            actor=actor(UserFactory(role=role)), code=copy.code, reason="mine", now=NOW
        )


def test_the_register_outlives_the_holder_s_account(signed):
    copy = register(signed)
    number = signed.user.pk
    signed.user.delete()
    [kept] = selectors.register(actor(UserFactory(role=Role.STEWARD)))
    assert (kept, kept.holder, kept.person) == (copy, None, number)


def test_the_register_takes_the_same_queries_however_long_it_is(
    signed, django_assert_max_num_queries
):
    steward = actor(UserFactory(role=Role.STEWARD))
    for _ in range(3):
        SharedCopyFactory(acceptance__terms=TermsFactory())
    with django_assert_max_num_queries(1):
        rows = list(selectors.register(steward))
        assert [each.holder.email and each.acceptance.terms.number for each in rows]
    assert len(rows) == 3


def test_holder_and_stewards_are_told(signed):
    steward = UserFactory(role=Role.STEWARD)
    copy = register(signed)
    notices.make_from_record(now=NOW)
    told = dict(Message.objects.filter(channel="inbox").values_list("user_id", "url"))
    slug = signed.terms.dataset.slug
    assert told[signed.user_id] == f"/datasets/{slug}/terms/1.0/pass-on/{copy.code}"
    assert told[steward.pk] == "/steward/shared-copies"
    services.end_copy(actor=actor(steward), code=copy.code, reason="It is gone.", now=NOW)
    notices.make_from_record(now=NOW)
    ended = Message.objects.get(kind="copy.end", channel="mail")
    assert ended.user_id == signed.user_id
    assert "It is gone." in ended.text
