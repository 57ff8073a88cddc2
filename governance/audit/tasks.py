"""Thin: the clock, then one verb."""

from celery import shared_task
from django.utils import timezone

from governance.audit import retention, sealing, services, volume


@shared_task
def seal() -> None:
    """Every minute: tell the strangers that were counted, then seal what waits."""
    services.strangers_told(now=timezone.now())
    sealing.seal(now=timezone.now())


@shared_task
def sweep() -> None:
    """Every hour: erase the personal parts whose time is over."""
    retention.erase_old(now=timezone.now())


@shared_task
def look_at_volume() -> None:
    """Every hour: who was let to unusually much?"""
    volume.look(now=timezone.now())
