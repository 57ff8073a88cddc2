"""What goes by itself, so that the outbox does not grow for ever."""

from datetime import datetime, timedelta

from governance.notices.models import Attempt, Body, Channel, Hook, Message, State

STRANGERS = timedelta(days=30)
MAILS = timedelta(days=90)  # the inbox keeps what they said
TRIES = timedelta(days=30)
BATCH = 500


def forget_strangers(*, now: datetime) -> int:
    """Erase messages to addresses without an account, a month after they were made."""
    old = Message.objects.filter(user=None, made_at__lt=now - STRANGERS)
    return old.delete()[0]


def tidy(*, now: datetime) -> int:
    """Erase old mails and the log of old deliveries, former secrets, and bodies of no message.

    In batches, so that nobody waits for it. Returns how many messages went.
    """
    Attempt.objects.filter(at__lt=now - TRIES).delete()
    Hook.objects.filter(old_until__lte=now).update(old_secret="", old_until=None)
    # What waits for a webhook or an address that is shut is over at its deadline.
    Message.objects.filter(
        channel__in=(Channel.MAIL, Channel.HOOK),
        state__in=(State.QUEUED, State.HELD),
        claim="",
        deadline__lt=now,
        next_at__lt=now - timedelta(hours=1),
    ).update(state=State.FAILED)
    over = Message.objects.exclude(channel=Channel.INBOX).filter(made_at__lt=now - MAILS)
    old = over.exclude(state=State.QUEUED).order_by("pk")
    gone = 0
    while ids := list(old.values_list("pk", flat=True)[:BATCH]):
        gone += Message.objects.filter(pk__in=ids).delete()[0]
    Body.objects.filter(messages=None, made_at__lt=now - timedelta(days=1)).delete()
    return gone
