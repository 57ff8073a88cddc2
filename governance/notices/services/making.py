"""Messages from the record: each entry of a known kind once, whatever is killed meanwhile.

Few readers: the entry is marked and its messages are written in one transaction. Many: they are
written in parts, each a short transaction, and the entry is marked after the last. A process that
dies in between leaves a lease that ends; who takes over writes the rest, for a message that is
there already is known by its key.
"""

import json
import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, NamedTuple

import structlog
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import DataError, transaction
from django.template.loader import render_to_string
from django.urls import reverse

from governance.audit import leaves
from governance.audit import selectors as audit
from governance.audit.models import Entry
from governance.notices import casework as casework  # its import registers what it tells
from governance.notices import roles as roles  # likewise
from governance.notices import selectors, unsubscribing
from governance.notices import terms as terms  # likewise
from governance.notices import versions as versions  # likewise
from governance.notices import winding as winding  # likewise
from governance.notices.kinds import TELLERS, Draft
from governance.notices.models import Body, Channel, Handled, Hook, Message, State
from governance.notices.topics import topic_of

TRY_FOR = timedelta(days=3)
PART = 500  # people told in one transaction: SQLite has one writer, who must not hold it for long
LEASE = timedelta(minutes=2)  # for a part, after which another process may go on
BREATH = 0.01  # seconds between two parts, in which others may write
LONGEST_SUBJECT = 300  # characters
log = structlog.get_logger()


def make_from_record(*, now: datetime, at_most: int = 500) -> int:
    """Make the messages of entries that have none yet, oldest first. Returns how many entries.

    One that can't be told is logged, and tried again: it must not keep the others from being told.
    """
    waiting = audit.after(tuple(TELLERS)).exclude(pk__in=selectors.in_hand(now=now))
    done = 0
    for entry in list(waiting[:at_most]):
        try:
            done += _made_from(entry, now=now)
        except DataError as error:  # not one of the connection: those stop the sweep
            log.error(
                "notice.untold", entry=entry.pk, action=entry.action, error=type(error).__name__
            )
    return done


def _made_from(entry: Entry, *, now: datetime) -> bool:
    drafts = list(TELLERS[entry.action](entry))
    if sum(len(each.people) + len(each.addresses) for each in drafts) <= PART:
        with transaction.atomic():
            if not _take(entry.pk, done=True, now=now):
                return False
            for draft in drafts:
                for part in _parts(entry, draft, now=now):
                    _write(part)
        return True
    return _made_in_parts(entry, drafts, now=now)


def _made_in_parts(entry: Entry, drafts: list[Draft], *, now: datetime) -> bool:
    with transaction.atomic():
        if not _take(entry.pk, done=False, now=now):
            return False
    began, mine = time.monotonic(), Handled.objects.filter(pk=entry.pk, done=False)
    try:
        for draft in drafts:
            for part in _parts(entry, draft, now=now):
                with transaction.atomic():
                    _write(part)
                    passed = timedelta(seconds=time.monotonic() - began)
                    mine.update(until=now + passed + LEASE)
                time.sleep(BREATH)
    except DataError:
        mine.update(until=now)  # the next sweep tries the rest again
        raise
    mine.update(done=True, until=None)
    return True


def _take(entry_id: int, *, done: bool, now: datetime) -> bool:
    """Whether this process makes the messages: no other has made or is making them."""
    until = None if done else now + LEASE
    _, fresh = Handled.objects.get_or_create(
        entry=entry_id, defaults={"done": done, "until": until}
    )
    left = Handled.objects.filter(pk=entry_id, done=False, until__lte=now)
    return fresh or bool(left.update(done=done, until=until))


# ------------------------------------------------------------------ one draft, many readers


class _Said(NamedTuple):
    """What a draft says, rendered once."""

    entry: Entry
    draft: Draft
    topic: str
    path: str  # on the site
    text: str
    html: str
    now: datetime

    @property
    def lines(self) -> list[str]:
        return [each for each in (self.draft.due, *self.draft.lines) if each]

    def message(self, key: str, channel: Channel, **told: Any) -> Message:
        return Message(
            key=f"{self.entry.pk}:{self.entry.action}:{self.topic}:{key}",
            kind=self.entry.action,
            topic=self.topic,
            channel=channel,
            subject=self.draft.subject[:LONGEST_SUBJECT],
            url=self.path,
            made_at=self.now,
            next_at=self.now,
            deadline=self.now + TRY_FOR,
            **told,
        )


def _said(entry: Entry, draft: Draft, *, now: datetime) -> _Said:
    topic = draft.topic or topic_of(entry.action).code
    path = reverse(draft.route, kwargs=dict(draft.params)) if draft.route else ""
    told = {
        "title": draft.subject,
        "due": draft.due,
        "lines": draft.lines,
        "action": draft.action,
        "url": f"{settings.PUBLIC_URL}{path}" if path else "",
        "entry": entry.pk,
        "contact": settings.CONTACT_EMAIL,
        "choices": f"{settings.PUBLIC_URL}{reverse('notice-choices')}"
        if settings.PUBLIC_URL
        else "",
        "unsubscribe": unsubscribing.MARK if unsubscribing.offered(topic) else "",
    }
    text = render_to_string("mail/notice.txt", told).strip() + "\n"
    return _Said(entry, draft, topic, path, text, render_to_string("mail/notice.html", told), now)


def _parts(entry: Entry, draft: Draft, *, now: datetime) -> Iterator[Sequence[Message]]:
    """The messages of a draft, for so many people at a time as one transaction should take."""
    said = _said(entry, draft, now=now)
    body = None
    if len(draft.people) > 1:
        # Said once: ten thousand copies of one page of HTML would fill the outbox.
        body = Body.objects.create(text=said.text, html=said.html, made_at=now)
    for at in range(0, len(draft.people), PART):
        yield _to_people(said, draft.people[at : at + PART], body)
    for at in range(0, len(draft.addresses), PART):
        yield _to_strangers(said, draft.addresses[at : at + PART])


def _to_people(said: _Said, ids: Sequence[int], body: Body | None) -> list[Message]:
    people = list(
        get_user_model().objects.filter(pk__in=ids, is_active=True).values_list("pk", "email")
    )
    silent = selectors.silences(ids, said.topic)
    unreachable = selectors.unreachable_among(email for _, email in people)
    rows = []
    for user_id, email in people:
        if (user_id, Channel.MAIL) not in silent:
            rows.append(
                said.message(
                    f"{user_id}:{Channel.MAIL}",
                    Channel.MAIL,
                    user_id=user_id,
                    email=email,
                    body=body,
                    text="" if body else said.text,
                    html="" if body else said.html,
                    state=State.HELD if email in unreachable else State.QUEUED,
                )
            )
        if (user_id, Channel.INBOX) not in silent:
            rows.append(
                said.message(
                    f"{user_id}:{Channel.INBOX}",
                    Channel.INBOX,
                    user_id=user_id,
                    email=email,
                    text="\n\n".join(said.lines),
                    state=State.SENT,
                    sent_at=said.now,
                )
            )
    return rows + [_to_hook(said, each) for each in selectors.hooks_told(ids, said.topic)]


def _to_hook(said: _Said, hook: Hook) -> Message:
    told = {
        "type": said.entry.action,
        "timestamp": leaves.iso(said.entry.at),
        "data": {
            "topic": said.topic,
            "subject": said.draft.subject,
            "text": list(said.lines),
            "url": f"{settings.PUBLIC_URL}{said.path}" if said.path else "",
            "dataset": said.entry.dataset,
            "version": said.entry.version,
            "tier": said.entry.tier,
            "entry": said.entry.pk,
        },
    }
    return said.message(
        f"{hook.user_id}:{Channel.HOOK}{hook.pk}",
        Channel.HOOK,
        user_id=hook.user_id,
        hook=hook,
        email="",
        text=json.dumps(told, ensure_ascii=False, separators=(",", ":")),
    )


def _to_strangers(said: _Said, addresses: Sequence[str]) -> list[Message]:
    unreachable = selectors.unreachable_among(addresses)
    return [
        said.message(
            sha256(address.encode()).hexdigest(),
            Channel.MAIL,
            email=address,
            text=said.text,
            html=said.html,
            state=State.HELD if address in unreachable else State.QUEUED,
        )
        for address in addresses
    ]


def _write(rows: Sequence[Message]) -> None:
    Message.objects.bulk_create(rows, batch_size=PART, ignore_conflicts=True)
