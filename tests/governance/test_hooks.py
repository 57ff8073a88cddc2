"""Webhooks: signed, patient, harmless to this machine's own network, and none holds up another."""

import json
import re
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from django.core import mail

from governance.access import services as access
from governance.audit.actors import Limits, Role, Scope
from governance.errors import InvalidError, MissingError, NotPermittedError, WrongStateError
from governance.notices import calling, selectors, services, signing
from governance.notices.models import Attempt, Hook, Message, State
from governance.notices.services import calling as calls
from governance.notices.services import hooks
from network import addresses
from tests.factories import NOW, GrantFactory, UserFactory, actor
from tests.receiving import listening

pytestmark = pytest.mark.django_db
DOCS = Path(__file__).parents[2] / "docs" / "receiving-notices.md"


@pytest.fixture(autouse=True)
def _site(settings):
    settings.PUBLIC_URL = "https://data.example.org"
    settings.WEBHOOK_PROTOCOLS = ["http", "https"]
    settings.WEBHOOK_PRIVATE_HOSTS = ["localhost"]


@pytest.fixture(scope="module")
def sample():
    """The code that the page for receivers shows."""
    shown: dict[str, object] = {}
    for block in re.findall(r"```python\n(.*?)```", DOCS.read_text(), re.DOTALL):
        exec(block, shown)
    return shown


def hook_of(owner, url, **fields):
    given = {"name": "Chat", "topics": []} | fields
    return services.make_hook(actor=actor(owner), url=url, now=NOW, **given)


def revoke(owner, now=NOW):
    grant = GrantFactory(holder=owner)
    steward = actor(UserFactory(role=Role.STEWARD))
    access.revoke_grant(grant_id=grant.pk, actor=steward, reason="misuse", now=now)
    services.make_from_record(now=now)


def verified(sample, secret, got):
    sample["verify"](secret, got.headers, got.body, tolerance=10**12)


# ------------------------------------------------------------------ what is sent


def test_a_receiver_checks_the_signature_with_the_code_of_the_docs(sample):
    owner = UserFactory()
    with listening() as receiver:
        _, secret = hook_of(owner, receiver.url)
        revoke(owner)
        assert services.call_due(now=NOW) == 1
    (got,) = receiver.got
    verified(sample, secret, got)
    told = json.loads(got.body)
    assert told["type"] == "grant.revoke"
    assert "misuse" in " ".join(told["data"]["text"])
    assert told["data"]["url"].startswith("https://data.example.org/")
    assert int(got.headers["webhook-timestamp"]) == pytest.approx(NOW.timestamp(), abs=60)
    with pytest.raises(ValueError, match="not signed"):
        verified(sample, signing.new_secret(), got)
    with pytest.raises(ValueError, match="not signed"):
        verified(sample, secret, got._replace(body=got.body + b" "))
    with pytest.raises(ValueError, match="too old"):
        sample["verify"](secret, got.headers, got.body)


def test_the_signature_is_that_of_the_scheme():
    """Example of the specification's own libraries."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    made = signing.signature(
        secret, message_id="msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp=1614265330,
        body=b'{"test": 2432232314}',
    )  # fmt: skip
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_while_two_secrets_hold_both_sign(sample):
    owner = UserFactory()
    with listening() as receiver:
        hook, old = hook_of(owner, receiver.url)
        _, new = services.rotate_hook(actor=actor(owner), hook_id=hook.pk, now=NOW)
        revoke(owner)
        services.call_due(now=NOW)
        later = NOW + hooks.BOTH_HOLD
        revoke(owner, now=later)
        services.call_due(now=later)
    both, one = receiver.got
    verified(sample, old, both)
    verified(sample, new, both)
    verified(sample, new, one)
    with pytest.raises(ValueError, match="not signed"):
        verified(sample, old, one)


def test_the_database_holds_no_secret_that_could_be_read(settings):
    hook, secret = hook_of(UserFactory(), "https://chat.example/in")
    kept = Hook.objects.values().get(pk=hook.pk)
    assert secret.removeprefix("whsec_") not in str(kept)
    settings.MFA_KEYS = ["another key that is long enough to be one"]
    assert services.rotate_keys() == 1
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "x" * 40, []
    assert signing.opened(Hook.objects.get(pk=hook.pk).secret) == secret


def test_only_the_topics_that_were_chosen_are_told():
    owner = UserFactory()
    with listening() as receiver:
        hook_of(owner, receiver.url, topics=["terms"])
        revoke(owner)
        assert services.call_due(now=NOW) == 0
    assert receiver.got == []


# ------------------------------------------------------------------ where it may go


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/in",
        "http://[::1]:{port}/in",
        "http://[::ffff:127.0.0.1]:{port}/in",
        "http://0.0.0.0:{port}/in",
        "http://169.254.169.254/latest/meta-data",
        "http://10.1.2.3/in",
        "http://2130706433:{port}/in",
    ],
)
def test_a_private_address_is_never_asked(url):
    owner = UserFactory()
    with listening() as receiver:
        hook, _ = hook_of(owner, url.format(port=receiver.url.split(":")[2].partition("/")[0]))
        revoke(owner)
        services.call_due(now=NOW)
    assert receiver.got == []
    attempt = Attempt.objects.get()
    assert attempt.status == 0
    assert re.search("private network|not known", attempt.error)
    assert selectors.hook(owner.pk, hook.pk).failures == 1


def test_a_redirect_to_a_private_address_is_not_followed():
    owner = UserFactory()
    with listening() as inner:

        def away(handler, got):
            handler.answer(302, Location=inner.url.replace("localhost", "127.0.0.1"))

        with listening(away) as receiver:
            hook_of(owner, receiver.url)
            revoke(owner)
            services.call_due(now=NOW)
    assert len(receiver.got) == 1
    assert inner.got == []
    assert "redirect, which is never followed" in Attempt.objects.get().error


def test_a_name_is_resolved_once_and_the_connection_goes_there(monkeypatch, settings):
    settings.WEBHOOK_PRIVATE_HOSTS = ["rebind.example"]
    asked = []
    real = addresses.socket.getaddrinfo

    def resolve(host, port, *rest, **options):
        if host == "rebind.example":
            asked.append(host)
            return [(2, 1, 6, "", ("127.0.0.1" if len(asked) == 1 else "192.0.2.1", port))]
        return real(host, port, *rest, **options)

    monkeypatch.setattr(addresses.socket, "getaddrinfo", resolve)
    owner = UserFactory()
    with listening() as receiver:
        hook_of(owner, receiver.url.replace("localhost", "rebind.example"))
        revoke(owner)
        assert services.call_due(now=NOW) == 1
    assert asked == ["rebind.example"]


@pytest.mark.parametrize(
    "url",
    ["", "ftp://chat.example/in", "https://", "https://ada:pw@chat.example/in",
     "https://chat.example/in#part", "https://chat.example/\nX: y", "https://[::1/in",
     "https://chat.example:99999/in", "https://chät.example/in",
     f"https://chat.example/{'x' * 2000}"],
)  # fmt: skip
def test_an_address_that_can_not_be_one_is_refused_with_a_word(url):
    with pytest.raises(InvalidError) as refusal:
        hook_of(UserFactory(), url)
    assert set(refusal.value.fields) == {"url"}


def test_plain_http_is_refused_where_the_operator_did_not_allow_it(settings):
    settings.WEBHOOK_PROTOCOLS = ["https"]
    with pytest.raises(InvalidError) as refusal:
        hook_of(UserFactory(), "http://chat.example/in")
    assert "https://" in refusal.value.fields["url"]


# ------------------------------------------------------------------ what does not answer well


def test_one_that_hangs_holds_up_no_other():
    """The first answers only when the second was told, and both succeed."""
    owner, told = UserFactory(), threading.Event()

    def waits(handler, got):
        handler.answer(204 if told.wait(20) else 500)

    def tells(handler, got):
        told.set()
        handler.answer(204)

    with listening(waits) as slow, listening(tells) as quick:
        hook_of(owner, slow.url, name="Slow")
        hook_of(owner, quick.url, name="Quick")
        revoke(owner)
        assert services.call_due(now=NOW) == 2


@pytest.mark.parametrize("drips", [False, True])
def test_one_that_never_ends_is_cut_off(monkeypatch, drips):
    """Silent, or a byte of a header now and then: each wait is short, their sum is not."""
    monkeypatch.setattr(calling, "SECONDS", 0.4)
    owner, over = UserFactory(), threading.Event()

    def hangs(handler, got):
        while not over.wait(0.05):
            if drips:
                handler.wfile.write(b"H")

    with listening(hangs) as receiver:
        hook_of(owner, receiver.url)
        revoke(owner)
        try:
            services.call_due(now=NOW)
        finally:
            over.set()
    attempt = Attempt.objects.get()
    assert attempt.error == "No answer came in time"
    assert attempt.milliseconds < 5000


def test_of_a_long_answer_only_the_beginning_is_read_and_kept():
    def long(handler, got):
        handler.answer(200, "yes " * 50_000)

    owner = UserFactory()
    with listening(long) as receiver:
        hook_of(owner, receiver.url)
        revoke(owner)
        assert services.call_due(now=NOW) == 1
    assert len(Attempt.objects.get().answer) == calling.KEPT


def test_500_for_a_day_costs_patience_and_no_message(sample):
    """The clock is turned from try to try; the message comes through once, under one id."""
    owner, status = UserFactory(), [500]
    with listening(lambda handler, got: handler.answer(status[0])) as receiver:
        hook, secret = hook_of(owner, receiver.url)
        revoke(owner)
        now = NOW
        while now < NOW + timedelta(days=1):
            services.call_due(now=now)
            tries = len(receiver.got)
            services.call_due(now=now + timedelta(seconds=1))
            assert len(receiver.got) == tries, "not before its time"
            mine = Message.objects.get(channel="hook")
            assert mine.state == State.QUEUED
            now = max(mine.next_at, selectors.hook(owner.pk, hook.pk).next_at) + timedelta(
                seconds=1
            )
        assert 6 <= len(receiver.got) <= 12
        status[0] = 200
        assert services.call_due(now=now) == 1
        assert services.call_due(now=now + timedelta(days=1)) == 0
    assert len({each.headers["webhook-id"] for each in receiver.got}) == 1
    assert len({each.headers["webhook-timestamp"] for each in receiver.got}) == len(receiver.got)
    verified(sample, secret, receiver.got[-1])
    assert selectors.hook(owner.pk, hook.pk).failing_since is None


def test_days_of_failure_switch_it_off_and_its_owner_is_told():
    owner, now = UserFactory(), NOW
    with listening(500) as receiver:
        hook, _ = hook_of(owner, receiver.url)
        while selectors.hook(owner.pk, hook.pk).state == Hook.State.ACTIVE:
            revoke(owner, now=now)
            services.call_due(now=now)
            now += timedelta(hours=10, minutes=1)
            assert now < NOW + timedelta(days=5)
        tries = len(receiver.got)
        revoke(owner, now=now)
        services.call_due(now=now + timedelta(days=1))
        assert len(receiver.got) == tries
    assert now >= NOW + calls.OFF_AFTER
    services.make_from_record(now=now)
    services.deliver_due(now=now)
    told = next(each for each in mail.outbox if "switched off" in each.subject)
    assert told.to == [owner.email]
    assert "Answered 500" in told.body
    services.set_hook_state(actor=actor(owner), hook_id=hook.pk, active=True, now=now)
    assert selectors.hook(owner.pk, hook.pk).failures == 0


def test_410_switches_it_off_at_once():
    owner = UserFactory()
    with listening(410) as receiver:
        hook, _ = hook_of(owner, receiver.url)
        revoke(owner)
        services.call_due(now=NOW)
    assert selectors.hook(owner.pk, hook.pk).state == Hook.State.DISABLED
    assert len(receiver.got) == 1


def test_a_message_that_always_fails_keeps_no_other_back():
    owner, bad = UserFactory(), []

    def picky(handler, got):
        bad.append(got.headers["webhook-id"])
        handler.answer(500 if got.headers["webhook-id"] == bad[0] else 204)

    with listening(picky) as receiver:
        hook_of(owner, receiver.url)
        revoke(owner)
        revoke(owner)
        services.call_due(now=NOW)
        assert services.call_due(now=NOW + timedelta(seconds=6)) == 1
    states = Message.objects.filter(channel="hook").values_list("state", flat=True)
    assert sorted(states) == [State.QUEUED, State.SENT]


def test_retry_after_lengthens_a_wait():
    owner = UserFactory()
    with listening(lambda handler, got: handler.answer(503, Retry_After="7200")) as receiver:
        hook_of(owner, receiver.url)
        revoke(owner)
        services.call_due(now=NOW)
        services.call_due(now=NOW + timedelta(hours=1))
        assert len(receiver.got) == 1
        services.call_due(now=NOW + timedelta(hours=2, seconds=9))
    assert len(receiver.got) == 2


# ------------------------------------------------------------------ what its owner does


def test_told_again_under_the_same_id():
    owner = UserFactory()
    with listening() as receiver:
        hook, _ = hook_of(owner, receiver.url)
        revoke(owner)
        services.call_due(now=NOW)
        (message,) = selectors.deliveries(hook.pk)
        services.redeliver(actor=actor(owner), hook_id=hook.pk, message_id=message.pk, now=NOW)
        assert services.call_due(now=NOW) == 1
    first, again = receiver.got
    assert first.headers["webhook-id"] == again.headers["webhook-id"]
    assert first.body == again.body
    assert Attempt.objects.count() == 2


def test_a_test_reaches_also_one_that_is_paused(sample):
    owner = UserFactory()
    with listening() as receiver:
        hook, secret = hook_of(owner, receiver.url)
        revoke(owner)
        services.set_hook_state(actor=actor(owner), hook_id=hook.pk, active=False, now=NOW)
        services.test_hook(actor=actor(owner), hook_id=hook.pk, now=NOW)
        assert services.call_due(now=NOW) == 1
    (got,) = receiver.got
    verified(sample, secret, got)
    assert json.loads(got.body)["type"] == "webhook.test"


@pytest.mark.parametrize("verb", ["rotate_hook", "remove_hook", "test_hook"])
def test_nobody_touches_the_webhook_of_another(verb):
    hook, _ = hook_of(UserFactory(), "https://chat.example/in")
    with pytest.raises(MissingError):
        getattr(services, verb)(actor=actor(UserFactory()), hook_id=hook.pk, now=NOW)


def test_a_token_of_scope_read_makes_no_webhook():
    reader = actor(UserFactory(), token=Limits("laptop", scope=Scope.READ))
    with pytest.raises(NotPermittedError):
        services.make_hook(
            actor=reader, name="Chat", url="https://chat.example/in", topics=[], now=NOW
        )


def test_there_is_an_end_to_webhooks(monkeypatch):
    monkeypatch.setattr(hooks, "MOST", 1)
    owner = UserFactory()
    hook_of(owner, "https://chat.example/in")
    with pytest.raises(WrongStateError):
        hook_of(owner, "https://chat.example/in")
