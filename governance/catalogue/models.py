"""Datasets, tiers, versions and artefacts, with what must never be false as constraints."""

from django.db import models
from django.db.models import F, Q

from governance.catalogue.fields import OrderedJson
from governance.catalogue.states import State

UNREDACTED = ("raw", "annotations")  # tiers whose rows a removal hides at once


class Dataset(models.Model):
    namespace = models.CharField(max_length=60)
    name = models.CharField(max_length=60)
    title = models.CharField(max_length=200)
    summary = models.TextField()
    licence_set = models.CharField(max_length=60, default="permissive")
    redaction = models.JSONField(default=dict)  # policy, as pipeline.redact.policy checks it
    sources = models.JSONField(default=list)  # what a build collects from
    contact = models.EmailField(blank=True)
    listed = models.BooleanField(default=True)  # False: only staff know of it
    made_at = models.DateTimeField()
    wound_down_at = models.DateTimeField(null=True)  # from then on nothing is handed out
    # Goes up with every removal. What was looked through for fewer of them is not handed out raw.
    ledger = models.PositiveBigIntegerField(default=0)
    # What holders owe when a version is superseded: days to act, then days of grace, and whether
    # new downloads are held after those or holders are only reminded. `duty` changes them.
    update_days = models.PositiveSmallIntegerField(default=42)
    update_grace = models.PositiveSmallIntegerField(default=7)
    update_holds = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["namespace", "name"], name="one_dataset_a_name"),
            models.CheckConstraint(
                condition=Q(update_days__gte=1, update_days__lte=365, update_grace__lte=90),
                name="a_duty_can_be_met",
            ),
        ]

    def __str__(self) -> str:
        return self.slug

    @property
    def slug(self) -> str:
        return f"{self.namespace}/{self.name}"


class Tier(models.Model):
    """One depth of a dataset. Its policy says per action which needs must be met, in order."""

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="tiers")
    name = models.CharField(max_length=40)
    summary = models.TextField()
    policy = models.JSONField(default=dict)  # {"download": ["served", "signed_in", ...]}
    form = models.JSONField(default=list)  # questions of an application, if one can be made
    days = models.PositiveIntegerField(default=365)  # longest grant
    reviewers = models.PositiveSmallIntegerField(default=1)  # how many must say yes: 1 or 2
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["dataset", "name"], name="one_tier_a_name"),
            models.CheckConstraint(condition=Q(reviewers__in=[1, 2]), name="one_or_two_reviewers"),
        ]

    def __str__(self) -> str:
        return f"{self.dataset_id}:{self.name}"


class Version(models.Model):
    """One edition of a dataset. What is published never changes, but for its state."""

    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="versions")
    number = models.CharField(max_length=20)
    state = models.CharField(max_length=12, choices=[(each, each) for each in State])
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="children")
    build = models.BigIntegerField(null=True)
    commit = models.CharField(max_length=40, blank=True)  # from the manifest: one sha, one tree
    manifest_sha256 = models.CharField(max_length=64, blank=True)
    terms = models.CharField(max_length=40, blank=True)  # number of the terms it was made under
    card = models.TextField(blank=True)  # Markdown
    stats = OrderedJson(default=dict)
    charts = OrderedJson(default=dict)  # name -> SVG
    preview = OrderedJson(default=list)
    difference = OrderedJson(default=dict)  # against the parent
    rows = models.BigIntegerField(default=0)  # processed tier
    size = models.BigIntegerField(default=0)  # bytes, processed tier
    made_at = models.DateTimeField()
    started_by = models.BigIntegerField(null=True)
    approved_by = models.BigIntegerField(null=True)
    approved_at = models.DateTimeField(null=True)
    published_by = models.BigIntegerField(null=True)
    published_at = models.DateTimeField(null=True)
    serve_until = models.DateTimeField(null=True)  # of a superseded version
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_reason = models.TextField(blank=True)
    erase_by = models.DateTimeField(
        null=True
    )  # a withdrawn one: holders erase their copies by then
    successor = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="replaces"
    )  # of a withdrawn one: what to take in its place
    looked = models.PositiveBigIntegerField(default=0)  # the ledger its files were held against
    unshown = OrderedJson(default=list)  # row ids of its preview that were removed since

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["dataset", "number"],
                condition=~Q(state="rejected"),
                name="one_version_a_number",
            ),
            models.UniqueConstraint(
                fields=["dataset"], condition=Q(state="published"), name="one_current_version"
            ),
            models.UniqueConstraint(
                fields=["commit"],
                condition=~Q(commit="") & ~Q(state="rejected"),
                name="one_version_a_commit",
            ),
            models.CheckConstraint(
                condition=Q(published_by=None) | ~Q(published_by=F("approved_by")),
                name="two_people_publish",
            ),
            models.CheckConstraint(
                condition=Q(published_by=None) | ~Q(published_by=F("started_by")),
                name="builder_does_not_publish",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.dataset_id}:{self.number}"


class Artefact(models.Model):
    """One file of one tier of one version. `key` names its bytes in the tier's own storage."""

    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="artefacts")
    tier = models.ForeignKey(Tier, on_delete=models.PROTECT, related_name="artefacts")
    path = models.CharField(max_length=1000)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    rows = models.BigIntegerField(default=0)
    key = models.CharField(max_length=300)
    withheld = models.BooleanField(default=False)  # holds raw rows that were removed since

    class Meta:
        ordering = ["path"]
        # A request names the path before the tier's id is known; a version may have 100,000 files.
        indexes = [
            models.Index(fields=["path", "version"], name="artefact_path"),
            models.Index(fields=["key"], name="artefact_key"),  # who else needs these bytes
        ]
        constraints = [
            models.UniqueConstraint(fields=["version", "tier", "path"], name="one_artefact_a_path"),
        ]

    def __str__(self) -> str:
        return self.path


class Stored(models.Model):
    """Bytes that a version keeps in storage beside its artefacts: row patches, chunk manifests.

    While a version is in the making its artefacts stand here too: written before the first byte
    is put, so that no purge of another version takes what this one is about to rely on.
    """

    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="stored")
    key = models.CharField(max_length=300)
    tier = models.CharField(max_length=40)
    size = models.BigIntegerField()

    class Meta:
        verbose_name_plural = "stored"
        indexes = [models.Index(fields=["key"], name="stored_key")]
        constraints = [
            models.UniqueConstraint(fields=["version", "key"], name="one_stored_a_key"),
        ]

    def __str__(self) -> str:
        return self.key


class Hold(models.Model):
    """A legal hold: the bytes of a version stay for a matter until a day, served or not."""

    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="holds")
    reason = models.TextField()
    until = models.DateTimeField()
    placed_at = models.DateTimeField()
    placed_by = models.BigIntegerField(null=True)
    placed_by_name = models.CharField(max_length=254)
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.BigIntegerField(null=True)
    lifted_reason = models.TextField(blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(until__gt=F("placed_at")), name="a_hold_lasts_for_a_while"
            ),
        ]

    def __str__(self) -> str:
        return f"hold {self.pk}"


class Purge(models.Model):
    """The erasing of a closed version's bytes: asked for when it closes, done by a task."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        ERASING = "erasing", "Erasing"
        HELD = "held", "Held"
        DONE = "done", "Done"

    version = models.OneToOneField(Version, on_delete=models.PROTECT, related_name="purge")
    state = models.CharField(max_length=7, choices=State.choices, default=State.WAITING)
    asked_at = models.DateTimeField()
    next_at = models.DateTimeField()  # not tried before
    lease = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    last_error = models.CharField(max_length=500, blank=True)
    waits_for = models.CharField(max_length=200, blank=True)  # a hold, a build that uses it
    listed = models.BooleanField(default=False)  # all its items are written down
    objects_erased = models.PositiveIntegerField(default=0)
    objects_shared = models.PositiveIntegerField(default=0)  # another version needs them
    works_erased = models.PositiveIntegerField(default=0)
    bytes_erased = models.BigIntegerField(default=0)
    verified_at = models.DateTimeField(null=True)  # listed and asked for again: nothing there

    class Meta:
        indexes = [models.Index(fields=["state", "next_at"], name="purge_due")]

    def __str__(self) -> str:
        return f"purge {self.pk}"


class PurgeItem(models.Model):
    """One object, or one piece of finished work, that a purge decides about.

    `doomed` is said before the first byte goes, and under the lock of storage: from then until it
    is `erased` no version in the making may take the key up.
    """

    class Kind(models.TextChoices):
        OBJECT = "object", "Stored object"
        WORK = "work", "Finished work"

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        DOOMED = "doomed", "Doomed"
        ERASED = "erased", "Erased"
        SHARED = "shared", "Needed by another version"

    purge = models.ForeignKey(Purge, on_delete=models.CASCADE, related_name="items")
    kind = models.CharField(max_length=6, choices=Kind.choices)
    key = models.CharField(max_length=300)  # of storage; of work its reference
    tier = models.CharField(max_length=40, blank=True)
    size = models.BigIntegerField(default=0)
    state = models.CharField(max_length=7, choices=State.choices, default=State.WAITING)

    class Meta:
        indexes = [models.Index(fields=["key", "state"], name="purge_item_key")]
        constraints = [
            models.UniqueConstraint(fields=["purge", "kind", "key"], name="one_item_a_key"),
        ]

    def __str__(self) -> str:
        return self.key


# Models of the same area in a file of their own; here so that Django knows them.
from governance.catalogue.releases import (  # noqa: E402
    Difference,
    Judgement,
    ReleaseNotes,
    SignedManifest,
)
from governance.catalogue.schedules import Run, Schedule  # noqa: E402
from governance.catalogue.windings import Winding  # noqa: E402

__all__ = [
    "UNREDACTED", "Artefact", "Dataset", "Difference", "Hold", "Judgement", "Purge", "PurgeItem",
    "ReleaseNotes", "Run", "Schedule", "SignedManifest", "Stored", "Tier", "Version",
    "Winding",
]  # fmt: skip
