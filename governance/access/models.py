"""Roles, applications and grants."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from governance.access.states import State
from governance.audit.actors import Role
from governance.catalogue.models import Dataset, Tier


class RoleHeld(models.Model):
    """A role that somebody holds for a time, on one dataset or on all (`dataset` null)."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="roles_held"
    )
    role = models.CharField(max_length=10, choices=[(each, each) for each in Role])
    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, null=True)
    begins = models.DateTimeField()
    ends = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "role", "dataset"], name="one_role_a_dataset"),
            models.UniqueConstraint(
                fields=["user", "role"], condition=Q(dataset=None), name="one_role_everywhere"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role}"


class Application(models.Model):
    """A request for a tier, with its answers and what became of it."""

    number = models.CharField(max_length=20, unique=True)  # e.g. GH-2026-0042
    applicant = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="applications"
    )
    tier = models.ForeignKey(Tier, on_delete=models.PROTECT, related_name="applications")
    form = models.JSONField()  # the questions as they were asked
    answers = models.JSONField()
    state = models.CharField(max_length=10, choices=[(each, each) for each in State])
    submitted_at = models.DateTimeField()
    target_at = models.DateTimeField()  # when an answer is promised
    decided_at = models.DateTimeField(null=True)
    decided_by = models.BigIntegerField(null=True)
    reason = models.TextField(blank=True)  # shown to the applicant

    class Meta:
        ordering = ["submitted_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["applicant", "tier"],
                condition=Q(state="submitted"),
                name="one_open_application",
            ),
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=F("applicant")),
                name="nobody_decides_their_own",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class Grant(models.Model):
    """What somebody may have until when. The end itself is shut."""

    holder = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="grants"
    )
    tier = models.ForeignKey(Tier, on_delete=models.PROTECT, related_name="grants")
    application = models.OneToOneField(Application, on_delete=models.PROTECT, null=True)
    begins = models.DateTimeField()
    ends = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    revoked_reason = models.TextField(blank=True)
    end_told = models.BooleanField(default=False)  # its end is in the record

    class Meta:
        indexes = [models.Index(fields=["holder", "tier", "ends"], name="grant_holder")]
        constraints = [
            models.CheckConstraint(condition=Q(ends__gt=F("begins")), name="grant_ends_later"),
        ]

    def __str__(self) -> str:
        return f"grant {self.pk}"
