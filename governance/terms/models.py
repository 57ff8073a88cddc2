"""Terms of a dataset, in versions; and acceptances, which outlive the account that gave them."""

from django.conf import settings
from django.db import models

from governance.catalogue.models import Dataset


class TermsVersion(models.Model):
    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="terms")
    number = models.CharField(max_length=20)
    title = models.CharField(max_length=200)
    summary = models.TextField(blank=True)  # plain language, a few sentences
    text = models.TextField()  # what binds, as one plain text; made from the clauses
    text_sha256 = models.CharField(max_length=64)
    uses = models.JSONField(default=list)  # [{use, answer, condition, clause}]
    effective_at = models.DateTimeField()

    class Meta:
        ordering = ["-effective_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["dataset", "number"], name="one_terms_a_number"),
        ]

    def __str__(self) -> str:
        return f"terms {self.number}"


class Clause(models.Model):
    terms = models.ForeignKey(TermsVersion, on_delete=models.PROTECT, related_name="clauses")
    number = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=200)
    law = models.TextField()  # what binds
    plain = models.TextField()  # what it means in practice

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["terms", "number"], name="one_clause_a_number"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"


class Acceptance(models.Model):
    """Who accepted which text. `user` goes with the account; the copied identity stays."""

    number = models.CharField(max_length=20, unique=True)  # to cite, e.g. GH-A-7K2M9QXD
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="acceptances"
    )
    terms = models.ForeignKey(TermsVersion, on_delete=models.PROTECT, related_name="acceptances")
    text_sha256 = models.CharField(max_length=64)
    clauses = models.JSONField()  # numbers ticked
    typed_name = models.CharField(max_length=200)
    email = models.CharField(max_length=254)
    purpose = models.TextField()
    at = models.DateTimeField()
    address = models.CharField(max_length=64, blank=True)  # erasable
    agent = models.CharField(max_length=300, blank=True)  # erasable
    entry = models.BigIntegerField()  # of the record

    class Meta:
        ordering = ["-at"]
        constraints = [
            models.UniqueConstraint(fields=["user", "terms"], name="one_acceptance_a_person"),
        ]

    def __str__(self) -> str:
        return self.number
