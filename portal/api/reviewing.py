"""What stewards do by program: with a token of scope review, made with the second factor."""

from typing import Any

from django.core.paginator import Paginator
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.access import applied, services
from governance.access.states import State
from governance.audit.actors import Actor
from governance.errors import InvalidError
from portal.accounts import people
from portal.api.casework import QueuedOut, ReviewOut, between_reviewers, brief, whole
from portal.api.parsing import parsed, reviewer
from portal.refusals import body

PAGE = 50
ROUTE = "steward-application"


class ReasonIn(serializers.Serializer):
    reason = serializers.CharField(max_length=4000)


class ApproveIn(ReasonIn):
    ends = serializers.DateTimeField(help_text="the end itself is shut")
    submission = serializers.IntegerField(
        required=False, help_text="of what was read: another one that came meanwhile is refused"
    )


class ReturnIn(serializers.Serializer):
    questions = serializers.CharField(max_length=4000)


class HandOnIn(serializers.Serializer):
    to = serializers.EmailField(help_text="address of another steward of the dataset")
    note = serializers.CharField(max_length=4000, allow_blank=True, default="")


class NoteIn(serializers.Serializer):
    text = serializers.CharField(max_length=4000)


class BulkIn(ReasonIn):
    numbers = serializers.ListField(child=serializers.CharField(max_length=20), max_length=100)
    verb = serializers.ChoiceField(choices=["approve", "reject", "return"])
    ends = serializers.DateTimeField(required=False)


class OutcomeOut(serializers.Serializer):
    number = serializers.CharField()
    done = serializers.CharField(help_text="approved, endorsed, rejected, returned, or empty")
    problem = serializers.DictField(allow_null=True)


class QueueOut(serializers.Serializer):
    count = serializers.IntegerField()
    page = serializers.IntegerField()
    pages = serializers.IntegerField()
    applications = QueuedOut(many=True)


def _readable(number: str, actor: Actor) -> Any:
    return applied.readable_application(number, actor=actor, now=timezone.now())


def _told(number: str, actor: Actor, request: Request) -> Response:
    found = _readable(number, actor)
    told = whole(found, request._request, now=timezone.now(), route=ROUTE)
    return Response(
        ReviewOut(told | {"submission": found.submissions} | between_reviewers(found, actor)).data
    )


FILTERS = [
    OpenApiParameter("state", str, description="submitted (default), waiting, or another state"),
    OpenApiParameter("mine", bool, description="taken by the one who asks"),
    OpenApiParameter("free", bool, description="taken by nobody"),
    OpenApiParameter("late", bool, description="past the promised day"),
    OpenApiParameter("page", int),
]


class Queue(APIView):
    """Applications to the datasets of this steward or admin, oldest first."""

    @extend_schema(operation_id="queue", parameters=FILTERS, responses=QueueOut)
    def get(self, request: Request) -> Response:
        actor, asked = reviewer(request), request.query_params
        state = asked.get("state", "submitted")
        if state not in {"waiting", *(each.value for each in State)}:
            raise InvalidError("There is no such state.", fields={"state": "Choose a state."})
        on = {name: asked.get(name) in {"1", "true"} for name in ("mine", "free", "late")}
        chosen = applied.Chosen(state, **on)
        found = applied.queue(actor, chosen, now=timezone.now())
        page = Paginator(found, PAGE).get_page(asked.get("page"))
        shown = [each for each in page if applied.may_read(actor, each)]
        names = people.names(each.taken_by for each in shown)
        told = {
            "count": page.paginator.count,
            "page": page.number,
            "pages": page.paginator.num_pages,
            "applications": [
                brief(each, request._request, route=ROUTE)
                | {"applicant": each.applicant, "taken_by": names.get(each.taken_by or 0)}
                for each in shown
            ],
        }
        return Response(QueueOut(told).data)


class Review(APIView):
    """One application with all that reviewers know of it."""

    @extend_schema(operation_id="review", responses=ReviewOut)
    def get(self, request: Request, number: str) -> Response:
        return _told(number, reviewer(request), request)


class _Act(APIView):
    """One verb on one application, which it answers with."""

    def act(self, at: dict[str, Any], request: Request) -> None:
        """`at` is the application, the actor and the time, as every verb takes them."""
        raise NotImplementedError

    def done(self, request: Request, number: str) -> Response:
        actor = reviewer(request)
        found = _readable(number, actor)
        self.act({"application_id": found.pk, "actor": actor, "now": timezone.now()}, request)
        return _told(number, actor, request)


class Take(_Act):
    """Look after it from now on."""

    def act(self, at: dict[str, Any], request: Request) -> None:  # noqa: ARG002
        services.take_application(**at)

    @extend_schema(operation_id="review_take", request=None, responses=ReviewOut)
    def post(self, request: Request, number: str) -> Response:
        return self.done(request, number)


class GiveBack(_Act):
    """Look after it no longer."""

    def act(self, at: dict[str, Any], request: Request) -> None:  # noqa: ARG002
        services.give_back_application(**at)

    @extend_schema(operation_id="review_release", request=None, responses=ReviewOut)
    def post(self, request: Request, number: str) -> Response:
        return self.done(request, number)


class HandOn(_Act):
    """Give it to another steward."""

    def act(self, at: dict[str, Any], request: Request) -> None:
        given = parsed(HandOnIn, request)
        to = people.id_of(given["to"])
        services.hand_on_application(**at, to=to or 0, note=given["note"])

    @extend_schema(operation_id="review_hand", request=HandOnIn, responses=ReviewOut)
    def post(self, request: Request, number: str) -> Response:
        return self.done(request, number)


class WriteNote(_Act):
    """Write to the other reviewers; the applicant never sees it."""

    def act(self, at: dict[str, Any], request: Request) -> None:
        services.note_application(**at, text=parsed(NoteIn, request)["text"])

    @extend_schema(operation_id="review_note", request=NoteIn, responses=ReviewOut)
    def post(self, request: Request, number: str) -> Response:
        return self.done(request, number)


class Return(_Act):
    """Send it back with questions."""

    def act(self, at: dict[str, Any], request: Request) -> None:
        services.return_application(**at, questions=parsed(ReturnIn, request)["questions"])

    @extend_schema(operation_id="review_return", request=ReturnIn, responses=ReviewOut)
    def post(self, request: Request, number: str) -> Response:
        return self.done(request, number)


class Approve(_Act):
    """Say yes; where two are needed, the second yes grants."""

    def act(self, at: dict[str, Any], request: Request) -> None:
        services.approve_application(**at, **parsed(ApproveIn, request))

    @extend_schema(operation_id="review_approve", request=ApproveIn, responses=ReviewOut)
    def post(self, request: Request, number: str) -> Response:
        return self.done(request, number)


class Reject(_Act):
    """Say no; one is enough."""

    def act(self, at: dict[str, Any], request: Request) -> None:
        services.reject_application(**at, **parsed(ReasonIn, request))

    @extend_schema(operation_id="review_reject", request=ReasonIn, responses=ReviewOut)
    def post(self, request: Request, number: str) -> Response:
        return self.done(request, number)


class Revoke(_Act):
    """End all that came of an approval, at once."""

    def act(self, at: dict[str, Any], request: Request) -> None:
        services.revoke_application(**at, **parsed(ReasonIn, request))

    @extend_schema(operation_id="review_revoke", request=ReasonIn, responses=ReviewOut)
    def post(self, request: Request, number: str) -> Response:
        return self.done(request, number)


class Bulk(APIView):
    """The same answer to several; one that can't have it is told, and costs only itself."""

    @extend_schema(operation_id="review_bulk", request=BulkIn, responses=OutcomeOut(many=True))
    def post(self, request: Request) -> Response:
        actor, given = reviewer(request), parsed(BulkIn, request)
        done = services.decide_many(actor=actor, now=timezone.now(), **given)
        told = [
            {
                "number": each.number,
                "done": each.done,
                "problem": body(request._request, each.error) if each.error else None,
            }
            for each in done
        ]
        return Response(OutcomeOut(told, many=True).data)
