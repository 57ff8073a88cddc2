"""Links that stand in mails and need no sign-in: to unsubscribe, to confirm an address again."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from governance.notices import services, unsubscribing
from governance.notices.topics import TOPICS


@csrf_exempt  # mail programs post by themselves (RFC 8058); the token says whose choice it is
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """GET asks and changes nothing, as scanners of mail open every link; POST does it at once."""
    asked = unsubscribing.read(token)
    done = request.method == "POST"
    if done:
        services.silence_by_link(token=token, now=timezone.now())
    told = {"topic": TOPICS[asked.topic], "done": done}
    response = render(request, "public/unsubscribe.html", told)
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def address_again(request: HttpRequest, token: str) -> HttpResponse:
    """Whoever opened the link of that mail gets mail; POST says so."""
    user_id, email = services.read_confirmation(token)
    done = request.method == "POST"
    if done:
        services.confirm_address(email=email, user_id=user_id, now=timezone.now())
    response = render(request, "public/address-again.html", {"email": email, "done": done})
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    return response


urls = [
    path("unsubscribe/<str:token>", unsubscribe, name="unsubscribe"),
    path("address-again/<str:token>", address_again, name="address-again"),
]
