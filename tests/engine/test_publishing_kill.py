"""A publication that is killed anywhere, and two at once, from processes of their own.

Each child is a real process with a connection of its own, on the same database. It kills itself
with SIGKILL before the statement whose number it was given, so each step of the transaction is a
place where it dies once; then before the commit, and after it.
"""

import os
import signal
import traceback
from collections.abc import Callable

import pytest
from django.db import connection, connections, transaction

from governance.audit.actors import Role
from governance.audit.models import Entry, Pending
from governance.catalogue import selectors
from governance.catalogue.models import Judgement, SignedManifest, Version
from governance.errors import WrongStateError
from pipeline.engine import publishing
from tests.factories import NOW, ArtefactFactory, UserFactory, VersionFactory, actor, built

pytestmark = pytest.mark.django_db(transaction=True)
DONE, TOLD, BROKEN = 0, 7, 9  # how a child ends: it did it, it was refused, a bug


@pytest.fixture
def story():
    """1.0 is out, 1.1 is approved; who approved, and two who may publish."""
    people = [actor(UserFactory(role=Role.ADMIN)) for _ in range(3)]
    old = VersionFactory(number="1.0")
    ArtefactFactory(version=old)
    new = VersionFactory(
        dataset=old.dataset, number="1.1", state="candidate", parent=old, published_at=None,
        difference={"unchanged": 1},
    )  # fmt: skip
    ArtefactFactory(version=new)
    built(new)
    publishing.approve_version(version_id=new.pk, actor=people[0], reason="looked", now=NOW)
    return new, people[1:]


def publish(version, who) -> None:
    publishing.publish_version(version_id=version.pk, actor=who, reason="due", now=NOW)


def child(act: Callable[[], None]) -> int:
    """Run `act` in a process of its own; the number of that process."""
    connections.close_all()
    pid = os.fork()
    if pid:
        return pid
    status = BROKEN
    try:
        act()
        status = DONE
    except WrongStateError:
        status = TOLD
    except BaseException:  # noqa: BLE001  whatever it is must not run on as a second pytest
        traceback.print_exc()
    finally:
        os._exit(status)


def ended(pid: int) -> int:
    """The exit status of a child, or the negative number of the signal that ended it."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def dies_before(number: int, act: Callable[[], None]) -> Callable[[], None]:
    def run() -> None:
        seen = 0

        def count(execute, sql, params, many, context):
            nonlocal seen
            if seen == number:
                os.kill(os.getpid(), signal.SIGKILL)
            seen += 1
            return execute(sql, params, many, context)

        with connection.execute_wrapper(count):
            act()

    return run


def seen(dataset) -> dict[str, object]:
    """All that a publication makes visible."""
    return {
        "states": dict(Version.objects.values_list("number", "state")),
        "current": selectors.current(dataset).number,
        "main": selectors.by_revision(dataset, "main").number,
        "published": Version.objects.filter(published_by__isnull=False).count(),
        "signed": SignedManifest.objects.count(),
        "judged": Judgement.objects.count(),
        "entries": Entry.objects.count(),
        "unsealed": Pending.objects.count(),
    }


def test_killed_before_any_statement_the_old_version_stays_current(story):
    version, (who, _) = story
    before = seen(version.dataset)
    assert before["current"] == before["main"] == "1.0"
    died = 0
    while (end := ended(child(dies_before(died, lambda: publish(version, who))))) != DONE:
        assert end == -signal.SIGKILL
        assert seen(version.dataset) == before, f"killed before statement {died}"
        died += 1
        assert died < 100
    assert died > 12  # each of them was a place to die
    after = seen(version.dataset)
    assert after["current"] == after["main"] == "1.1"
    assert after["states"] == {"1.0": "superseded", "1.1": "published"}
    assert after["signed"] == 1
    assert (
        after["entries"] == before["entries"] + 3
    )  # superseded, accepted as unmeasured, published


def test_killed_with_all_written_and_not_committed(story):
    version, (who, _) = story
    before = seen(version.dataset)

    def act() -> None:
        with transaction.atomic():
            publish(version, who)
            os.kill(os.getpid(), signal.SIGKILL)

    assert ended(child(act)) == -signal.SIGKILL
    assert seen(version.dataset) == before


def test_killed_after_the_commit_all_of_it_is_there(story):
    version, (who, _) = story

    def act() -> None:
        publish(version, who)
        os.kill(os.getpid(), signal.SIGKILL)

    assert ended(child(act)) == -signal.SIGKILL
    assert seen(version.dataset)["current"] == "1.1"
    assert SignedManifest.objects.get().version_id == version.pk


def test_two_processes_at_once_one_wins_and_the_other_is_told(story):
    version, people = story
    ready, go = os.pipe()
    waiting = [child(lambda who=who: (os.read(ready, 1), publish(version, who))) for who in people]
    os.write(go, b"xx")
    assert sorted(ended(pid) for pid in waiting) == [DONE, TOLD]
    assert Entry.objects.filter(action="version.publish").count() == 1
    assert Entry.objects.filter(action="version.supersede").count() == 1
    assert SignedManifest.objects.count() == 1
    assert seen(version.dataset)["current"] == "1.1"
    os.close(ready)
    os.close(go)


def test_one_approves_and_another_rejects_at_once_and_one_is_told(story):
    """The lock is the version's own: what is published is not rejected behind its back."""
    from governance.catalogue import services

    version, (who, other) = story
    ready, go = os.pipe()

    def reject() -> None:
        services.reject_version(version_id=version.pk, actor=other, reason="no", now=NOW)

    waiting = [
        child(lambda act=act: (os.read(ready, 1), act()))
        for act in (lambda: publish(version, who), reject)
    ]
    os.write(go, b"xx")
    assert sorted(ended(pid) for pid in waiting) == [DONE, TOLD]
    state = Version.objects.get(pk=version.pk).state
    assert state in {"published", "rejected"}
    assert selectors.current(version.dataset).number == ("1.1" if state == "published" else "1.0")
    os.close(ready)
    os.close(go)
