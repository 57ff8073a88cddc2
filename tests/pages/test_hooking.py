"""The pages of webhooks: what is shown once, what is shown of another's, what each button does."""

import html
import re

import pytest
from django.urls import reverse
from django.utils import timezone

from governance.notices import selectors, services
from governance.notices.models import Hook
from tests.factories import UserFactory, actor
from tests.receiving import listening
from tests.support import PAGE, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _local(settings):
    settings.WEBHOOK_PROTOCOLS, settings.WEBHOOK_PRIVATE_HOSTS = ["http", "https"], ["localhost"]


def secret_on(response):
    found = re.findall(r"whsec_[A-Za-z0-9+/=]{40,}", html.unescape(response.content.decode()))
    return found[0] if found else ""


def test_a_secret_is_shown_once_and_a_new_one_in_its_place():
    user = UserFactory()
    client = signed_in(user)
    body = {"do": "make", "name": "Chat", "url": "https://chat.example/in", "topics": ["terms"]}
    made = client.post(reverse("webhooks"), body, **PAGE)
    secret = secret_on(made)
    assert secret
    assert made["Cache-Control"] == "no-store"
    hook = Hook.objects.get()
    assert hook.topics == ["terms"]
    where = reverse("webhook", args=[hook.pk])
    for page in (where, reverse("webhooks")):
        assert not secret_on(client.get(page, **PAGE))
    rotated = secret_on(client.post(where, {"do": "rotate"}, **PAGE))
    assert rotated not in {"", secret}
    assert "two sign until" in client.get(where, **PAGE).content.decode()


def test_the_log_shows_each_try_and_a_message_is_told_again():
    user, status = UserFactory(), [500]
    client = signed_in(user)
    with listening(lambda handler, got: handler.answer(status[0], "<b>oh</b>")) as receiver:
        hook, _ = services.make_hook(
            actor=actor(user), name="Chat", url=receiver.url, topics=[], now=timezone.now()
        )
        where = reverse("webhook", args=[hook.pk])
        client.post(where, {"do": "test"}, **PAGE)
        services.call_due(now=timezone.now())
        page = client.get(where, **PAGE).content.decode()
        assert "Answered 500" in page
        assert "&lt;b&gt;oh&lt;/b&gt;" in page, "what it answered is data"
        status[0] = 200
        (message,) = selectors.deliveries(hook.pk)
        client.post(where, {"do": "redeliver", "message": message.pk}, **PAGE)
        services.call_due(now=timezone.now())
    assert "Taken" in client.get(where, **PAGE).content.decode()


def test_a_form_that_can_not_be_used_says_what_is_wrong_beside_the_field():
    client = signed_in(UserFactory())
    body = {"do": "make", "name": "", "url": "ftp://chat.example"}
    response = client.post(reverse("webhooks"), body, **PAGE)
    assert response.status_code == 422
    page = html.unescape(response.content.decode())
    assert "Give it a name" in page
    assert "begins with http:// or https://" in page
    assert not Hook.objects.exists()


def test_pause_start_and_remove():
    user = UserFactory()
    client = signed_in(user)
    hook, _ = services.make_hook(
        actor=actor(user), name="Chat", url="https://chat.example/in", topics=[],
        now=timezone.now(),
    )  # fmt: skip
    where = reverse("webhook", args=[hook.pk])
    for verb, state in (("pause", "paused"), ("start", "active")):
        client.post(where, {"do": verb}, **PAGE)
        assert Hook.objects.get().state == state
    stranger = signed_in(UserFactory())
    assert stranger.post(where, {"do": "remove"}, **PAGE).status_code == 404
    client.post(where, {"do": "remove"}, **PAGE)
    assert not Hook.objects.exists()
