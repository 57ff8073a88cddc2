"""The site's settings in a home of their own, made for this run and gone after it."""

import atexit
import os
import shutil
import tempfile

_home = tempfile.mkdtemp(prefix="gatehouse-test-")
atexit.register(shutil.rmtree, _home, ignore_errors=True)
os.environ["GATEHOUSE_HOME"] = _home
os.environ.setdefault("LOG_LEVEL", "CRITICAL")

from portal.settings import *  # noqa: E402, F403
from portal.settings import DATABASES as _DATABASES  # noqa: E402
from portal.settings import INSTALLED_APPS as _INSTALLED_APPS  # noqa: E402
from portal.settings import MIDDLEWARE as _MIDDLEWARE  # noqa: E402
from portal.settings import STORAGES as _STORAGES  # noqa: E402

# Static files have no digest in their names, so that nothing must be collected first.
STORAGES = _STORAGES | {
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
}
MIDDLEWARE = [name for name in _MIDDLEWARE if "whitenoise" not in name]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

DATABASES = _DATABASES
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file: what a lock protects can't be seen in a database that lives in one connection. It need
    # not outlive a power cut.
    DATABASES["default"]["TEST"] = {"NAME": f"{_home}/test.sqlite3"}
    DATABASES["default"]["OPTIONS"]["init_command"] = (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;"
    )

# Also on PostgreSQL, where an operator would make it.
AUDIT_KEY_MADE_AT_NEED = True

# What a site with GitHub's sign-in has; no test sees it before it names a site.
INSTALLED_APPS = [*_INSTALLED_APPS, "allauth.socialaccount.providers.github"]
