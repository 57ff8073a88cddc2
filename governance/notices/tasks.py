"""Thin: the clock, then the verbs."""

from celery import shared_task
from django.utils import timezone

from governance.notices import services


@shared_task
def sweep() -> None:
    """Make the messages that the record calls for, then send what is due."""
    services.make_from_record(now=timezone.now())
    services.deliver_due(now=timezone.now())


@shared_task
def witness() -> None:
    """Every hour: the day's checkpoint to those outside who keep it; old mail to strangers goes."""
    services.post_checkpoint(now=timezone.now())
    services.forget_strangers(now=timezone.now())
