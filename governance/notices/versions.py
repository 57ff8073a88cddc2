"""What is told about versions: to who follows a dataset, and to who holds a copy.

What a holder must do about a new version is a duty, and told as one.
"""

from governance import dates
from governance.audit import selectors as audit
from governance.audit.models import Entry
from governance.catalogue import selectors as catalogue
from governance.errors import MissingError
from governance.notices import selectors
from governance.notices.kinds import Draft, tell


@tell("version.publish")
def _published(entry: Entry) -> list[Draft]:
    """To who follows the dataset and could see it now."""
    try:
        dataset = catalogue.dataset(*entry.dataset.split("/", 1))
    except (MissingError, TypeError):
        return []  # it is not listed: nobody is to learn of it
    version = catalogue.version(dataset, entry.version)
    before = entry.detail.get("parent") or _before(version)
    told = [f"Version {version.number} of {dataset.slug} was published on {dates.day(entry.at)}."]
    told.append(
        f"What changed since {before}, by reason, language and licence, stands on its page."
        if before
        else "It is the first version of this dataset."
    )
    where = {"namespace": dataset.namespace, "name": dataset.name}
    route = "dataset-difference" if before else "dataset"
    return [
        Draft(
            selectors.followers(dataset),
            f"New version: {dataset.slug} {version.number}",
            told,
            route,
            where | ({"number": version.number} if before else {}),
            "See what changed" if before else "See the dataset",
        )
    ]


def _before(version: object) -> str:
    parent = getattr(version, "parent", None)
    return parent.number if parent is not None else ""


@tell("version.withdraw")
def _withdrawn(entry: Entry) -> list[Draft]:
    """To everybody who was let to a file of it, and to who follows the dataset."""
    try:
        dataset = catalogue.dataset_by_slug(entry.dataset)
    except MissingError:
        return []
    holders = audit.holders(entry.dataset, entry.version)
    held = set(holders)
    others = [each for each in selectors.followers(dataset) if each not in held]
    name = f"{dataset.slug} {entry.version}"
    what = f"Version {entry.version} of {dataset.slug} was withdrawn on {dates.day(entry.at)}."
    why = f"The reason: {entry.reason}"
    successor = entry.detail.get("successor")
    instead = (
        f"Take version {successor} in its place."
        if successor
        else "No usable version takes its place: there is none to move to now."
    )
    erase_by = entry.detail.get("erase_by")
    by = f" by {dates.moment(erase_by)}" if erase_by else ""
    where = {"namespace": dataset.namespace, "name": dataset.name}
    link = ("dataset-versions", where, "See the versions")
    return [
        Draft(
            holders,
            f"Withdrawn: {name}, erase your copy"
            + (f" by {dates.day(erase_by)}" if erase_by else ""),
            [what, why, "You were let to files of it, so this is said to you.", instead],
            *link,
            due=f"Erase every copy that you hold{by}.",
        ),
        Draft(others, f"Withdrawn: {name}", [what, why, instead], *link, topic="version"),
    ]


@tell("hook.disable")
def _hook_off(entry: Entry) -> list[Draft]:
    """To its owner."""
    person = getattr(entry, "person", None)
    if person is None or person.concerns is None:
        return []
    return [
        Draft(
            [person.concerns],
            f"Your webhook {person.purpose} was switched off",
            [
                f"It is told nothing any more: {entry.detail['why']}.",
                "Its log shows each try. Mend what answers there, send a test, and start it again; "
                "notices stay in your inbox meanwhile.",
            ],
            "webhooks",
            {},
            "See your webhooks",
        )
    ]


@tell("address.fail")
def _address_failed(entry: Entry) -> list[Draft]:
    """In the inbox, for mail would not arrive."""
    person = getattr(entry, "person", None)
    if person is None or person.concerns is None:
        return []
    return [
        Draft(
            [person.concerns],
            "Mail to your address came back",
            [
                f"Notices are not mailed to it any more: {entry.detail['why']}. "
                "You find them here.",
                "If the address is right, confirm it again; else give another one.",
            ],
            "notice-choices",
            {},
            "Mend it",
        )
    ]
