"""Who recorded a removal is told when it took effect, and not of whom it was."""

from datetime import timedelta

import pytest
from django.core import mail
from django.db import transaction

from governance.audit import services as audit
from governance.audit.services import Place
from governance.notices import services
from governance.removals.models import Removal
from tests.factories import NOW, UserFactory, VersionFactory, actor

pytestmark = pytest.mark.django_db


def recorded(dataset, by, at, value):
    return Removal.objects.create(
        dataset=dataset, kind="account", value=value, recorded_at=at, recorded_by=by.pk, reason="x"
    )


def test_who_recorded_removals_learns_once_that_they_took_effect():
    before = VersionFactory(superseded=True, made_at=NOW - timedelta(days=90))
    version = VersionFactory(dataset=before.dataset, parent=before, made_at=NOW - timedelta(days=2))
    steward, other = UserFactory(), UserFactory()
    recorded(version.dataset, steward, NOW - timedelta(days=100), "of-the-version-before")
    recorded(version.dataset, steward, NOW - timedelta(days=9), "somebody")
    recorded(version.dataset, steward, NOW - timedelta(days=8), "somebody-else")
    recorded(version.dataset, other, NOW - timedelta(days=1), "too-late-for-it")
    services.follow(actor=actor(steward), dataset=version.dataset, now=NOW)
    with transaction.atomic():
        audit.version_moved(
            actor=actor(UserFactory()),
            place=Place(version.dataset.slug, version.number),
            verb="publish",
            reason="reviewed",
            now=NOW,
        )
    services.make_from_record(now=NOW)
    services.deliver_due(now=NOW)
    assert {(each.to[0], each.subject.split(":")[0]) for each in mail.outbox} == {
        (steward.email, "2 removals took effect"),
        (steward.email, "New version"),
    }
    assert "somebody" not in "".join(each.body for each in mail.outbox)
