"""Who could open what at a moment, told from the entries of the record alone.

Tables of today say what is true today; the entries say what was true then, and which of them made
it so. What the record does not hold (a confirmed address, a second factor in a session, a policy
that was another one) can't be answered here, and the page says so.
"""

from collections import defaultdict
from collections.abc import Callable, Collection
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


def could_open(
    dataset: str, version: str, tier: str, *, at: datetime, needs: Collection[str]
) -> Answer:
    """Who met all of `needs` (of terms, grant, steward) at `at`. At most seven queries."""
    served = served_at(dataset, version, at=at)
    terms, terms_entry = terms_at(dataset, at=at)
    ask: dict[str, Callable[[], list[Ground]]] = {
        "terms": lambda: accepted(dataset, terms, at=at),
        "grant": lambda: grants(dataset, tier, at=at),
        "steward": lambda: stewards(dataset, at=at),
    }
    found = [ask[need]() for need in ask if need in needs] if served.open else []
    unknown = [each for grounds in found for each in grounds if each.person is None]
    return Answer(served, terms, terms_entry, _all_of(found), unknown)


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
    """Who had accepted just these terms."""
    if not terms:
        return []
    found = _entries(("terms.accept",), at, dataset=dataset, terms_version=terms)
    return [_ground("terms", each, _person(each), None) for each in found]


def _ground(need: str, entry: Entry, who: Person | None, until: datetime | None) -> Ground:
    """A ground of the person who acted."""
    name, email = (who.name, who.email) if who else ("", "")
    return Ground(need, who.user_id if who else None, name, email, entry.pk, entry.at, until)


def grants(dataset: str, tier: str, *, at: datetime) -> list[Ground]:
    """Who held a grant: approved, its end not come, and neither revoked nor ended."""
    over = set(
        _entries(("grant.revoke", "grant.end"), at, dataset=dataset, tier=tier)
        .values_list("grant", flat=True)
    )  # fmt: skip
    given = [
        (each, _moment(each.detail.get("ends")))
        for each in _entries(("application.approve",), at, dataset=dataset, tier=tier)
        if each.grant not in over
    ]
    held = [(each, ends) for each, ends in given if ends is None or at < ends]
    asked = _applicants(dataset, {each.subject for each, _ in held})
    return [
        _about("grant", each, ends, *asked.get(each.subject, ("", "")), grant=each.grant)
        for each, ends in held
    ]


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
    given = _entries(("role.give",), at, subject="role:steward", dataset__in=("", dataset))
    last: dict[tuple[object, str], Ground] = {}
    for each in given:
        ground = _about("steward", each, _moment(each.detail.get("ends")))
        key = ground.person if ground.person is not None else f"entry {each.pk}"
        last[key, each.dataset] = ground
    return [each for each in last.values() if each.until is None or at < each.until]
