"""A superseded version is handed out until `serve_until`, and then by no surface, whoever asks."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from governance.access import selectors as access
from governance.audit.actors import Role
from governance.audit.models import Entry
from pipeline.engine import publishing
from tests.factories import UserFactory, VersionFactory, actor, built
from tests.serving import bearer
from tests.support import PAGE

pytestmark = pytest.mark.django_db


def superseded(file, now):
    """1.1 comes out through the two people that it takes; 1.0, of which the file is, goes."""
    new = VersionFactory(
        dataset=file.version.dataset, number="1.1", state="candidate", published_at=None
    )
    built(new)
    for verb, role in (("approve", Role.STEWARD), ("publish", Role.ADMIN)):
        getattr(publishing, f"{verb}_version")(
            version_id=new.pk, actor=actor(UserFactory(role=role)), reason="due", now=now
        )
    file.version.refresh_from_db()
    return file.version


def answers(file, who):
    """What each surface says of the old version's file."""
    client, headers = Client(), bearer(who)
    place = f"/datasets/lab/shelf/resolve/{{}}/{file.path}"
    versions = client.get(reverse("api-versions", args=["lab", "shelf"])).json()
    visible = access.visible_to(actor(who), timezone.now())
    return {
        "get": client.get(place.format("v1.0"), **headers).status_code,
        "head": client.head(place.format("v1.0"), **headers).status_code,
        "commit": client.head(place.format(file.version.commit), **headers).status_code,
        "list": visible.filter(version=file.version).exists(),
        "api": next(each["served"] for each in versions if each["version"] == "1.0"),
        "page": "It is handed out until"
        in client.get("/datasets/lab/shelf?version=1.0", **PAGE).content.decode(),
    }


SERVED = {"get": 200, "head": 200, "commit": 200, "list": True, "api": True, "page": True}
REFUSED = {"get": 403, "head": 403, "commit": 403, "list": False, "api": False, "page": False}


def test_until_its_last_moment_it_is_served_and_then_refused_everywhere(file, researcher):
    now = timezone.now()
    served = superseded(file, now).serve_until - now
    assert served == timedelta(days=42)
    assert answers(file, researcher) == SERVED
    before = Entry.objects.filter(action="ticket.issue").count()
    # As if it had come out 42 days ago; nothing has closed it but the rule.
    file.version.serve_until = now
    file.version.save(update_fields=["serve_until"])
    assert answers(file, researcher) == REFUSED
    assert Entry.objects.filter(action="ticket.issue").count() == before
