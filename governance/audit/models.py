"""Entries of the record. Identity is copied, with no foreign key: the record outlives people."""

import secrets

from django.db import models
from django.db.models import Q


class Outcome(models.TextChoices):
    ALLOWED = "allowed", "Allowed"
    REFUSED = "refused", "Refused"
    RECORDED = "recorded", "Recorded"


class Entry(models.Model):
    """What happened, without the personal part. Never updated but for `leaf`, once."""

    at = models.DateTimeField(db_index=True)
    action = models.CharField(max_length=60)
    outcome = models.CharField(max_length=8, choices=Outcome.choices)
    reasons = models.JSONField(default=list)  # codes, e.g. ["terms"]
    privileged = models.BooleanField(default=False)
    reason = models.TextField(blank=True)  # why, in the words of who acted
    subject = models.CharField(max_length=200, blank=True)  # e.g. application:12
    subject_id = models.BigIntegerField(null=True)  # the person whom it concerns, if another
    dataset = models.CharField(max_length=200, blank=True)
    version = models.CharField(max_length=40, blank=True)
    tier = models.CharField(max_length=40, blank=True)
    artefact = models.CharField(max_length=1000, blank=True)
    terms_version = models.CharField(max_length=40, blank=True)
    grant = models.BigIntegerField(null=True)
    detail = models.JSONField(default=dict)
    request_id = models.CharField(max_length=64, blank=True)
    leaf = models.BigIntegerField(
        null=True, unique=True
    )  # place in the sealed log; null until then

    class Meta:
        indexes = [
            models.Index(fields=["action", "id"], name="entry_action"),
            models.Index(fields=["dataset", "at"], name="entry_dataset"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(privileged=False) | ~Q(reason=""),
                name="privileged_act_has_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.action} {self.outcome}"


def new_salt() -> bytes:
    return secrets.token_bytes(32)


class Person(models.Model):
    """The personal part of an entry, apart so that it can be erased while the entry stays."""

    entry = models.OneToOneField(
        Entry, on_delete=models.PROTECT, primary_key=True, related_name="person"
    )
    salt = models.BinaryField(max_length=32, default=new_salt)
    user_id = models.BigIntegerField(null=True)
    email = models.CharField(max_length=254, blank=True)
    name = models.CharField(max_length=200, blank=True)
    token = models.CharField(max_length=100, blank=True)  # name of the token, never the token
    purpose = models.TextField(blank=True)
    address = models.CharField(max_length=64, blank=True)
    agent = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [models.Index(fields=["user_id", "entry"], name="person_user")]

    def __str__(self) -> str:
        return f"person of {self.pk}"
