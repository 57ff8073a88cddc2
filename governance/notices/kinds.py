"""What is told to whom about which act. A later area adds its kinds with `tell`.

A kind looks at one entry of the record and says whom to tell what. It reads, it never writes.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from django.conf import settings
from django.contrib.auth import get_user_model

from governance import dates
from governance.access import selectors as access
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
    addresses: Sequence[str] = ()  # of people without an account: by mail alone
    due: str = ""  # what must be done, and by when: stands before the lines, in bold
    topic: str = ""  # of `topics.TOPICS`; else that of the act


Teller = Callable[[Entry], list[Draft]]
TELLERS: dict[str, Teller] = {}


def tell(action: str) -> Callable[[Teller], Teller]:
    """Register what is told about entries with this action.

    Several areas may tell of one act. What a later one says goes first: somebody to whom two of
    them say something of the same topic gets the first alone.
    """

    def keep(teller: Teller) -> Teller:
        before = TELLERS.get(action)
        TELLERS[action] = teller if before is None else _both(teller, before)
        return teller

    return keep


def _both(first: Teller, then: Teller) -> Teller:
    def teller(entry: Entry) -> list[Draft]:
        return [*first(entry), *then(entry)]

    return teller


def concerned(entry: Entry) -> int | None:
    """The person whom an entry is about; None once that was erased."""
    person = getattr(entry, "person", None)
    return person.concerns if person is not None else None


def number_of(entry: Entry) -> str:
    return entry.subject.partition(":")[2]


@tell("terms.accept")
def _signed(entry: Entry) -> list[Draft]:
    acceptance = Acceptance.objects.filter(number=number_of(entry)).first()
    if acceptance is None or acceptance.user_id is None:
        return []
    return [
        Draft(
            [acceptance.user_id],
            f"Your copy: terms {entry.terms_version} of {entry.dataset}",
            [
                f"You signed the terms {entry.terms_version} of {entry.dataset} "
                f"as {acceptance.typed_name} on {dates.moment(acceptance.at)}.",
                f"Approval number, to cite: {acceptance.number}.",
                f"sha256 of the text: {acceptance.text_sha256}.",
                _what_now(acceptance),
            ],
            "acceptance",
            {"number": acceptance.number},
            "See what you signed",
        )
    ]


def _what_now(acceptance: Acceptance) -> str:
    ended = acceptance.terms.dataset.wound_down_at
    if ended is not None and ended <= acceptance.at:
        return "The dataset was wound down: nothing of it is handed out any more."
    begins = acceptance.terms.effective_at
    if begins > acceptance.at:
        return f"These terms take effect on {dates.moment(begins)}."
    return "You can download the processed tier now."


@tell("volume.notice")
def _unusual(entry: Entry) -> list[Draft]:
    """To the stewards of what was downloaded; not to the person themselves."""
    person = concerned(entry)
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


# ------------------------------------------------------------------ suspensions


def _to_the_suspended(entry: Entry, subject: str, lines: list[str]) -> list[Draft]:
    person = concerned(entry)
    if person is None:
        return []
    return [Draft([person], subject, lines, "account", {}, "See your account")]


@tell("suspension.begin")
def _suspended(entry: Entry) -> list[Draft]:
    ends = entry.detail.get("ends")
    until = f"until {dates.day(ends)}" if ends else "until an admin lifts it"
    return _to_the_suspended(
        entry,
        "Your account is suspended",
        [
            f"An admin suspended your account {until}. Reason: {entry.reason}",
            "Nothing can be downloaded, signed or applied for meanwhile; your tokens open nothing. "
            "You can still sign in and see what you have signed.",
            f"If this is wrong, write to {settings.CONTACT_EMAIL}.",
        ],
    )


@tell("suspension.lift")
def _lifted(entry: Entry) -> list[Draft]:
    return _to_the_suspended(
        entry,
        "Your account is open again",
        [f"An admin lifted the suspension of your account. Reason: {entry.reason}"],
    )


@tell("suspension.end")
def _suspension_over(entry: Entry) -> list[Draft]:
    return _to_the_suspended(
        entry, "Your account is open again", ["The suspension of your account has ended."]
    )


# ------------------------------------------------------------------ second factors


@tell("person.reset-factors")
def _factors_taken_off(entry: Entry) -> list[Draft]:
    person, acting = concerned(entry), getattr(entry, "person", None)
    if person is None:
        return []
    admin = acting is not None and acting.user_id is not None
    who = f"{acting.name or 'An admin'}, an admin," if admin else "The operator of this site"
    return [
        Draft(
            [person],
            "Your second factor was taken off",
            [
                f"{who} took the second factor off your account on {dates.moment(entry.at)}. "
                f"Reason: {entry.reason}",
                "You were signed out everywhere, and tokens of yours that carried the second "
                "factor are revoked. Sign in with your password and add a new one.",
                f"If you did not ask for this, write to {settings.CONTACT_EMAIL} at once.",
            ],
            "mfa_index",
            {},
            "Add a second factor",
        )
    ]
