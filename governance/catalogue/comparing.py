"""Differences that were counted, by the digests of two manifests. What counts them is higher up."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from governance.catalogue.models import Difference, Version


def digest_of(exact: Mapping[str, Any]) -> str:
    """sha256 of a difference in its one spelling: what a review names."""
    text = json.dumps(exact, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def find(older: Version | None, newer: Version) -> Difference | None:
    """The difference of two versions if it was counted."""
    return Difference.objects.filter(
        older=older.manifest_sha256 if older else "", newer=newer.manifest_sha256
    ).first()


def keep(
    *,
    older: Version | None,
    newer: Version,
    exact: Mapping[str, Any],
    told: Mapping[str, Any],
    now: datetime,
) -> Difference:
    """Keep what was counted; again, or by two at once, is no work. No entry: nothing is decided."""
    with transaction.atomic():
        made, _ = Difference.objects.get_or_create(
            older=older.manifest_sha256 if older else "",
            newer=newer.manifest_sha256,
            defaults={
                "exact": dict(exact),
                "told": dict(told),
                "digest": digest_of(exact),
                "made_at": now,
            },
        )
    return made
