"""The migrated SQLite database is made once for these migrations, and copied for every run.

It lies in pytest's cache, which a clean clone has not: there every migration runs. Whatever a
migration is made of is in the name of the copy. `--create-db` makes it anew.

Load it from the top conftest: `pytest_plugins = ["tests.plugins.template"]`.
"""

import fcntl
import hashlib
import re
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

import django
import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.backends.sqlite3.creation import DatabaseCreation
from django.db.migrations.loader import MigrationLoader

HOUSE = re.compile(r"^\s*(?:import|from) ((?:governance|pipeline|portal)[\w.]*)(?: import (\w+))?")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, request: pytest.FixtureRequest
) -> Iterator[None]:
    """Comes before the test database is made; a database of another kind is made as ever."""
    folder = request.config.cache.mkdir("gatehouse-database")
    migrate = DatabaseCreation.create_test_db
    anew = request.config.getoption("create_db")

    def copied(self: DatabaseCreation, *words: object, **more: object) -> str:
        name = self._get_test_db_name()
        template = folder / f"{migrations()}.sqlite3"
        with (folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # one of several processes makes it
            if anew or not template.exists():
                migrate(self, *words, **more)
                keep(Path(name), template)
                return name
        shutil.copyfile(template, name)
        self.connection.close()
        settings.DATABASES[self.connection.alias]["NAME"] = name
        self.connection.settings_dict["NAME"] = name
        return name

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseCreation, "create_test_db", copied)
        yield


def keep(made: Path, template: Path) -> None:
    """Put a whole copy into its place; what other migrations left there goes."""
    for old in template.parent.glob("*.sqlite3"):
        old.unlink()
    connection.close()
    draft = template.with_suffix(".part")
    draft.unlink(missing_ok=True)
    source, target = sqlite3.connect(made), sqlite3.connect(draft)
    source.backup(target)
    source.close()
    target.close()
    draft.replace(template)


def migrations() -> str:
    """A digest of all that makes the tables: migrations, apps, what these import of this house."""
    digest = hashlib.sha256(f"{django.VERSION} {sqlite3.sqlite_version}".encode())
    loaded = MigrationLoader(None).disk_migrations
    modules = {each.__module__ for each in loaded.values()}
    modules |= {type(each).__module__ for each in apps.get_app_configs()}  # what follows migrating
    files = {Path(sys.modules[each].__file__) for each in modules}
    for file in sorted(files):
        text = file.read_text()
        digest.update(text.encode())
        for line in text.splitlines():
            if found := HOUSE.match(line):
                digest.update(_source(*found.groups()))
    return digest.hexdigest()[:16]


def _source(module: str, name: str | None) -> bytes:
    place = Path(settings.BASE_DIR, *module.split("."))
    inside = place / f"{name}.py"
    file = inside if inside.is_file() else place.with_suffix(".py")
    return file.read_bytes()
