"""What is told to whom about which act. A later area adds its kinds with `tell`.

A kind looks at one entry of the record and says whom to tell what. It reads, it never writes.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from django.contrib.auth import get_user_model

from governance.access import selectors as access
from governance.access.models import Application
from governance.audit.actors import Role
from governance.audit.models import Entry
from governance.catalogue import selectors as catalogue
from governance.errors import MissingError
from governance.terms.models import Acceptance


class Draft(NamedTuple):
    """One message before it is addressed. `lines` are paragraphs of plain text."""

    people: Sequence[int]  # user ids
    subject: str
    lines: Sequence[str]
    route: str = ""
    params: Mapping[str, str] = {}
    action: str = ""


Teller = Callable[[Entry], list[Draft]]
TELLERS: dict[str, Teller] = {}


def tell(action: str) -> Callable[[Teller], Teller]:
    """Register what is told about entries with this action."""

    def keep(teller: Teller) -> Teller:
        TELLERS[action] = teller
        return teller

    return keep


def _concerns(entry: Entry) -> int | None:
    """The person whom an entry is about; None once that was erased."""
    person = getattr(entry, "person", None)
    return person.concerns if person is not None else None


def _number(entry: Entry) -> str:
    return entry.subject.partition(":")[2]


@tell("terms.accept")
def _signed(entry: Entry) -> list[Draft]:
    acceptance = Acceptance.objects.filter(number=_number(entry)).first()
    if acceptance is None or acceptance.user_id is None:
        return []
    return [
        Draft(
            [acceptance.user_id],
            f"Your copy: terms {entry.terms_version} of {entry.dataset}",
            [
                f"You signed the terms {entry.terms_version} of {entry.dataset} "
                f"as {acceptance.typed_name} on {acceptance.at:%d %b %Y, %H:%M} UTC.",
                f"Approval number, to cite: {acceptance.number}.",
                f"sha256 of the text: {acceptance.text_sha256}.",
                "You can download the processed tier now.",
            ],
            "acceptance",
            {"number": acceptance.number},
            "See what you signed",
        )
    ]


@tell("application.submit")
def _applied(entry: Entry) -> list[Draft]:
    application = Application.objects.filter(number=_number(entry)).first()
    if application is None:
        return []
    dataset = catalogue.dataset_by_slug(entry.dataset)
    stewards = [
        each
        for each in access.holders_of(Role.STEWARD, dataset.pk, now=entry.at)
        if each != application.applicant_id
    ]
    return [
        Draft(
            stewards,
            f"Application {application.number} for {entry.dataset}, {entry.tier}",
            [
                f"Somebody applies for the {entry.tier} tier of {entry.dataset}.",
                f"An answer was promised until {application.target_at:%d %b %Y}. "
                "Unanswered, it expires; silence never grants.",
            ],
            "steward-application",
            {"number": application.number},
            "Read the application",
        ),
        Draft(
            [application.applicant_id],
            f"We have your application {application.number}",
            [
                f"You applied for the {entry.tier} tier of {entry.dataset}.",
                f"A steward answers by {application.target_at:%d %b %Y}; you will get a mail.",
            ],
            "application",
            {"number": application.number},
            "See your application",
        ),
    ]


def _decided(entry: Entry, subject: str, lines: list[str]) -> list[Draft]:
    person = _concerns(entry)
    if person is None:
        return []
    number = _number(entry)
    where = {"number": number}
    return [Draft([person], subject, lines, "application", where, "See your application")]


@tell("application.approve")
def _approved(entry: Entry) -> list[Draft]:
    ends = entry.detail.get("ends", "")[:10]
    return _decided(
        entry,
        f"Access granted: {entry.dataset}, {entry.tier}",
        [
            f"A steward approved your application {_number(entry)}. "
            f"The {entry.tier} tier of {entry.dataset} is open to you until {ends}.",
            f"Their reason: {entry.reason}",
            "The tier asks for a second factor; add one to your account if you have none.",
        ],
    )


@tell("application.reject")
def _rejected(entry: Entry) -> list[Draft]:
    return _decided(
        entry,
        f"Application {_number(entry)} was declined",
        [
            f"A steward declined your application for the {entry.tier} tier of {entry.dataset}.",
            f"Their reason: {entry.reason}",
            "You may apply again at once.",
        ],
    )


@tell("application.expire")
def _expired(entry: Entry) -> list[Draft]:
    return _decided(
        entry,
        f"Application {_number(entry)} expired without an answer",
        [
            f"Nobody answered your application for the {entry.tier} tier of {entry.dataset} "
            "in time. That is our failing, not a no: please apply again.",
        ],
    )


@tell("grant.end")
def _ended(entry: Entry) -> list[Draft]:
    person = _concerns(entry)
    if person is None:
        return []
    namespace, _, name = entry.dataset.partition("/")
    return [
        Draft(
            [person],
            f"Your access to {entry.dataset}, {entry.tier} has ended",
            [
                f"Your grant for the {entry.tier} tier of {entry.dataset} ended today. "
                "Apply again if you still need it.",
            ],
            "apply",
            {"namespace": namespace, "name": name, "tier": entry.tier},
            "Apply again",
        )
    ]


@tell("grant.revoke")
def _revoked(entry: Entry) -> list[Draft]:
    drafts = _ended(entry)
    told = [f"A steward ended your access to the {entry.tier} tier. Reason: {entry.reason}"]
    return [draft._replace(lines=told) for draft in drafts]


@tell("volume.notice")
def _unusual(entry: Entry) -> list[Draft]:
    """To the stewards of what was downloaded; not to the person themselves."""
    person = _concerns(entry)
    who = get_user_model().objects.filter(pk=person).first()
    told = entry.detail
    datasets = [slug for slug in told["datasets"] if "/" in slug]
    if who is None or not datasets:
        return []
    stewards = {each for slug in datasets for each in _stewards_of(slug, entry)} - {person}
    first = dict(zip(("namespace", "name"), datasets[0].split("/", 1), strict=True))
    return [
        Draft(
            sorted(stewards),
            f"Unusually many downloads: {told['tickets']} in a day",
            [
                f"{who} ({who.email}) was let to {told['tickets']} files on {told['day']}. "
                f"By their own days and those of others, up to {told['limit']} would be usual.",
                f"Datasets: {', '.join(datasets)}.",
                "Nothing was refused. To take all of a version at once is a good reason; ask them "
                "if you know of none.",
            ],
            "dataset-metrics",
            first,
            "See the downloads",
        )
    ]


def _stewards_of(slug: str, entry: Entry) -> list[int]:
    try:
        dataset = catalogue.dataset_by_slug(slug)
    except MissingError:
        return []
    return access.holders_of(Role.STEWARD, dataset.pk, now=entry.at)
