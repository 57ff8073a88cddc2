"""What somebody signed in has: the copy of what they signed, downloads, notices."""

import json

import pytest
from django.db import transaction
from django.urls import reverse

from governance.audit import services as audit
from governance.audit.services import Place
from governance.catalogue.states import State
from governance.notices import selectors as notices
from governance.notices.models import Channel, Message
from governance.notices.models import State as Sent
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
from tests.pages.visitors import VISITORS, answered, browser, queries, text
from tests.support import PAGE, signed_in

pytestmark = pytest.mark.django_db
OWN = ("downloads", "applications", "inbox", "tokens", "account")


@pytest.mark.parametrize("route", OWN)
@pytest.mark.parametrize("visitor", VISITORS)
def test_own_pages_are_for_everyone_signed_in(visitor, route):
    wanted = "account_login" if visitor == "stranger" else "200"
    assert answered(browser(visitor), reverse(route)) == wanted


def test_a_stranger_comes_back_after_signing_in(client):
    response = client.get(reverse("downloads") + "?page=2", **PAGE)
    assert response["Location"].endswith("?next=%2Fdownloads%3Fpage%3D2")


# ------------------------------------------------------------------ what was signed


def test_the_copy_shows_what_was_signed():
    signed = AcceptanceFactory(typed_name="Ada Signer", purpose="To measure <b>things</b>.")
    response = signed_in(signed.user).get(reverse("acceptance", args=[signed.number]), **PAGE)
    told = text(response)
    assert response.status_code == 200
    for part in (signed.number, "Ada Signer", signed.text_sha256, "To measure <b>things</b>."):
        assert part in told
    assert b"<b>things</b>" not in response.content  # as words, never as markup
    assert signed.terms.clauses.first().law.split("\n")[0] in told


def test_the_json_copy_holds_the_text_and_its_hash():
    signed = AcceptanceFactory()
    response = signed_in(signed.user).get(reverse("acceptance-json", args=[signed.number]))
    told = json.loads(response.content)
    assert told["text"] == signed.terms.text
    assert told["text_sha256"] == signed.text_sha256
    assert (told["number"], told["terms"], told["clauses"]) == (
        signed.number,
        "1.0",
        [1, 2, 3, 4, 5],
    )
    assert told["dataset"] == signed.terms.dataset.slug


@pytest.mark.parametrize("route", ["acceptance", "acceptance-json"])
@pytest.mark.parametrize("visitor", VISITORS)
def test_what_others_signed_is_not_there(visitor, route):
    signed = AcceptanceFactory()
    wanted = "account_login" if visitor == "stranger" else "404"
    assert answered(browser(visitor), reverse(route, args=[signed.number])) == wanted


# ------------------------------------------------------------------ downloads


def downloaded(user, artefact, times=1):
    version = artefact.version
    place = Place(version.dataset.slug, version.number, artefact.tier.name, artefact.path)
    for _ in range(times):
        with transaction.atomic():
            audit.ticket_issued(
                actor=actor(user),
                place=place,
                terms_version="1.0",
                grant=None,
                size=artefact.size,
                now=NOW,
            )


def test_downloads_tell_file_size_terms_and_what_became_of_the_version():
    user, old = UserFactory(), VersionFactory(superseded=True, number="1.0")
    new = VersionFactory(dataset=old.dataset, number="1.1")
    downloaded(user, ArtefactFactory(version=old, path="data/c/0000.parquet", size=123456), 2)
    downloaded(user, ArtefactFactory(version=new, path="data/go/0000.parquet"))
    told = text(signed_in(user).get(reverse("downloads"), **PAGE))
    assert "data/c/0000.parquet" in told
    assert "123 KB" in told
    assert "terms 1.0" in told
    assert "in 2 downloads" in told
    assert "Superseded" in told
    assert "Current" in told


def test_others_downloads_are_not_shown():
    artefact = ArtefactFactory()
    downloaded(UserFactory(), artefact)
    told = text(signed_in(UserFactory()).get(reverse("downloads"), **PAGE))
    assert artefact.path not in told
    assert "Nothing downloaded yet" in told


def test_without_a_download_the_page_says_what_is_missing():
    dataset = TermsFactory().dataset
    VersionFactory(dataset=dataset)
    response = signed_in(UserFactory()).get(reverse("downloads"), **PAGE)
    assert "Sign terms 1.0" in text(response)
    assert reverse("terms", args=[dataset.namespace, dataset.name]).encode() in response.content


def test_downloads_take_as_many_queries_for_one_as_for_many():
    user, version = UserFactory(), VersionFactory()
    downloaded(user, ArtefactFactory(version=version))
    client = signed_in(user)
    few = queries(client, reverse("downloads"))
    for state in (State.SUPERSEDED, State.WITHDRAWN):
        other = VersionFactory(dataset=version.dataset, state=state)
        for _ in range(4):
            downloaded(user, ArtefactFactory(version=other))
    DatasetFactory.create_batch(3)
    assert queries(client, reverse("downloads")) == few


# ------------------------------------------------------------------ inbox


def notice(user, subject, **fields):
    return Message.objects.create(
        key=subject,
        kind="test",
        channel=Channel.INBOX,
        user=user,
        email=user.email,
        subject=subject,
        text="Something happened.",
        state=Sent.SENT,
        made_at=NOW,
        next_at=NOW,
        deadline=NOW,
        **fields,
    )


def test_a_notice_is_read_when_its_reader_says_so():
    user = UserFactory()
    notice(user, "Old news", read_at=NOW)
    fresh = notice(user, "Fresh news", url="/applications")
    client = signed_in(user)
    told = text(client.get(reverse("inbox"), **PAGE))
    assert told.index("Fresh news") < told.index("Old news")
    assert "Inbox (1)" in told
    assert "<b>1</b>" in told, "in the header of every page"
    assert notices.unread(user.pk) == 1, "looking changes nothing"
    client.post(reverse("inbox"), {"read": fresh.pk}, **PAGE)
    assert notices.unread(user.pk) == 0
    again = text(client.get(reverse("inbox"), **PAGE))
    assert "Inbox (1)" not in again
    assert "Fresh news" in again


def test_all_that_was_shown_is_read_at_once_and_nothing_that_came_since():
    user = UserFactory()
    shown = [notice(user, f"News {number}") for number in range(3)]
    client = signed_in(user)
    page = client.get(reverse("inbox"), **PAGE).content.decode()
    assert f'name="newest" value="{shown[-1].pk}"' in page
    notice(user, "Came meanwhile")
    client.post(reverse("inbox"), {"do": "all", "newest": shown[-1].pk}, **PAGE)
    left = notices.inbox(user.pk, unread=True)
    assert [each.subject for each in left] == ["Came meanwhile"]


def test_the_inbox_shows_one_topic_or_the_unread_alone():
    user = UserFactory()
    notice(user, "Your grant ends", topic="grant")
    notice(user, "Terms change", topic="terms", read_at=NOW)
    client = signed_in(user)
    one = text(client.get(f"{reverse('inbox')}?topic=grant", **PAGE))
    assert "Your grant ends" in one
    assert "Terms change" not in one
    unread = text(client.get(f"{reverse('inbox')}?unread=1", **PAGE))
    assert "Terms change" not in unread


def test_nobody_reads_the_notices_of_others():
    user = UserFactory()
    notice(user, "Fresh news")
    assert "Fresh news" not in text(signed_in(UserFactory()).get(reverse("inbox"), **PAGE))
    assert notices.unread(user.pk) == 1


def test_the_inbox_takes_as_many_queries_for_one_as_for_many():
    user = UserFactory()
    notice(user, "First", read_at=NOW)
    client = signed_in(user)
    few = queries(client, reverse("inbox"))
    for number in range(8):
        notice(user, f"More {number}", read_at=NOW)
    assert queries(client, reverse("inbox")) == few
