"""The pages on which an admin writes, compares and publishes terms; without any script."""

import re

import pytest
from django.urls import reverse

from governance.audit.actors import Role
from governance.terms.models import TermsDraft, TermsVersion
from tests.factories import AcceptanceFactory, DatasetFactory, TermsFactory
from tests.pages import shelf
from tests.support import staff_client

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(db):
    return staff_client(Role.ADMIN)


@pytest.fixture
def terms():
    return TermsFactory()


def where(route, terms):
    return reverse(route, args=[terms.dataset.namespace, terms.dataset.name])


def sent(draft, do, **changed):
    """What a browser sends when the form of this draft is sent as it stands."""
    body = {
        "do": do,
        "revision": draft.revision,
        "number": draft.number,
        "title": draft.title,
        "summary": draft.summary,
        "earlier": draft.earlier,
        "earlier_until": f"{draft.earlier_until:%Y-%m-%dT%H:%M}" if draft.earlier_until else "",
        "effective_at": "",
        "reason": "A word was unclear.",
    }
    for kind, rows in (("clause", draft.clauses), ("use", draft.uses)):
        for part in rows[0] if rows else ():
            body[f"{kind}_{part}"] = [each[part] for each in rows]
    return body | changed


def started(client, terms):
    assert client.post(where("terms-draft", terms), {"do": "start"}).status_code == 302
    return TermsDraft.objects.get()


def do(client, terms, verb, **changed):
    answer = client.post(
        where("terms-draft", terms), sent(TermsDraft.objects.get(), verb, **changed)
    )
    assert answer.status_code == 302, shelf.read(answer)
    return TermsDraft.objects.get(), answer["Location"]


def titles(draft):
    return [each["title"] for each in draft.clauses]


def test_from_nothing_to_published_terms_that_differ_in_a_word(client, terms):
    AcceptanceFactory(terms=terms)
    page, preview = where("terms-draft", terms), where("terms-preview", terms)
    assert "Start a draft" in shelf.read(client.get(page))
    draft = started(client, terms)
    laws = [each["law"] for each in draft.clauses]
    changed = [laws[0].replace("shall comply", "complies"), *laws[1:]]
    draft, to = do(client, terms, "preview", clause_law=changed)
    assert to == preview
    text = shelf.read(client.get(preview))
    assert "<del>shall comply</del> <ins>complies</ins>" in text
    assert "1 holds a signature that counts now" in text
    body = {"revision": draft.revision, "confirmation": "no"}
    refused = client.post(preview, body)
    assert refused.status_code == 422
    assert "Type 1.1 to publish" in shelf.read(refused)
    assert TermsVersion.objects.count() == 1
    assert client.post(preview, body | {"confirmation": "1.1"}).status_code == 302
    made = TermsVersion.objects.get(number="1.1")
    assert made.clauses.get(number=1).law == changed[0]
    assert not TermsDraft.objects.exists()


def test_clauses_are_added_moved_and_removed_by_plain_buttons(client, terms):
    before = titles(started(client, terms))
    draft, to = do(client, terms, "down:clause:1")
    assert titles(draft) == [before[1], before[0], *before[2:]]
    assert to.endswith("#clause-2")
    assert titles(do(client, terms, "up:clause:2")[0]) == before
    assert titles(do(client, terms, "up:clause:1")[0]) == before
    draft, to = do(client, terms, "add:clause")
    assert titles(draft) == [*before, ""]
    assert to.endswith("#clause-6")
    assert titles(do(client, terms, "remove:clause:6")[0]) == before
    for odd in ("remove:clause:99", "remove:clause:-1", "up:clause:x", "burn:clause:1", "up:law:1"):
        assert titles(do(client, terms, odd)[0]) == before
    assert len(do(client, terms, "add:use")[0].uses) == len(draft.uses) + 1


def test_line_ends_of_browsers_do_not_change_the_text(client, terms):
    draft = started(client, terms)
    draft, _ = do(client, terms, "save", clause_law=["One.\r\nTwo.\r\n"] + ["x"] * 4)
    assert draft.clauses[0]["law"] == "One.\nTwo."


def test_a_text_that_somebody_saved_meanwhile_is_not_lost(client, terms):
    draft = started(client, terms)
    mine = sent(draft, "save", title="Mine")
    do(client, terms, "save", title="Theirs")
    answer = client.post(where("terms-draft", terms), mine)
    assert answer.status_code == 409
    text = shelf.read(answer)
    assert "Somebody saved another text" in text
    assert 'value="Mine"' in text
    revision = re.search(r'name="revision" value="(\d+)"', text)[1]
    assert TermsDraft.objects.get().title == "Theirs"
    assert (
        client.post(where("terms-draft", terms), mine | {"revision": revision}).status_code == 302
    )
    assert TermsDraft.objects.get().title == "Mine"


def test_what_is_too_long_or_unreadable_is_said_and_what_was_typed_stays(client, terms):
    draft = started(client, terms)
    body = sent(draft, "save", clause_title=["x" * 201] + ["y"] * 4)
    answer = client.post(where("terms-draft", terms), body)
    assert answer.status_code == 422
    assert "At most 200 characters" in shelf.read(answer)
    odd = client.post(where("terms-draft", terms), sent(draft, "save", earlier_until="tomorrow"))
    assert odd.status_code == 422
    assert titles(TermsDraft.objects.get()) == titles(draft)


def test_what_is_typed_is_shown_as_text(client, terms):
    started(client, terms)
    do(client, terms, "save", title='"><script>alert(1)</script>', clause_title=["<b>"] * 5)
    for route in ("terms-draft", "terms-preview"):
        text = shelf.read(client.get(where(route, terms)))
        assert "<script>alert" not in text
        assert "<b></" not in text


def test_an_unfinished_draft_says_what_is_missing_in_its_preview(client, terms):
    started(client, terms)
    do(client, terms, "save", clause_plain=[""] * 5, reason="")
    text = shelf.read(client.get(where("terms-preview", terms)))
    assert "Clause 1 lacks what it means in practice." in text
    assert "Say why the terms change." in text


def test_the_terms_of_a_dataset_that_is_not_listed_are_drafted_too(client):
    dataset = DatasetFactory(listed=False)
    page = reverse("terms-draft", args=[dataset.namespace, dataset.name])
    assert "has no terms yet" in shelf.read(client.get(page))
    client.post(page, {"do": "start"})
    draft = TermsDraft.objects.get()
    assert client.post(page, sent(draft, "preview")).status_code == 302
    preview = reverse("terms-preview", args=[dataset.namespace, dataset.name])
    body = {"revision": draft.revision + 1, "confirmation": "1.0"}
    assert client.post(preview, body).status_code == 302
    assert TermsVersion.objects.get().dataset == dataset
