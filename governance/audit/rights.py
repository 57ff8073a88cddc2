"""Who could open what at a moment, told from the entries of the record alone.

Tables of today say what is true today; the entries say what was true then, and which of them made
it so. What the record does not hold (a confirmed address, a second factor in a session) can't be
answered here, and the page says so. What a tier asked for is told by `policies`.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import NamedTuple

from django.db.models import QuerySet

from governance.audit.models import Entry, Person


class Ground(NamedTuple):
    """One thing that somebody needed and had. `person` is None once the personal part is erased."""

    need: str  # terms, grant or steward
    person: int | None
    name: str
    email: str
    entry: int
    since: datetime
    until: datetime | None  # None: no end is recorded
    grant: int | None = None


class Served(NamedTuple):
    """What the record says of a version at a moment."""

    move: str  # publish, supersede, withdraw, or empty: it was not out yet
    entry: int | None
    until: datetime | None
    open: bool


class Answer(NamedTuple):
    served: Served
    terms: str  # number of the terms in force then
    terms_entry: int | None
    people: list[list[Ground]]  # for each person the grounds, one a need
    unknown: list[Ground]  # of people whose personal part was erased
    suspended: list[Ground]  # suspensions of people who met every need, and are no part of `people`


def could_open(
    dataset: str, version: str, tier: str, *, at: datetime, needs: Collection[str]
) -> Answer:
    """Who met all of `needs` (of terms, grant, steward) at `at`. At most ten queries."""
    served = served_at(dataset, version, at=at)
    terms, terms_entry = terms_at(dataset, at=at)
    ask: dict[str, Callable[[], list[Ground]]] = {
        "terms": lambda: accepted(dataset, terms, at=at),
        "grant": lambda: grants(dataset, tier, at=at),
        "steward": lambda: stewards(dataset, at=at),
    }
    found = [ask[need]() for need in ask if need in needs] if served.open else []
    unknown = [each for grounds in found for each in grounds if each.person is None]
    people = _all_of(found)
    out = suspensions(at=at) if people else {}
    shut = [out[grounds[0].person] for grounds in people if grounds[0].person in out]
    let_in = [grounds for grounds in people if grounds[0].person not in out]
    return Answer(served, terms, terms_entry, let_in, unknown, shut)


def _all_of(found: list[list[Ground]]) -> list[list[Ground]]:
    """The people who have every need, by name."""
    held: dict[int, list[Ground]] = defaultdict(list)
    for grounds in found:
        for each in {ground.person: ground for ground in grounds}.values():
            if each.person is not None:
                held[each.person].append(each)
    whole = [grounds for grounds in held.values() if len(grounds) == len(found)]
    return sorted(whole, key=lambda grounds: (grounds[0].name, grounds[0].person))


def _entries(actions: Collection[str], at: datetime, **where: object) -> QuerySet[Entry]:
    return (
        Entry.objects.filter(action__in=actions, at__lte=at, **where)
        .select_related("person")
        .order_by("at", "id")
    )


def _person(entry: Entry) -> Person | None:
    return getattr(entry, "person", None)


def _moment(text: object) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) and text else None


def served_at(dataset: str, version: str, *, at: datetime) -> Served:
    """Whether a version was handed out."""
    moves = ("version.publish", "version.supersede", "version.withdraw")
    last = _entries(moves, at, dataset=dataset, version=version).last()
    if last is None:
        return Served("", None, None, open=False)
    move = last.action.partition(".")[2]
    until = _moment(last.detail.get("serve_until"))
    is_open = move == "publish" or (move == "supersede" and (until is None or at < until))
    return Served(move, last.pk, until, is_open)


def terms_at(dataset: str, *, at: datetime) -> tuple[str, int | None]:
    """Number of the terms in force, and the entry that published them."""
    begun = [
        (_moment(each.detail.get("effective")) or each.at, each.pk, each.terms_version)
        for each in _entries(("terms.publish",), at, dataset=dataset)
    ]
    known = max((each for each in begun if each[0] <= at), default=None)
    return (known[2], known[1]) if known else ("", None)


def accepted(dataset: str, terms: str, *, at: datetime) -> list[Ground]:
    """Who had accepted these terms, or earlier ones of which the acceptances still counted."""
    if not terms:
        return []
    counting = _counting(dataset, at=at)
    found = _entries(("terms.accept",), at, dataset=dataset, terms_version__in=list(counting))
    # The newest comes last and stands for the person.
    ordered = sorted(found, key=lambda each: counting[each.terms_version][0])
    return [
        _ground("terms", each, _person(each), counting[each.terms_version][1]) for each in ordered
    ]


def _counting(dataset: str, *, at: datetime) -> dict[str, tuple[datetime, datetime | None]]:
    """Terms whose acceptances counted: when each began, and when that was to stop.

    Every version says what becomes of acceptances of earlier ones: they stay `good`, stay good
    `until` a moment, or `end` when it takes effect.
    """
    told = [
        (_moment(each.detail.get("effective")) or each.at, each)
        for each in _entries(("terms.publish",), at, dataset=dataset)
    ]
    found = {}
    for begins, entry in told:
        ends = [_ends_earlier(later, when) for when, later in told if when > begins]
        until = min((end for end in ends if end is not None), default=None)
        if begins <= at and (until is None or at < until):
            found[entry.terms_version] = (begins, until)
    return found


def _ends_earlier(entry: Entry, effective: datetime) -> datetime | None:
    rule = entry.detail.get("earlier", "end")
    return {"end": effective, "until": _moment(entry.detail.get("earlier_until"))}.get(rule)


def _ground(need: str, entry: Entry, who: Person | None, until: datetime | None) -> Ground:
    """A ground of the person who acted."""
    name, email = (who.name, who.email) if who else ("", "")
    return Ground(need, who.user_id if who else None, name, email, entry.pk, entry.at, until)


OVER = ("grant.revoke", "grant.end", "group.leave", "group.remove")


def grants(dataset: str, tier: str, *, at: datetime) -> list[Ground]:
    """Who held a grant: approved or joined, begun, its end not come, neither revoked nor ended."""
    over = set(
        _entries(OVER, at, dataset=dataset, tier=tier).values_list("grant", flat=True)
    )  # fmt: skip
    given = ("application.approve", "group.accept")
    held = [
        (each, _moment(each.detail.get("ends")))
        for each in _entries(given, at, dataset=dataset, tier=tier)
        if each.grant not in over and (_moment(each.detail.get("begins")) or each.at) <= at
    ]
    held = [(each, ends) for each, ends in held if ends is None or at < ends]
    asked = _applicants(dataset, {each.subject for each, _ in held})
    return [
        _about("grant", each, ends, *_holder(each, asked), grant=each.grant) for each, ends in held
    ]


def _holder(entry: Entry, asked: Mapping[str, tuple[str, str]]) -> tuple[str, str]:
    """Name and address: of the member who joined, or of the one who applied."""
    if entry.action == "group.accept":
        who = _person(entry)
        return (who.name, who.email) if who else ("", "")
    return asked.get(entry.subject, ("", ""))


def _applicants(dataset: str, subjects: set[str]) -> dict[str, tuple[str, str]]:
    """Name and address by application, as they were when it was submitted."""
    found = Person.objects.filter(
        entry__action="application.submit", entry__dataset=dataset, entry__subject__in=subjects
    )
    return {each[0]: each[1:] for each in found.values_list("entry__subject", "name", "email")}


def _about(
    need: str,
    entry: Entry,
    until: datetime | None,
    name: str = "",
    email: str = "",
    *,
    grant: int | None = None,
) -> Ground:
    """A ground of the person whom an entry concerns."""
    who = _person(entry)
    return Ground(
        need, who.concerns if who else None, name, email, entry.pk, entry.at, until, grant
    )


def stewards(dataset: str, *, at: datetime) -> list[Ground]:
    """Who was a steward of this dataset or of all. A role given again takes the earlier's place."""
    told = _entries(
        ("role.give", "role.accept", "role.end"),
        at,
        subject="role:steward",
        dataset__in=("", dataset),
    )
    last: dict[tuple[object, str], Ground] = {}
    for each in told:
        ground = _about("steward", each, _moment(each.detail.get("ends")))
        key = ground.person if ground.person is not None else f"entry {each.pk}", each.dataset
        if each.action == "role.end":
            last.pop(key, None)
        else:
            last[key] = ground
    return [each for each in last.values() if each.until is None or at < each.until]


def suspensions(*, at: datetime) -> dict[int | None, Ground]:
    """Who was kept out of everything, by person."""
    over = _entries(("suspension.lift", "suspension.end"), at).values_list("subject", flat=True)
    begun = [
        _about("suspension", each, _moment(each.detail.get("ends")))
        for each in _entries(("suspension.begin",), at).exclude(subject__in=list(over))
    ]
    return {each.person: each for each in begun if each.until is None or at < each.until}
