"""What the record says of an application and its grant, for its applicant and for reviewers."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from governance.audit import selectors as audit

if TYPE_CHECKING:
    from governance.access.models import Application
    from governance.audit.models import Entry

HAPPENED = {  # what both sides see
    "application.submit": "Sent",
    "application.return": "Returned with questions",
    "application.answer": "Questions answered",
    "application.endorse": "One reviewer said yes",
    "application.approve": "Approved",
    "application.reject": "Declined",
    "application.withdraw": "Withdrawn",
    "application.nudge": "Reminder sent",
    "application.escalate": "Late: the admins were told",
    "application.expire": "Expired without an answer",
    "application.revoke": "Revoked",
    "group.invite": "A member was invited",
    "group.accept": "A member joined",
    "group.decline": "A member declined",
    "group.leave": "A member left",
    "group.remove": "A member was removed",
}
BETWEEN_REVIEWERS = {
    "application.take": "Taken",
    "application.hand": "Handed on",
    "application.release": "Given back",
    "application.note": "Note written",
}
OF_GRANTS = {"grant.warn": "Warned of the end", "grant.end": "Access ended",
             "grant.revoke": "Access ended early"}  # fmt: skip
UNTOLD = {"application.endorse"}  # whose reason is not the applicant's to read


def timeline(
    application: "Application", grants: Iterable[int], *, reviewer: bool
) -> list[dict[str, Any]]:
    """Oldest first. Names and what is between reviewers only for a reviewer."""
    words = HAPPENED | OF_GRANTS | (BETWEEN_REVIEWERS if reviewer else {})
    of_it = tuple(each for each in words if each not in OF_GRANTS)
    entries = audit.acts_on(f"application:{application.number}", of_it)
    for grant in grants:
        entries += audit.acts_on(f"grant:{grant}", tuple(OF_GRANTS))
    entries.sort(key=lambda each: each.pk)
    return [
        {
            "title": _title(each, words),
            "at": each.at,
            "reason": each.reason if reviewer or each.action not in UNTOLD else "",
            "by": _by(each) if reviewer else "",
            "ends": each.detail.get("ends"),
        }
        for each in entries
    ]


def _title(entry: "Entry", words: dict[str, str]) -> str:
    if entry.action == "application.expire" and entry.detail.get("waited_for") == "applicant":
        return "Expired: its questions were not answered"
    return words[entry.action]


def _by(entry: "Entry") -> str:
    """Who did it; nobody's name once the personal part is erased."""
    person = getattr(entry, "person", None)
    return (person.name or person.email) if person else ""
