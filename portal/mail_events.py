"""What a mail service reports of mail that it took: bounces. By django-anymail's webhooks.

Shut until ANYMAIL holds a WEBHOOK_SECRET: without one anybody could report anything.
"""

from typing import Any

from anymail.signals import tracking
from anymail.urls import urlpatterns
from django.conf import settings
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from governance.errors import MissingError
from governance.notices import services

# A full mailbox is an event of type `deferred`; what is here is for good.
FOR_GOOD = {("bounced", "bounced"), ("bounced", "invalid"), ("rejected", "invalid"),
            ("rejected", "bounced"), ("bounced", None), ("bounced", "other")}  # fmt: skip


def _views() -> dict[str, Any]:
    """`postmark` -> its view, of those that track."""
    found = {}
    for each in urlpatterns:
        words = str(each.pattern).strip("/").split("/")
        if len(words) == 2 and words[1] == "tracking":
            found[words[0]] = each.callback
    return found


@csrf_exempt  # asked by a program, which shows the secret
def events(request: HttpRequest, service: str) -> HttpResponse:
    view = _views().get(service) if settings.ANYMAIL.get("WEBHOOK_SECRET") else None
    if view is None:
        raise MissingError("There is no such page.")
    return view(request)


@receiver(tracking, dispatch_uid="gatehouse.bounces")
def _tracked(sender: Any, event: Any, esp_name: str, **kwargs: Any) -> None:  # noqa: ARG001
    """Part of the view: what fails here is answered 500, and the service reports again."""
    if (event.event_type, event.reject_reason) in FOR_GOOD and event.recipient:
        services.mark_unreachable(
            email=event.recipient,
            why=f"{esp_name} reported that mail {event.event_type}",
            now=timezone.now(),
        )


urls = [path("mail/events/<str:service>", events, name="mail-events")]
