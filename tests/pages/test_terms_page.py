"""The terms: read by anyone, signed clause by clause."""

import hashlib

import pytest
from django.urls import reverse
from django.utils.html import escape

from governance.terms.models import Acceptance, Clause
from tests.factories import NOW, AcceptanceFactory, DatasetFactory, TermsFactory, UserFactory
from tests.pages import shelf

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clock(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)


@pytest.fixture
def terms():
    return TermsFactory()


@pytest.fixture
def address(terms):
    return reverse("terms", args=[terms.dataset.namespace, terms.dataset.name])


def whole(terms, **changed: str) -> dict[str, str]:
    """A form filled in as it should be."""
    ticks = {f"clause_{clause.number}": "on" for clause in terms.clauses.all()}
    typed = {"typed_name": "Ada Person", "purpose": "Measuring how names are spread in code."}
    return {"terms": terms.number} | ticks | typed | changed


def test_a_stranger_reads_all_and_is_told_how_to_sign(client, terms, address):
    text = shelf.read(client.get(address))
    for clause in terms.clauses.all():
        assert clause.title in text
        assert escape(clause.law) in text
        assert escape(clause.plain) in text
    assert "Train or evaluate a model, also commercially" in text
    assert terms.text_sha256 in text
    assert 'type="checkbox"' not in text
    back = f"?next={address.replace('/', '%2F')}"
    assert f"/accounts/login/{back}" in text
    assert f"/accounts/signup/{back}" in text


def test_the_plain_text_is_what_the_hash_is_of(client, terms):
    terms.text_sha256 = hashlib.sha256(terms.text.encode()).hexdigest()
    terms.save()
    answer = client.get(reverse("terms-text", args=[terms.dataset.namespace, terms.dataset.name]))
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert hashlib.sha256(answer.content).hexdigest() == terms.text_sha256


def test_an_unconfirmed_address_is_told_to_confirm(client, terms, address):
    client.force_login(UserFactory(verified=False))
    text = shelf.read(client.get(address))
    assert "Confirm your e-mail address" in text
    assert 'type="checkbox"' not in text
    answer = client.post(address, whole(terms))
    assert answer.status_code == 403
    assert not Acceptance.objects.exists()


def test_nothing_is_ticked_beforehand(client, address):
    client.force_login(UserFactory())
    text = shelf.read(client.get(address))
    assert text.count('type="checkbox"') == 5
    assert "checked" not in text


def test_signing_leads_to_the_copy(client, terms, address):
    user = UserFactory()
    client.force_login(user)
    answer = client.post(address, whole(terms))
    signed = Acceptance.objects.get()
    assert answer.status_code == 302
    assert answer["Location"] == reverse("acceptance", args=[signed.number])
    assert (signed.user, signed.terms) == (user, terms)
    assert signed.typed_name == "Ada Person"
    assert signed.clauses == [1, 2, 3, 4, 5]
    text = shelf.read(client.get(address))
    assert "You signed these terms on" in text
    assert signed.number in text
    assert 'type="checkbox"' not in text


def test_what_is_missing_is_said_beside_its_field_and_the_rest_stays(client, terms, address):
    client.force_login(UserFactory())
    given = whole(terms, typed_name='A "quoted" <b>name</b>', purpose="x")
    del given["clause_2"]
    answer = client.post(address, given)
    assert answer.status_code == 422
    text = shelf.read(answer)
    assert 'aria-describedby="id_clause_2_error"' in text
    assert 'id="id_purpose_error"' in text
    assert "2 things are missing" in text
    assert 'value="A &quot;quoted&quot; &lt;b&gt;name&lt;/b&gt;"' in text
    assert text.count(" checked") == 4
    assert not Acceptance.objects.exists()


def test_an_empty_form_names_everything(client, terms, address):
    client.force_login(UserFactory())
    answer = client.post(address, {"terms": terms.number})
    assert answer.status_code == 422
    assert "7 things are missing" in shelf.read(answer)


def test_a_stranger_who_posts_is_sent_to_sign_in(client, terms, address):
    answer = client.post(address, whole(terms))
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/?next=")
    assert not Acceptance.objects.exists()


def newer(terms, law: str):
    """Terms 2.0 whose first clause says something else and whose last one is gone."""
    made = TermsFactory(dataset=terms.dataset, number="2.0", effective_at=NOW)
    Clause.objects.filter(terms=made, number=1).update(law=law)
    Clause.objects.filter(terms=made, number=5).update(title="A new duty", law="Do this as well.")
    return made


def test_terms_that_changed_while_one_read_are_not_signed_unseen(client, terms, address):
    client.force_login(UserFactory())
    given = whole(terms)
    newest = newer(terms, "Another law.")
    answer = client.post(address, given)
    assert answer.status_code == 409
    text = shelf.read(answer)
    assert "Terms 2.0 came into force while you read" in text
    assert "Ada Person" in text
    assert " checked" not in text
    assert not Acceptance.objects.exists()
    assert client.post(address, whole(newest)).status_code == 302
    assert Acceptance.objects.get().terms == newest


def test_changes_since_the_last_signature_are_marked(client, terms, address):
    user = UserFactory()
    AcceptanceFactory(user=user, terms=terms)
    law = Clause.objects.get(terms=terms, number=1).law
    newer(terms, law.replace("shall comply", "shall <i>always</i> comply"))
    client.force_login(user)
    text = shelf.read(client.get(address))
    assert "You signed terms 1.0" in text
    assert "<ins>&lt;i&gt;always&lt;/i&gt;</ins>" in text
    assert "<ins>Do this as well.</ins>" in text
    assert "No longer there: Safe use" in text
    assert text.count("Word for word as in terms 1.0") == 3


def test_a_dataset_without_terms_has_no_such_page(client, db):
    of = DatasetFactory()
    for route in ("terms", "terms-text"):
        address = reverse(route, args=[of.namespace, of.name])
        assert client.get(address, headers={"accept": "text/html"}).status_code == 404


def test_a_token_signs_nothing(client, terms, address):
    from portal.accounts import tokens
    from tests.factories import actor

    user = UserFactory()
    _, secret = tokens.make(
        actor=actor(user),
        owner_id=user.pk,
        name="t",
        dataset="",
        days=5,
        second_factor=False,
        now=NOW,
    )
    answer = client.post(
        address, whole(terms), headers={"authorization": f"Bearer {secret}", "accept": "text/html"}
    )
    assert answer.status_code == 403
    assert not Acceptance.objects.exists()
