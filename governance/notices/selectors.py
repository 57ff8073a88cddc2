"""Questions about messages and what people chose."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from django.contrib.auth import get_user_model
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery

from governance.access.models import Grant
from governance.audit.actors import Actor, Role
from governance.catalogue import selectors as catalogue
from governance.catalogue.models import Dataset
from governance.errors import MissingError
from governance.notices.models import (
    Attempt,
    Channel,
    Follow,
    Handled,
    Hook,
    Message,
    Preference,
    State,
    Unreachable,
)
from governance.notices.topics import TOPICS, Topic
from governance.terms.models import Acceptance

# ------------------------------------------------------------------ inbox


def inbox(user_id: int, *, unread: bool = False, topic: str = "") -> QuerySet[Message]:
    """Newest first."""
    found = Message.objects.filter(user_id=user_id, channel=Channel.INBOX).order_by("-id")
    if unread:
        found = found.filter(read_at=None)
    return found.filter(topic=topic) if topic else found


def unread(user_id: int) -> int:
    return inbox(user_id, unread=True).count()


def counts(user_id: int) -> dict[str, int]:
    """Notices of the inbox by topic. One query."""
    counted = inbox(user_id).order_by().values("topic").annotate(n=Count("id"))
    return {each["topic"]: each["n"] for each in counted}


def one_of_inbox(user_id: int, message_id: int) -> Message:
    found = inbox(user_id).filter(pk=message_id).first()
    if found is None:
        raise MissingError("There is no such notice of yours.")
    return found


# ------------------------------------------------------------------ the outbox


def overdue(*, before: datetime) -> int:
    """Mails made before this time that have neither gone out nor failed."""
    return Message.objects.filter(
        state=State.QUEUED, channel=Channel.MAIL, made_at__lt=before
    ).count()


def in_hand(*, now: datetime) -> QuerySet:
    """Entries whose messages are made, or are being made by somebody."""
    return Handled.objects.filter(Q(done=True) | Q(until__gt=now)).values("entry")


# ------------------------------------------------------------------ choices


class Choice(NamedTuple):
    """Of one topic: channel -> whether it is told there, and whether that can be changed."""

    topic: Topic
    mail: bool
    inbox: bool

    @property
    def free(self) -> frozenset[str]:
        return self.topic.silent


def choices(user_id: int) -> list[Choice]:
    """All topics with what this person chose. One query."""
    silent = set(Preference.objects.filter(user_id=user_id).values_list("topic", "channel"))
    return [
        Choice(each, *((each.code, channel) not in silent for channel in ("mail", "inbox")))
        for each in TOPICS.values()
    ]


def silences(user_ids: Sequence[int], topic: str) -> set[tuple[int, str]]:
    """(person, channel) on which this topic is not wanted and may be silent. One query."""
    allowed = TOPICS[topic].silent if topic in TOPICS else frozenset()
    if not allowed:
        return set()
    found = Preference.objects.filter(user__in=user_ids, topic=topic, channel__in=allowed)
    return set(found.values_list("user_id", "channel"))


def follows(user_id: int) -> QuerySet[Follow]:
    return (
        Follow.objects.filter(user_id=user_id, dataset__listed=True)
        .select_related("dataset")
        .order_by("dataset__namespace", "dataset__name")
    )


def is_following(user_id: int | None, dataset: Dataset) -> bool:
    return user_id is not None and Follow.objects.filter(user_id=user_id, dataset=dataset).exists()


def followers(dataset: Dataset) -> list[int]:
    found = Follow.objects.filter(dataset=dataset).order_by("user_id")
    return list(found.values_list("user_id", flat=True))


# ------------------------------------------------------------------ addresses


def is_unreachable(email: str) -> bool:
    return Unreachable.objects.filter(email=email.casefold()).exists()


def unreachable(email: str) -> Unreachable | None:
    return Unreachable.objects.filter(email=email.casefold()).first()


def unreachable_among(addresses: Iterable[str]) -> set[str]:
    """Those of the addresses that gave mail back, as they were given. One query."""
    asked = {each.casefold(): each for each in addresses}
    found = Unreachable.objects.filter(email__in=asked).values_list("email", flat=True)
    return {asked[each] for each in found}


def unreached(actor: Actor) -> QuerySet:
    """People whose address gave mail back and who signed terms, or hold a grant, of a dataset that
    the actor looks after: users with `since` and `why`, the longest first."""
    mine = catalogue.kept_by(actor, Role.STEWARD, Role.ADMIN)
    marked = Unreachable.objects.filter(email=OuterRef("email"))
    return (
        get_user_model()
        .objects.filter(is_active=True)
        .annotate(since=Subquery(marked.values("since")), why=Subquery(marked.values("why")))
        .exclude(since=None)
        .filter(
            Exists(Acceptance.objects.filter(user=OuterRef("pk"), terms__dataset__in=mine))
            | Exists(Grant.objects.filter(holder=OuterRef("pk"), tier__dataset__in=mine))
        )
        .order_by("since", "pk")
    )


# ------------------------------------------------------------------ webhooks


def hooks(user_id: int) -> QuerySet[Hook]:
    """With `waiting` (messages that are not told yet) and `last` (status of the last try)."""
    last = Attempt.objects.filter(message__hook=OuterRef("pk")).order_by("-id")
    return Hook.objects.filter(user_id=user_id).annotate(
        waiting=Count("messages", filter=Q(messages__state=State.QUEUED)),
        last=Subquery(last.values("status")[:1]),
        last_at=Subquery(last.values("at")[:1]),
    )


def hook(user_id: int | None, hook_id: int) -> Hook:
    found = hooks(user_id).filter(pk=hook_id).first() if user_id is not None else None
    if found is None:
        raise MissingError("There is no such webhook of yours.")
    return found


def hooks_told(user_ids: Sequence[int], topic: str) -> list[Hook]:
    """Active webhooks of these people that want this topic. One query."""
    found = Hook.objects.filter(user__in=user_ids, state=Hook.State.ACTIVE).order_by("id")
    return [each for each in found if not each.topics or topic in each.topics]


def deliveries(hook_id: int) -> QuerySet[Message]:
    """What a webhook was or will be told, newest first, with `tries`."""
    return Message.objects.filter(hook=hook_id).prefetch_related("tries").order_by("-id")
