"""Entries of the record. Identity is copied, with no foreign key: the record outlives people.

Entry    what happened; inserted once, never changed or deleted (a trigger of the database)
Person   who, from where and why; never changed, deleted only by an erasure
Pending  entries that no checkpoint covers yet, with the bytes that will be sealed
Leaf     the place and hash of a sealed entry; inserted once
Tile     256 hashes of the Merkle tree over the leaves
Checkpoint, Rotation   what was signed
"""

import secrets

from django.db import models
from django.db.models import Q


class Outcome(models.TextChoices):
    ALLOWED = "allowed", "Allowed"
    REFUSED = "refused", "Refused"
    RECORDED = "recorded", "Recorded"


class Entry(models.Model):
    """What happened, without the personal part."""

    at = models.DateTimeField(db_index=True)
    action = models.CharField(max_length=60)
    outcome = models.CharField(max_length=8, choices=Outcome.choices)
    reasons = models.JSONField(default=list)  # codes, e.g. ["terms"]
    privileged = models.BooleanField(default=False)
    reason = models.TextField(blank=True)  # why, in the words of who acted
    subject = models.CharField(max_length=200, blank=True)  # e.g. application:GH-2026-0012
    dataset = models.CharField(max_length=200, blank=True)
    version = models.CharField(max_length=40, blank=True)
    tier = models.CharField(max_length=40, blank=True)
    artefact = models.CharField(max_length=1000, blank=True)
    terms_version = models.CharField(max_length=40, blank=True)
    grant = models.BigIntegerField(null=True)
    detail = models.JSONField(default=dict)
    request_id = models.CharField(max_length=64, blank=True)
    commitment = models.CharField(max_length=64)  # of the personal part, under its salt

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
        Entry,
        on_delete=models.DO_NOTHING,
        primary_key=True,
        related_name="person",
        db_constraint=False,  # entries never go, and the web role may not lock them
    )
    salt = models.BinaryField(max_length=32, default=new_salt)
    user_id = models.BigIntegerField(null=True)
    email = models.CharField(max_length=254, blank=True)
    name = models.CharField(max_length=200, blank=True)
    token = models.CharField(max_length=100, blank=True)  # name of the token, never the token
    purpose = models.TextField(blank=True)
    concerns = models.BigIntegerField(null=True)  # id of the person whom it is about, if another
    address = models.CharField(max_length=64, blank=True)
    agent = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [models.Index(fields=["user_id", "entry"], name="person_user")]

    def __str__(self) -> str:
        return f"person of {self.pk}"


class Pending(models.Model):
    """An entry that waits to be sealed. Written with it; the sealer takes it away.

    Rows, not a watermark: ids are given before a transaction commits, so a last id seen would
    miss the entries that commit late.
    """

    entry = models.OneToOneField(
        Entry, on_delete=models.DO_NOTHING, primary_key=True, db_constraint=False
    )
    head = models.TextField()  # canonical leaf up to the number of its place
    tail = models.TextField()  # and after it

    def __str__(self) -> str:
        return f"pending {self.pk}"


class Leaf(models.Model):
    """The place of a sealed entry in the log, and its hash (RFC 6962)."""

    place = models.BigIntegerField(primary_key=True)
    entry = models.OneToOneField(
        Entry, on_delete=models.DO_NOTHING, related_name="sealed", db_constraint=False
    )
    hash = models.BinaryField(max_length=32)

    def __str__(self) -> str:
        return f"leaf {self.place}"


class Tile(models.Model):
    """A tile of the tree (C2SP tlog-tiles): up to 256 hashes. A partial one is its beginning."""

    level = models.PositiveSmallIntegerField()
    number = models.BigIntegerField()
    hashes = models.BinaryField(max_length=256 * 32)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["level", "number"], name="one_tile_a_place"),
        ]

    def __str__(self) -> str:
        return f"tile {self.level}/{self.number}"


class LogState(models.Model):
    """The edge of the tree: one row, whose lock makes sealers wait for one another."""

    size = models.BigIntegerField(default=0)
    frontier = models.BinaryField(default=b"")  # roots of the perfect subtrees, biggest first

    def __str__(self) -> str:
        return f"log of {self.size}"


class Checkpoint(models.Model):
    """A signed statement: so many entries, this root."""

    size = models.BigIntegerField(unique=True)
    root = models.CharField(max_length=64)  # hex
    note = models.TextField()
    at = models.DateTimeField()

    class Meta:
        ordering = ["-size"]

    def __str__(self) -> str:
        return f"checkpoint of {self.size}"


class Rotation(models.Model):
    """The old key's signed statement about the new one."""

    note = models.TextField()
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"rotation {self.pk}"


class Strangers(models.Model):
    """Refusals of strangers, counted by minute, address prefix and dataset until they are told.

    One entry of the record tells the sum, so that a flood of requests is no flood of entries.
    """

    minute = models.DateTimeField()
    prefix = models.CharField(max_length=64)
    dataset = models.CharField(max_length=200)
    refusals = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["minute", "prefix", "dataset"], name="one_count_a_minute"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.minute} {self.refusals}"
