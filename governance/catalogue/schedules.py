"""When a dataset's next version is begun without anybody asking, and what became of each date.

Models of the catalogue, in a file of their own.
"""

from django.db import models
from django.db.models import Q

from governance.catalogue.quarters import LAST_DAY, QUARTERLY


class Early(models.TextChoices):
    OFF = "off", "Nothing"
    PROPOSE = "propose", "It is proposed on the dataset's page"
    START = "start", "It is started"


def _quarterly() -> list[int]:
    return list(QUARTERLY)


class Schedule(models.Model):
    """Of one dataset. Made when it is first asked for: nothing before `since` is owed."""

    dataset = models.OneToOneField(
        "catalogue.Dataset", on_delete=models.CASCADE, primary_key=True, related_name="schedule"
    )
    on = models.BooleanField(default=True)
    months = models.JSONField(default=_quarterly)  # 1 to 12
    day = models.PositiveSmallIntegerField(default=1)
    early = models.CharField(max_length=7, choices=Early.choices, default=Early.OFF)
    threshold = models.PositiveIntegerField(default=100)  # removals
    since = models.DateTimeField()  # due dates after this day are owed

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(day__gte=1, day__lte=LAST_DAY), name="a_day_of_every_month"
            ),
            models.CheckConstraint(condition=Q(threshold__gte=1), name="a_threshold_is_passed"),
        ]

    def __str__(self) -> str:
        return f"schedule of {self.dataset_id}"


class Run(models.Model):
    """One due date of a dataset and what came of it."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        STARTED = "started", "Started"
        MISSED = "missed", "Missed"

    class Kind(models.TextChoices):
        REGULAR = "regular", "By the calendar"
        EARLY = "early", "Early, for removals"

    dataset = models.ForeignKey("catalogue.Dataset", on_delete=models.CASCADE, related_name="runs")
    due = models.DateField()
    kind = models.CharField(max_length=7, choices=Kind.choices, default=Kind.REGULAR)
    state = models.CharField(max_length=7, choices=State.choices, default=State.WAITING)
    late = models.BooleanField(default=False)  # noticed only after its day: caught up
    cause = models.TextField(blank=True)  # why it waits, or was missed
    noticed_at = models.DateTimeField()
    tried_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    number = models.CharField(max_length=20, blank=True)  # of the version that it began
    build = models.BigIntegerField(null=True)

    class Meta:
        ordering = ["-due"]
        constraints = [
            models.UniqueConstraint(fields=["dataset", "due"], name="one_run_a_due_date"),
            models.UniqueConstraint(
                fields=["dataset"], condition=Q(state="waiting"), name="one_run_waits"
            ),
            models.CheckConstraint(
                condition=~Q(state="started") | Q(build__isnull=False),
                name="a_started_run_has_a_build",
            ),
        ]

    def __str__(self) -> str:
        return f"run of {self.due}"
