"""Things that tests start from. Times are passed; nothing freezes the clock."""

import hashlib
import json
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import factory
from allauth.account.models import EmailAddress
from django.db import transaction

from governance.access import days, uploads
from governance.access import defaults as access_defaults
from governance.access import models as access
from governance.access.states import State as ApplicationState
from governance.audit.actors import Actor, Role
from governance.catalogue import models as catalogue
from governance.catalogue.checklist import ITEMS, Item, Mark
from governance.catalogue.states import State
from governance.duty import models as duty
from governance.terms import defaults as terms_defaults
from governance.terms import models as terms
from governance.terms.texts import render_text
from pipeline.engine.models import Build, Shard
from pipeline.release.cardtext import SECTIONS
from portal.accounts.models import User

NOW = datetime(2030, 1, 1, 12, tzinfo=UTC)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)  # for views, which ask the real clock


class UserFactory(factory.django.DjangoModelFactory):
    """Somebody with a confirmed address; `verified=False` leaves it unconfirmed."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence("person{}@example.org".format)
    name = factory.Sequence("Person {}".format)
    affiliation = "Example University"

    @factory.post_generation
    def verified(self, create: bool, extracted: bool | None, **kwargs: object) -> None:
        EmailAddress.objects.create(
            user=self, email=self.email, verified=extracted is not False, primary=True
        )

    @factory.post_generation
    def role(self, create: bool, extracted: Role | None, **kwargs: object) -> None:
        if extracted:  # UserFactory(role=Role.STEWARD)
            access.RoleHeld.objects.create(user=self, role=extracted, begins=NOW - timedelta(9999))


class DatasetFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = catalogue.Dataset
        skip_postgeneration_save = True

    namespace = "lab"
    name = factory.Sequence("shelf{}".format)
    title = "Shelf"
    summary = "Source files with provenance."
    redaction = factory.LazyFunction(
        lambda: {"version": 1, "classes": {"EMAIL": "redact", "KEY": "redact"}}
    )
    sources = factory.LazyFunction(lambda: [{"kind": "distributions", "paths": ["/nowhere"]}])
    made_at = NOW - timedelta(days=60)

    @factory.post_generation
    def tiers(self, create: bool, extracted: object, **kwargs: object) -> None:
        for position, spec in enumerate(access_defaults.TIERS):
            catalogue.Tier.objects.create(
                dataset=self,
                name=spec.name,
                summary=spec.summary,
                policy=spec.policy,
                form=list(spec.form),
                days=spec.days,
                position=position,
            )


class VersionFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = catalogue.Version

    class Params:
        superseded = factory.Trait(state=State.SUPERSEDED, serve_until=NOW + timedelta(days=10))
        withdrawn = factory.Trait(
            state=State.WITHDRAWN, withdrawn_at=NOW, withdrawn_reason="a licence was misread"
        )

    dataset = factory.SubFactory(DatasetFactory)
    number = factory.Sequence(lambda n: f"1.{n}")
    state = State.PUBLISHED
    commit = factory.Sequence("{:040x}".format)
    manifest_sha256 = factory.Sequence("{:064x}".format)
    card = "# What it is\n\nFiles."
    made_at = NOW - timedelta(days=40)
    published_at = NOW - timedelta(days=30)
    stats = factory.LazyFunction(dict)


class ArtefactFactory(factory.django.DjangoModelFactory):
    """A file of a tier; `tier_name` says which."""

    class Meta:
        model = catalogue.Artefact

    class Params:
        tier_name = "processed"

    version = factory.SubFactory(VersionFactory)
    tier = factory.LazyAttribute(lambda self: self.version.dataset.tiers.get(name=self.tier_name))
    path = factory.Sequence("data/python/{:04d}.parquet".format)
    size = 1000
    sha256 = factory.Sequence("{:064x}".format)
    rows = 10
    key = factory.LazyAttribute(lambda self: f"gated/test/{self.sha256}")


class TermsFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = terms.TermsVersion
        skip_postgeneration_save = True

    dataset = factory.SubFactory(DatasetFactory)
    number = "1.0"
    title = terms_defaults.TITLE
    summary = terms_defaults.SUMMARY
    text = render_text(terms_defaults.TITLE, "1.0", terms_defaults.CLAUSES)
    text_sha256 = "5" * 64
    uses = factory.LazyFunction(lambda: list(terms_defaults.USES))
    effective_at = LONG_AGO
    published_at = factory.LazyAttribute(lambda self: self.effective_at)

    @factory.post_generation
    def clauses(self, create: bool, extracted: object, **kwargs: object) -> None:
        for at, spec in enumerate(terms_defaults.CLAUSES, start=1):
            terms.Clause.objects.create(
                terms=self, number=at, title=spec.title, law=spec.law, plain=spec.plain
            )


class AcceptanceFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = terms.Acceptance

    number = factory.Sequence("GH-A-{:06d}".format)
    user = factory.SubFactory(UserFactory)
    person = factory.LazyAttribute(lambda self: self.user.pk)
    terms = factory.SubFactory(TermsFactory)
    text_sha256 = "5" * 64
    clauses = factory.LazyFunction(lambda: [1, 2, 3, 4, 5])
    typed_name = "Some Body"
    email = factory.LazyAttribute(lambda self: self.user.email)
    purpose = "Measuring things."
    at = NOW - timedelta(days=20)
    entry = 0


ANSWERS = {
    "affiliation": "Example University",
    "purpose": "Compare detectors on held-out code, in aggregate only.",
    "ethics": "Reviewed by the board of the university.",
    "protection": "An encrypted disk, erased when the grant ends.",
    "no_sharing": True,
    "erasure": True,
}


class SharedCopyFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = terms.SharedCopy

    code = factory.Sequence("COPY{:06d}".format)
    acceptance = factory.SubFactory(AcceptanceFactory)
    dataset = factory.LazyAttribute(lambda self: self.acceptance.terms.dataset)
    holder = factory.LazyAttribute(lambda self: self.acceptance.user)
    person = factory.LazyAttribute(lambda self: self.holder.pk)
    operator = "Example University, Systems Group"
    url = factory.Sequence("https://mirror{}.example/shelf".format)
    kind = "public"
    version = "1.1"
    made_at = NOW - timedelta(days=3)


class TermsDraftFactory(factory.django.DjangoModelFactory):
    """A draft that can be published."""

    class Meta:
        model = terms.TermsDraft

    dataset = factory.SubFactory(DatasetFactory)
    number = "2.0"
    title = terms_defaults.TITLE
    clauses = factory.LazyFunction(lambda: [each._asdict() for each in terms_defaults.CLAUSES])
    uses = factory.LazyFunction(lambda: list(terms_defaults.USES))
    earlier = "good"
    reason = "A word was unclear."
    changed_at = NOW
    changed_by = 0


class ApplicationFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = access.Application

    number = factory.Sequence("GH-2029-{:04d}".format)  # no year of NOW: those are given
    applicant = factory.SubFactory(UserFactory)
    tier = factory.LazyAttribute(lambda _: DatasetFactory().tiers.get(name="annotations"))
    form = factory.LazyAttribute(lambda self: self.tier.form)
    answers = factory.LazyFunction(lambda: dict(ANSWERS))
    state = ApplicationState.SUBMITTED
    submissions = 1
    made_at = factory.LazyAttribute(lambda self: self.submitted_at or NOW)
    submitted_at = NOW - timedelta(days=2)
    target_at = NOW + timedelta(days=12)
    expires_at = factory.LazyAttribute(
        lambda self: days.after(self.submitted_at, days.working_days(30))
    )

    class Params:
        draft = factory.Trait(
            state=ApplicationState.DRAFT,
            submissions=0,
            submitted_at=None,
            target_at=None,
            expires_at=None,
        )


class UploadFactory(factory.django.DjangoModelFactory):
    """A file of an application, its bytes in private storage."""

    class Meta:
        model = access.Upload

    class Params:
        data = b"%PDF-1.7 a letter of the board"

    application = factory.SubFactory(ApplicationFactory)
    question = "letter"
    key = factory.LazyAttribute(lambda self: uploads.keep(self.data))
    name = "letter.pdf"
    kind = "pdf"
    size = factory.LazyAttribute(lambda self: len(self.data))
    at = NOW


class MemberFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = access.Member

    application = factory.SubFactory(ApplicationFactory)
    email = factory.Sequence("member{}@example.org".format)
    state = access.MemberState.NAMED
    changed_at = NOW


class GrantFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = access.Grant

    class Params:
        ended = factory.Trait(ends=NOW)  # the boundary itself, where off-by-one lives
        revoked = factory.Trait(revoked_at=NOW - timedelta(hours=1), revoked_reason="misuse")

    holder = factory.SubFactory(UserFactory)
    tier = factory.LazyAttribute(lambda _: DatasetFactory().tiers.get(name="annotations"))
    begins = LONG_AGO
    ends = NOW + timedelta(days=30)


class SuspensionFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = access.Suspension

    class Params:
        over = factory.Trait(ends=NOW)
        lifted = factory.Trait(lifted_at=NOW - timedelta(hours=1), lifted_reason="a mistake")

    user = factory.SubFactory(UserFactory)
    reason = "Files were passed on."
    begins = LONG_AGO


def all_met(version: catalogue.Version) -> list[Item]:
    """A checklist without anything against it: for tests of what comes after."""
    return [Item(code, code, Mark.MET, "as a test says") for code in ITEMS]


CARD = "# Shelf 1.1\n\nFiles.\n\n" + "\n".join(f"## {name}\n\nTold.\n" for name in SECTIONS)


def built(version: catalogue.Version, **brief: object) -> Build:
    """The build that made and proved a version, which gets a complete card with it."""
    made = Build.objects.create(
        version=version,
        state=Build.State.DONE,
        brief={"removals": [], "parent": None, "sources": [], "licence_set": "permissive", **brief},
        started_at=LONG_AGO,
        finished_at=LONG_AGO,
    )
    Shard.objects.create(
        build=made, stage="verify", number=0, label="all", ref=f"verify/{made.pk}", params={},
        state=Shard.State.DONE,
    )  # fmt: skip
    version.build, version.card = made.pk, CARD
    version.save(update_fields=["build", "card"])
    return made


def kept_manifest(version: catalogue.Version) -> bytes:
    """A manifest of a version in storage, signed, and its difference counted."""
    from governance.catalogue import comparing, signing
    from pipeline.engine import differences
    from pipeline.publish.storage import store
    from tests.pages import shelf

    told = {"dataset": version.dataset.slug, "version": version.number, "artefacts": []}
    data = json.dumps(told).encode()
    version.manifest_sha256 = hashlib.sha256(data).hexdigest()
    version.save(update_fields=["manifest_sha256"])
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        key = differences.manifest_key(version.dataset.slug, version.manifest_sha256)
        store().put(key, Path(file.name))
    with transaction.atomic():
        signing.sign(version, now=NOW)
    counted = shelf.difference()
    comparing.keep(older=version.parent, newer=version, exact=counted, told=counted, now=NOW)
    return data


class CopyFactory(factory.django.DjangoModelFactory):
    """What somebody downloaded of a tier of a version; `of` names its files."""

    class Meta:
        model = duty.Copy
        skip_postgeneration_save = True

    holder = factory.SubFactory(UserFactory)
    person = factory.LazyAttribute(lambda self: self.holder.pk)
    version = factory.SubFactory(VersionFactory)
    tier = factory.LazyAttribute(lambda self: self.version.dataset.tiers.get(name="processed"))
    made_at = NOW - timedelta(days=20)

    @factory.post_generation
    def of(self, create: bool, extracted: list | None, **kwargs: object) -> None:
        for artefact in extracted or []:
            duty.CopyFile.objects.create(copy=self, artefact=artefact, at=self.made_at)


def actor(user: User, *, second_factor: bool = True, **fields: object) -> Actor:
    """`user` as the portal would describe them, with the roles that they hold."""
    from governance.access import selectors

    return Actor(
        user_id=user.pk,
        email=user.email,
        name=user.name,
        verified=fields.pop("verified", True),
        second_factor=second_factor,
        has_second_factor=second_factor,
        roles=selectors.roles_of(user.pk, now=NOW),
        suspended=selectors.suspended(user_id=user.pk, now=NOW),
        **fields,
    )
