"""What every test has: folders that no other test sees."""

from importlib import import_module

import pytest
from django.apps import apps
from django.core.cache import cache
from django.db import connection
from django.test import TransactionTestCase

from governance.catalogue import guarding

pytest_plugins = [
    "tests.plugins.no_skips",
    "tests.plugins.only_database",
    "tests.plugins.shares",
    "tests.plugins.template",
    "tests.server.running",
    "tests.browser.driving",
]


@pytest.fixture(autouse=True)
def _nothing_shared(settings, tmp_path):
    settings.WORK_DIR = tmp_path / "work"
    settings.STORAGE_URL = f"file://{tmp_path / 'storage'}"
    private = settings.STORAGES["private"]
    options = private["OPTIONS"] | {"location": tmp_path / "private"}
    settings.STORAGES = settings.STORAGES | {"private": private | {"OPTIONS": options}}
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")
    cache.clear()


@pytest.fixture(autouse=True, scope="session")
def _the_record_may_be_emptied_between_tests():
    """Tables are emptied by DELETE or TRUNCATE; guards refuse both, so they go for that moment."""
    empty = TransactionTestCase._fixture_teardown

    def teardown(self: TransactionTestCase) -> None:
        guard = import_module("governance.audit.migrations.0002_guard")
        with connection.schema_editor() as editor:
            guard.unguard(apps, editor)
        guarding.unprotect(connection)
        empty(self)
        with connection.schema_editor() as editor:
            guard.guard(apps, editor)
        guarding.protect(connection)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", teardown)
        yield
