"""Terms that change, as people read them: what is marked, until when, and what stays."""

from datetime import timedelta

import pytest
from django.urls import reverse

from governance.terms import services
from governance.terms.models import Acceptance, Clause, TermsVersion
from tests.factories import (
    NOW,
    AcceptanceFactory,
    SharedCopyFactory,
    TermsFactory,
    UserFactory,
    actor,
)
from tests.pages import shelf
from tests.pages.test_terms_page import whole

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
LAW = "The Recipient shall delete every copy within ninety days of a withdrawal."


@pytest.fixture(autouse=True)
def _clock(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)


@pytest.fixture
def terms():
    return TermsFactory()


def newer(terms, at=NOW, ends=None):
    """Terms 2.0: the first clause says something else, the last one is another."""
    made = TermsFactory(
        dataset=terms.dataset,
        number="2.0",
        effective_at=at,
        earlier="until" if ends else "good",
        earlier_until=ends,
    )
    first = Clause.objects.get(terms=made, number=1)
    Clause.objects.filter(pk=first.pk).update(law=first.law.replace("shall comply", "complies"))
    Clause.objects.filter(terms=made, number=5).update(title="Deletion", law=LAW)
    TermsVersion.objects.filter(pk=terms.pk).update(accepted_until=ends)
    return made


def where(route, terms, **more):
    dataset = terms.dataset
    return reverse(route, kwargs={"namespace": dataset.namespace, "name": dataset.name} | more)


def test_the_deadline_is_said_and_downloads_go_on_until_then(client, terms):
    signed = AcceptanceFactory(terms=terms)
    newer(terms, ends=NOW + 30 * DAY)
    client.force_login(signed.user)
    text = shelf.read(client.get(where("terms", terms)))
    assert "You signed terms 1.0" in text
    assert "31 Jan 2030" in text
    assert "downloads go on until then" in text
    assert "<del>shall comply</del> <ins>complies</ins>" in text
    assert "No longer there: Safe use" in text
    assert f"<ins>{LAW}</ins>" in text


def test_after_the_deadline_the_page_says_that_downloads_are_shut(client, terms):
    signed = AcceptanceFactory(terms=terms)
    newer(terms, at=NOW - 2 * DAY, ends=NOW - DAY)
    client.force_login(signed.user)
    assert "downloads are shut" in shelf.read(client.get(where("terms", terms)))


def test_a_signature_that_stays_good_asks_for_nothing(client, terms):
    signed = AcceptanceFactory(terms=terms)
    newer(terms)
    client.force_login(signed.user)
    assert "you need not sign these" in shelf.read(client.get(where("terms", terms)))


def test_terms_to_come_are_announced_compared_and_signed_ahead(client, terms):
    signed = AcceptanceFactory(terms=terms)
    made = newer(terms, at=NOW + 9 * DAY, ends=NOW + 30 * DAY)
    client.force_login(signed.user)
    text = shelf.read(client.get(where("terms", terms)))
    assert "Terms 2.0 take effect on" in text
    changes = where("terms-changes", terms, number="2.0")
    assert changes in text
    assert f"<ins>{LAW}</ins>" in shelf.read(client.get(changes))
    answer = client.post(changes, whole(made))
    assert answer.status_code == 302
    assert Acceptance.objects.filter(terms=made, user=signed.user).exists()
    assert "They take effect on" in shelf.read(
        client.get(where("terms-version", terms, number="2.0"))
    )


def test_replaced_terms_stay_readable_at_their_address_and_can_not_be_signed(client, terms):
    newer(terms)
    client.force_login(UserFactory())
    old = where("terms-version", terms, number="1.0")
    text = shelf.read(client.get(old))
    assert "were replaced by terms 2.0" in text
    assert 'type="checkbox"' not in text
    assert client.post(old, whole(terms)).status_code == 409
    assert not Acceptance.objects.exists()
    plain = client.get(where("terms-version-text", terms, number="1.0"))
    assert plain.content.decode() == terms.text


def test_a_stranger_compares_any_two_versions(client, terms):
    newer(terms)
    text = shelf.read(client.get(where("terms-changes", terms, number="2.0")))
    assert "since terms 1.0 is marked" in text
    assert "<del>shall comply</del>" in text
    again = client.get(where("terms-changes", terms, number="2.0"), {"since": "9.9"})
    assert again.status_code == 404


def test_all_versions_stand_with_address_and_hash(client, terms):
    made = newer(terms, ends=NOW + 30 * DAY)
    TermsVersion.objects.filter(pk=made.pk).update(text_sha256="7" * 64)
    text = shelf.read(client.get(where("terms-versions", terms)))
    for told in ("7" * 64, "5" * 64, "In force", "Replaced; signatures end", "stay good"):
        assert told in text
    assert f"http://testserver{where('terms-version', terms, number='1.0')}" in text


def test_the_pages_take_the_same_queries_however_many_versions(
    client, terms, django_assert_max_num_queries
):
    for at in range(6):
        TermsFactory(dataset=terms.dataset, number=f"1.{at + 1}", effective_at=NOW - (9 - at) * DAY)
    with django_assert_max_num_queries(4):
        client.get(where("terms-versions", terms))
    with django_assert_max_num_queries(12):
        client.get(where("terms", terms))


def test_no_such_version(client, terms):
    for number in ("9.9", "draft2", "%00"):
        address = where("terms", terms) + f"/{number}"
        assert client.get(address, headers={"accept": "text/html"}).status_code == 404


# ------------------------------------------------------------------ the copy of one's own


def test_the_copy_answers_in_the_form_that_is_asked_for(client, terms):
    signed = AcceptanceFactory(terms=terms)
    client.force_login(signed.user)
    address = reverse("acceptance", args=[signed.number])
    page = client.get(address, headers={"accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert page["Content-Type"].startswith("text/html")
    asked = client.get(address, headers={"accept": "application/json"})
    assert asked.json()["number"] == signed.number
    assert asked.json() == client.get(f"{address}.json").json()


def test_address_and_browser_are_erased_on_request_and_the_signature_stays(client, terms):
    user = UserFactory()
    signed = services.accept(
        actor=actor(user, address="192.0.2.7", agent="Browser/9"),
        terms_id=terms.pk,
        ticked=[1, 2, 3, 4, 5],
        typed_name="Ada Lovelace",
        purpose="Measuring detectors.",
        now=NOW,
    )
    client.force_login(user)
    address = reverse("acceptance", args=[signed.number])
    assert "192.0.2.7" in shelf.read(client.get(address))
    assert client.post(address, {"do": "erase"}).status_code == 302
    signed.refresh_from_db()
    assert (signed.address, signed.agent, signed.typed_name) == ("", "", "Ada Lovelace")
    text = shelf.read(client.get(address))
    assert "192.0.2.7" not in text
    assert "erased; the signature stays" in text


def test_they_are_erased_after_a_year_by_themselves(terms):
    old = AcceptanceFactory(terms=terms, address="192.0.2.7", at=NOW - 366 * DAY)
    new = AcceptanceFactory(terms=terms, address="192.0.2.8", at=NOW - 364 * DAY)
    assert services.erase_old_traces(now=NOW) == 1
    assert services.erase_old_traces(now=NOW) == 0
    old.refresh_from_db()
    new.refresh_from_db()
    assert (old.address, new.address) == ("", "192.0.2.8")


# ------------------------------------------------------------------ the page of a shared copy


def test_a_copy_s_page_shows_the_same_terms_and_signs_them(client, terms):
    copy = SharedCopyFactory(acceptance__terms=terms, url="https://mirror.example/<b>")
    address = where("pass-on", terms, number="1.0", code=copy.code)
    text = shelf.read(client.get(address))
    assert "Example University, Systems Group" in text
    assert 'href="https://mirror.example/&lt;b&gt;" rel="nofollow noopener noreferrer"' in text
    user = UserFactory()
    client.force_login(user)
    answer = client.post(address, whole(terms))
    signed = Acceptance.objects.get(user=user)
    assert answer["Location"] == reverse("acceptance", args=[signed.number])
    assert signed.via == copy
    assert "Example University" in shelf.read(client.get(answer["Location"]))


def test_where_an_internal_copy_is_stays_with_its_holder_and_the_stewards(client, terms):
    copy = SharedCopyFactory(acceptance__terms=terms, kind="internal", url="http://10.0.0.7/x")
    text = shelf.read(client.get(where("pass-on", terms, number="1.0", code=copy.code)))
    assert "10.0.0.7" not in text
    assert "inside its organisation" in text


def test_the_page_of_a_copy_that_has_ended_says_so(client, terms):
    copy = SharedCopyFactory(acceptance__terms=terms, ended_at=NOW)
    answer = client.get(where("pass-on", terms, number="1.0", code=copy.code))
    assert answer.status_code == 410
    assert "no longer registered" in shelf.read(answer)
    assert client.get(where("pass-on", terms, number="1.0", code="NONE")).status_code == 404


def test_an_old_link_of_a_copy_leads_on_to_the_terms_in_force(client, terms):
    copy = SharedCopyFactory(acceptance__terms=terms)
    newer(terms)
    text = shelf.read(client.get(where("pass-on", terms, number="1.0", code=copy.code)))
    assert where("pass-on", terms, number="2.0", code=copy.code) in text


def test_a_holder_registers_and_ends_a_copy_in_the_browser(client, terms):
    from tests.factories import VersionFactory

    version = VersionFactory(dataset=terms.dataset, number="1.1")
    signed = AcceptanceFactory(terms=terms)
    client.force_login(signed.user)
    page = reverse("shared-copies")
    sent = {
        "do": "register",
        "which": f"{terms.dataset.slug} {version.number}",
        "operator": "A lab",
        "url": "ftp://mirror.example/",
        "kind": "public",
    }
    answer = client.post(page, sent)
    assert answer.status_code == 422
    assert "begins with http:// or https://" in shelf.read(answer)
    assert client.post(page, sent | {"url": "https://mirror.example/"}).status_code == 302
    text = shelf.read(client.get(page))
    assert "/pass-on/" in text
    code = terms.dataset.shared_copies.get().code
    assert client.post(page, {"do": "end", "code": code}).status_code == 302
    assert "Ended" in shelf.read(client.get(page))
    client.force_login(UserFactory())
    assert "Sign terms first" in shelf.read(client.get(page))
