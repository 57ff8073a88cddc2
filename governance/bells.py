"""Ringing for a task once the transaction has committed.

A bell carries nothing that matters: the database holds what is to be done, and a beat sweeps it up
anyway. So a broker that is away costs patience, never the act that was committed.
"""

from typing import Any

from celery import current_app
from django.db import transaction


def ring(task: str, *arguments: Any, queue: str | None = None) -> None:
    """Ring for a task by its name after the commit; a failure is logged, never raised."""

    def send() -> None:  # named, not a partial: a failure is told by the name of the function
        current_app.send_task(task, arguments, queue=queue)

    transaction.on_commit(send, robust=True)
