"""What an applicant does by program: the same verbs as on the pages, with a token of scope act."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.access import applied, services
from governance.audit.actors import Actor
from governance.catalogue import selectors as catalogue
from governance.errors import MissingError, WrongStateError
from portal.api.casework import (
    ApplicationOut,
    BriefOut,
    FormOut,
    GrantOut,
    UploadOut,
    brief,
    granted,
    whole,
)
from portal.api.parsing import OneFile, asker, parsed


class ApplyIn(serializers.Serializer):
    dataset = serializers.CharField(max_length=130, help_text="NS/NAME")
    tier = serializers.CharField(max_length=40)
    answers = serializers.DictField()
    members = serializers.ListField(
        child=serializers.CharField(max_length=254), max_length=60, required=False,
        help_text="addresses of a group, without the lead's own",
    )  # fmt: skip
    send = serializers.BooleanField(default=False, help_text="send it at once, else a draft")


class SaveIn(serializers.Serializer):
    answers = serializers.DictField()
    members = serializers.ListField(
        child=serializers.CharField(max_length=254), max_length=60, required=False
    )


class ReplyIn(serializers.Serializer):
    reply = serializers.CharField(max_length=8000)


def _own(number: str, actor: Actor) -> Any:
    """One's own, as far as the token reaches; else as if there were none."""
    found = applied.own_application(number, actor=actor, now=timezone.now())
    if not actor.reaches(found.tier.dataset.slug):
        raise MissingError(applied.NOT_THERE)
    return found


def _told(number: str, actor: Actor, request: Request, status: int = 200) -> Response:
    told = whole(_own(number, actor), request._request, now=timezone.now())
    return Response(ApplicationOut(told).data, status=status)


class Form(APIView):
    """What the stewards of a tier ask."""

    @extend_schema(operation_id="application_form", responses=FormOut)
    def get(self, request: Request, namespace: str, name: str, tier: str) -> Response:  # noqa: ARG002
        dataset = catalogue.dataset(namespace, name)
        found = catalogue.tier(dataset, tier)
        if not found.form:
            raise WrongStateError(f"The {tier} tier of {dataset.slug} can't be applied for.")
        told = {
            "dataset": dataset.slug,
            "tier": found.name,
            "days": found.days,
            "reviewers": found.reviewers,
            "questions": found.form,
        }
        return Response(FormOut(told).data)


class Applications(APIView):
    """One's own applications, and a new one."""

    @extend_schema(operation_id="applications", responses=BriefOut(many=True))
    def get(self, request: Request) -> Response:
        actor = asker(request)
        found = [
            brief(each, request._request)
            for each in applied.applications_of(actor, now=timezone.now())
            if actor.reaches(each.tier.dataset.slug)
        ]
        return Response(BriefOut(found, many=True).data)

    @extend_schema(operation_id="apply", request=ApplyIn, responses={201: ApplicationOut})
    def post(self, request: Request) -> Response:
        actor, given = asker(request), parsed(ApplyIn, request)
        namespace, _, name = given["dataset"].partition("/")
        tier = catalogue.tier(catalogue.dataset(namespace, name), given["tier"])
        verb = services.apply if given["send"] else services.draft_application
        made = verb(
            actor=actor,
            tier=tier,
            answers=given["answers"],
            members=given.get("members", []),
            now=timezone.now(),
        )
        return _told(made.number, actor, request, status=201)


class Application(APIView):
    """One of one's own; `PATCH` changes a draft or a returned one."""

    @extend_schema(operation_id="application", responses=ApplicationOut)
    def get(self, request: Request, number: str) -> Response:
        return _told(number, asker(request), request)

    @extend_schema(operation_id="application_save", request=SaveIn, responses=ApplicationOut)
    def patch(self, request: Request, number: str) -> Response:
        actor, given = asker(request), parsed(SaveIn, request)
        found = _own(number, actor)
        services.save_draft(
            application_id=found.pk,
            actor=actor,
            answers=found.answers | given["answers"],
            members=given.get("members"),
            now=timezone.now(),
        )
        return _told(number, actor, request)


class _Act(APIView):
    """One verb on one of one's own applications, which it answers with."""

    def act(self, found: Any, actor: Actor, request: Request) -> str:
        """Do it; the number of the application to answer with."""
        raise NotImplementedError

    def done(self, request: Request, number: str) -> Response:
        actor = asker(request)
        made = self.act(_own(number, actor), actor, request)
        return _told(made, actor, request, status=200 if made == number else 201)


class Submit(_Act):
    """Send a draft to the stewards."""

    def act(self, found: Any, actor: Actor, request: Request) -> str:  # noqa: ARG002
        services.submit_application(application_id=found.pk, actor=actor, now=timezone.now())
        return found.number

    @extend_schema(operation_id="application_submit", request=None, responses=ApplicationOut)
    def post(self, request: Request, number: str) -> Response:
        return self.done(request, number)


class Answer(_Act):
    """Send a returned one back, with a reply to its questions."""

    def act(self, found: Any, actor: Actor, request: Request) -> str:
        reply = parsed(ReplyIn, request)["reply"]
        services.answer_application(
            application_id=found.pk, actor=actor, reply=reply, now=timezone.now()
        )
        return found.number

    @extend_schema(operation_id="application_answer", request=ReplyIn, responses=ApplicationOut)
    def post(self, request: Request, number: str) -> Response:
        return self.done(request, number)


class Withdraw(_Act):
    """Take it back."""

    def act(self, found: Any, actor: Actor, request: Request) -> str:  # noqa: ARG002
        services.withdraw_application(application_id=found.pk, actor=actor, now=timezone.now())
        return found.number

    @extend_schema(operation_id="application_withdraw", request=None, responses=ApplicationOut)
    def post(self, request: Request, number: str) -> Response:
        return self.done(request, number)


class Nudge(_Act):
    """Remind the stewards, once a week."""

    def act(self, found: Any, actor: Actor, request: Request) -> str:  # noqa: ARG002
        services.nudge_application(application_id=found.pk, actor=actor, now=timezone.now())
        return found.number

    @extend_schema(operation_id="application_nudge", request=None, responses=ApplicationOut)
    def post(self, request: Request, number: str) -> Response:
        return self.done(request, number)


class Again(_Act):
    """A draft with the answers of one that was declined, withdrawn or is over."""

    def act(self, found: Any, actor: Actor, request: Request) -> str:  # noqa: ARG002
        told = {"application_id": found.pk, "actor": actor, "now": timezone.now()}
        return services.apply_again(**told).number

    @extend_schema(operation_id="application_again", request=None, responses={201: ApplicationOut})
    def post(self, request: Request, number: str) -> Response:
        return self.done(request, number)


class Renew(_Act):
    """A draft that asks for its grant to go on; it adds what was done with the data."""

    def act(self, found: Any, actor: Actor, request: Request) -> str:  # noqa: ARG002
        grant = applied.grant_of(found)
        told = {"grant_id": grant.pk if grant else 0, "actor": actor, "now": timezone.now()}
        return services.renew_grant(**told).number

    @extend_schema(operation_id="application_renew", request=None, responses={201: ApplicationOut})
    def post(self, request: Request, number: str) -> Response:
        return self.done(request, number)


NAMED = [
    OpenApiParameter("question", str, required=True, description="name of the question"),
    OpenApiParameter("name", str, description="what the file is called"),
]


class Files(APIView):
    """Send a file as the answer to a question: its bytes are the body."""

    parser_classes = [OneFile]

    @extend_schema(
        operation_id="application_file_add",
        parameters=NAMED,
        request={"application/octet-stream": bytes},
        responses={201: UploadOut},
    )
    def post(self, request: Request, number: str) -> Response:
        actor = asker(request)
        found = _own(number, actor)
        made = services.add_upload(
            application_id=found.pk,
            actor=actor,
            question=request.query_params.get("question", ""),
            name=request.query_params.get("name", ""),
            data=request.data if isinstance(request.data, bytes) else b"",
            now=timezone.now(),
        )
        return Response(UploadOut(made).data, status=201)


class File(APIView):
    """Take a file out of a draft or a returned application."""

    @extend_schema(operation_id="application_file_remove", responses={204: None})
    def delete(self, request: Request, number: str, upload_id: int) -> Response:
        actor = asker(request)
        found = _own(number, actor)
        services.remove_upload(application_id=found.pk, upload_id=upload_id, actor=actor)
        return Response(status=204)


class RemoveMember(APIView):
    """The lead takes somebody out of the group; their access ends at once."""

    @extend_schema(operation_id="group_remove", request=None, responses=ApplicationOut)
    def post(self, request: Request, number: str, member_id: int) -> Response:
        actor = asker(request)
        found = _own(number, actor)
        services.remove_member(
            application_id=found.pk, member_id=member_id, actor=actor, now=timezone.now()
        )
        return _told(number, actor, request)


class InvitationOut(serializers.Serializer):
    id = serializers.IntegerField()
    dataset = serializers.CharField(source="application.tier.dataset.slug")
    tier = serializers.CharField(source="application.tier.name")
    lead = serializers.CharField(source="application.applicant.email")
    state = serializers.CharField()


class Invitations(APIView):
    """Groups that one is asked to join, or is in."""

    @extend_schema(operation_id="invitations", responses=InvitationOut(many=True))
    def get(self, request: Request) -> Response:
        actor = asker(request)
        found = [
            each
            for each in applied.memberships_of(actor)
            if actor.reaches(each.application.tier.dataset.slug)
        ]
        return Response(InvitationOut(found, many=True).data)


class Accept(APIView):
    """Join a group: a grant of one's own. Missing steps are told as for a download."""

    @extend_schema(operation_id="invitation_accept", request=None, responses={201: GrantOut})
    def post(self, request: Request, member_id: int) -> Response:
        now = timezone.now()
        made = services.accept_invitation(member_id=member_id, actor=asker(request), now=now)
        return Response(GrantOut(granted(made, now)).data, status=201)


class Decline(APIView):
    """Say no to an invitation."""

    @extend_schema(operation_id="invitation_decline", request=None, responses={204: None})
    def post(self, request: Request, member_id: int) -> Response:
        actor = asker(request)
        services.decline_invitation(member_id=member_id, actor=actor, now=timezone.now())
        return Response(status=204)


class Leave(APIView):
    """Leave a group; one's access ends at once."""

    @extend_schema(operation_id="invitation_leave", request=None, responses={204: None})
    def post(self, request: Request, member_id: int) -> Response:
        services.leave_group(member_id=member_id, actor=asker(request), now=timezone.now())
        return Response(status=204)
