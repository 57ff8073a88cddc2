"""Builds and their shards: the truth about work. The broker is only a bell."""

from django.db import models

from governance.catalogue.models import Dataset, Version


class Build(models.Model):
    class State(models.TextChoices):
        RUNNING = "running", "Running"
        PAUSED = "paused", "Paused"
        HELD = "held", "Held"  # shards were set aside; resumed, they are tried again
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    version = models.OneToOneField(Version, on_delete=models.PROTECT, related_name="made_by")
    state = models.CharField(max_length=9, choices=State.choices, default=State.RUNNING)
    brief = models.JSONField()  # all that is asked; names removals, so never public
    stage = models.CharField(max_length=20, blank=True)  # the one that is being done
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    started_by = models.BigIntegerField(null=True)
    started_by_name = models.CharField(max_length=254, blank=True)
    cause = models.TextField(blank=True)  # why it failed, was cancelled, is held or must wait
    plan_until = models.DateTimeField(null=True)  # somebody plans the next stage until then

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"build {self.pk}"


AT_WORK = (Build.State.RUNNING, Build.State.PAUSED, Build.State.HELD)  # not ended


class Shard(models.Model):
    class State(models.TextChoices):
        TO_DO = "to_do", "Waiting"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    build = models.ForeignKey(Build, on_delete=models.CASCADE, related_name="shards")
    stage = models.CharField(max_length=20)
    number = models.PositiveIntegerField()
    label = models.CharField(max_length=300)
    ref = models.CharField(max_length=60)  # name of its output: stage/hash
    params = models.JSONField()
    inputs = models.JSONField(null=True)
    state = models.CharField(max_length=6, choices=State.choices, default=State.TO_DO)
    lease = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)  # without a lease: not tried before
    attempts = models.PositiveSmallIntegerField(default=0)
    report = models.JSONField(default=dict)
    error = models.CharField(max_length=1000, blank=True)  # of the last attempt
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["build", "stage", "number"], name="one_shard_a_number"),
        ]
        indexes = [
            models.Index(fields=["build", "stage", "state"], name="shard_state"),
            models.Index(fields=["ref"], name="shard_ref"),  # who else needs this work
        ]

    def __str__(self) -> str:
        return f"{self.stage} {self.number}"


class Imported(models.Model):
    """Human annotations that the next builds of a dataset carry."""

    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="imported")
    sha256 = models.CharField(max_length=64)
    file = models.CharField(max_length=200)  # below the work folder, named by content
    rows = models.PositiveIntegerField()
    imported_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dataset", "sha256"], name="one_import_a_content"),
        ]

    def __str__(self) -> str:
        return self.file


class Compaction(models.Model):
    """Of a dataset: until when somebody has it, and what the last one did."""

    dataset = models.OneToOneField(Dataset, on_delete=models.CASCADE, related_name="compaction")
    until = models.DateTimeField(null=True)  # who compacts has it until then
    ran_at = models.DateTimeField(null=True)  # when the last that came to its end began
    erased = models.JSONField(default=dict)  # works, objects, bytes
    error = models.CharField(max_length=300, blank=True)  # of the last one, if it failed

    def __str__(self) -> str:
        return f"compaction of dataset {self.dataset_id}"


class Worker(models.Model):
    """When a worker was last heard of."""

    name = models.CharField(max_length=200, primary_key=True)
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
