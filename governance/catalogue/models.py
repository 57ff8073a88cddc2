"""Datasets, tiers, versions and artefacts, with what must never be false as constraints."""

from django.db import models
from django.db.models import F, Q

from governance.catalogue.fields import OrderedJson
from governance.catalogue.states import State


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

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["namespace", "name"], name="one_dataset_a_name"),
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

    class Meta:
        ordering = ["path"]
        # A request names the path before the tier's id is known; a version may have 100,000 files.
        indexes = [models.Index(fields=["path", "version"], name="artefact_path")]
        constraints = [
            models.UniqueConstraint(fields=["version", "tier", "path"], name="one_artefact_a_path"),
        ]

    def __str__(self) -> str:
        return self.path
