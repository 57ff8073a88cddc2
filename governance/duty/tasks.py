"""Thin: the clock, then one verb."""

from celery import shared_task
from django.utils import timezone

from governance.duty import services


@shared_task
def sweep() -> None:
    """Make the duties that the record calls for."""
    services.make_from_record(now=timezone.now())
