"""The demo: made-up people around a real dataset. Nothing here runs unless GATEHOUSE_DEMO is on."""

import sysconfig
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from time import time

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
)
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from governance.access import applied
from governance.access import defaults as access_defaults
from governance.access import selectors as access
from governance.access import services as access_services
from governance.audit.actors import HOUSE, Actor, Role
from governance.catalogue import selectors as catalogue
from governance.catalogue import services as catalogue_services
from governance.errors import MissingError, WrongStateError
from governance.terms import defaults as terms_defaults
from governance.terms import selectors as terms
from governance.terms import services as terms_services
from portal.accounts.actors import operator
from portal.accounts.models import User

PASSWORD = "open-sesame-2026"  # noqa: S105  shown on a page: it guards made-up people
DATASET = "gatehouse/shelf"
REASON = "start of the demo"
PERIOD = 30  # seconds that a code lives


@dataclass(frozen=True, slots=True)
class Person:
    email: str
    name: str
    role: str
    tries: tuple[tuple[str, str], ...]  # what to try, and where
    factor: bool = False
    password: str = PASSWORD
    code: str = ""
    code_seconds: int = 0
    roles: tuple[Role, ...] = field(default=())


HERE = f"/datasets/{DATASET}"
PEOPLE = (
    Person(
        "newcomer@demo.example",
        "Nora Newcomer",
        "Verified, has signed nothing",
        (
            ("See what is missing", f"{HERE}/access"),
            ("Read and sign the terms", f"{HERE}/terms"),
            ("Apply for the annotations", f"{HERE}/annotations/apply"),
        ),
    ),
    Person(
        "researcher@demo.example",
        "Rhea Searcher",
        "Has signed the terms",
        (("Download a file", f"{HERE}/files"), ("Make a token", "/tokens")),
    ),
    Person(
        "approved@demo.example",
        "Ada Proved",
        "Holds a grant for the annotations",
        (("Download the annotations", f"{HERE}/files?tier=annotations"),),
        factor=True,
    ),
    Person(
        "steward@demo.example",
        "Stella Steward",
        "Steward",
        (
            ("Decide applications", "/steward/applications"),
            ("Take something out", "/steward/removals"),
            ("Approve a version", "/builds"),
            ("Download raw files", f"{HERE}/files?tier=raw"),
        ),
        factor=True,
        roles=(Role.STEWARD,),
    ),
    Person(
        "steward2@demo.example",
        "Stuart Ward",
        "Steward, the second yes",
        (("Decide applications", "/steward/applications"),),
        factor=True,
        roles=(Role.STEWARD,),
    ),
    Person(
        "admin@demo.example",
        "Adam Inister",
        "Admin",
        (("Start a build", "/builds"),),
        factor=True,
        roles=(Role.ADMIN,),
    ),
    Person(
        "admin2@demo.example",
        "Alma Second",
        "Admin, the second pair of eyes",
        (("Publish what a steward approved", "/builds"),),
        factor=True,
        roles=(Role.ADMIN,),
    ),
    Person(
        "auditor@demo.example",
        "Audra Tor",
        "Auditor",
        (("Read the record", "/record"),),
        factor=True,
        roles=(Role.AUDITOR,),
    ),
    Person(
        "subject@demo.example",
        "Sam Subject",
        "Somebody whose work may be in it",
        (("See how it is made and what is removed", HERE),),
    ),
)


def people() -> list[Person]:
    """The demo's people with their codes of the moment. Raises MissingError outside the demo."""
    if not settings.DEMO:
        raise MissingError("There is no such page.")
    secrets = {
        each.user.email: TOTP(each).instance.data["secret"]
        for each in Authenticator.objects.filter(
            type=Authenticator.Type.TOTP, user__email__in=[person.email for person in PEOPLE]
        ).select_related("user")
    }
    return [_with_code(person, secrets.get(person.email)) for person in PEOPLE]


def _with_code(person: Person, secret: str | None) -> Person:
    from dataclasses import replace

    if secret is None:
        return person
    now = time()
    left = PERIOD - int(now) % PERIOD
    return replace(person, code=code(secret, at=now), code_seconds=left)


def code(encrypted: str, *, at: float) -> str:
    """The code of an authenticator at a time (seconds since 1970)."""
    from allauth.mfa.adapter import get_adapter

    return format_hotp_value(hotp_value(get_adapter().decrypt(encrypted), int(at) // PERIOD))


# ------------------------------------------------------------------ making it


def prepare(say: Callable[[str], None]) -> None:
    """Make what is not there yet: people, dataset, terms, signatures, a grant. Again is no work."""
    users = {person.email: _person(person) for person in PEOPLE}
    dataset = _dataset(say)
    _roles(users)
    _signatures(users, dataset)


def _person(person: Person) -> User:
    user = User.objects.filter(email=person.email).first()
    if user is not None:
        return user
    with transaction.atomic():
        user = User.objects.create_user(
            person.email, PASSWORD, name=person.name, affiliation="Demo University"
        )
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        if person.factor:
            TOTP.activate(user, generate_totp_secret())
    return user


def _roles(users: dict[str, User]) -> None:
    now = timezone.now()
    for person in PEOPLE:
        held = access.roles_of(users[person.email].pk, now=now)
        for role in person.roles:
            if (role, None) not in held:
                access_services.give_role(
                    actor=HOUSE,
                    person=users[person.email].pk,
                    role=role,
                    dataset=None,
                    ends=None,
                    reason=REASON,
                    now=now,
                )


def _dataset(say: Callable[[str], None]) -> object:
    try:
        return catalogue.dataset_by_slug(DATASET)
    except MissingError:
        say(f"Making the dataset {DATASET}.")
    from pipeline.redact.policy import DEFAULT_POLICY

    now = timezone.now()
    made = catalogue_services.make_dataset(
        actor=HOUSE,
        slug=DATASET,
        title="Shelf",
        summary="Permissively licensed source files of the Python distributions that this "
        "installation runs on, with provenance, redacted secrets and stable row ids.",
        licence_set="permissive",
        redaction=DEFAULT_POLICY,
        sources=[{"kind": "distributions", "paths": [sysconfig.get_paths()["purelib"]]}],
        tiers=access_defaults.TIERS,
        contact=settings.CONTACT_EMAIL if "." in settings.CONTACT_EMAIL else "",
        reason=REASON,
        now=now,
    )
    terms_services.publish_terms(
        actor=HOUSE,
        dataset=made,
        number="1.0",
        title=f"{terms_defaults.TITLE} of {DATASET}",
        summary=terms_defaults.SUMMARY,
        clauses=terms_defaults.CLAUSES,
        uses=terms_defaults.USES,
        effective_at=now,
        reason=REASON,
        now=now,
    )
    return made


def _signatures(users: dict[str, User], dataset: object) -> None:
    now = timezone.now()
    agreed = terms.in_force(dataset, now=now)
    assert agreed is not None  # noqa: S101  published with the dataset
    signers = ("researcher", "approved", "steward", "steward2", "admin", "admin2")
    for name in signers:
        actor = operator(users[f"{name}@demo.example"], now=now)
        if terms.acceptance_of(actor, agreed) is None:
            terms_services.accept(
                actor=actor,
                terms_id=agreed.pk,
                ticked=[clause.number for clause in terms.clauses(agreed)],
                typed_name=actor.name,
                purpose="Looking at the demo from the inside.",
                now=now,
            )
    _grant(users, dataset)


def _grant(users: dict[str, User], dataset: object) -> None:
    now = timezone.now()
    holder = operator(users["approved@demo.example"], now=now)
    if applied.applications_of(holder, now=now).exists():
        return
    tier = catalogue.tier(dataset, "annotations")
    answers = {
        "affiliation": "Demo University, group for data protection",
        "purpose": "Compare detectors of keys and addresses; only aggregate scores leave us.",
        "ethics": "Reviewed by the university's board; its code of conduct applies.",
        "protection": "An encrypted disk of one person, erased when the grant ends.",
        "no_sharing": True,
        "erasure": True,
    }
    made = access_services.apply(actor=holder, tier=tier, answers=answers, now=now)
    for steward in ("steward", "steward2"):
        access_services.approve_application(
            application_id=made.pk,
            actor=operator(users[f"{steward}@demo.example"], now=now),
            ends=now + timedelta(days=180),
            reason="Fits the programme; the measures are enough.",
            now=now,
        )


def start_first_build() -> int | None:
    """Begin version 1.0 as the admin, unless there is a version already; return its build."""
    from pipeline.engine import selectors as engine
    from pipeline.engine import services as engine_services

    dataset = catalogue.dataset_by_slug(DATASET)
    known = engine.latest(dataset.pk, "1.0")
    if known is not None and known.state in {known.State.RUNNING, known.State.DONE}:
        return known.pk
    build = engine_services.start_build(
        actor=_as("admin"), dataset=dataset, number="1.0", reason=REASON, now=timezone.now()
    )
    return build.pk


def publish_first() -> None:
    """Approve version 1.0 as the steward and publish it as the second admin. Again is no work."""
    from pipeline.engine import publishing

    dataset = catalogue.dataset_by_slug(DATASET)
    version = catalogue.version(dataset, "1.0", hidden=True)
    for verb, name in (
        (publishing.approve_version, "steward"),
        (publishing.publish_version, "admin2"),
    ):
        try:
            verb(version_id=version.pk, actor=_as(name), reason=REASON, now=timezone.now())
        except WrongStateError:
            continue  # an earlier start got this far


def _as(name: str) -> Actor:
    return operator(User.objects.get(email=f"{name}@demo.example"), now=timezone.now())
