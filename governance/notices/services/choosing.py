"""What somebody wants to be told, and what they have read."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import transaction

from governance.audit import services as audit
from governance.audit.actors import Actor
from governance.audit.services import Place
from governance.catalogue.models import Dataset
from governance.errors import InvalidError, MissingError, NotPermittedError
from governance.notices import selectors, unsubscribing
from governance.notices.models import Channel, Follow, Preference
from governance.notices.topics import MAIL, TOPICS, may_silence

# ------------------------------------------------------------------ inbox


def mark_read(*, user_id: int, message_ids: Iterable[int], now: datetime) -> int:
    """Note that somebody saw these messages of their own inbox. Returns how many were new."""
    mine = selectors.inbox(user_id, unread=True).order_by()
    return mine.filter(pk__in=message_ids).update(read_at=now)


def mark_all_read(*, user_id: int, up_to: int, now: datetime) -> int:
    """All up to the newest that was shown: what came meanwhile stays new."""
    mine = selectors.inbox(user_id, unread=True).order_by()
    return mine.filter(pk__lte=up_to).update(read_at=now)


# ------------------------------------------------------------------ silence


def choose(
    *, actor: Actor, wanted: Mapping[str, Mapping[str, bool]], now: datetime, how: str = "page"
) -> int:
    """Say what is wanted: topic -> channel -> yes or no. What is not named stays as it is.

    Returns how many choices changed; each is an entry of the record.

    Raises:
        NotPermittedError: a stranger, or a token that does not act for its owner.
        InvalidError: an unknown topic or channel, or silence where the law allows none; `fields`
            says which.
    """
    _require_own(actor)
    _check(wanted)
    changed = 0
    with transaction.atomic():
        for topic, channels in wanted.items():
            for channel, yes in channels.items():
                changed += _set(actor.user_id or 0, topic, channel, yes, actor, how, now)
    return changed


def _require_own(actor: Actor) -> None:
    if not actor.signed_in or not (actor.token is None or actor.may_act("")):
        raise NotPermittedError("Sign in, or use a token of scope act for every dataset.")


def _check(wanted: Mapping[str, Mapping[str, bool]]) -> None:
    fields = {}
    for topic, channels in wanted.items():
        if topic not in TOPICS:
            fields[topic] = f"There is no such topic. There are: {', '.join(TOPICS)}."
            continue
        for channel, yes in channels.items():
            if channel not in {Channel.MAIL, Channel.INBOX}:
                fields[topic] = "Choose among mail and inbox; a webhook has topics of its own."
            elif not yes and not may_silence(topic, channel):
                fields[topic] = f"This can't be silenced. {TOPICS[topic].why}"
    if fields:
        raise InvalidError("Nothing was changed.", fields=fields)


def _set(
    user_id: int, topic: str, channel: str, yes: bool, actor: Actor, how: str, now: datetime
) -> bool:
    mine = Preference.objects.filter(user_id=user_id, topic=topic, channel=channel)
    if yes:
        changed = bool(mine.delete()[0])
    else:
        _, changed = mine.get_or_create(
            user_id=user_id, topic=topic, channel=channel, defaults={"made_at": now}
        )
    if changed:
        audit.notices_chosen(
            actor=actor, topic=topic, channel=channel, wanted=yes, how=how, now=now
        )
    return changed


def silence_by_link(*, token: str, now: datetime) -> str:
    """No more mail of the topic that a mail's own link names (RFC 8058). Returns the topic.

    Raises:
        MissingError: this site did not make the token, or its person is gone.
    """
    from django.contrib.auth import get_user_model

    user_id, topic = unsubscribing.read(token)
    user = get_user_model().objects.filter(pk=user_id, is_active=True).first()
    if user is None or not may_silence(topic, MAIL):
        raise MissingError("There is no such link any more.")
    actor = Actor(user_id=user.pk, email=user.email, name=user.name)
    with transaction.atomic():
        _set(user.pk, topic, MAIL, False, actor, "link", now)
    return topic


# ------------------------------------------------------------------ following


def follow(*, actor: Actor, dataset: Dataset, now: datetime) -> bool:
    """Be told of new versions of a dataset. Returns whether that is new."""
    _require_following(actor, dataset)
    with transaction.atomic():
        _, fresh = Follow.objects.get_or_create(
            user_id=actor.user_id, dataset=dataset, defaults={"made_at": now}
        )
        if fresh:
            _followed(actor, dataset, "begin", now)
    return fresh


def unfollow(*, actor: Actor, dataset: Dataset, now: datetime) -> bool:
    _require_following(actor, dataset)
    with transaction.atomic():
        gone, _ = Follow.objects.filter(user_id=actor.user_id, dataset=dataset).delete()
        if gone:
            _followed(actor, dataset, "end", now)
    return bool(gone)


def _require_following(actor: Actor, dataset: Dataset) -> None:
    if not actor.signed_in or not (actor.token is None or actor.may_act(dataset.slug)):
        raise NotPermittedError("Sign in, or use a token of scope act for this dataset.")


def _followed(actor: Actor, dataset: Dataset, verb: str, now: datetime) -> None:
    audit.dataset_followed(actor=actor, place=Place(dataset=dataset.slug), verb=verb, now=now)
