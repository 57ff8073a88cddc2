"""What a line of GHArchive says, in the shapes of all its years.

Since 2015 a line is an event of GitHub's API: `actor` and `repo` with numbers, the issue or the
comment whole. Before, it is one of an older interface: `actor` is a name, `repository` holds
counts, a comment is a number without its text. Source: gharchive.org and GitHub's documentation of
events; the older shape from the archive's own files.
"""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from pipeline.collect.machines import is_machine, without_mail

HOST = "github.com"
MALFORMED = "malformed-line"
OTHER = "other-event"  # of a kind that makes no thread
NO_NAME = "no-repository"
NO_THREAD = "no-thread"  # an event about an issue that does not tell which
LONGEST = 32 << 20  # bytes of a line
_LONGEST_TEXT = 1 << 20  # characters of one message
_KINDS = {
    "IssuesEvent": ("issue", "issue"),
    "IssueCommentEvent": ("comment", "issue"),
    "PullRequestEvent": ("pull", "pull_request"),
    "PullRequestReviewEvent": ("review", "pull_request"),
    "PullRequestReviewCommentEvent": ("review-comment", "pull_request"),
}
_FACTS = {"WatchEvent": "stars", "ForkEvent": "forks", "IssuesEvent": "issues"}
_REPOSITORY = re.compile(r"[\w.-]{1,100}/[\w.-]{1,100}")
_LOGIN = re.compile(r"[\w.\[\]-]{1,100}")
_IN_URL = re.compile(r"github\.com/([\w.-]+/[\w.-]+)/(?:issues|pull)/(\d+)(?:\D.*)?")
_COMMENT_IN_URL = re.compile(r"#(?:issuecomment-|discussion_r)(\d+)")
# The head of a line of which only the names are wanted: pushes are most of the archive.
_QUICK = re.compile(
    rb'\{"id":"?(\d+)"?,"type":"(\w+)","actor":\{"id":(\d+),"login":"([\w.\[\]-]{1,100})"[^{}]*\},'
    rb'"repo":\{"id":(\d+),"name":"([\w.-]{1,100}/[\w.-]{1,100})"[^{}]*\}'
)
_QUICK_TIME = re.compile(rb'"created_at":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)"')
_WHOLE = frozenset([*(name.encode() for name in (*_KINDS, *_FACTS)), b"PublicEvent"])


class Account(NamedTuple):
    """An account as an event names it; `id` is None in old events."""

    login: str
    id: int | None
    kind: str = ""


class Message(NamedTuple):
    """What an event adds to a thread. `type` is `snapshot` for what it tells of the opening."""

    number: int
    is_pull: bool
    event_id: str
    type: str
    action: str
    datetime: str
    author: Account
    by_machine: bool
    comment_id: int | None
    title: str | None
    text: str | None


class Seen(NamedTuple):
    """One event: who, where, when, and what follows from it."""

    repo_id: int | None
    repo_name: str
    datetime: str  # ISO 8601, UTC
    accounts: tuple[Account, ...]
    fact: str  # stars | forks | issues for an event of that kind, else ""
    facts: Mapping[str, Any]  # what the event states about the repository
    messages: tuple[Message, ...]
    reason: str  # why it adds nothing to a thread, "" when it does


def read(line: bytes) -> Iterator[Seen | str]:
    """The events of a line; a reason for what cannot be read.

    In some old files several events stand in one line.
    """
    quick = _quick(line)
    if quick is not None:
        yield quick
        return
    text = line.decode("utf-8", "replace").strip()
    decoder = json.JSONDecoder()
    at = 0
    while at < len(text):
        try:
            event, at = decoder.raw_decode(text, at)
            yield _event(event) if isinstance(event, dict) else MALFORMED
        except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
            yield MALFORMED
            return


def _quick(line: bytes) -> Seen | None:
    head = _QUICK.match(line, 0, 1_000)
    if head is None or head[2] in _WHOLE or head[2].decode() in _KINDS:
        return None
    time = _QUICK_TIME.search(line, max(head.end(), len(line) - 400))
    if time is None or not line.rstrip().endswith(b"}"):
        return None
    actor = Account(head[4].decode(), int(head[3]))
    name, when = head[6].decode(), time[1].decode()
    return Seen(int(head[5]), name, when, (actor,), "", {}, (), OTHER)


def _event(event: Mapping[str, Any]) -> Seen:
    kind = str(event.get("type") or "")
    payload = event.get("payload")
    payload = payload if isinstance(payload, dict) else {}
    when = moment(event.get("created_at"))
    repo = event.get("repo") or event.get("repository") or payload.get("repo") or {}
    name, facts = _repository(repo, str(event.get("url") or ""))
    actor = _account(event.get("actor"), event.get("actor_attributes"))
    accounts = [actor, _account(event.get("org"))]
    if not name or not when:
        return Seen(None, "", when, (), "", {}, (), NO_NAME if when else MALFORMED)
    messages: tuple[Message, ...] = ()
    if kind in _KINDS:
        messages = tuple(_messages(event, kind, payload, actor, when))
        facts = facts | _stated(payload, accounts)
    accounts += [message.author for message in messages]
    held = tuple(dict.fromkeys(one for one in accounts if one is not None and one.login))
    reason = "" if messages else (NO_THREAD if kind in _KINDS else OTHER)
    fact = _FACTS.get(kind, "")
    if kind == "IssuesEvent" and payload.get("action") not in (None, "opened"):
        fact = ""
    return Seen(_number(repo.get("id")), name, when, held, fact, facts, messages, reason)


def _repository(repo: Mapping[str, Any], url: str) -> tuple[str, dict[str, Any]]:
    name = str(repo.get("name") or "")
    owner = repo.get("owner")
    if "/" not in name and isinstance(owner, str):  # before 2015
        name = f"{owner}/{name}"
    if "/" not in name and (found := _IN_URL.search(url)):
        name = found[1]
    facts = {
        "stars": _number(repo.get("stargazers", repo.get("watchers"))),
        "forks": _number(repo.get("forks")),
        "issues": _number(repo.get("open_issues")),
        "created": moment(repo.get("created_at")) or None,
    }
    told = {key: value for key, value in facts.items() if value is not None}
    return (name if _REPOSITORY.fullmatch(name) else ""), told


def _stated(payload: Mapping[str, Any], accounts: list[Account | None]) -> dict[str, Any]:
    """What a pull request tells of the repository that it is for."""
    pull = payload.get("pull_request")
    base = pull.get("base") if isinstance(pull, dict) else None
    repo = base.get("repo") if isinstance(base, dict) else None
    if not isinstance(repo, dict):
        return {}
    accounts.append(_account(repo.get("owner")))
    licence, parent = repo.get("license"), repo.get("parent")
    told = {
        "stars": _number(repo.get("stargazers_count", repo.get("watchers"))),
        "forks": _number(repo.get("forks_count", repo.get("forks"))),
        "issues": _number(repo.get("open_issues_count", repo.get("open_issues"))),
        "branch": _short(repo.get("default_branch")),
        "licence": _short(licence.get("spdx_id")) if isinstance(licence, dict) else None,
        "fork_of": _short(parent.get("full_name")) if isinstance(parent, dict) else None,
        "created": moment(repo.get("created_at")) or None,
    }
    return {key: value for key, value in told.items() if value is not None}


def _messages(
    event: Mapping[str, Any],
    kind: str,
    payload: Mapping[str, Any],
    actor: Account | None,
    when: str,
) -> Iterator[Message]:
    """The message of an event, and before it what the event tells of the thread's opening."""
    type_, about = _KINDS[kind]
    thread = payload.get(about)
    thread = thread if isinstance(thread, dict) else {}
    url = str(event.get("url") or "")
    number = _number(thread.get("number")) or _number(payload.get("number"))
    if number is None and (found := _IN_URL.search(url)):
        number = int(found[2])
    if not number:
        return
    is_pull = about == "pull_request" or bool(thread.get("pull_request")) or "/pull/" in url
    action = _short(payload.get("action")) or "created"
    event_id = str(event.get("id") or f"{when} {type_} {actor.login if actor else ''} {url}")
    base = {"number": number, "is_pull": is_pull, "event_id": _clean(event_id[:300])}
    opens = type_ in ("issue", "pull") and action == "opened"
    author = _account(thread.get("user")) or (actor if opens else None)
    title, body = _text(thread.get("title"))[:1_000], _text(thread.get("body"))
    if not opens and author is not None and (title or body):
        made = moment(thread.get("created_at")) or when
        yield _message(base, "snapshot", "opened", made, author, None, title, body)
    if opens:
        if author is not None:
            yield _message(base, type_, action, when, author, None, title, body)
    elif type_ in ("issue", "pull"):
        if actor is not None:
            yield _message(base, type_, action, when, actor, None, None, None)
    else:
        yield from _comment(base, type_, action, payload, actor, when, url)


def _comment(
    base: dict[str, Any],
    type_: str,
    action: str,
    payload: Mapping[str, Any],
    actor: Account | None,
    when: str,
    url: str,
) -> Iterator[Message]:
    told = payload.get("review" if type_ == "review" else "comment")
    told = told if isinstance(told, dict) else {}
    author = _account(told.get("user")) or actor
    found = _COMMENT_IN_URL.search(url)
    number = _number(told.get("id")) or _number(payload.get("comment_id"))
    if number is None and found:
        number = int(found[1])
    if author is not None:
        text = _text(told.get("body"))
        yield _message(base, type_, action, when, author, number, None, text or None)


def _message(
    base: dict[str, Any],
    type_: str,
    action: str,
    when: str,
    author: Account,
    comment_id: int | None,
    title: str | None,
    text: str | None,
) -> Message:
    return Message(
        **base,
        type=type_,
        action=action,
        datetime=when,
        author=author,
        by_machine=is_machine(author.login, author.kind),
        comment_id=comment_id,
        title=title,
        text=without_mail(text) if text else text,
    )


def moment(value: object) -> str:
    """A time as ISO 8601 in UTC, "" when it is none."""
    told = str(value or "")
    if not told:
        return ""
    if len(told) == 20 and told[10] == "T" and told.endswith("Z"):
        return told
    for form in ("%Y-%m-%dT%H:%M:%S%z", "%Y/%m/%d %H:%M:%S %z"):
        try:
            read_as = datetime.strptime(told, form)  # noqa: DTZ007  both forms hold %z
        except ValueError:
            continue
        return read_as.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return ""


def _account(told: object, more: object = None) -> Account | None:
    """An account from an object, or from the name alone of old events."""
    if isinstance(told, str):
        kind = str(more.get("type") or "") if isinstance(more, dict) else ""
        return Account(told, None, kind) if _LOGIN.fullmatch(told) else None
    if isinstance(told, dict) and _LOGIN.fullmatch(str(told.get("login") or "")):
        return Account(told["login"], _number(told.get("id")), str(told.get("type") or "")[:20])
    return None


def _number(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value < 1 << 63 else None


def _short(value: object) -> str | None:
    return _clean(value[:200]) if isinstance(value, str) and value else None


def _text(value: object) -> str:
    """Text as UTF-8 can carry it; NUL and lone surrogates become the replacement character."""
    if not isinstance(value, str):
        return ""
    return _clean(value[:_LONGEST_TEXT])


def _clean(told: str) -> str:
    return told.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")
