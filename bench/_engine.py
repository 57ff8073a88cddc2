"""One build through the engine: database, broker and workers of an embedded home, on this machine.

`python -m bench._engine FOLDER WORKERS` makes a home in GATEHOUSE_HOME, builds the distributions of
FOLDER with so many processes, and prints seconds from the start of the build to its candidate.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable

OPTIONS = ["--without-gossip", "--without-mingle", "--loglevel", "ERROR"]


def main(folder: str, workers: int) -> float:
    os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
    import django

    django.setup()
    from django.core.management import call_command
    from django.utils import timezone

    from governance.audit.actors import Role
    from pipeline.engine import services
    from pipeline.engine.models import Build, Worker
    from pipeline.redact.policy import DEFAULT_POLICY
    from tests.factories import DatasetFactory, UserFactory, actor

    call_command("migrate", verbosity=0)
    dataset = DatasetFactory(
        namespace="gatehouse",
        name="bench",
        sources=[{"kind": "distributions", "paths": [folder]}],
        redaction=DEFAULT_POLICY,
    )
    admin = actor(UserFactory(role=Role.ADMIN))
    with _celery(workers) as process:
        _wait(Worker.objects.exists, process)
        build = services.start_build(
            actor=admin, dataset=dataset, number="1.0", reason="measured", now=timezone.now()
        )
        running = Build.objects.filter(pk=build.pk, state=Build.State.RUNNING)
        _wait(lambda: not running.exists(), process)
        process.send_signal(signal.SIGTERM)
    build.refresh_from_db()
    if build.state != Build.State.DONE:
        raise SystemExit(f"the build {build.state}: {build.cause}")
    return (build.finished_at - build.started_at).total_seconds()


def _celery(workers: int) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "celery", "--quiet", "-A", "portal.celery", "worker"]
    command += ["-Q", "bells,shards", "--concurrency", str(workers), *OPTIONS]
    return subprocess.Popen(command)


def _wait(happened: Callable[[], bool], process: "subprocess.Popen[bytes]") -> None:
    while not happened():
        if process.poll() is not None:
            raise SystemExit("the worker ended")
        time.sleep(0.2)  # seldom enough to cost nothing


if __name__ == "__main__":
    print(main(sys.argv[1], int(sys.argv[2])))
