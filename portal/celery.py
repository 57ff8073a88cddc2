"""The Celery app. `celery -A portal.celery worker -Q bells,shards`, `celery -A portal.celery beat`.

Nothing here imports a data library: pool children are forks of the process that imports this.
"""

import logging
import logging.config
import os
import time
from datetime import UTC, datetime
from typing import Any

from celery import Celery, signals
from django.core.exceptions import ImproperlyConfigured

from portal import broker as broker  # its import is what makes bell:// known
from portal import environment

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

SEEN_EVERY = 5.0  # seconds between two notes of a living worker
log = logging.getLogger(__name__)

app = Celery("gatehouse")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(
    [
        "pipeline.engine",
        "governance.notices",
        "governance.access",
        "governance.catalogue",
        "governance.audit",
    ]
)


@signals.setup_logging.connect
def _set_up_logs(**kwargs: Any) -> None:  # noqa: ARG001
    """Celery's own lines go the way of all others."""
    from django.conf import settings

    try:
        logging.config.dictConfig(settings.LOGGING)
    except ImproperlyConfigured as error:
        environment.stop(error)


@signals.task_failure.connect
def _task_failed(sender: Any, exception: BaseException, **kwargs: Any) -> None:  # noqa: ARG001
    """One line of ours in place of Celery's, which would quote the exception."""
    log.error("task failed: %s", sender.name, exc_info=exception)


class _Pulse:
    """Notes in the database that this worker lives; /healthz reads it."""

    def __init__(self) -> None:
        self.last = float("-inf")

    def beat(self, name: str) -> None:
        """At most every SEEN_EVERY seconds; a database that is away must not end the worker."""
        if time.monotonic() - self.last < SEEN_EVERY:
            return
        from django.db import Error, connections

        from pipeline.engine.services import worker_seen

        self.last = time.monotonic()
        try:
            worker_seen(name=name, now=datetime.now(UTC))
        except Error:
            log.warning("worker could not note that it lives", exc_info=True)
        finally:
            # The pool forks again from this process: an open connection must not be inherited.
            connections.close_all()


_pulse = _Pulse()


@signals.worker_ready.connect
def _worker_ready(sender: Any, **kwargs: Any) -> None:  # noqa: ARG001
    _pulse.beat(sender.hostname)
    try:
        app.send_task("pipeline.engine.tasks.sweep")  # what a worker before this one left
    except Exception:
        log.warning("worker could not ring for a sweep", exc_info=True)


@signals.heartbeat_sent.connect
def _heartbeat_sent(sender: Any, **kwargs: Any) -> None:  # noqa: ARG001
    _pulse.beat(sender.eventer.hostname)
