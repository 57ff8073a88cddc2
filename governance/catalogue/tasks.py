"""Thin: the clock, then one verb."""

from celery import shared_task
from django.utils import timezone

from governance.catalogue import signing


@shared_task
def sign() -> None:
    """Every minute: sign the manifests of what was published where no key was at hand."""
    signing.sign_unsigned(now=timezone.now())
