"""What is told when a dataset is wound down: to who holds a copy, signed its terms, follows it."""

from datetime import timedelta

from governance import dates
from governance.access import selectors as access
from governance.audit import selectors as audit
from governance.audit.actors import Role
from governance.audit.models import Entry
from governance.catalogue import selectors as catalogue
from governance.errors import MissingError
from governance.notices import selectors
from governance.notices.kinds import Draft, tell
from governance.terms import selectors as terms


@tell("dataset.wind-down-propose")
def _proposed(entry: Entry) -> list[Draft]:
    """To the other admins of the dataset: it waits for one of them."""
    try:
        dataset = catalogue.dataset_by_slug(entry.dataset)
    except MissingError:
        return []
    person = getattr(entry, "person", None)
    admins = set(access.holders_of(Role.ADMIN, dataset.pk, now=entry.at))
    who = (person.name or person.email) if person is not None else "An admin"
    return [
        Draft(
            sorted(admins - {person.user_id if person is not None else None}),
            f"Winding down {dataset.slug} waits for a second admin",
            [
                f"{who} proposed on {dates.moment(entry.at)} to wind {dataset.slug} down. "
                f"The reason: {entry.reason}",
                "Once confirmed it can't be undone. Unanswered, the proposal ends on "
                f"{dates.moment(entry.detail['expires'])}.",
            ],
            "dataset-wind-down",
            {"namespace": dataset.namespace, "name": dataset.name},
            "Confirm or cancel it",
            topic="stewarding",
        )
    ]


@tell("dataset.wind-down-confirm")
def _wound_down(entry: Entry) -> list[Draft]:
    """A holder is told what to do by when; nobody is told twice."""
    try:
        dataset = catalogue.dataset_by_slug(entry.dataset)
    except MissingError:
        return []
    holders = audit.holders(entry.dataset)
    held = set(holders)
    before = entry.at - timedelta(microseconds=1)  # their acceptances ended with this act
    signed = sorted(set(terms.ending(dataset, now=before)) - held)
    others = [each for each in selectors.followers(dataset) if each not in {*held, *signed}]
    erase_by = entry.detail["erase_by"]
    what = f"{dataset.slug} was wound down on {dates.day(entry.at)}: nothing of it is handed out."
    why = f"The reason: {entry.reason}"
    under = f"The terms {entry.terms_version} stand in the place of those before: no sharing, no "
    under += "new use, and what may be kept."
    where = {"namespace": dataset.namespace, "name": dataset.name}
    subject = f"Wound down: {dataset.slug}"
    link = ("terms", where, "Read the terms")
    due = f"Erase every copy that you hold by {dates.moment(erase_by)}."
    return [
        Draft(
            holders,
            f"{subject}, erase your copies by {dates.day(erase_by)}",
            [what, why, "You were let to files of it, so this is said to you.", under],
            *link,
            due=due,
            topic="withdrawal",
        ),
        Draft(
            signed,
            subject,
            [what, why, "You signed its terms, so this is said to you.", under,
             f"Should you hold a copy, erase it by {dates.moment(erase_by)}."],
            *link,
            topic="terms",
        ),
        Draft(others, subject, [what, why], "dataset", where, "See the dataset", topic="version"),
    ]  # fmt: skip
