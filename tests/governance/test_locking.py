"""What a lock protects, with two threads at once, on a database that others can see."""

import threading
from datetime import timedelta

import pytest
from django.db import connection

from governance.access import services as access
from governance.access.models import Application, Grant
from governance.audit.actors import Role
from governance.audit.models import Entry
from governance.catalogue import services as catalogue
from governance.catalogue.models import Version
from governance.errors import GovernanceError
from governance.terms import services as terms
from governance.terms.models import Acceptance
from tests.factories import (
    NOW,
    ApplicationFactory,
    TermsFactory,
    UserFactory,
    VersionFactory,
    actor,
)

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*acts):
    """Run the acts in threads that start together; return what each returned or raised."""
    gate = threading.Barrier(len(acts))
    ends: list = [None] * len(acts)

    def run(at, act):
        try:
            gate.wait(10)
            ends[at] = act()
        except GovernanceError as refusal:
            ends[at] = refusal
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return ends


def refusals(ends):
    return [end for end in ends if isinstance(end, GovernanceError)]


def test_two_stewards_press_at_once_and_one_grant_is_made():
    application = ApplicationFactory()
    stewards = [actor(UserFactory(role=Role.STEWARD)) for _ in range(2)]
    ends = at_once(
        *(
            lambda who=who: access.approve_application(
                application_id=application.pk,
                actor=who,
                ends=NOW + timedelta(days=30),
                reason="fits",
                now=NOW,
            )
            for who in stewards
        )
    )
    assert len(refusals(ends)) == 1
    assert Grant.objects.count() == 1
    assert Entry.objects.filter(action="application.approve").count() == 1


def test_two_admins_publish_at_once_and_one_does():
    version = VersionFactory(state="approved", approved_by=999, published_at=None)
    admins = [actor(UserFactory(role=Role.ADMIN)) for _ in range(2)]
    ends = at_once(
        *(
            lambda who=who: catalogue.publish_version(
                version_id=version.pk, actor=who, reason="due", now=NOW
            )
            for who in admins
        )
    )
    assert len(refusals(ends)) == 1
    assert Version.objects.get(pk=version.pk).state == "published"
    assert Entry.objects.filter(action="version.publish").count() == 1


def test_somebody_clicks_twice_and_signs_once():
    agreed, who = TermsFactory(), actor(UserFactory())

    def sign():
        return terms.accept(
            actor=who,
            terms_id=agreed.pk,
            ticked=[1, 2, 3, 4, 5],
            typed_name="Ada Lovelace",
            purpose="Measuring detectors.",
            now=NOW,
        )

    first, second = at_once(sign, sign)
    assert first == second
    assert Acceptance.objects.count() == 1
    assert Entry.objects.filter(action="terms.accept").count() == 1


def test_two_apply_at_once_and_get_two_numbers():
    tier = ApplicationFactory().tier
    answers = {
        "affiliation": "Example University",
        "purpose": "Compare detectors on held-out code, in aggregate only.",
        "ethics": "Reviewed by the board of the university.",
        "protection": "An encrypted disk, erased when the grant ends.",
        "no_sharing": True,
        "erasure": True,
    }
    people = [actor(UserFactory()) for _ in range(2)]
    ends = at_once(
        *(
            lambda who=who: access.apply(actor=who, tier=tier, answers=answers, now=NOW)
            for who in people
        )
    )
    assert not refusals(ends), ends
    assert Application.objects.values("number").distinct().count() == 3
