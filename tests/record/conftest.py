"""A key of the log's own for every test, and a file to be handed out."""

import pytest

from pipeline.publish.storage import artefact_key, store
from tests.factories import AcceptanceFactory, ArtefactFactory, TermsFactory, VersionFactory
from tests.record.serving import BODY


@pytest.fixture(autouse=True)
def _a_key_of_its_own(settings, tmp_path):
    settings.AUDIT_KEY_FILE = str(tmp_path / "keys" / "record.key")
    settings.AUDIT_KEY_MADE_AT_NEED = True
    settings.AUDIT_ORIGIN = "data.example.org/record"


@pytest.fixture
def file(tmp_path):
    """A file of the processed tier in storage, `BODY`; its terms can be signed."""
    source = tmp_path / "body"
    source.write_bytes(BODY)
    key = artefact_key("lab/shelf", "processed", "a" * 64)
    store().put(key, source)
    made = ArtefactFactory(
        version=VersionFactory(number="1.0", dataset__name="shelf"),
        path="data/python/0000.parquet",
        size=len(BODY),
        sha256="a" * 64,
        key=key,
    )
    TermsFactory(dataset=made.version.dataset)
    return made


@pytest.fixture
def researcher(file):
    """Somebody who has signed."""
    return AcceptanceFactory(terms=file.version.dataset.terms.get()).user
