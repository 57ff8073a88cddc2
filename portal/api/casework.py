"""Applications as programs see them: the shapes that both sides share."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from rest_framework import serializers

from governance.access import applied
from governance.access import selectors as access
from governance.audit.actors import Actor
from portal.accounts import people


class QuestionOut(serializers.Serializer):
    name = serializers.CharField()
    label = serializers.CharField()
    kind = serializers.CharField()
    help = serializers.CharField(required=False)
    required = serializers.BooleanField(required=False)
    least = serializers.JSONField(required=False)
    most = serializers.JSONField(required=False)
    choices = serializers.ListField(child=serializers.CharField(), required=False)
    types = serializers.ListField(child=serializers.CharField(), required=False)
    megabytes = serializers.IntegerField(required=False)


class FormOut(serializers.Serializer):
    dataset = serializers.CharField()
    tier = serializers.CharField()
    days = serializers.IntegerField(help_text="longest grant")
    reviewers = serializers.IntegerField(help_text="how many different ones must say yes")
    questions = QuestionOut(many=True)


class UploadOut(serializers.Serializer):
    id = serializers.IntegerField()
    question = serializers.CharField()
    name = serializers.CharField()
    size = serializers.IntegerField(help_text="bytes")


class MemberOut(serializers.Serializer):
    id = serializers.IntegerField()
    email = serializers.CharField()
    state = serializers.CharField()


class ExchangeOut(serializers.Serializer):
    questions = serializers.CharField()
    asked_at = serializers.DateTimeField()
    reply = serializers.CharField()
    replied_at = serializers.DateTimeField(allow_null=True)


class GrantOut(serializers.Serializer):
    id = serializers.IntegerField()
    begins = serializers.DateTimeField()
    ends = serializers.DateTimeField()
    state = serializers.CharField(help_text="open, later, ended or revoked")
    revoked_reason = serializers.CharField(allow_blank=True)


class BriefOut(serializers.Serializer):
    """One line of a list."""

    number = serializers.CharField()
    dataset = serializers.CharField()
    tier = serializers.CharField()
    kind = serializers.CharField(help_text="first or renewal")
    state = serializers.CharField(
        help_text="draft, submitted, returned, approved, rejected, withdrawn, expired, revoked"
    )
    submitted_at = serializers.DateTimeField(allow_null=True)
    target_at = serializers.DateTimeField(allow_null=True, help_text="an answer is promised")
    expires_at = serializers.DateTimeField(allow_null=True, help_text="unanswered, it expires")
    answer_by = serializers.DateTimeField(allow_null=True, help_text="of a returned one")
    decided_at = serializers.DateTimeField(allow_null=True)
    place = serializers.IntegerField(allow_null=True, help_text="in the queue; 1 is next")
    queued = serializers.IntegerField(allow_null=True)
    url = serializers.CharField()


class ApplicationOut(BriefOut):
    reason = serializers.CharField(allow_blank=True)
    questions = QuestionOut(many=True)
    answers = serializers.DictField()
    files = UploadOut(many=True)
    members = MemberOut(many=True)
    exchanges = ExchangeOut(many=True)
    grant = GrantOut(allow_null=True)


class ApplicantOut(serializers.Serializer):
    name = serializers.CharField()
    email = serializers.CharField()
    affiliation = serializers.CharField(allow_blank=True)


class NoteOut(serializers.Serializer):
    by = serializers.CharField()
    at = serializers.DateTimeField()
    text = serializers.CharField()


class YesOut(serializers.Serializer):
    by = serializers.CharField()
    at = serializers.DateTimeField()
    ends = serializers.DateTimeField()
    reason = serializers.CharField()


class QueuedOut(BriefOut):
    applicant = ApplicantOut()
    taken_by = serializers.CharField(allow_null=True)


class ReviewOut(ApplicationOut):
    applicant = ApplicantOut()
    taken_by = serializers.CharField(allow_null=True)
    submission = serializers.IntegerField(help_text="how often it was sent; say it to approve")
    reviewers = serializers.IntegerField(help_text="how many different ones must say yes")
    yeses = YesOut(many=True)
    notes = NoteOut(many=True)


def brief(found: Any, request: HttpRequest, *, route: str = "application") -> dict[str, Any]:
    """Of an application with `shown`, `place` and `queued`, its tier and dataset loaded."""
    waits = found.state == "submitted"
    path = reverse(route, kwargs={"number": found.number})
    return {
        "number": found.number,
        "dataset": found.tier.dataset.slug,
        "tier": found.tier.name,
        "kind": found.kind,
        "state": found.shown,
        "submitted_at": found.submitted_at,
        "target_at": found.target_at,
        "expires_at": found.expires_at,
        "answer_by": found.answer_by,
        "decided_at": found.decided_at,
        "place": found.place if waits else None,
        "queued": found.queued if waits else None,
        "url": request.build_absolute_uri(path),
    }


def whole(
    found: Any, request: HttpRequest, *, now: datetime, route: str = "application"
) -> dict[str, Any]:
    """What both sides may read of one application."""
    grant = applied.grant_of(found)
    return brief(found, request, route=route) | {
        "reason": found.reason,
        "questions": found.form,
        "answers": found.answers,
        "files": [each for files in applied.uploads(found).values() for each in files],
        "members": applied.members(found),
        "exchanges": applied.exchanges(found),
        "grant": granted(grant, now) if grant else None,
    }


def granted(grant: Any, now: datetime) -> dict[str, Any]:
    return {
        "id": grant.pk,
        "begins": grant.begins,
        "ends": grant.ends,
        "state": access.grant_state(grant, now=now),
        "revoked_reason": grant.revoked_reason,
    }


def between_reviewers(found: Any, actor: Actor) -> dict[str, Any]:
    """What no applicant is ever told, nor a reviewer of something that they have a part in."""
    if applied.has_part_in(found, actor):
        hidden: dict[str, Any] = {"taken_by": None, "yeses": [], "notes": []}
        return hidden | {"applicant": found.applicant, "reviewers": found.tier.reviewers}
    yeses, notes = applied.yeses(found), applied.notes(found)
    known = {each.reviewer for each in yeses} | {each.author for each in notes}
    names = people.names({*known, found.taken_by})
    return {
        "applicant": found.applicant,
        "taken_by": names.get(found.taken_by) if found.taken_by else None,
        "reviewers": found.tier.reviewers,
        "yeses": [
            {"by": names.get(each.reviewer, ""), "at": each.at, "ends": each.ends,
             "reason": each.reason}
            for each in yeses
        ],
        "notes": [
            {"by": names.get(each.author, ""), "at": each.at, "text": each.text} for each in notes
        ],
    }  # fmt: skip
