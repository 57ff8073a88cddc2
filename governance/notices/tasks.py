"""Thin: the clock, then the verbs."""

import time

from celery import shared_task
from django.utils import timezone

from governance.bells import ring
from governance.notices import services

LONGEST = 45.0  # seconds of one sweep: others wait for the worker


@shared_task
def sweep() -> None:
    """Make the messages that the record calls for, then send what is due, and ring for webhooks."""
    began = time.monotonic()
    services.make_from_record(now=timezone.now())
    if services.calls_waiting(now=timezone.now()):
        ring("governance.notices.tasks.call")
    while services.deliver_due(now=timezone.now()):
        if time.monotonic() - began > LONGEST:
            ring("governance.notices.tasks.sweep")
            return


@shared_task
def call() -> None:
    """Tell webhooks what is due: apart from mail, which must not wait for them."""
    began = time.monotonic()
    while services.call_due(now=timezone.now()) and time.monotonic() - began < LONGEST:
        pass


@shared_task
def witness() -> None:
    """Every hour: the day's checkpoint to those outside who keep it; what is old goes."""
    services.post_checkpoint(now=timezone.now())
    services.forget_strangers(now=timezone.now())
    services.tidy(now=timezone.now())
