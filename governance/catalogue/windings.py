"""The end of a dataset as two people bring it about. A model of the catalogue in its own file."""

from django.db import models
from django.db.models import F, Q


class Winding(models.Model):
    """A proposal to wind a dataset down, and what became of it."""

    class State(models.TextChoices):
        OPEN = "open", "Waits for a second admin"
        CONFIRMED = "confirmed", "Confirmed"
        CANCELLED = "cancelled", "Cancelled"
        EXPIRED = "expired", "Expired"

    dataset = models.ForeignKey(
        "catalogue.Dataset", on_delete=models.PROTECT, related_name="windings"
    )
    state = models.CharField(max_length=9, choices=State.choices, default=State.OPEN)
    reason = models.TextField()
    proposed_at = models.DateTimeField()
    proposed_by = models.BigIntegerField()
    proposed_by_name = models.CharField(max_length=254)
    expires_at = models.DateTimeField()  # unanswered, it does nothing from then on
    ended_at = models.DateTimeField(null=True)
    ended_by = models.BigIntegerField(null=True)  # who confirmed or cancelled it
    ended_by_name = models.CharField(max_length=254, blank=True)
    ended_reason = models.TextField(blank=True)
    erase_by = models.DateTimeField(null=True)  # a confirmed one: holders erase their copies

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["dataset"], condition=Q(state="open"), name="one_open_winding"
            ),
            models.UniqueConstraint(
                fields=["dataset"], condition=Q(state="confirmed"), name="wound_down_once"
            ),
            models.CheckConstraint(
                condition=~Q(state="confirmed")
                | (Q(ended_by__isnull=False) & ~Q(ended_by=F("proposed_by"))),
                name="two_people_wind_down",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="a_winding_has_a_reason"),
        ]

    def __str__(self) -> str:
        return f"winding {self.pk}"
