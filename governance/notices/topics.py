"""What notices are about, as a reader chooses among them, and where silence is allowed.

An act is of a topic by its name, unless its draft says otherwise. One that no line names can't be
silenced: a new kind is never kept from anybody by accident.
"""

from collections.abc import Mapping
from typing import NamedTuple

MAIL, INBOX, HOOK = "mail", "inbox", "hook"


class Topic(NamedTuple):
    code: str
    title: str
    about: str
    silent: frozenset[str]  # channels on which a reader may ask for silence
    why: str = ""  # why not on the others


_RECORD = "The inbox keeps it, so that a decision about you can always be found."

_LIST = (
    Topic(
        "version",
        "New versions",
        "A version of a dataset that you follow was published.",
        frozenset({MAIL, INBOX}),
    ),
    Topic(
        "duty",
        "Update duties",
        "What you hold must be updated or deleted: when it is due, and when it is overdue.",
        frozenset(),
        "The terms that you signed oblige you to act by a date.",
    ),
    Topic(
        "withdrawal",
        "Withdrawals",
        "A version of which you hold a copy was withdrawn.",
        frozenset(),
        "You must stop using the copy: people's work, or the law, is at stake.",
    ),
    Topic(
        "terms",
        "Terms",
        "Terms that you signed change or end; copies of what you signed.",
        frozenset(),
        "A contract can't change without a word to who signed it.",
    ),
    Topic(
        "grant",
        "Grants",
        "Your access ends soon, has ended or was ended.",
        frozenset({MAIL}),
        _RECORD,
    ),
    Topic(
        "application",
        "Applications and groups",
        "Questions and answers about what you applied for, and about your group.",
        frozenset({MAIL}),
        _RECORD,
    ),
    Topic(
        "removal",
        "Removals",
        "A removal that you asked for or recorded took effect.",
        frozenset({MAIL}),
        _RECORD,
    ),
    Topic(
        "stewarding",
        "Work of stewards",
        "Applications that wait, unusual downloads, mirrors, for the datasets that you look after.",
        frozenset({MAIL}),
        "The inbox keeps it, so that work that waits can always be found.",
    ),
    Topic(
        "account",
        "Account and security",
        "Roles, suspensions, second factors, webhooks that were switched off.",
        frozenset(),
        "You must be able to notice what somebody else does to your account.",
    ),
)
TOPICS: Mapping[str, Topic] = {each.code: each for each in _LIST}
UNNAMED = Topic("", "Others", "", frozenset(), "No choice is offered for these.")

# The first beginning that fits.
_ACTS = (
    ("version.publish", "version"),
    ("version.", "withdrawal"),
    ("duty.", "duty"),
    ("copy.", "terms"),
    ("terms.", "terms"),
    ("grant.", "grant"),
    ("application.", "application"),
    ("group.", "application"),
    ("removal.", "removal"),
    ("volume.", "stewarding"),
    ("role.", "account"),
    ("suspension.", "account"),
    ("person.", "account"),
    ("hook.", "account"),
    ("address.", "account"),
)


def topic_of(action: str) -> Topic:
    """The topic of an act by its name, e.g. `grant.warn`."""
    code = next((topic for start, topic in _ACTS if action.startswith(start)), "")
    return TOPICS.get(code, UNNAMED)


def may_silence(topic: str, channel: str) -> bool:
    return channel in TOPICS.get(topic, UNNAMED).silent
