"""Inbox, choices, webhooks and follows by program."""

import pytest
from django.test import Client
from django.utils import timezone

from governance.audit.actors import Scope
from governance.notices import selectors, services
from governance.notices.models import Channel, Message
from governance.notices.models import State as Sent
from portal.accounts import tokens
from tests.factories import DatasetFactory, UserFactory, actor
from tests.receiving import listening

pytestmark = pytest.mark.django_db


class Program:
    """A client with a token."""

    def __init__(self, user, scope=Scope.ACT, dataset=""):
        _, secret = tokens.make(
            actor=actor(user), owner_id=user.pk, name="script", dataset=dataset, days=9,
            second_factor=False, scope=scope, now=timezone.now(),
        )  # fmt: skip
        self.client = Client(headers={"Authorization": f"Bearer {secret}"})

    def __call__(self, verb, path, body=None):
        ask = getattr(self.client, verb)
        sent = {"data": body, "content_type": "application/json"} if verb != "get" else {}
        return ask(f"/api/v1/{path}", **sent)


def notice(user, subject, topic="grant"):
    now = timezone.now()
    return Message.objects.create(
        key=subject, kind="grant.warn", topic=topic, channel=Channel.INBOX, user=user,
        email=user.email, subject=subject, text="x", url="/applications", state=Sent.SENT,
        made_at=now, next_at=now, deadline=now,
    )  # fmt: skip


def test_a_program_reads_the_inbox_and_says_what_it_has_read():
    user, other = UserFactory(), UserFactory()
    first, second = notice(user, "First"), notice(user, "Second", "terms")
    strange = notice(other, "Not yours")
    ask = Program(user)
    told = ask("get", "inbox").json()
    assert [each["subject"] for each in told] == ["Second", "First"]
    assert told[0]["url"] == "http://testserver/applications"
    assert [each["id"] for each in ask("get", "inbox?topic=grant").json()] == [first.pk]
    assert [each["id"] for each in ask("get", f"inbox?before={second.pk}").json()] == [first.pk]
    answer = ask("post", "inbox/read", {"ids": [first.pk, strange.pk]}).json()
    assert answer == {"read": 1, "unread": 1}
    assert [each["id"] for each in ask("get", "inbox?unread=1").json()] == [second.pk]
    assert selectors.unread(other.pk) == 1


def test_choices_by_program_and_the_word_where_there_is_none():
    ask = Program(UserFactory())
    told = ask("get", "preferences").json()
    assert told["grant"]["mail"] == {"wanted": True, "may_silence": True}
    assert told["withdrawal"]["mail"]["may_silence"] is False
    changed = ask("patch", "preferences", {"grant": {"mail": False}}).json()
    assert changed["grant"]["mail"]["wanted"] is False
    refused = ask("patch", "preferences", {"duty": {"mail": False}})
    assert refused.status_code == 422
    assert "can't be silenced" in refused.json()["fields"]["duty"]


@pytest.mark.parametrize(
    "body", [[], '"x"', {"grant": 1}, {"grant": {"mail": "perhaps"}}, {"no": {}}]
)
def test_choices_that_make_no_sense_are_refused_with_a_field(body):
    answer = Program(UserFactory())("patch", "preferences", body)
    assert answer.status_code == 422
    assert answer.json()["fields"]


def test_the_whole_life_of_a_webhook_by_program(settings):
    settings.WEBHOOK_PROTOCOLS, settings.WEBHOOK_PRIVATE_HOSTS = ["http"], ["localhost"]
    ask = Program(UserFactory())
    with listening() as receiver:
        made = ask("post", "webhooks", {"name": "Chat", "url": receiver.url}).json()
        assert made["secret"].startswith("whsec_")
        where = f"webhooks/{made['id']}"
        assert "secret" not in ask("get", where).json()
        sent = ask("post", f"{where}/test")
        assert sent.status_code == 202
        assert services.call_due(now=timezone.now()) == 1
        (delivery,) = ask("get", f"{where}/deliveries").json()
        assert (delivery["state"], delivery["tries"][0]["status"]) == ("sent", 204)
        assert receiver.got[0].headers["webhook-id"] == delivery["webhook_id"]
        again = ask("post", f"{where}/deliveries/{delivery['id']}")
        assert again.json()["state"] == "queued"
    new = ask("post", f"{where}/secret").json()
    assert new["secret"] != made["secret"]
    assert new["old_secret_until"]
    assert ask("patch", where, {"active": False}).json()["state"] == "paused"
    assert ask("patch", where, {"topics": ["terms"]}).json()["topics"] == ["terms"]
    assert ask("delete", where).status_code == 204
    assert ask("get", "webhooks").json() == []


def test_a_token_that_reads_changes_nothing_and_one_for_a_dataset_sees_nothing():
    user = UserFactory()
    mine = notice(user, "First")
    reader = Program(user, Scope.READ)
    assert reader("get", "inbox").status_code == 200
    for verb, path, body in (
        ("post", "inbox/read", {"ids": [mine.pk]}),
        ("patch", "preferences", {"grant": {"mail": False}}),
        ("post", "webhooks", {"name": "Chat", "url": "https://chat.example/in"}),
    ):
        assert reader(verb, path, body).status_code == 403
    dataset = DatasetFactory()
    assert reader("put", f"datasets/{dataset.slug}/follow").status_code == 403
    narrow = Program(user, Scope.ACT, dataset.slug)
    assert narrow("get", "inbox").status_code == 403
    assert narrow("get", "webhooks").status_code == 403
    assert narrow("put", f"datasets/{dataset.slug}/follow").json() == {"following": True}
    assert narrow("put", f"datasets/{DatasetFactory().slug}/follow").status_code == 403
    assert selectors.followers(dataset) == [user.pk]
    assert narrow("delete", f"datasets/{dataset.slug}/follow").json() == {"following": False}
