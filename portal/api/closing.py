"""The end of a version for programs: withdrawn, held for a legal matter."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.catalogue import selectors as catalogue
from governance.catalogue import services
from governance.errors import WrongStateError
from portal.api.errors import ProblemOut
from portal.api.parsing import asker, parsed
from portal.api.versions import VersionOut

PROBLEMS = dict.fromkeys((401, 403, 404, 409, 422), ProblemOut)


class WithdrawIn(serializers.Serializer):
    reason = serializers.CharField(max_length=4000)
    erase_by = serializers.DateTimeField(
        required=False, help_text="by then holders erase their copies; two weeks unless given"
    )
    successor = serializers.CharField(
        max_length=20,
        required=False,
        allow_blank=True,
        help_text="number; the current version unless given, none when empty",
    )


class HoldIn(serializers.Serializer):
    reason = serializers.CharField(max_length=4000)
    until = serializers.DateTimeField()


class LiftIn(serializers.Serializer):
    reason = serializers.CharField(max_length=4000)


class HoldOut(serializers.Serializer):
    reason = serializers.CharField()
    until = serializers.DateTimeField()
    placed_at = serializers.DateTimeField()
    lifted_at = serializers.DateTimeField(allow_null=True)


class Withdraw(APIView):
    """Withdraw a version: nothing of it is handed out from now on, and its bytes are erased."""

    @extend_schema(
        operation_id="withdraw_version", request=WithdrawIn, responses={200: VersionOut, **PROBLEMS}
    )
    def post(self, request: Request, namespace: str, name: str, number: str) -> Response:
        actor, now = asker(request), timezone.now()
        dataset = catalogue.dataset(namespace, name)
        found = catalogue.version(dataset, number)
        told = parsed(WithdrawIn, request)
        closed = services.withdraw_version(version_id=found.pk, actor=actor, now=now, **told)
        context = {"request": request, "dataset": dataset, "now": now}
        return Response(VersionOut(closed, context=context).data)


class Hold(APIView):
    """Place a legal hold on the bytes of a version."""

    @extend_schema(
        operation_id="hold_version", request=HoldIn, responses={201: HoldOut, **PROBLEMS}
    )
    def post(self, request: Request, namespace: str, name: str, number: str) -> Response:
        actor = asker(request)
        found = catalogue.version(catalogue.dataset(namespace, name), number)
        told: dict[str, Any] = parsed(HoldIn, request)
        hold = services.place_hold(actor=actor, version_id=found.pk, now=timezone.now(), **told)
        return Response(HoldOut(hold).data, status=201)


class Lift(APIView):
    """Lift the legal hold that is in force."""

    @extend_schema(operation_id="lift_hold", request=LiftIn, responses={200: HoldOut, **PROBLEMS})
    def post(self, request: Request, namespace: str, name: str, number: str) -> Response:
        actor, now = asker(request), timezone.now()
        found = catalogue.version(catalogue.dataset(namespace, name), number)
        services.check_keeper(actor, found)
        hold = catalogue.hold_of(found, now=now)
        if hold is None:
            raise WrongStateError("No legal hold is in force on this version.")
        told = parsed(LiftIn, request)
        lifted = services.lift_hold(actor=actor, hold_id=hold.pk, now=now, **told)
        return Response(HoldOut(lifted).data)
