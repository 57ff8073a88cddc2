"""Every question about applications, groups, grants and blocks. Reads only; takes `now`."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import (
    Case,
    CharField,
    Count,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from governance.access.models import (
    Application,
    Block,
    BlockKind,
    Exchange,
    Grant,
    Member,
    MemberState,
    Note,
    Upload,
    Yes,
)
from governance.access.states import WAITING, State
from governance.audit.actors import Actor, Role
from governance.errors import MissingError

NOT_THERE = "There is no such application."
MEMBERS_OF_OLD = (MemberState.DECLINED, MemberState.LEFT, MemberState.REMOVED)
NUDGE_EVERY = timedelta(days=7)


# ------------------------------------------------------------------ one clock


def with_state(found: QuerySet[Application], *, now: datetime) -> QuerySet[Application]:
    """Annotate `shown`, the state as it is now: an approval whose grant is over, is over.

    The grant's own dates say so, the same that the gate looks at; there is no second clock.
    """
    theirs = Grant.objects.filter(application=OuterRef("pk"), holder=OuterRef("applicant"))
    revoked = Exists(theirs.exclude(revoked_at=None))
    lasts = Exists(theirs.filter(revoked_at=None, ends__gt=now))
    approved = Q(state=State.APPROVED)
    return found.annotate(
        shown=Case(
            When(approved & revoked, then=Value(State.REVOKED.value)),
            When(approved & ~lasts, then=Value(State.EXPIRED.value)),
            default=F("state"),
            output_field=CharField(),
        )
    )


def with_place(found: QuerySet[Application]) -> QuerySet[Application]:
    """Annotate `place` (1 is next) and `queued`: how many wait for an answer on the same tier."""
    queued = Application.objects.filter(tier=OuterRef("tier"), state=State.SUBMITTED).order_by()
    before = queued.filter(
        Q(submitted_at__lt=OuterRef("submitted_at"))
        | Q(submitted_at=OuterRef("submitted_at"), pk__lte=OuterRef("pk"))
    )
    return found.annotate(place=_count(before), queued=_count(queued))


def _count(found: QuerySet) -> Coalesce:
    counted = found.values("tier").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


# ------------------------------------------------------------------ of the applicant


def applications_of(actor: Actor, *, now: datetime) -> QuerySet[Application]:
    """One's own, the newest first, each with `shown`, `place`, `queued` and its own grant."""
    mine = Grant.objects.filter(holder=actor.user_id)
    found = Application.objects.filter(applicant=actor.user_id).select_related("tier__dataset")
    found = found.prefetch_related(Prefetch("grants", queryset=mine, to_attr="own_grants"))
    return with_place(with_state(found, now=now)).order_by("-made_at", "-id")


def own_application(number: str, *, actor: Actor, now: datetime) -> Application:
    """One's own application; anyone else's answers as if there were none."""
    found = None
    if actor.signed_in:
        found = applications_of(actor, now=now).filter(number=number).first()
    if found is None:
        raise MissingError(NOT_THERE)
    return found


def draft_of(actor: Actor, tier_id: int) -> str:
    """Number of the draft of an application for this tier, or an empty text."""
    found = Application.objects.filter(
        applicant=actor.user_id, tier=tier_id, state=State.DRAFT
    ).values_list("number", flat=True)
    return found.first() or ""


def may_nudge(application: Application, *, now: datetime) -> bool:
    """Whether the applicant may nudge the stewards now: once a week, while it waits for them."""
    last = application.nudged_at
    return application.state == State.SUBMITTED and (last is None or now - last >= NUDGE_EVERY)


def grants_of(actor: Actor) -> QuerySet[Grant]:
    return (
        Grant.objects.filter(holder=actor.user_id)
        .select_related("tier__dataset", "application")
        .order_by("-ends")
    )


def grant_of(application: Application) -> Grant | None:
    """What was granted to the applicant on an application."""
    return Grant.objects.filter(application=application, holder=application.applicant_id).first()


def renewal_of(grant: Grant) -> Application | None:
    """The renewal of a grant that is open or was approved."""
    kept = [*WAITING, State.DRAFT, State.APPROVED]
    return Application.objects.filter(renews=grant, state__in=kept).first()


# ------------------------------------------------------------------ of the stewards


class Chosen(NamedTuple):
    """What a queue shows. Empty parts leave nothing out."""

    state: str = State.SUBMITTED  # as `shown`; "waiting" is submitted or returned
    mine: bool = False  # taken by the one who asks
    free: bool = False  # taken by nobody
    late: bool = False


def readable_by(actor: Actor) -> QuerySet[Application]:
    """What this steward or admin may read: all that was ever sent to their datasets."""
    found = Application.objects.exclude(submitted_at=None)
    if actor.holds(Role.STEWARD) or actor.holds(Role.ADMIN):
        return found
    return found.filter(tier__dataset__in=_datasets(actor, Role.STEWARD, Role.ADMIN))


def _datasets(actor: Actor, *roles: Role) -> list[int]:
    return [dataset for role, dataset in actor.roles if role in roles and dataset is not None]


def queue(actor: Actor, chosen: Chosen, *, now: datetime) -> QuerySet[Application]:
    """Applications that this person may read, oldest first, with who asks for what."""
    found = with_state(readable_by(actor), now=now)
    if chosen.state == "waiting":
        found = found.filter(state__in=sorted(WAITING))
    else:
        found = found.filter(shown=chosen.state)
    if chosen.mine:
        found = found.filter(taken_by=actor.user_id)
    if chosen.free:
        found = found.filter(taken_by=None)
    if chosen.late:
        found = found.filter(state=State.SUBMITTED, target_at__lt=now)
    found = with_place(found).select_related("applicant", "tier__dataset")
    return _with_yes(found).order_by("submitted_at", "id")


def _with_yes(found: QuerySet[Application]) -> QuerySet[Application]:
    """Annotate `said_yes`: whether one reviewer said yes to what is submitted now."""
    said = Yes.objects.filter(application=OuterRef("pk"), submission=OuterRef("submissions"))
    return found.annotate(said_yes=Exists(said))


def count_by_state(actor: Actor, *, now: datetime) -> dict[str, int]:
    """How many this person may read in each state. One query."""
    found = with_state(readable_by(actor), now=now).order_by().values("shown")
    return dict(found.annotate(n=Count("pk")).values_list("shown", "n"))


def late(actor: Actor, *, now: datetime) -> int:
    """How many of this steward's queue wait past the promised day."""
    return readable_by(actor).filter(state=State.SUBMITTED, target_at__lt=now).count()


def readable_application(number: str, *, actor: Actor, now: datetime) -> Application:
    """One that was sent to a dataset of this steward or admin; else as if there were none."""
    found = (
        _with_yes(with_place(with_state(readable_by(actor), now=now)))
        .select_related("applicant", "tier__dataset", "previous", "renews")
        .filter(number=number)
        .first()
    )
    if found is None or not may_read(actor, found):
        raise MissingError(NOT_THERE)
    return found


def may_read(actor: Actor, application: Application) -> bool:
    """Whether this session or token may read what was sent to the dataset: steward or admin."""
    dataset = application.tier.dataset
    if actor.may_review(dataset.slug, dataset.pk):
        return True
    return actor.acts_as(Role.ADMIN, dataset.pk)


def is_named_in(application: Application, actor: Actor) -> bool:
    """Whether this person is, or was, a member of the group that applies."""
    return application.members.filter(Q(user=actor.user_id) | Q(email=actor.email.lower())).exists()


def has_part_in(application: Application, actor: Actor) -> bool:
    """Whether it is about this person: then they neither decide it nor read what reviewers say."""
    return application.applicant_id == actor.user_id or is_named_in(application, actor)


def may_decide(actor: Actor, application: Application) -> bool:
    dataset = application.tier.dataset
    return actor.may_review(dataset.slug, dataset.pk) and not has_part_in(application, actor)


def yeses(application: Application) -> list[Yes]:
    """Who has said yes to what is submitted now, oldest first."""
    return list(application.yeses.filter(submission=application.submissions))


def notes(application: Application) -> list[Note]:
    """For reviewers alone."""
    return list(application.notes.all())


def exchanges(application: Application) -> list[Exchange]:
    return list(application.exchanges.all())


def members(application: Application) -> list[Member]:
    return list(application.members.select_related("user"))


# ------------------------------------------------------------------ files


def uploads(application: Application) -> dict[str, list[Upload]]:
    """By question; those that were erased are left out."""
    found: dict[str, list[Upload]] = {}
    for each in application.uploads.filter(erased_at=None):
        found.setdefault(each.question, []).append(each)
    return found


def upload(number: str, upload_id: int, *, actor: Actor, reviewer: bool = False) -> Upload:
    """A file of one's own application, or as a reviewer of one that was sent; else none."""
    found = (
        Upload.objects.select_related("application__tier__dataset")
        .filter(pk=upload_id, application__number=number, erased_at=None)
        .first()
    )
    if found is not None and actor.signed_in:
        application = found.application
        slug = application.tier.dataset.slug
        own = application.applicant_id == actor.user_id and actor.may_act(slug)
        read = application.submitted_at is not None and may_read(actor, application)
        if read if reviewer else own:
            return found
    raise MissingError("There is no such file.")


# ------------------------------------------------------------------ groups


def memberships_of(actor: Actor) -> QuerySet[Member]:
    """Invitations to this confirmed address and groups that this person is in, newest first."""
    if not actor.signed_in:
        return Member.objects.none()
    mine = Q(user=actor.user_id)
    if actor.verified:
        mine |= Q(email=actor.email.lower(), user=None)
    return (
        Member.objects.filter(mine)
        .exclude(state=MemberState.NAMED)
        .select_related("application__tier__dataset", "application__applicant")
        .order_by("-changed_at", "-id")
    )


def membership(member_id: int, *, actor: Actor) -> Member:
    found = memberships_of(actor).filter(pk=member_id).first()
    if found is None:
        raise MissingError("There is no such invitation.")
    return found


# ------------------------------------------------------------------ grants and blocks


def grants(actor: Actor, *, now: datetime, ended: bool = False) -> QuerySet[Grant]:
    """Grants on the datasets of this steward or admin; the ones that end first come first."""
    found = Grant.objects.select_related("holder", "tier__dataset", "application")
    if not (actor.holds(Role.STEWARD) or actor.holds(Role.ADMIN)):
        found = found.filter(tier__dataset__in=_datasets(actor, Role.STEWARD, Role.ADMIN))
    opens = Q(revoked_at=None, ends__gt=now)
    if ended:
        return found.exclude(opens).order_by("-ends", "-id")
    return found.filter(opens).order_by("ends", "id")


def block_on(
    emails: Iterable[str], user_id: int | None, dataset_id: int, *, now: datetime
) -> Block | None:
    """A block in force here: on an address, on a domain that it is in, or on the person."""
    addresses = {each.strip().lower() for each in emails if each}
    domains = {part for each in addresses for part in _domains(each)}
    who = Q(kind=BlockKind.EMAIL, value__in=addresses) | Q(kind=BlockKind.DOMAIN, value__in=domains)
    if user_id is not None:
        who |= Q(kind=BlockKind.PERSON, user=user_id)
    here = Q(dataset=None) | Q(dataset=dataset_id)
    return Block.objects.filter(who, here, lifted_at=None, begins__lte=now, ends__gt=now).first()


def _domains(address: str) -> list[str]:
    """`a@lab.example.org` is in lab.example.org and in example.org."""
    parts = address.rpartition("@")[2].split(".")
    return [".".join(parts[at:]) for at in range(max(1, len(parts) - 1))]


def blocks(actor: Actor) -> QuerySet[Block]:
    """Blocks on the datasets of this steward or admin, and on all; the newest first."""
    found = Block.objects.select_related("dataset", "user")
    if actor.holds(Role.STEWARD) or actor.holds(Role.ADMIN):
        return found
    mine = _datasets(actor, Role.STEWARD, Role.ADMIN)
    return found.filter(Q(dataset=None) | Q(dataset__in=mine))
