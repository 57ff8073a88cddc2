"""Copies that people hold, what they owe for them, and what they declared.

A copy is one person's files of one tier of one version; it is open until they say what became of
it. `person` is the number that the account had: it stays when the account goes (`holder` null), so
that a steward still knows that there is such a copy, and no longer whose.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q

from governance.catalogue.models import Artefact, Dataset, Tier, Version


class How(models.TextChoices):
    """What became of a copy."""

    REPLACED = "replaced", "Replaced by the current version"
    DELETED = "deleted", "Deleted"


class Copy(models.Model):
    holder = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="copies"
    )
    person = models.BigIntegerField()
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="copies")
    tier = models.ForeignKey(Tier, on_delete=models.PROTECT, related_name="copies")
    made_at = models.DateTimeField()  # of the first ticket, or of the attestation that named it
    closed_at = models.DateTimeField(null=True)  # attested: replaced or deleted
    closed_how = models.CharField(max_length=8, choices=How.choices, blank=True)

    class Meta:
        verbose_name_plural = "copies"
        ordering = ["-id"]
        indexes = [models.Index(fields=["version", "closed_at", "id"], name="copy_of_version")]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "version", "tier"],
                condition=Q(closed_at=None),
                name="one_open_copy",
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None, closed_how="")
                | Q(closed_at__isnull=False, closed_how__in=How.values),
                name="a_closed_copy_says_how",
            ),
        ]

    def __str__(self) -> str:
        return f"copy {self.pk}"


class CopyFile(models.Model):
    """One artefact of a copy, however many ranges and retries it took."""

    copy = models.ForeignKey(Copy, on_delete=models.CASCADE, related_name="files")
    artefact = models.ForeignKey(Artefact, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()  # of the first ticket

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["copy", "artefact"], name="one_file_a_copy"),
        ]

    def __str__(self) -> str:
        return f"{self.copy_id} {self.artefact_id}"


class Download(models.Model):
    """One person, version and day (UTC) is one download."""

    person = models.BigIntegerField()
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="downloads")
    day = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "version", "day"], name="one_download_a_person_version_and_day"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} {self.version_id} {self.day}"


class Kind(models.TextChoices):
    """Why something is owed for a copy."""

    UPDATE = "update", "A new version came out"
    WITHDRAWAL = "withdrawal", "The version was withdrawn"
    RECALL = "recall", "Rows of the version were recalled"


class Recall(models.Model):
    """A steward asks all holders of certain rows to act. Whom the rows concern is not kept: the
    selector goes once the rows were found."""

    class State(models.TextChoices):
        SEEKING = "seeking", "Rows are being looked for"
        SENT = "sent", "Holders are asked"
        EMPTY = "empty", "No version has such rows"
        FAILED = "failed", "The rows could not be looked for"

    number = models.CharField(max_length=20, unique=True)  # to cite, e.g. GH-R-7K2M9QXD
    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="recalls")
    what = models.CharField(max_length=10)  # repository | licence | removal
    removal = models.BigIntegerField(null=True)  # of the ledger, by number alone
    selector = models.JSONField(null=True)  # emptied once the rows were found
    instruction = models.TextField()  # what holders shall do; they read it
    days = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=7, choices=State.choices, default=State.SEEKING)
    made_at = models.DateTimeField()
    made_by = models.BigIntegerField(null=True)
    reason = models.TextField()
    deadline = models.DateTimeField(null=True)
    failure = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.number


class RecalledRows(models.Model):
    """The rows of a recall in one tier of one version; their ids say nothing of whose they are."""

    recall = models.ForeignKey(Recall, on_delete=models.CASCADE, related_name="found")
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="+")
    tier = models.ForeignKey(Tier, on_delete=models.PROTECT, related_name="+")
    rows = models.PositiveIntegerField()
    key = models.CharField(max_length=300)  # of the list of row ids, in the tier's storage
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()  # bytes

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["recall", "version", "tier"], name="one_list_a_tier"),
        ]

    def __str__(self) -> str:
        return f"{self.recall_id} {self.version_id} {self.tier_id}"


class Duty(models.Model):
    """What is owed for one copy, for one cause. Met by an attestation of the copy."""

    copy = models.ForeignKey(Copy, on_delete=models.CASCADE, related_name="duties")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    cause = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="+")
    recall = models.ForeignKey(Recall, on_delete=models.PROTECT, null=True, related_name="duties")
    made_at = models.DateTimeField()
    deadline = models.DateTimeField()
    held_from = models.DateTimeField(null=True)  # None: reminders only
    remind_at = models.DateTimeField(null=True)  # when the holder is told next; None: no more
    extended = models.PositiveSmallIntegerField(default=0)  # how often
    met_at = models.DateTimeField(null=True)
    left_at = models.DateTimeField(null=True)  # the account was deleted: nobody can be told

    class Meta:
        verbose_name_plural = "duties"
        ordering = ["deadline", "id"]
        indexes = [
            models.Index(
                fields=["remind_at"],
                condition=Q(met_at=None, left_at=None),
                name="duty_to_remind",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["copy", "kind", "cause"],
                condition=Q(recall=None),
                name="one_duty_a_cause",
            ),
            models.UniqueConstraint(fields=["copy", "recall"], name="one_duty_a_recall"),
            models.CheckConstraint(
                condition=Q(kind="recall", recall__isnull=False)
                | (~Q(kind="recall") & Q(recall=None)),
                name="a_recall_has_its_number",
            ),
        ]

    def __str__(self) -> str:
        return f"duty {self.pk}"


class Attestation(models.Model):
    """What somebody declared about copies of one tier, word for word."""

    class Via(models.TextChoices):
        PAGE = "page", "On the page"
        API = "api", "By the API"
        CLIENT = "client", "By the client"

    number = models.CharField(max_length=20, unique=True)  # to cite, e.g. GH-C-7K2M9QXD
    person = models.BigIntegerField()
    how = models.CharField(max_length=8, choices=How.choices)
    via = models.CharField(max_length=6, choices=Via.choices)
    tier = models.ForeignKey(Tier, on_delete=models.PROTECT, related_name="attestations")
    version = models.ForeignKey(
        Version, on_delete=models.PROTECT, null=True, related_name="+"
    )  # which they now hold
    copies = models.ManyToManyField(Copy, related_name="attestations")
    statement = models.TextField()  # as it was read
    files = models.PositiveIntegerField(null=True)  # checked by sha256; None: not told
    at = models.DateTimeField()
    entry = models.BigIntegerField()  # of the record

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["person", "-id"], name="attestation_person")]

    def __str__(self) -> str:
        return self.number


class Event(models.Model):
    """An entry of the record that brings duties, and how many it brought.

    It is looked at again until nobody can get a copy of the version any more.
    """

    entry = models.BigIntegerField(primary_key=True)
    made = models.PositiveIntegerField(default=0)  # duties
    done_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.entry)
