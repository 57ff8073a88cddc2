"""Terms of a dataset, in versions; and acceptances, which outlive the account that gave them."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from governance.catalogue.models import Dataset


class Earlier(models.TextChoices):
    """What becomes of acceptances of earlier versions when a version takes effect."""

    GOOD = "good", "They stay good"
    UNTIL = "until", "They stay good until a date"
    END = "end", "They end at once"


class TermsVersion(models.Model):
    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="terms")
    number = models.CharField(max_length=20)
    title = models.CharField(max_length=200)
    summary = models.TextField(blank=True)  # plain language, a few sentences
    text = models.TextField()  # what binds, as one plain text; made from the clauses
    text_sha256 = models.CharField(max_length=64)
    uses = models.JSONField(default=list)  # [{use, answer, condition, clause}]
    effective_at = models.DateTimeField()
    published_at = models.DateTimeField()
    earlier = models.CharField(max_length=5, choices=Earlier.choices, default=Earlier.END)
    earlier_until = models.DateTimeField(null=True)  # only with `until`
    # From here on acceptances of this version count no more; None: they stay. It follows from what
    # later versions say of earlier ones, and is kept here so that the gate reads one row.
    accepted_until = models.DateTimeField(null=True)
    # How many days before that end people were told of it last: by a reminder, or by the
    # publication that set it.
    told_before = models.PositiveSmallIntegerField(null=True)

    class Meta:
        ordering = ["-effective_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["dataset", "number"], name="one_terms_a_number"),
            models.UniqueConstraint(fields=["dataset", "effective_at"], name="one_terms_a_moment"),
            models.CheckConstraint(
                condition=Q(earlier="until", earlier_until__gt=F("effective_at"))
                | (~Q(earlier="until") & Q(earlier_until=None)),
                name="a_deadline_after_the_beginning",
            ),
            models.CheckConstraint(
                condition=Q(accepted_until=None) | Q(accepted_until__gt=F("effective_at")),
                name="accepted_for_a_while",
            ),
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
    """Who accepted which text. `user` goes with the account; the copied identity stays.

    `person` is the number that the account had: numbers are never given twice, so one person has
    one acceptance of a version for ever.
    """

    number = models.CharField(max_length=20, unique=True)  # to cite, e.g. GH-A-7K2M9QXD
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="acceptances"
    )
    person = models.BigIntegerField()
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
    via = models.ForeignKey(
        "SharedCopy", on_delete=models.PROTECT, null=True, related_name="accepted"
    )  # the copy on whose page it was given

    class Meta:
        ordering = ["-at"]
        constraints = [
            models.UniqueConstraint(fields=["person", "terms"], name="one_acceptance_a_person"),
        ]

    def __str__(self) -> str:
        return self.number


class TermsDraft(models.Model):
    """The next terms of a dataset while they are written; gone once they are published."""

    dataset = models.OneToOneField(Dataset, on_delete=models.CASCADE, related_name="terms_draft")
    number = models.CharField(max_length=20, blank=True)
    title = models.CharField(max_length=200, blank=True)
    summary = models.TextField(blank=True)
    clauses = models.JSONField(default=list)  # [{title, law, plain}]
    uses = models.JSONField(default=list)  # [{use, answer, condition, clause}]
    effective_at = models.DateTimeField(null=True)  # None: when it is published
    earlier = models.CharField(max_length=5, choices=Earlier.choices, default=Earlier.UNTIL)
    earlier_until = models.DateTimeField(null=True)
    reason = models.TextField(blank=True)
    revision = models.PositiveIntegerField(default=1)  # two editors don't overwrite one another
    changed_at = models.DateTimeField()
    changed_by = models.BigIntegerField()

    def __str__(self) -> str:
        return f"draft of terms of {self.dataset_id}"


class SharedCopy(models.Model):
    """A mirror that a holder of the data named: people accept the same terms on its page."""

    class Kind(models.TextChoices):
        PUBLIC = "public", "Public: anyone can find it"
        INTERNAL = "internal", "Internal: inside an organisation"

    code = models.CharField(max_length=20, unique=True)  # in the address of its page
    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="shared_copies")
    acceptance = models.ForeignKey(
        Acceptance, on_delete=models.PROTECT, related_name="shared_copies"
    )  # of the holder, by which they may pass the data on
    holder = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="shared_copies"
    )
    person = models.BigIntegerField()  # the holder's number, which stays
    operator = models.CharField(max_length=200)  # who runs it, as people read it
    url = models.CharField(max_length=500)  # shown, never fetched
    kind = models.CharField(max_length=8, choices=Kind.choices)
    version = models.CharField(max_length=50)  # of the dataset
    note = models.TextField(blank=True)
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.BigIntegerField(null=True)
    ended_reason = models.TextField(blank=True)

    class Meta:
        verbose_name_plural = "shared copies"
        ordering = ["-made_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["dataset", "person", "url"],
                condition=Q(ended_at=None),
                name="one_registration_a_mirror",
            ),
        ]

    def __str__(self) -> str:
        return self.code
