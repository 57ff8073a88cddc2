"""Thin: the clock, then one verb."""

from celery import shared_task
from django.utils import timezone

from governance.access import services


@shared_task
def sweep() -> None:
    """Record what time has ended, warn of what it will end, and tell of what waits too long."""
    now = timezone.now()
    services.expire_old(now=now)
    services.escalate_late(now=now)
    services.warn_of_ends(now=now)
    services.warn_of_role_ends(now=now)
    services.end_suspensions(now=now)


@shared_task
def tidy() -> None:
    """Erase files of applications that are long over, and bytes that no row names."""
    now = timezone.now()
    services.erase_uploads(now=now)
    services.erase_orphans(now=now)
