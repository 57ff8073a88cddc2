"""What is told about terms that change or end, and about shared copies."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from governance import dates
from governance.access import selectors as access
from governance.audit.actors import Role
from governance.audit.models import Entry
from governance.catalogue import selectors as catalogue
from governance.notices.kinds import Draft, tell
from governance.terms import selectors as terms
from governance.terms import texts
from governance.terms.models import SharedCopy, TermsVersion
from governance.terms.standings import Rule

BATCH = 500  # people of one draft: a database takes only so many values in one query


@tell("terms.publish")
def _published(entry: Entry) -> list[Draft]:
    """To everybody whose acceptance ends for this version's sake: what changes, and by when."""
    dataset = catalogue.dataset_by_slug(entry.dataset)
    if dataset.wound_down_at is not None and dataset.wound_down_at <= entry.at:
        return []  # `winding` tells of the restricted ones, which nobody need sign
    made = terms.version(dataset, entry.terms_version)
    end = Rule(made.effective_at, made.earlier, made.earlier_until).end
    people = {
        user_id: told.signed
        for user_id, told in terms.ending(dataset, now=entry.at).items()
        if told.until == end
    }
    begins = (
        f"They take effect on {dates.moment(made.effective_at)}."
        if made.effective_at > entry.at
        else "They are in force."
    )
    told = [f"Terms {made.number} of {dataset.slug} were published. {begins}", entry.reason]
    return list(_to_sign(people, made, end, told, f"Terms {made.number} of {dataset.slug}"))


@tell("terms.remind")
def _ends_soon(entry: Entry) -> list[Draft]:
    """To those whose acceptance of this version is about to end and who have not signed anew."""
    dataset = catalogue.dataset_by_slug(entry.dataset)
    end = datetime.fromisoformat(entry.detail["ends"])
    needed = terms.in_force(dataset, now=end)
    if needed is None:
        return []
    needed.dataset = dataset
    people = {
        user_id: told.signed
        for user_id, told in terms.ending(dataset, now=entry.at).items()
        if told.until == end and told.signed == entry.terms_version
    }
    days = entry.detail["days"]
    left = "Less than a day is left." if days == 1 else f"Less than {days} days are left."
    told = [f"{left} Downloads of {dataset.slug} go on until then."]
    return list(_to_sign(people, needed, end, told, f"Reminder: terms of {dataset.slug}"))


def _to_sign(
    people: Mapping[int, str],
    needed: TermsVersion,
    end: datetime | None,
    told: list[str],
    subject: str,
) -> Iterator[Draft]:
    """One draft for each version that was signed, in batches of people."""
    if end is None:
        return
    where = {
        "namespace": needed.dataset.namespace,
        "name": needed.dataset.name,
        "number": needed.number,
    }
    for number in sorted(set(people.values())):
        lines = [
            *told,
            f"Your acceptance of terms {number} counts until {dates.moment(end)}. "
            f"To go on after that, sign terms {needed.number}; you can do it now.",
            _changes(needed, number),
        ]
        concerned = sorted(user_id for user_id, signed in people.items() if signed == number)
        for at in range(0, len(concerned), BATCH):
            yield Draft(
                concerned[at : at + BATCH],
                f"{subject}: sign by {dates.day(end)}",
                lines,
                "terms-changes",
                where,
                "See what changes, and sign",
            )


def _changes(needed: TermsVersion, number: str) -> str:
    """What changes, in a sentence for each kind of change."""
    before = terms.version(needed.dataset, number)
    found = texts.compare(terms.clauses(before), terms.clauses(needed))
    words = {"added": "New", "changed": "Changed", "removed": "No longer there"}
    told = [
        f"{word}: {', '.join(each.title for each in found if each.state == state)}."
        for state, word in words.items()
        if any(each.state == state for each in found)
    ]
    return " ".join(told) or "No clause changes; the table of uses or the summary does."


# ------------------------------------------------------------------ shared copies


def _copy(entry: Entry) -> SharedCopy | None:
    code = entry.subject.partition(":")[2]
    return (
        SharedCopy.objects.select_related("dataset", "acceptance__terms").filter(code=code).first()
    )


@tell("copy.register")
def _registered(entry: Entry) -> list[Draft]:
    """To the holder, the page to link to; to the stewards, that there is a copy."""
    copy = _copy(entry)
    if copy is None or copy.holder_id is None:
        return []
    where = {
        "namespace": copy.dataset.namespace,
        "name": copy.dataset.name,
        "number": copy.acceptance.terms.number,
        "code": copy.code,
    }
    stewards = access.holders_of(Role.STEWARD, copy.dataset_id, now=entry.at)
    return [
        Draft(
            [copy.holder_id],
            f"Your copy of {entry.dataset} is registered",
            [
                f"You registered a {copy.kind} copy of version {copy.version}, run by "
                f"{copy.operator}.",
                "Link to its page of terms wherever the copy is offered: who uses it reads and "
                "accepts the same terms there.",
                "Tell us when the copy is gone: end the registration.",
            ],
            "pass-on",
            where,
            "See the page to link to",
        ),
        Draft(
            [each for each in stewards if each != copy.holder_id],
            f"A {copy.kind} copy of {entry.dataset} was registered",
            [f"{copy.operator} shares version {copy.version} of {entry.dataset}."],
            "steward-copies",
            {},
            "See the register",
            topic="stewarding",
        ),
    ]


@tell("copy.end")
def _ended(entry: Entry) -> list[Draft]:
    """To the holder, when a keeper of the dataset ended it."""
    copy = _copy(entry)
    if copy is None or copy.holder_id is None or not entry.privileged:
        return []
    return [
        Draft(
            [copy.holder_id],
            f"Your copy of {entry.dataset} is no longer registered",
            [f"A steward ended the registration of {copy.url}. Reason: {entry.reason}"],
            "shared-copies",
            {},
            "See your copies",
        )
    ]
