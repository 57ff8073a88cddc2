"""What /healthz says when a part is away."""

import pytest
from django.test import Client
from django.utils import timezone

from pipeline.engine import services

pytestmark = pytest.mark.django_db


def test_well_means_that_every_part_answers():
    services.worker_seen(name="w1", now=timezone.now())
    response = Client().get("/healthz")
    assert response.status_code == 200, response.json()
    assert response.json()["unsealed"] == {"entries": 0, "oldest_seconds": 0.0}


def test_a_silent_worker_and_lost_storage_are_named(settings, tmp_path):
    (tmp_path / "file").touch()
    settings.STORAGE_URL = f"file://{tmp_path}/file/below"
    response = Client().get("/healthz")
    assert response.status_code == 503
    parts = response.json()["parts"]
    assert [name for name, part in parts.items() if not part["ok"]] == ["workers", "storage"]
