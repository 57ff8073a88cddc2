"""The removal ledger. Never public: it names people."""

from django.db import models

from governance.catalogue.models import Dataset


class Kind(models.TextChoices):
    ACCOUNT = "account", "Account: all repositories of an owner"
    REPOSITORY = "repository", "Repository"
    BLOB = "blob", "Content, wherever it stands"
    COMMIT = "commit", "Commit"
    ISSUE = "issue", "Issue or pull request"


class Cause(models.TextChoices):
    REMOVAL = "removal", "Asked for by its owner"
    REPORT = "report", "An accepted report"


class Removal(models.Model):
    """A selector and its effect. It applies to every version that is built after it."""

    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="removals")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    value = models.CharField(max_length=200)  # as typed; compared case-folded
    host = models.CharField(max_length=100, blank=True)  # empty: on any host
    aliases = models.JSONField(default=list)  # further names of the same account or repository
    everywhere = models.BooleanField(default=False)  # what stands there goes wherever it stands
    cause = models.CharField(max_length=7, choices=Cause.choices, default=Cause.REMOVAL)
    held_until = models.DateTimeField(null=True)  # raw rows stay for a legal matter till then
    held_for = models.TextField(blank=True)  # the matter
    recorded_at = models.DateTimeField()
    recorded_by = models.BigIntegerField(null=True)
    reason = models.TextField()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["dataset", "kind", "value"], name="one_removal_a_selector"
            ),
            models.CheckConstraint(
                condition=models.Q(held_until=None) | ~models.Q(held_for=""),
                name="a_hold_names_its_matter",
            ),
        ]

    def __str__(self) -> str:
        return f"removal {self.pk}"
