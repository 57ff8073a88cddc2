"""A file that can be asked for over HTTP, and somebody who may have it."""

import hashlib
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.utils import timezone

from governance.catalogue.models import Artefact
from pipeline.publish.storage import artefact_key, store
from portal.accounts import tokens
from portal.accounts.models import User
from tests.factories import (
    AcceptanceFactory,
    ArtefactFactory,
    TermsFactory,
    VersionFactory,
    actor,
)

BODY = bytes(range(256)) * 40
SHA256 = hashlib.sha256(BODY).hexdigest()


@pytest.fixture
def file(tmp_path: Path) -> Artefact:
    """A file of the processed tier whose bytes, `BODY`, are in storage; its terms can be signed."""
    source = tmp_path / "body"
    source.write_bytes(BODY)
    key = artefact_key("lab/shelf", "processed", SHA256)
    store().put(key, source)
    made = ArtefactFactory(
        version=VersionFactory(number="1.0", dataset__name="shelf"),
        path="data/python/0000.parquet",
        size=len(BODY),
        sha256=SHA256,
        key=key,
    )
    TermsFactory(dataset=made.version.dataset)
    return made


@pytest.fixture
def researcher(file: Artefact) -> User:
    """Somebody who has signed."""
    return AcceptanceFactory(terms=file.version.dataset.terms.get()).user


def enrol(user: User) -> None:
    """Give somebody an authenticator app, unless they have one: a token carries its use."""
    if not Authenticator.objects.filter(user=user).exists():
        TOTP.activate(user, generate_totp_secret())


def bearer(user: User, **told: object) -> dict[str, str]:
    """The header of a new token of somebody."""
    asked = {"name": "laptop", "dataset": "", "days": 1, "second_factor": False} | told
    if asked["second_factor"]:
        enrol(user)
    _, secret = tokens.make(actor=actor(user), owner_id=user.pk, now=timezone.now(), **asked)
    return {"HTTP_AUTHORIZATION": f"Bearer {secret}"}
