"""What stands around a publication: the signed manifest, what people judged, the differences.

Models of the catalogue, in a file of their own. SignedManifest and Judgement are inserted once;
ReleaseNotes stay as they are from the publication on (`guarding.py`).
"""

from django.db import models
from django.db.models import Q

from governance.catalogue.fields import OrderedJson


class SignedManifest(models.Model):
    """A signed note (C2SP) over the digest of the manifest of a published version."""

    version = models.OneToOneField(
        "catalogue.Version", on_delete=models.PROTECT, primary_key=True, related_name="signed"
    )
    note = models.TextField()
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"signed manifest of {self.version_id}"


class Judgement(models.Model):
    """What a named person said before a version came out.

    `review`: they looked at the difference with this digest. `accept`: it may come out although an
    item of the checklist was not measured.
    """

    class Kind(models.TextChoices):
        REVIEW = "review", "Reviewed the difference"
        ACCEPT = "accept", "Accepted what was not measured"

    version = models.ForeignKey(
        "catalogue.Version", on_delete=models.PROTECT, related_name="judgements"
    )
    kind = models.CharField(max_length=6, choices=Kind.choices)
    item = models.CharField(max_length=40)  # of the checklist
    digest = models.CharField(max_length=64, blank=True)  # of what was looked at
    by = models.BigIntegerField()
    by_name = models.CharField(max_length=254)
    at = models.DateTimeField()
    reason = models.TextField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["version", "kind", "item", "digest", "by"], name="said_once"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="a_judgement_has_a_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.version_id} by {self.by}"


class Difference(models.Model):
    """What changed between two manifests, counted once. `exact` is for staff, `told` for anyone."""

    older = models.CharField(max_length=64, blank=True)  # sha256 of a manifest; "": nothing before
    newer = models.CharField(max_length=64)
    exact = OrderedJson()
    told = OrderedJson()
    digest = models.CharField(max_length=64)  # sha256 of `exact`: what a review names
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["older", "newer"], name="one_difference_a_pair"),
        ]

    def __str__(self) -> str:
        return f"{self.older[:8]} to {self.newer[:8]}"


class ReleaseNotes(models.Model):
    """What a version's makers say of it in words: drafted from the difference, then edited."""

    version = models.OneToOneField(
        "catalogue.Version", on_delete=models.PROTECT, primary_key=True, related_name="notes"
    )
    text = models.TextField()  # Markdown
    changed_by = models.BigIntegerField(null=True)  # None: as it was drafted
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"notes of {self.version_id}"
