"""Who is answered what, for every address of the site. A route without a row fails."""

from datetime import timedelta

import pytest
from django.core import signing
from django.db import transaction
from django.test import Client
from django.urls import get_resolver, reverse
from django.utils import timezone

from governance.access import services as access
from governance.access.models import RoleHeld
from governance.audit import sealing
from governance.audit import services as audit
from governance.audit.actors import HOUSE, Role
from governance.audit.models import Entry
from governance.audit.services import Place
from governance.catalogue.models import Dataset
from governance.notices import services as notices
from governance.notices import unsubscribing
from governance.notices.services import reaching
from governance.notices.topics import TOPICS
from pipeline.engine.models import Build, Shard
from pipeline.redact.spans import CLASSES
from tests.factories import (
    ANSWERS,
    LONG_AGO,
    AcceptanceFactory,
    ApplicationFactory,
    ArtefactFactory,
    DatasetFactory,
    MemberFactory,
    SharedCopyFactory,
    TermsDraftFactory,
    TermsFactory,
    UploadFactory,
    UserFactory,
    VersionFactory,
    actor,
    kept_manifest,
)
from tests.support import PAGE, signed_in

pytestmark = pytest.mark.django_db

# stranger, researcher (the owner of own things), another researcher, steward without the factor
# used, steward, admin, auditor
VISITORS = ("stranger", "owner", "other", "weak", "steward", "admin", "auditor")

OPEN = (200,) * 7
SELF = (302, 200, 200, 200, 200, 200, 200)  # signed in; each sees their own
OWN = (302, 200, 404, 404, 404, 404, 404)  # a thing of the owner
STEWARD_ADMIN = (302, 404, 404, 302, 200, 200, 404)
STAFF = (302, 404, 404, 302, 200, 200, 200)
ADMIN = (302, 404, 404, 404, 404, 200, 404)
AUDITOR = (302, 404, 404, 404, 404, 404, 200)
ADMIN = (302, 404, 404, 404, 404, 200, 404)
DEMO_ONLY = (404,) * 7

SIGNED_IN = (401, 200, 200, 200, 200, 200, 200)  # the same, for programs
REVIEWERS = (401, 403, 403, 403, 200, 200, 403)  # whatever number they name
POSTED = (  # of the API, by POST or DELETE alone: POSTS and tests/api tell who may
    "api-submit", "api-answer", "api-withdraw", "api-nudge", "api-again", "api-renew",
    "api-application-files", "api-application-file", "api-member-remove", "api-accept",
    "api-decline", "api-leave", "api-bulk", "api-take", "api-release", "api-hand-on", "api-note",
    "api-version-withdraw", "api-version-hold", "api-version-lift",
    "api-build-pause", "api-build-resume", "api-build-cancel",
    "api-return", "api-approve", "api-reject", "api-revoke", "api-inbox-read",
    "api-webhook-secret", "api-webhook-test", "api-webhook-redeliver",
)  # fmt: skip

OF_VERSION = (  # addresses that name one
    "version-close", "dataset-difference", "manifest", "manifest-note", "api-version",
    "api-difference", "api-checklist",
)  # fmt: skip

MATRIX = {
    "home": OPEN,
    "catalogue": OPEN,
    "dataset": OPEN,
    "dataset-files": OPEN,
    "dataset-versions": OPEN,
    "dataset-difference": OPEN,
    "manifest": OPEN,
    "manifest-note": OPEN,
    "dataset-preview": OPEN,
    "dataset-access": OPEN,
    "terms": OPEN,
    "terms-text": OPEN,
    "terms-versions": OPEN,
    "terms-version": OPEN,
    "terms-version-text": OPEN,
    "terms-changes": OPEN,
    "pass-on": OPEN,
    "terms-draft": ADMIN,
    "terms-preview": ADMIN,
    "shared-copies": SELF,
    "steward-copies": STEWARD_ADMIN,
    "acceptance": OWN,
    "acceptance-json": OWN,
    "downloads": SELF,
    "apply": SELF,
    "applications": SELF,
    "application": OWN,
    "application-edit": (302, 302, 404, 404, 404, 404, 404),  # it was sent: the page of it
    "application-file": OWN,
    "steward-file": STEWARD_ADMIN,
    "invitations": SELF,
    "inbox": SELF,
    "notice-choices": SELF,
    "webhooks": SELF,
    "webhook": OWN,
    "dataset-follow": (405,) * 7,  # to be posted to
    "dataset-feed": OPEN,
    "unsubscribe": OPEN,  # whoever has the link
    "address-again": OPEN,
    "mail-events": (404,) * 7,  # until a mail service is set up
    "steward-unreached": STEWARD_ADMIN,
    "tokens": SELF,
    "account": SELF,
    "sessions": SELF,
    "steward-queue": STEWARD_ADMIN,
    "steward-application": STEWARD_ADMIN,
    "steward-grants": STEWARD_ADMIN,
    "steward-blocks": STEWARD_ADMIN,
    "identities": SELF,
    "account-export": SELF,
    "account-delete": SELF,
    "steward-removals": STEWARD_ADMIN,
    "builds": STAFF,
    "build": STAFF,
    "build-progress": STAFF,
    "api-builds": (401, 403, 403, 403, 200, 200, 200),
    "api-build": (401, 403, 403, 403, 200, 200, 200),
    "build-shards": STAFF,
    "admin": ADMIN,
    "roles": ADMIN,
    "role": ADMIN,
    "people": ADMIN,
    "person": ADMIN,
    "admin-datasets": ADMIN,
    "dataset-new": ADMIN,
    "dataset-edit": ADMIN,
    "dataset-schedule": ADMIN,
    "tier-edit": ADMIN,
    "version-close": ADMIN,
    "dataset-wind-down": ADMIN,
    "tier-form": ADMIN,
    "invitation": OPEN,  # whoever has the link
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
    "api-versions": OPEN,
    "api-version": OPEN,
    "api-difference": OPEN,
    "api-checklist": (401, 403, 403, 403, 200, 200, 200),
    "api-terms": OPEN,
    "api-terms-versions": OPEN,
    "api-acceptance": (405,) * 7,  # to be posted to
    "api-copy": (401, 200, 404, 404, 404, 404, 404),
    "api-form": OPEN,
    "api-applications": SIGNED_IN,
    "api-application": (401, 200, 404, 404, 404, 404, 404),
    "api-invitations": SIGNED_IN,
    "api-queue": REVIEWERS,
    "api-review": REVIEWERS,
    **dict.fromkeys(POSTED, (405,) * 7),
    "api-inbox": SIGNED_IN,
    "api-preferences": SIGNED_IN,
    "api-webhooks": SIGNED_IN,
    "api-webhook": (401, 200, 404, 404, 404, 404, 404),
    "api-webhook-deliveries": (401, 200, 404, 404, 404, 404, 404),
    "api-follow": SIGNED_IN,
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
    kept_manifest(version)
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
    upload = UploadFactory(application=application)
    _, secret = access.invite_to_role(
        actor=HOUSE, email="ada@example.org", role=Role.STEWARD, dataset=None, ends=None,
        reason="joins the team", now=timezone.now(),
    )  # fmt: skip
    held = RoleHeld.objects.create(user=UserFactory(), role=Role.STEWARD, begins=LONG_AGO)
    params = {
        "upload_id": upload.pk,
        "secret": secret,
        "held_id": held.pk,
        "user_id": owner.pk,
        "member_id": MemberFactory(application=application).pk,
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
    hook, _ = notices.make_hook(
        actor=actor(owner),
        name="Chat",
        url="https://chat.example/in",
        topics=[],
        now=timezone.now(),
    )
    params["hook_id"], params["service"] = hook.pk, "postmark"
    params["message_id"] = notices.test_hook(
        actor=actor(owner), hook_id=hook.pk, now=timezone.now()
    ).pk
    settings.PUBLIC_URL = "https://data.example.org"
    tokens = {
        "unsubscribe": unsubscribing.link(owner.pk, "grant").rpartition("/")[2],
        "address-again": signing.dumps([owner.pk, owner.email], salt=reaching.SALT),
    }
    copy = SharedCopyFactory(acceptance=acceptance)
    TermsDraftFactory(dataset=dataset)
    params["code"] = copy.code
    params["tokens"] = tokens
    numbers = dict.fromkeys(
        ("terms-version", "terms-version-text", "terms-changes", "pass-on"), terms.number
    ) | {
        "api-copy": acceptance.number,
        **dict.fromkeys((*POSTED, "api-application", "api-review"), application.number),
        **dict.fromkeys(OF_VERSION, "1.1"),
        **dict.fromkeys(("api-version-withdraw", "api-version-hold", "api-version-lift"), "1.1"),
        "acceptance": acceptance.number,
        "acceptance-json": acceptance.number,
        "application": application.number,
        "steward-application": application.number,
        "application-edit": application.number,
        "application-file": application.number,
        "steward-file": application.number,
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
    if route in params["tokens"]:
        known = known | {"token": params["tokens"][route]}
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


POSTS = {
    "roles": (
        {
            "do": "invite",
            "email": "grace@example.org",
            "role": "steward",
            "dataset": "",
            "ends": "",
            "reason": "joins the team",
        },
        {"admin"},
    ),
    "role": ({"do": "end", "reason": "left the team"}, {"admin"}),
    "person": ({"do": "suspend", "reason": "shared the data"}, {"admin"}),
    "dataset-edit": ({"do": "listing", "reason": "not ready yet"}, {"admin"}),
    "dataset-schedule": (
        {"on": "no", "day": "1", "early": "off", "threshold": "100", "months": ["1", "4"]}
        | {"reason": "paused"},
        {"admin"},
    ),
    "dataset-new": (
        {
            "slug": "lab/new",
            "title": "New",
            "summary": "Some files.",
            "licence_set": "permissive",
            "reason": "a new one",
        }
        | {f"class_{cls}": "redact" for cls in CLASSES},
        {"admin"},
    ),
    "tier-edit": (
        {"do": "policy", "offered": "no", "reason": "shut for now", "typed": ""},
        {"admin"},
    ),
    "dataset-wind-down": ({"do": "propose", "reason": "the programme ends"}, {"admin"}),
    "version-close": ({"do": "withdraw", "reason": "misread", "successor": ""}, {"admin"}),
    "tier-form": (
        {"do": "save", "count": "1", "q1_kind": "text", "q1_label": "Why?", "reason": "shorter"},
        {"admin"},
    ),  # what changes things, with a body that would be accepted, and who is let through
    "terms": (
        {f"clause_{at}": "on" for at in range(1, 6)}
        | {"typed_name": "Some Body", "purpose": "Measuring things.", "terms": "1.0"},
        {"other", "weak", "steward", "admin", "auditor"},
    ),
    "terms-version": (
        {f"clause_{at}": "on" for at in range(1, 6)}
        | {"typed_name": "Some Body", "purpose": "Measuring things.", "terms": "1.0"},
        {"other", "weak", "steward", "admin", "auditor"},
    ),
    "pass-on": (
        {f"clause_{at}": "on" for at in range(1, 6)}
        | {"typed_name": "Some Body", "purpose": "Measuring things.", "terms": "1.0"},
        {"other", "weak", "steward", "admin", "auditor"},
    ),
    "terms-draft": ({"do": "discard"}, {"admin"}),
    "terms-preview": ({"confirmation": "2.0", "revision": "1"}, {"admin"}),
    "shared-copies": (
        {"do": "register", "which": "lab/shelf 1.1", "operator": "A lab", "kind": "public"}
        | {"url": "https://mirror.example/shelf"},
        {"owner"},
    ),
    "steward-application": (
        {"do": "reject", "reason": "No measures were named."},
        {"steward"},
    ),
    "apply": (
        ANSWERS | {"no_sharing": "on", "erasure": "on", "do": "send"},
        {"other", "weak", "steward", "admin", "auditor"},
    ),
    "application": ({"do": "nudge"}, {"owner"}),
    "webhooks": (
        {"do": "make", "name": "Chat", "url": "https://chat.example/in"},
        {"owner", "other", "weak", "steward", "admin", "auditor"},
    ),
    "webhook": ({"do": "pause"}, {"owner"}),
    "dataset-follow": (
        {"do": "follow"},
        {"owner", "other", "weak", "steward", "admin", "auditor"},
    ),
    "notice-choices": (
        {
            f"{code}:{channel}": "on"
            for code in TOPICS
            for channel in ("mail", "inbox")
            if (code, channel) != ("grant", "mail")
        },
        {"owner", "other", "weak", "steward", "admin", "auditor"},
    ),
    "unsubscribe": (
        {"List-Unsubscribe": "One-Click"},
        {"stranger", "owner", "other", "weak", "steward", "admin", "auditor"},
    ),
    "steward-blocks": (
        {
            "do": "add",
            "kind": "domain",
            "value": "example.net",
            "dataset": "",
            "ends": (timezone.now() + timedelta(days=9)).date().isoformat(),
            "reason": "Misuse.",
        },
        {"steward", "admin"},
    ),
    "steward-removals": (
        {"kind": "account", "value": "somebody", "reason": "Asked."},
        {"steward", "admin"},
    ),
    "tokens": (
        {"do": "make", "name": "laptop", "days": "30", "dataset": ""},
        {"owner", "other", "weak", "steward", "admin", "auditor"},
    ),
    "sessions": (
        {"do": "everywhere"},
        {"owner", "other", "weak", "steward", "admin", "auditor"},
    ),
}


@pytest.mark.parametrize("visitor", VISITORS)
@pytest.mark.parametrize("route", POSTS)
def test_who_may_change_what(route, visitor, world):
    """One entry of the record for each act that went through; of the others at most a refusal."""
    owner, params, numbers = world
    body, let_through = POSTS[route]
    chosen = {"dataset": Dataset.objects.get().slug} if route == "steward-removals" else {}
    client = browser(visitor, owner)
    acts = Entry.objects.exclude(action="act.refuse")
    before = acts.count()
    response = client.post(address(route, params, numbers), body | chosen, **PAGE)
    happened = acts.count() - before
    assert happened == (1 if visitor in let_through else 0), (response.status_code, happened)


def test_a_form_of_another_site_changes_nothing(world):
    owner, params, numbers = world
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner)
    before = Entry.objects.count()
    response = client.post(address("tokens", params, numbers), POSTS["tokens"][0], **PAGE)
    assert response.status_code == 403
    assert Entry.objects.count() == before
