"""What every test has: folders that no other test sees."""

import pytest

pytest_plugins = ["tests.plugins.no_skips", "tests.server.running", "tests.browser.driving"]


@pytest.fixture(autouse=True)
def _nothing_shared(settings, tmp_path):
    settings.WORK_DIR = tmp_path / "work"
    settings.STORAGE_URL = f"file://{tmp_path / 'storage'}"
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")
