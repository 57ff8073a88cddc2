"""What every test has: a home of its own, and a broker that forgets."""

import os
import tempfile
from pathlib import Path

HOME = Path(tempfile.mkdtemp(prefix="gatehouse-test-"))
os.environ["GATEHOUSE_HOME"] = str(HOME)
os.environ["CELERY_BROKER_URL"] = os.environ.get("TEST_BROKER_URL", "bell://")
os.environ.setdefault("LOG_LEVEL", "CRITICAL")

import pytest  # noqa: E402

pytest_plugins = ["tests.plugins.no_skips"]


@pytest.fixture(autouse=True)
def _nothing_shared(settings, tmp_path, request):
    """Plain static files, cheap password hashes, and folders that no other test sees."""
    if not hasattr(settings, "DATABASES"):
        return
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.WORK_DIR = tmp_path / "work"
    settings.STORAGE_URL = f"file://{tmp_path / 'storage'}"
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")


def pytest_sessionfinish() -> None:
    import shutil

    shutil.rmtree(HOME, ignore_errors=True)
