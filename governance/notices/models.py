"""The outbox and the inbox: one row for every message to one person on one channel.

Message      what is told: by mail, in the inbox or to a webhook
Body         the text and HTML that many messages share
Handled      entries of the record that messages are or were made from
Hook         an address of a program that somebody wants to be told at
Attempt      one try to tell a hook
Preference   what somebody does not want to be told, and where
Follow       a dataset of which somebody wants to know the new versions
Unreachable  an address that gave mail back
"""

from django.conf import settings
from django.db import models

from governance.catalogue.models import Dataset


class Channel(models.TextChoices):
    MAIL = "mail", "Mail"
    INBOX = "inbox", "Inbox"
    HOOK = "hook", "Webhook"


class State(models.TextChoices):
    QUEUED = "queued", "Queued"
    SENT = "sent", "Sent"
    FAILED = "failed", "Failed"
    HELD = "held", "Held"  # mail to an address that gives mail back


class Body(models.Model):
    """What a mail to more than one person says. Goes when the last of its messages went."""

    text = models.TextField()
    html = models.TextField(blank=True)
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.text


class Hook(models.Model):
    """An address that somebody wants to be told at, by the scheme of Standard Webhooks."""

    class State(models.TextChoices):
        ACTIVE = "active", "Active"
        PAUSED = "paused", "Paused"
        DISABLED = "disabled", "Switched off"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="hooks"
    )
    name = models.CharField(max_length=100)
    url = models.CharField(max_length=2000)
    topics = models.JSONField(default=list)  # codes; empty: every topic
    secret = models.TextField()  # encrypted
    old_secret = models.TextField(blank=True)  # encrypted; signs as well until `old_until`
    old_until = models.DateTimeField(null=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.ACTIVE)
    why = models.CharField(max_length=300, blank=True)  # it was switched off
    failures = models.PositiveIntegerField(default=0)  # in a row
    failing_since = models.DateTimeField(null=True)
    next_at = models.DateTimeField()  # not tried before
    lease_until = models.DateTimeField(null=True)  # one process at a time
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["state", "next_at"], name="hook_due")]

    def __str__(self) -> str:
        return self.name


class Message(models.Model):
    """`key` makes it one: the same event, person and channel give the same key."""

    key = models.CharField(max_length=200, unique=True)
    kind = models.CharField(max_length=60)
    topic = models.CharField(max_length=20, blank=True)
    channel = models.CharField(max_length=10, choices=Channel.choices)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="messages"
    )
    hook = models.ForeignKey(Hook, on_delete=models.CASCADE, null=True, related_name="messages")
    email = models.CharField(max_length=254)
    subject = models.CharField(max_length=300)
    body = models.ForeignKey(Body, on_delete=models.PROTECT, null=True, related_name="messages")
    text = models.TextField()  # of a hook: the JSON, as it is signed
    html = models.TextField(blank=True)
    url = models.CharField(max_length=500, blank=True)  # path on the site, for the inbox
    state = models.CharField(max_length=6, choices=State.choices, default=State.QUEUED)
    made_at = models.DateTimeField()
    next_at = models.DateTimeField()  # not tried before
    deadline = models.DateTimeField()  # not tried after
    claim = models.CharField(max_length=32, blank=True)  # of the process that has it in hand
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=300, blank=True)
    sent_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["state", "next_at"], name="message_due"),
            models.Index(fields=["user", "channel", "-id"], name="message_inbox"),
            models.Index(fields=["claim"], condition=~models.Q(claim=""), name="message_claimed"),
            models.Index(fields=["hook", "state"], name="message_hook"),
        ]

    def __str__(self) -> str:
        return self.key


class Attempt(models.Model):
    """One try to tell a hook. `status` is 0 where no answer came."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="tries")
    at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(default=0)
    milliseconds = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=300, blank=True)
    answer = models.CharField(max_length=500, blank=True)  # its beginning

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.at} {self.status}"


class Handled(models.Model):
    """Entries of the record that notices have been made from, or (`done` False) are being."""

    entry = models.BigIntegerField(primary_key=True)
    done = models.BooleanField(default=True)
    until = models.DateTimeField(null=True)  # who makes them has the entry so long

    class Meta:
        indexes = [
            models.Index(fields=["entry"], condition=models.Q(done=False), name="handled_begun")
        ]

    def __str__(self) -> str:
        return str(self.entry)


class Preference(models.Model):
    """A topic that somebody does not want on a channel. What has no row is told."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="silences"
    )
    topic = models.CharField(max_length=20)
    channel = models.CharField(max_length=10, choices=Channel.choices)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "topic", "channel"], name="one_silence_a_channel"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.topic} not by {self.channel}"


class Follow(models.Model):
    """Somebody wants to be told of new versions, whether or not they hold a copy."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="follows"
    )
    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="followers")
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "dataset"], name="one_follow_a_dataset"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} follows {self.dataset_id}"


class Unreachable(models.Model):
    """An address that gave mail back. No notice is mailed to it until it is confirmed again."""

    email = models.CharField(max_length=254, unique=True)
    since = models.DateTimeField()
    why = models.CharField(max_length=300)

    def __str__(self) -> str:
        return f"unreachable since {self.since}"
