"""What is told about applications, groups and grants."""

from datetime import datetime

from django.contrib.auth import get_user_model

from governance import dates
from governance.access import selectors as access
from governance.access.models import Application, Grant, Member
from governance.audit.actors import Role
from governance.audit.models import Entry
from governance.catalogue import selectors as catalogue
from governance.notices.kinds import Draft, concerned, number_of, tell

SEE = "See your application"


def _application(entry: Entry) -> Application | None:
    return Application.objects.filter(number=number_of(entry)).select_related("applicant").first()


def _stewards(entry: Entry, application: Application, *, but: int | None = None) -> list[int]:
    """Every steward of the dataset but the applicant, members of the group, and one more."""
    dataset = catalogue.dataset_by_slug(entry.dataset)
    part = {application.applicant_id, but}
    part |= set(application.members.exclude(user=None).values_list("user", flat=True))
    return [
        each
        for each in access.holders_of(Role.STEWARD, dataset.pk, now=entry.at)
        if each not in part
    ]


def _actor(entry: Entry) -> int | None:
    person = getattr(entry, "person", None)
    return person.user_id if person is not None else None


def _to_applicant(entry: Entry, subject: str, lines: list[str], action: str = SEE) -> list[Draft]:
    application = _application(entry)
    if application is None:
        return []
    where = {"number": application.number}
    return [Draft([application.applicant_id], subject, lines, "application", where, action)]


def _to_stewards(
    application: Application, people: list[int], subject: str, lines: list[str]
) -> Draft:
    where = {"number": application.number}
    return Draft(
        people,
        subject,
        lines,
        "steward-application",
        where,
        "Read the application",
        topic="stewarding",
    )


def _target(application: Application) -> str:
    return dates.day(application.target_at) if application.target_at else "the promised day"


# ------------------------------------------------------------------ what an applicant does


@tell("application.submit")
def _applied(entry: Entry) -> list[Draft]:
    application = _application(entry)
    if application is None:
        return []
    renews = "a renewal for" if application.kind == "renewal" else "for"
    return [
        _to_stewards(
            application,
            _stewards(entry, application),
            f"Application {application.number} for {entry.dataset}, {entry.tier}",
            [
                f"Somebody applies {renews} the {entry.tier} tier of {entry.dataset}.",
                f"An answer was promised until {_target(application)}. "
                "Unanswered, it expires; silence never grants.",
            ],
        ),
        *_to_applicant(
            entry,
            f"We have your application {application.number}",
            [
                f"You applied {renews} the {entry.tier} tier of {entry.dataset}.",
                f"The stewards answer by {_target(application)}; you will get a mail.",
            ],
        ),
    ]


@tell("application.answer")
def _answered(entry: Entry) -> list[Draft]:
    application = _application(entry)
    if application is None:
        return []
    return [
        _to_stewards(
            application,
            _stewards(entry, application),
            f"Answered: application {application.number}",
            [
                f"The applicant answered what was asked about the {entry.tier} tier of "
                f"{entry.dataset}. It has its old place in the queue.",
                f"An answer is promised until {_target(application)}.",
            ],
        )
    ]


@tell("application.withdraw")
def _withdrawn(entry: Entry) -> list[Draft]:
    application = _application(entry)
    if application is None:
        return []
    told = [f"The applicant took back the application for {entry.dataset}, {entry.tier}."]
    subject = f"Withdrawn: application {application.number}"
    return [_to_stewards(application, _stewards(entry, application), subject, told)]


@tell("application.nudge")
def _nudged(entry: Entry) -> list[Draft]:
    application = _application(entry)
    if application is None:
        return []
    told = [
        f"The applicant reminds you of {application.number} for {entry.dataset}, {entry.tier}.",
        f"An answer was promised until {_target(application)}.",
    ]
    subject = f"A reminder: application {application.number} waits"
    return [_to_stewards(application, _stewards(entry, application), subject, told)]


# ------------------------------------------------------------------ what stewards do


@tell("application.take")
def _taken(entry: Entry) -> list[Draft]:
    application, before = _application(entry), concerned(entry)
    if application is None or before is None:
        return []
    told = [f"Another steward looks after {application.number} from now on, in your place."]
    subject = f"Taken over: application {application.number}"
    return [_to_stewards(application, [before], subject, told)]


@tell("application.hand")
def _handed_on(entry: Entry) -> list[Draft]:
    application, to = _application(entry), concerned(entry)
    if application is None or to is None:
        return []
    told = [
        f"Application {application.number} for {entry.dataset}, {entry.tier} was handed to you.",
        f"An answer was promised until {_target(application)}. Notes stand on its page.",
    ]
    subject = f"Handed to you: application {application.number}"
    return [_to_stewards(application, [to], subject, told)]


@tell("application.return")
def _returned(entry: Entry) -> list[Draft]:
    application = _application(entry)
    by = dates.day(application.answer_by) if application and application.answer_by else ""
    return _to_applicant(
        entry,
        f"Questions about your application {number_of(entry)}",
        [
            f"A steward asks about your application for {entry.dataset}, {entry.tier}:",
            entry.reason,
            f"Answer by {by}, or it expires. Its place in the queue is kept."
            if by
            else "Its place in the queue is kept.",
        ],
        "Answer the questions",
    )


@tell("application.endorse")
def _endorsed(entry: Entry) -> list[Draft]:
    application = _application(entry)
    if application is None:
        return []
    others = _stewards(entry, application, but=_actor(entry))
    told = [
        f"One reviewer said yes to {application.number} for {entry.dataset}, {entry.tier}. "
        f"It takes {entry.detail.get('needed', 2)} different ones: another has to decide.",
    ]
    subject = f"A second yes is needed: application {application.number}"
    return [_to_stewards(application, others, subject, told)]


@tell("application.approve")
def _approved(entry: Entry) -> list[Draft]:
    begins, ends = (datetime.fromisoformat(entry.detail[name]) for name in ("begins", "ends"))
    until = f"until {dates.moment(ends)}"
    span = f"from {dates.moment(begins)} {until}" if begins > entry.at else until
    return _to_applicant(
        entry,
        f"Access granted: {entry.dataset}, {entry.tier}",
        [
            f"Your application {number_of(entry)} is approved. "
            f"The {entry.tier} tier of {entry.dataset} is open to you {span}.",
            f"Their reason: {entry.reason}",
            "The tier asks for a second factor; add one to your account if you have none.",
        ],
    )


@tell("application.reject")
def _rejected(entry: Entry) -> list[Draft]:
    return _to_applicant(
        entry,
        f"Application {number_of(entry)} was declined",
        [
            f"A steward declined your application for the {entry.tier} tier of {entry.dataset}.",
            f"Their reason: {entry.reason}",
            "You may apply again at once; your answers are kept for that.",
        ],
    )


# ------------------------------------------------------------------ what time brings


@tell("application.expire")
def _expired(entry: Entry) -> list[Draft]:
    number = number_of(entry)
    if entry.detail.get("waited_for") == "applicant":
        told = [
            f"The questions about your application for the {entry.tier} tier of {entry.dataset} "
            "were not answered in 30 working days. You may apply again: your answers are kept.",
        ]
        return _to_applicant(entry, f"Application {number} expired: its questions wait", told)
    told = [
        f"Nobody answered your application for the {entry.tier} tier of {entry.dataset} "
        "in time. That is our failing, not a no: please apply again; your answers are kept.",
    ]
    return _to_applicant(entry, f"Application {number} expired without an answer", told)


@tell("application.escalate")
def _escalated(entry: Entry) -> list[Draft]:
    application = _application(entry)
    if application is None:
        return []
    dataset = catalogue.dataset_by_slug(entry.dataset)
    admins = access.holders_of(Role.ADMIN, dataset.pk, now=entry.at)
    others = [each for each in admins if each != application.applicant_id]
    expires = dates.day(application.expires_at) if application.expires_at else "soon"
    told = [
        f"{application.number} for {entry.dataset}, {entry.tier} waits past "
        f"{_target(application)}, the day that was promised. Hand it to a steward who has time.",
        f"Unanswered until {expires}, it expires; silence never grants.",
    ]
    subject = f"Past its day: application {application.number}"
    late = f"Your application {application.number} is late"
    return [
        _to_stewards(application, others, subject, told),
        *_to_applicant(entry, late, ["It waits past the promised day. The admins have been told."]),
    ]


# ------------------------------------------------------------------ grants


@tell("grant.warn")
def _ends_soon(entry: Entry) -> list[Draft]:
    person = concerned(entry)
    ends = datetime.fromisoformat(entry.detail["ends"].replace("Z", "+00:00"))
    if person is None:
        return []
    told = [
        f"Your access to the {entry.tier} tier of {entry.dataset} ends on {dates.moment(ends)}.",
        "If you still need it, renew it: your answers are kept.",
    ]
    subject = f"{entry.detail['days']} days left: {entry.dataset}, {entry.tier}"
    return [Draft([person], subject, told, "applications", {}, "See your grants")]


@tell("grant.end")
def _ended(entry: Entry) -> list[Draft]:
    """Nothing, where another grant goes on from there."""
    person = concerned(entry)
    if person is None or _goes_on(entry, person):
        return []
    told = [
        f"Your grant for the {entry.tier} tier of {entry.dataset} ended today. "
        "Renew it if you still need it: your answers are kept.",
    ]
    subject = f"Your access to {entry.dataset}, {entry.tier} has ended"
    return [Draft([person], subject, told, "applications", {}, "See your grants")]


def _goes_on(entry: Entry, person: int) -> bool:
    namespace, _, name = entry.dataset.partition("/")
    return Grant.objects.filter(
        holder=person,
        tier__name=entry.tier,
        tier__dataset__namespace=namespace,
        tier__dataset__name=name,
        revoked_at=None,
        begins__lte=entry.at,
        ends__gt=entry.at,
    ).exists()


@tell("grant.revoke")
def _revoked(entry: Entry) -> list[Draft]:
    person = concerned(entry)
    if person is None:
        return []
    told = [
        f"A steward ended your access to the {entry.tier} tier of {entry.dataset}. "
        f"Reason: {entry.reason}"
    ]
    subject = f"Your access to {entry.dataset}, {entry.tier} was ended"
    return [Draft([person], subject, told, "applications", {}, "See your grants")]


# ------------------------------------------------------------------ groups


def _member(entry: Entry) -> Member | None:
    return (
        Member.objects.select_related("application__applicant")
        .filter(pk=entry.detail.get("member"))
        .first()
    )


@tell("group.invite")
def _invited(entry: Entry) -> list[Draft]:
    member = _member(entry)
    if member is None:
        return []
    account = get_user_model().objects.filter(email=member.email).first()
    lead = member.application.applicant
    told = [
        f"{lead.name or lead.email} was granted the {entry.tier} tier of {entry.dataset} for a "
        "group, and named you as a member.",
        "Accept for yourself: sign in with this address, sign the terms of the dataset, and "
        "accept the invitation. Nothing is open to you before.",
    ]
    return [
        Draft(
            [account.pk] if account else [],
            f"You are invited: {entry.dataset}, {entry.tier}",
            told,
            "invitations",
            {},
            "See the invitation",
            addresses=[] if account else [member.email],
        )
    ]


def _to_lead(entry: Entry, what: str) -> list[Draft]:
    member = _member(entry)
    if member is None:
        return []
    number = member.application.number
    told = [f"{member.email} {what} of {number} ({entry.dataset}, {entry.tier})."]
    subject = f"{member.email} {what}"
    where = {"number": number}
    lead = [member.application.applicant_id]
    return [Draft(lead, subject, told, "application", where, "See the group")]


@tell("group.accept")
def _accepted(entry: Entry) -> list[Draft]:
    return _to_lead(entry, "joined the group")


@tell("group.decline")
def _declined(entry: Entry) -> list[Draft]:
    return _to_lead(entry, "does not join the group")


@tell("group.leave")
def _left(entry: Entry) -> list[Draft]:
    return _to_lead(entry, "left the group")


@tell("group.remove")
def _removed(entry: Entry) -> list[Draft]:
    person = concerned(entry)
    if person is None:
        return []
    told = [
        f"The lead of your group took you out of it: your access to the {entry.tier} tier of "
        f"{entry.dataset} has ended."
    ]
    subject = f"Your access to {entry.dataset}, {entry.tier} has ended"
    return [Draft([person], subject, told, "invitations", {}, "See your groups")]
