"""Things that tests start from. Times are passed; nothing freezes the clock."""

from datetime import UTC, datetime, timedelta

import factory
from allauth.account.models import EmailAddress

from governance.access import defaults as access_defaults
from governance.access import models as access
from governance.access.states import State as ApplicationState
from governance.audit.actors import Actor, Role
from governance.catalogue import models as catalogue
from governance.catalogue.states import State
from governance.terms import defaults as terms_defaults
from governance.terms import models as terms
from governance.terms.services import render_text
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
    terms = factory.SubFactory(TermsFactory)
    text_sha256 = "5" * 64
    clauses = factory.LazyFunction(lambda: [1, 2, 3, 4, 5])
    typed_name = "Some Body"
    email = factory.LazyAttribute(lambda self: self.user.email)
    purpose = "Measuring things."
    at = NOW - timedelta(days=20)
    entry = 0


class ApplicationFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = access.Application

    number = factory.Sequence("GH-2030-{:04d}".format)
    applicant = factory.SubFactory(UserFactory)
    tier = factory.LazyAttribute(lambda _: DatasetFactory().tiers.get(name="annotations"))
    form = factory.LazyAttribute(lambda self: self.tier.form)
    answers = factory.LazyFunction(lambda: {"affiliation": "Example University"})
    state = ApplicationState.SUBMITTED
    submitted_at = NOW - timedelta(days=2)
    target_at = NOW + timedelta(days=12)


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
        **fields,
    )
