"""Who is answered what, for every address of the site. A route without a row fails."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.test import Client
from django.urls import get_resolver, reverse
from django.utils import timezone

from governance.audit import sealing
from governance.audit import services as audit
from governance.audit.actors import Role
from governance.audit.models import Entry
from governance.audit.services import Place
from governance.catalogue.models import Dataset
from pipeline.engine.models import Build, Shard
from tests.factories import (
    AcceptanceFactory,
    ApplicationFactory,
    ArtefactFactory,
    DatasetFactory,
    TermsFactory,
    UserFactory,
    VersionFactory,
    actor,
)
from tests.support import PAGE, signed_in

pytestmark = pytest.mark.django_db

# stranger, researcher (the owner of own things), another researcher, steward without the factor
# used, steward, admin, auditor
VISITORS = ("stranger", "owner", "other", "weak", "steward", "admin", "auditor")

OPEN = (200,) * 7
SELF = (302, 200, 200, 200, 200, 200, 200)  # signed in; each sees their own
OWN = (302, 200, 404, 404, 404, 404, 404)  # a thing of the owner
STEWARD = (302, 404, 404, 302, 200, 404, 404)
STEWARD_ADMIN = (302, 404, 404, 302, 200, 200, 404)
STAFF = (302, 404, 404, 302, 200, 200, 200)
AUDITOR = (302, 404, 404, 404, 404, 404, 200)
DEMO_ONLY = (404,) * 7

MATRIX = {
    "home": OPEN,
    "catalogue": OPEN,
    "dataset": OPEN,
    "dataset-files": OPEN,
    "dataset-versions": OPEN,
    "dataset-difference": OPEN,
    "dataset-preview": OPEN,
    "dataset-access": OPEN,
    "terms": OPEN,
    "terms-text": OPEN,
    "acceptance": OWN,
    "acceptance-json": OWN,
    "downloads": SELF,
    "apply": SELF,
    "applications": SELF,
    "application": OWN,
    "inbox": SELF,
    "tokens": SELF,
    "account": SELF,
    "steward-queue": STEWARD,
    "steward-application": STEWARD,
    "steward-removals": STEWARD_ADMIN,
    "builds": STAFF,
    "build": STAFF,
    "build-progress": STAFF,
    "build-shards": STAFF,
    "checkpoint": OPEN,
    "checkpoint-at": OPEN,
    "tile": OPEN,
    "record-key": OPEN,
    "rotations": OPEN,
    "record-log": OPEN,
    "receipt": OWN,
    "receipt-json": OWN,
    "record": AUDITOR,
    "record-entry": AUDITOR,
    "record-csv": AUDITOR,
    "record-parquet": AUDITOR,
    "record-could-open": AUDITOR,
    "dataset-metrics": STAFF,
    "demo": DEMO_ONLY,
    "demo-mail": DEMO_ONLY,
    # the owner has signed; the bytes are not in storage, which is the answer of who may have them
    "file": (401, 503, 403, 403, 403, 403, 403),
    "api-datasets": OPEN,
    "api-files": OPEN,
    "api-access": OPEN,
    "api-who": (401, 200, 200, 200, 200, 200, 200),
    "api-schema": OPEN,
    "healthz": (503,) * 7,  # no worker in a unit test
    "healthz-empty": OPEN,
}


def routes(resolver=None) -> set[str]:
    """Names of all routes but those of the sign-in library, found by walking the URLs."""
    found = set()
    for entry in (resolver or get_resolver()).url_patterns:
        if hasattr(entry, "url_patterns"):
            if str(entry.pattern) != "accounts/":
                found |= routes(entry)
        else:
            found.add(entry.name)
    return found


def test_every_route_has_a_row():
    assert routes() == set(MATRIX)


@pytest.fixture
def world(settings):
    """One dataset with everything that an address may name, and the visitors."""
    owner = UserFactory()
    dataset = DatasetFactory(namespace="lab", name="shelf")
    parent = VersionFactory(dataset=dataset, number="1.0", superseded=True)
    version = VersionFactory(dataset=dataset, number="1.1", parent=parent)
    file = ArtefactFactory(version=version)
    terms = TermsFactory(dataset=dataset)
    acceptance = AcceptanceFactory(user=owner, terms=terms)
    application = ApplicationFactory(
        applicant=owner, tier=dataset.tiers.get(name="annotations"), submitted_at=timezone.now()
    )
    build = Build.objects.create(
        version=version, brief={"parent": None}, started_at=timezone.now() - timedelta(minutes=1)
    )
    version.build = build.pk
    version.save()
    Shard.objects.create(
        build=build, stage="collect", number=0, label="one", ref="collect/1", params={}
    )
    with transaction.atomic():
        entry = audit.ticket_issued(
            actor=actor(owner),
            place=Place("lab/shelf", "1.1", "processed", file.path),
            terms_version="1.0",
            grant=None,
            size=file.size,
            now=timezone.now(),
        )
    settings.AUDIT_KEY_MADE_AT_NEED = True
    sealed = sealing.seal(now=timezone.now())
    params = {
        "namespace": "lab",
        "name": "shelf",
        "tier": "annotations",
        "build_id": build.pk,
        "stage": "collect",
        "entry_id": entry.pk,
        "revision": "main",
        "path": file.path,
        "size": sealed.size,
        "tile": "0/000.p/1",
    }
    numbers = {
        "dataset-difference": "1.1",
        "acceptance": acceptance.number,
        "acceptance-json": acceptance.number,
        "application": application.number,
        "steward-application": application.number,
    }
    return owner, params, numbers


def browser(visitor, owner):
    if visitor == "stranger":
        return Client()
    if visitor == "owner":
        return signed_in(owner)
    if visitor == "other":
        return signed_in(UserFactory())
    roles = {"weak": Role.STEWARD}
    role = roles.get(visitor) or Role(visitor)
    return signed_in(UserFactory(role=role), second_factor=visitor != "weak")


def address(route, params, numbers):
    known = params | ({"number": numbers[route]} if route in numbers else {})
    for names in wanted(route):
        if set(names) <= set(known):
            return reverse(route, kwargs={name: known[name] for name in names})
    raise AssertionError(f"{route} takes something that the world has not")


def wanted(route, resolver=None) -> list[tuple[str, ...]]:
    found = []
    for entry in (resolver or get_resolver()).url_patterns:
        if hasattr(entry, "url_patterns"):
            found += wanted(route, entry)
        elif entry.name == route:
            found.append(tuple(entry.pattern.regex.groupindex))
    return found


@pytest.mark.parametrize("route", MATRIX)
def test_who_is_answered_what(route, world):
    owner, params, numbers = world
    where = address(route, params, numbers)
    answers = {
        visitor: browser(visitor, owner).get(where, **PAGE).status_code for visitor in VISITORS
    }
    assert answers == dict(zip(VISITORS, MATRIX[route], strict=True))


POSTS = {  # what changes things, with a body that would be accepted, and who is let through
    "terms": (
        {f"clause_{at}": "on" for at in range(1, 6)}
        | {"typed_name": "Some Body", "purpose": "Measuring things.", "terms": "1.0"},
        {"other", "weak", "steward", "admin", "auditor"},
    ),
    "steward-application": (
        {"do": "reject", "reason": "No measures were named."},
        {"steward"},
    ),
    "steward-removals": (
        {"kind": "account", "value": "somebody", "reason": "Asked."},
        {"steward", "admin"},
    ),
    "tokens": (
        {"do": "make", "name": "laptop", "days": "30", "dataset": ""},
        {"owner", "other", "weak", "steward", "admin", "auditor"},
    ),
}


@pytest.mark.parametrize("visitor", VISITORS)
@pytest.mark.parametrize("route", POSTS)
def test_who_may_change_what(route, visitor, world):
    """One entry of the record for each act that went through, none for the others."""
    owner, params, numbers = world
    body, let_through = POSTS[route]
    chosen = {"dataset": Dataset.objects.get().slug} if route == "steward-removals" else {}
    client = browser(visitor, owner)
    before = Entry.objects.count()
    response = client.post(address(route, params, numbers), body | chosen, **PAGE)
    happened = Entry.objects.count() - before
    assert happened == (1 if visitor in let_through else 0), (response.status_code, happened)


def test_a_form_of_another_site_changes_nothing(world):
    owner, params, numbers = world
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner)
    before = Entry.objects.count()
    response = client.post(address("tokens", params, numbers), POSTS["tokens"][0], **PAGE)
    assert response.status_code == 403
    assert Entry.objects.count() == before
