"""The outbox and the inbox: one row for every message to one person on one channel."""

from django.conf import settings
from django.db import models


class Channel(models.TextChoices):
    MAIL = "mail", "Mail"
    INBOX = "inbox", "Inbox"


class State(models.TextChoices):
    QUEUED = "queued", "Queued"
    SENT = "sent", "Sent"
    FAILED = "failed", "Failed"


class Message(models.Model):
    """`key` makes it one: the same event, person and channel give the same key."""

    key = models.CharField(max_length=200, unique=True)
    kind = models.CharField(max_length=60)
    channel = models.CharField(max_length=10, choices=Channel.choices)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="messages"
    )
    email = models.CharField(max_length=254)
    subject = models.CharField(max_length=300)
    text = models.TextField()
    html = models.TextField(blank=True)
    url = models.CharField(max_length=500, blank=True)  # path on the site, for the inbox
    state = models.CharField(max_length=6, choices=State.choices, default=State.QUEUED)
    made_at = models.DateTimeField()
    next_at = models.DateTimeField()  # not tried before
    deadline = models.DateTimeField()  # not tried after
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=300, blank=True)
    sent_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["state", "next_at"], name="message_due"),
            models.Index(fields=["user", "channel", "-id"], name="message_inbox"),
        ]

    def __str__(self) -> str:
        return self.key


class Handled(models.Model):
    """Entries of the record that notices have been made from."""

    entry = models.BigIntegerField(primary_key=True)

    def __str__(self) -> str:
        return str(self.entry)
