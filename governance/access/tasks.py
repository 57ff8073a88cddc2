"""Thin: the clock, then one verb."""

from celery import shared_task
from django.utils import timezone

from governance.access import services


@shared_task
def sweep() -> None:
    """Record the applications and grants that time has ended."""
    services.expire_old(now=timezone.now())
