"""Roles, applications, grants and suspensions."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from governance.access.states import OPEN, State
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
    given_by = models.BigIntegerField(null=True)  # None: by the house, at the command line
    reason = models.TextField(blank=True)
    warned = models.PositiveSmallIntegerField(null=True)  # days of the last warning of its end

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "role", "dataset"], name="one_role_a_dataset"),
            models.UniqueConstraint(
                fields=["user", "role"], condition=Q(dataset=None), name="one_role_everywhere"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role}"


class Kind(models.TextChoices):
    FIRST = "first", "Application"
    RENEWAL = "renewal", "Renewal"


class Application(models.Model):
    """A request for a tier, with its answers and what became of it.

    Once its grant is over an approved one counts as expired, told or not: `applied.with_state`.
    """

    number = models.CharField(max_length=20, unique=True)  # e.g. GH-2026-0042
    applicant = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="applications"
    )
    tier = models.ForeignKey(Tier, on_delete=models.PROTECT, related_name="applications")
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.FIRST)
    renews = models.ForeignKey(
        "Grant", on_delete=models.SET_NULL, null=True, related_name="renewals"
    )
    previous = models.ForeignKey("self", on_delete=models.SET_NULL, null=True)  # copied from
    form = models.JSONField()  # the questions as they were asked
    answers = models.JSONField()
    state = models.CharField(max_length=10, choices=[(each, each) for each in State])
    submissions = models.PositiveSmallIntegerField(default=0)  # 1, and 1 more for each answer
    made_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)  # first; the place in the queue goes by it
    target_at = models.DateTimeField(null=True)  # when an answer is promised
    expires_at = models.DateTimeField(null=True)  # unanswered until then, it expires
    returned_at = models.DateTimeField(null=True)
    answer_by = models.DateTimeField(null=True)  # a returned one expires then
    nudged_at = models.DateTimeField(null=True)
    escalated_at = models.DateTimeField(null=True)
    taken_by = models.BigIntegerField(null=True)  # the steward who looks after it
    taken_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.BigIntegerField(null=True)
    reason = models.TextField(blank=True)  # shown to the applicant

    class Meta:
        ordering = ["submitted_at", "id"]
        indexes = [
            models.Index(fields=["state", "tier", "submitted_at"], name="application_queue"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["applicant", "tier"],
                condition=Q(state__in=sorted(OPEN)),
                name="one_open_application",
            ),
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=F("applicant")),
                name="nobody_decides_their_own",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "withdrawn"]) | Q(submitted_at__isnull=False),
                name="what_is_decided_was_sent",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class Numbering(models.Model):
    """The last number given in a year; its row's lock gives them one at a time."""

    year = models.PositiveIntegerField(primary_key=True)
    last = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.year}: {self.last}"


class Exchange(models.Model):
    """What a steward asked on returning an application, and what the applicant answered."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="exchanges")
    questions = models.TextField()
    asked_at = models.DateTimeField()
    reply = models.TextField(blank=True)
    replied_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.application_id} {self.asked_at}"


class Yes(models.Model):
    """One reviewer's yes to one submission; a changed application asks for new ones."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="yeses")
    submission = models.PositiveSmallIntegerField()
    reviewer = models.BigIntegerField()
    ends = models.DateTimeField()  # until when they would grant it
    reason = models.TextField()
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["application", "submission", "reviewer"], name="one_yes_a_reviewer"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application_id} {self.reviewer}"


class Note(models.Model):
    """Between reviewers. The applicant never sees one, in no page, answer or export."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="notes")
    author = models.BigIntegerField()
    text = models.TextField()
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.application_id} {self.author}"


class Upload(models.Model):
    """A file that belongs to an answer; its bytes lie in private storage under a random key."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="uploads")
    question = models.CharField(max_length=60)
    key = models.CharField(max_length=80, unique=True)
    name = models.CharField(max_length=120)  # as the applicant called it, made harmless
    kind = models.CharField(max_length=10)  # pdf, text, png or jpeg, by its first bytes
    size = models.PositiveIntegerField()  # bytes
    at = models.DateTimeField()
    erased_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name


class MemberState(models.TextChoices):
    NAMED = "named", "Named"  # nobody is asked before the approval
    INVITED = "invited", "Invited"
    ACCEPTED = "accepted", "Accepted"
    DECLINED = "declined", "Declined"
    LEFT = "left", "Left"
    REMOVED = "removed", "Removed"


class Member(models.Model):
    """Somebody whom the lead of a group named; they accept for themselves."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="members")
    email = models.EmailField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True)
    state = models.CharField(max_length=10, choices=MemberState.choices, default=MemberState.NAMED)
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["application", "email"], name="one_member_an_address"),
        ]

    def __str__(self) -> str:
        return self.email


class Grant(models.Model):
    """What somebody may have until when. The end itself is shut."""

    holder = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="grants"
    )
    tier = models.ForeignKey(Tier, on_delete=models.PROTECT, related_name="grants")
    application = models.ForeignKey(
        Application, on_delete=models.SET_NULL, null=True, related_name="grants"
    )  # of the lead, for a member of a group
    begins = models.DateTimeField()
    ends = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    revoked_reason = models.TextField(blank=True)
    told_30 = models.BooleanField(default=False)  # 30 days before its end
    told_7 = models.BooleanField(default=False)
    end_told = models.BooleanField(default=False)  # its end is in the record

    class Meta:
        indexes = [models.Index(fields=["holder", "tier", "ends"], name="grant_holder")]
        constraints = [
            models.CheckConstraint(condition=Q(ends__gt=F("begins")), name="grant_ends_later"),
            models.UniqueConstraint(fields=["application", "holder"], name="one_grant_a_member"),
        ]

    def __str__(self) -> str:
        return f"grant {self.pk}"


class Suspension(models.Model):
    """Somebody is kept out for a time: of every tier, by every surface, whatever roles they hold.

    Open while `lifted_at` is null and `ends` (the end itself is past) has not come. One whose end
    came is closed by the house: `lifted_at` is its end then, `lifted_by` null.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="suspensions"
    )
    reason = models.TextField()  # the person reads it
    begins = models.DateTimeField()
    ends = models.DateTimeField(null=True)
    by = models.BigIntegerField(null=True)  # user id; null: an operator, without a name
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.BigIntegerField(null=True)
    lifted_reason = models.TextField(blank=True)

    class Meta:
        ordering = ["-begins"]
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(lifted_at=None), name="one_open_suspension"
            ),
            models.CheckConstraint(
                condition=Q(ends=None) | Q(ends__gt=F("begins")), name="suspension_ends_later"
            ),
            models.CheckConstraint(
                condition=Q(by=None) | ~Q(by=F("user")), name="nobody_suspends_themselves"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="suspension_has_a_reason"),
        ]

    def __str__(self) -> str:
        return f"suspension {self.pk}"


class Hold(models.Model):
    """New downloads of somebody wait from `begins` on, until they say what became of copies of
    this dataset. `duty` makes, moves and ends them; the rule looks at the time itself."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="holds"
    )
    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="holds")
    begins = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["user", "begins"], name="hold_first")]
        constraints = [
            models.UniqueConstraint(fields=["user", "dataset"], name="one_hold_a_dataset"),
        ]

    def __str__(self) -> str:
        return f"hold {self.pk}"


class BlockKind(models.TextChoices):
    EMAIL = "email", "Address"
    DOMAIN = "domain", "Domain"
    PERSON = "person", "Person"


class Block(models.Model):
    """Somebody whose applications are refused for a time, on one dataset or on all (null)."""

    kind = models.CharField(max_length=10, choices=BlockKind.choices)
    value = models.CharField(max_length=254)  # address or domain; of a person the address then
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True)
    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, null=True)
    reason = models.TextField()
    made_by = models.BigIntegerField(null=True)
    begins = models.DateTimeField()
    ends = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True)
    lifted_reason = models.TextField(blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(ends__gt=F("begins")), name="block_ends_later"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.value}"


class RoleInvitation(models.Model):
    """A role that waits for somebody who follows a link. The link's secret is kept nowhere."""

    email = models.EmailField()
    role = models.CharField(max_length=10, choices=[(each, each) for each in Role])
    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, null=True)
    ends = models.DateTimeField(null=True)  # of the role
    reason = models.TextField()
    digest = models.CharField(max_length=64, unique=True)  # sha256 of the secret
    made_at = models.DateTimeField()
    made_by = models.BigIntegerField(null=True)
    good_until = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-made_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(accepted_at=None) | Q(withdrawn_at=None), name="used_or_withdrawn"
            ),
        ]

    def __str__(self) -> str:
        return f"invitation {self.pk}"
