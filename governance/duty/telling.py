"""What is told about duties. Each teller looks at one entry of the record.

Who had a file of a withdrawn version is told by `notices`, with the deadline of the same entry.
"""

from governance import dates
from governance.audit.models import Entry
from governance.catalogue import selectors as catalogue
from governance.duty import selectors
from governance.errors import MissingError
from governance.notices.kinds import Draft, tell


@tell("version.supersede")
def _owed(entry: Entry) -> list[Draft]:
    """To everybody who holds a copy: what to take, and by when. They can't ask for silence."""
    successor = entry.detail.get("successor")
    try:
        dataset = catalogue.dataset_by_slug(entry.dataset)
        version = catalogue.version(dataset, entry.version, hidden=True)
    except MissingError:
        return []
    if not successor:
        return []
    by = entry.detail["serve_until"]
    return [
        Draft(
            selectors.holders_of(version),
            f"Due by {dates.day(by)}: {dataset.slug} {version.number} was replaced",
            [
                f"You hold files of version {version.number}. Version {successor} was published on "
                f"{dates.day(entry.at)} and takes its place.",
                f"Version {version.number} is handed out until {dates.moment(by)}, then no more.",
            ],
            "dataset-versions",
            {"namespace": dataset.namespace, "name": dataset.name},
            "See the versions",
            due=f"Replace your copy by version {successor}, or erase it, by {dates.moment(by)}.",
            topic="duty",
        )
    ]
