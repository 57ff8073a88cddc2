"""What is told about roles: to who holds one, and to the admins who gave it."""

from django.contrib.auth import get_user_model

from governance import dates
from governance.access import selectors as access
from governance.audit.actors import Role
from governance.audit.models import Entry
from governance.catalogue import selectors as catalogue
from governance.errors import MissingError
from governance.notices.kinds import Draft, concerned, tell


def _the_role(entry: Entry) -> str:
    where = f"of {entry.dataset}" if entry.dataset else "of the whole site"
    return f"{entry.subject.partition(':')[2]} {where}"


def _until(entry: Entry) -> str:
    ends = entry.detail.get("ends")
    return f"until {dates.day(ends)}" if ends else "without an end"


def _admins_of(entry: Entry) -> list[int]:
    """Admins of the dataset that an entry names and of the whole site."""
    if not entry.dataset:
        return access.holders_of(Role.ADMIN, None, now=entry.at)
    try:
        dataset = catalogue.dataset_by_slug(entry.dataset)
    except MissingError:
        return []
    return access.holders_of(Role.ADMIN, dataset.pk, now=entry.at)


@tell("role.give")
def _role_given(entry: Entry) -> list[Draft]:
    person = concerned(entry)
    if person is None:
        return []
    return [
        Draft(
            [person],
            f"You are {_the_role(entry)}",
            [
                f"An admin made you {_the_role(entry)}, {_until(entry)}.",
                f"Their reason: {entry.reason}",
                "The pages of this role ask for a second factor: add one if you have none.",
            ],
            "account",
            {},
            "See your account",
        )
    ]


@tell("role.accept")
def _role_accepted(entry: Entry) -> list[Draft]:
    """To the admins: somebody new has a role."""
    person = concerned(entry)
    who = get_user_model().objects.filter(pk=person).first()
    if who is None:
        return []
    return [
        Draft(
            [each for each in _admins_of(entry) if each != person],
            f"{who.email} is {_the_role(entry)}",
            [f"{who} took the invitation and is {_the_role(entry)}, {_until(entry)}."],
            "roles",
            {},
            "Who holds what",
        )
    ]


@tell("role.end")
def _role_ended(entry: Entry) -> list[Draft]:
    person = concerned(entry)
    if person is None:
        return []
    return [
        Draft(
            [person],
            f"You are no longer {_the_role(entry)}",
            [
                f"Your role as {_the_role(entry)} was ended.",
                f"The reason: {entry.reason}",
            ],
        )
    ]


@tell("role.warn")
def _role_ends_soon(entry: Entry) -> list[Draft]:
    person = concerned(entry)
    if person is None:
        return []
    ends = dates.day(entry.detail["ends"])
    who = get_user_model().objects.filter(pk=person).first()
    return [
        Draft(
            [person],
            f"Your role ends on {ends}",
            [
                f"You are {_the_role(entry)} until {ends}. "
                "Ask an admin to prolong it if you still need it."
            ],
            "account",
            {},
            "See your account",
        ),
        Draft(
            [each for each in _admins_of(entry) if each != person],
            f"A role ends on {ends}",
            [f"{who} is {_the_role(entry)} until {ends}; prolong it if it is still needed."],
            "roles",
            {},
            "Who holds what",
        ),
    ]
