"""A key of the log's own for every test, and a file to be handed out."""

import pytest

from tests.serving import file, researcher  # noqa: F401  fixtures


@pytest.fixture(autouse=True)
def _a_key_of_its_own(settings, tmp_path):
    settings.AUDIT_KEY_FILE = str(tmp_path / "keys" / "record.key")
    settings.AUDIT_KEY_MADE_AT_NEED = True
    settings.AUDIT_ORIGIN = "data.example.org/record"
