"""What clients of the Hub print beside a download, and the feed of a dataset."""

from base64 import b64encode
from datetime import timedelta
from xml.etree import ElementTree

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from governance import dates
from governance.access.models import RoleHeld
from governance.audit.actors import Role
from governance.errors import MissingError
from governance.notices import selectors, services, unsubscribing
from governance.notices.models import Preference
from governance.notices.services import reaching
from governance.terms.models import TermsVersion
from tests.factories import (
    LONG_AGO,
    AcceptanceFactory,
    DatasetFactory,
    TermsFactory,
    UserFactory,
    VersionFactory,
)
from tests.serving import bearer
from tests.support import PAGE, signed_in

pytestmark = pytest.mark.django_db
ATOM = "{http://www.w3.org/2005/Atom}"


def at(file, revision="v1.0"):
    return f"/datasets/lab/shelf/resolve/{revision}/{file.path}"


# ------------------------------------------------------------------ beside a download


def test_of_a_superseded_version_the_client_prints_what_to_take(file, researcher):
    headers = bearer(researcher)
    assert "X-HF-Warning" not in Client().head(at(file), **headers)
    now = timezone.now()
    until = now + timedelta(days=9)
    version = file.version
    version.state, version.serve_until = "superseded", until
    version.save()
    VersionFactory(dataset=version.dataset, number="1.1", parent=version)
    for verb in ("head", "get"):
        told = getattr(Client(), verb)(at(file), **headers)["X-HF-Warning"]
        topic, _, message = told.partition("; ")
        assert topic == "superseded lab/shelf"
        assert "superseded: take 1.1" in message
        assert f"until {until.day} " in message
        assert message.endswith("/datasets/lab/shelf/versions")


def test_a_warning_costs_one_query_and_the_current_version_none(file, researcher):
    client, headers = Client(), bearer(researcher)

    def asked():
        with CaptureQueriesContext(connection) as found:
            client.head(at(file), **headers)
        return len(found)

    asked()
    before = asked()
    version = file.version
    version.state, version.serve_until = "superseded", timezone.now() + timedelta(days=9)
    version.save()
    VersionFactory(dataset=version.dataset, number="1.1", parent=version)
    assert asked() == before + 1


def test_that_the_right_to_download_ends_soon_is_said_beside_the_file(file, researcher):
    """By the rule's own word, whatever ends it; a duty that is due comes the same way."""
    client = signed_in(researcher)
    until = timezone.now() + timedelta(days=9)
    TermsVersion.objects.update(accepted_until=until)
    told = client.head(at(file))["X-HF-Warning"]
    assert told.startswith("ends lab/shelf; Your downloads of lab/shelf end on ")
    assert dates.moment(until) in told
    assert told.endswith("/datasets/lab/shelf/access")
    TermsVersion.objects.update(accepted_until=timezone.now() + timedelta(days=90))
    assert "X-HF-Warning" not in client.head(at(file))


@pytest.mark.parametrize("successor", [None, "1.1"])
def test_of_a_withdrawn_version_reason_and_successor(file, researcher, successor):
    version = file.version
    version.state, version.withdrawn_reason = "withdrawn", "a licence was misread"
    version.save()
    if successor:
        version.successor = VersionFactory(dataset=version.dataset, number=successor)
        version.save()
    response = Client().get(at(file), **bearer(researcher))
    assert response.status_code == 403
    told = response["X-HF-Warning"]
    assert told.startswith("withdrawn lab/shelf; ")
    assert "a licence was misread" in told
    expected = "Take 1.1 in its place" if successor else "No version takes its place"
    assert expected in told


# ------------------------------------------------------------------ the feed


def entries(response):
    root = ElementTree.fromstring(response.content)
    return [each.find(f"{ATOM}title").text for each in root.findall(f"{ATOM}entry")]


def test_the_feed_tells_what_anyone_may_know_and_is_asked_again_cheaply():
    version = VersionFactory(number="1.0", superseded=True)
    dataset = version.dataset
    VersionFactory(dataset=dataset, number="1.1", parent=version)
    VersionFactory(dataset=dataset, number="1.2", state="candidate", published_at=None)
    TermsFactory(dataset=dataset)
    url = reverse("dataset-feed", args=[dataset.namespace, dataset.name])
    first = Client().get(url)
    assert first["Content-Type"].startswith("application/atom+xml")
    slug = dataset.slug
    assert sorted(entries(first)) == [
        f"Published: {slug} 1.0",
        f"Published: {slug} 1.1",
        f"Terms 1.0 of {slug}",
    ]
    again = Client().get(url, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    since = Client().get(url, headers={"If-Modified-Since": first["Last-Modified"]})
    assert since.status_code == 304
    version.state, version.withdrawn_reason = "withdrawn", "a licence was misread"
    version.withdrawn_at = timezone.now()
    version.save()
    changed = Client().get(url, headers={"If-None-Match": first["ETag"]})
    assert changed.status_code == 200
    assert f"Withdrawn: {slug} 1.0" in entries(changed)
    assert "a licence was misread" in changed.content.decode()


def test_ids_of_the_feed_stay_and_a_hidden_dataset_has_none():
    dataset = VersionFactory(number="1.0").dataset
    url = reverse("dataset-feed", args=[dataset.namespace, dataset.name])
    ids = [
        [each.text for each in ElementTree.fromstring(Client().get(url).content).iter(f"{ATOM}id")]
        for _ in range(2)
    ]
    assert ids[0] == ids[1]
    assert len(set(ids[0])) == len(ids[0])
    dataset.listed = False
    dataset.save()
    assert Client().get(url).status_code == 404


# ------------------------------------------------------------------ links of mails


def test_opening_the_link_changes_nothing_and_one_press_without_a_sign_in_does(settings):
    settings.PUBLIC_URL = "https://data.example.org"
    user = UserFactory()
    path = unsubscribing.link(user.pk, "grant").removeprefix(settings.PUBLIC_URL)
    client = Client(enforce_csrf_checks=True)  # a mail program has no cookie
    page = client.get(path, **PAGE).content.decode()
    assert "Nothing has changed yet" in page
    assert not Preference.objects.exists()
    done = client.post(path, {"List-Unsubscribe": "One-Click"})
    assert done.status_code == 200
    assert Preference.objects.filter(user=user, topic="grant", channel="mail").exists()
    assert client.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert Preference.objects.count() == 1
    assert Client().get(f"{path[:-4]}AAAA", **PAGE).status_code == 404


def test_a_link_made_by_somebody_else_silences_no_duty(settings):
    settings.PUBLIC_URL = "https://data.example.org"
    user = UserFactory()
    path = unsubscribing.link(user.pk, "duty").removeprefix(settings.PUBLIC_URL)
    assert Client().post(path).status_code == 404
    assert not Preference.objects.exists()


def test_a_bouncing_address_is_shown_to_its_owner_and_mended_by_a_link(settings):
    settings.PUBLIC_URL = "https://data.example.org"
    user = UserFactory()
    services.mark_unreachable(email=user.email, why="the server answered 550", now=timezone.now())
    client = signed_in(user)
    for page in ("inbox", "account", "notice-choices"):
        assert "came back" in client.get(reverse(page), **PAGE).content.decode()
    client.post(reverse("notice-choices"), {"do": "again"}, **PAGE)
    services.deliver_due(now=timezone.now())
    (sent,) = mail.outbox
    link = next(each for each in sent.body.split() if "/address-again/" in each)
    path = link.removeprefix(settings.PUBLIC_URL)
    assert "Confirm" in Client().get(path, **PAGE).content.decode()
    assert selectors.is_unreachable(user.email), "opening it is not enough: scanners do that"
    Client().post(path, **PAGE)
    assert not selectors.is_unreachable(user.email)
    with pytest.raises(MissingError):
        reaching.read_confirmation("nonsense")


def test_stewards_see_who_is_not_reached_of_their_own_datasets():
    mine, theirs = AcceptanceFactory(), AcceptanceFactory()
    for each in (mine, theirs):
        services.mark_unreachable(email=each.user.email, why="it bounced", now=timezone.now())
    steward = UserFactory()
    RoleHeld.objects.create(
        user=steward, role=Role.STEWARD, dataset=mine.terms.dataset, begins=LONG_AGO
    )
    page = signed_in(steward, second_factor=True).get(reverse("steward-unreached"), **PAGE)
    told = page.content.decode()
    assert mine.user.email in told
    assert theirs.user.email not in told


def test_a_mail_service_reports_a_bounce_only_with_its_secret(settings):
    settings.ANYMAIL = {"WEBHOOK_SECRET": "user:password"}
    user = UserFactory()
    told = {
        "RecordType": "Bounce", "Type": "HardBounce", "TypeCode": 1, "Email": user.email,
        "MessageID": "1", "BouncedAt": "2030-01-01T00:00:00Z", "ID": 1,
    }  # fmt: skip
    url = reverse("mail-events", args=["postmark"])
    ask = {"data": told, "content_type": "application/json"}
    assert Client().post(url, **ask).status_code == 400
    assert not selectors.is_unreachable(user.email)
    basic = "Basic " + b64encode(b"user:password").decode()
    assert Client(headers={"Authorization": basic}).post(url, **ask).status_code == 200
    assert selectors.is_unreachable(user.email)
    assert Client().get(reverse("mail-events", args=["nobody"])).status_code == 404


def test_the_button_of_a_dataset_follows_it():
    dataset, user = DatasetFactory(), UserFactory()
    client = signed_in(user)
    page = reverse("dataset", args=[dataset.namespace, dataset.name])
    assert "Tell me of new versions" in client.get(page, **PAGE).content.decode()
    client.post(reverse("dataset-follow", args=[dataset.namespace, dataset.name]), {"do": "follow"})
    assert selectors.is_following(user.pk, dataset)
    assert "Stop telling me" in client.get(page, **PAGE).content.decode()
