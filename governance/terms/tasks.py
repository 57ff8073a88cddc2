"""Thin: the clock, then one verb."""

from celery import shared_task
from django.utils import timezone

from governance.terms import services


@shared_task
def sweep() -> None:
    """Remind of acceptances that end soon; forget addresses whose time is over."""
    services.remind(now=timezone.now())
    services.erase_old_traces(now=timezone.now())
