"""The removal ledger. Never public: it names people."""

from django.db import models

from governance.catalogue.models import Dataset


class Kind(models.TextChoices):
    ACCOUNT = "account", "Account: all repositories of an owner"
    REPOSITORY = "repository", "Repository"
    BLOB = "blob", "Content, wherever it stands"


class Removal(models.Model):
    """A selector and its effect. It applies to every version that is built after it."""

    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="removals")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    value = models.CharField(max_length=200)  # as typed; compared case-folded
    recorded_at = models.DateTimeField()
    recorded_by = models.BigIntegerField(null=True)
    reason = models.TextField()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["dataset", "kind", "value"], name="one_removal_a_selector"
            ),
        ]

    def __str__(self) -> str:
        return f"removal {self.pk}"
