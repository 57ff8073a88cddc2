"""Builds for programs: how far they are, what was left out and why; pause, resume, cancel."""

from typing import Any

from django.core.paginator import Paginator
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.audit.actors import Actor, Role
from governance.errors import MissingError, NotPermittedError, RefusedError
from pipeline.engine import selectors, services
from portal.api.errors import ProblemOut
from portal.api.parsing import SIGN_IN, parsed

PAGE = 50
READERS = {Role.ADMIN, Role.STEWARD, Role.AUDITOR}
REFUSED = dict.fromkeys((401, 403), ProblemOut)
PROBLEMS = dict.fromkeys((401, 403, 404, 409, 422), ProblemOut)


class BuildReasonIn(serializers.Serializer):
    reason = serializers.CharField(max_length=4000, help_text="stays in the record")


class BuildOut(serializers.Serializer):
    id = serializers.IntegerField(source="pk")
    dataset = serializers.CharField(source="version.dataset.slug")
    version = serializers.CharField(source="version.number")
    state = serializers.CharField(help_text="running, paused, held, done, failed or cancelled")
    stage = serializers.CharField(help_text="the one that is being done; empty before the first")
    cause = serializers.CharField(help_text="why it is held, waits, failed or was cancelled")
    started_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)


class StageOut(serializers.Serializer):
    name = serializers.CharField()
    state = serializers.CharField(help_text="done, now or later")
    shards_planned = serializers.IntegerField(source="planned")
    shards_done = serializers.IntegerField(source="done")
    shards_running = serializers.IntegerField(source="running")
    shards_failed = serializers.IntegerField(source="failed", help_text="set aside")
    retried = serializers.IntegerField(help_text="attempts beyond the first")
    rows_in = serializers.IntegerField()
    rows_out = serializers.IntegerField()
    seconds = serializers.FloatField(help_text="from the first start to the last end so far")
    rows_per_second = serializers.SerializerMethodField()

    def get_rows_per_second(self, told: selectors.StageProgress) -> float | None:
        return round(told.rows_in / told.seconds, 1) if told.rows_in and told.seconds else None


class WholeBuildOut(BuildOut):
    share = serializers.FloatField(help_text="0 to 1, by stages and shards")
    seconds_left = serializers.FloatField(
        allow_null=True, help_text="of the stage that is being done; null when nothing tells"
    )
    stages = StageOut(many=True)
    dropped = serializers.DictField(
        child=serializers.IntegerField(), help_text="rows left out so far, by reason"
    )


class BuildsOut(serializers.Serializer):
    count = serializers.IntegerField()
    page = serializers.IntegerField()
    pages = serializers.IntegerField()
    builds = BuildOut(many=True)


def _reader(request: Request) -> Actor:
    """Staff of some dataset; anyone else is answered the same whatever they name."""
    actor: Actor = request.auth
    if not actor.signed_in:
        raise RefusedError([SIGN_IN])
    actor.require_standing()
    if actor.token is not None:
        raise NotPermittedError("Builds are not reached by a token: sign in, with a second factor.")
    if not {role for role, _ in actor.roles} & READERS:
        raise NotPermittedError("Only a steward, an admin or an auditor may do this.")
    if not actor.second_factor:
        raise NotPermittedError("This asks for your second factor.")
    return actor


def _build(actor: Actor, build_id: int) -> Any:
    found = selectors.build(build_id)
    if not selectors.may_see(actor, found):
        raise MissingError("There is no such build.")
    return found


def _told(actor: Actor, build_id: int) -> Response:
    found = _build(actor, build_id)
    progress = selectors.progress(found, now=timezone.now())
    more = {
        "share": round(progress.share, 4),
        "seconds_left": progress.left,
        "stages": StageOut(progress.stages, many=True).data,
        "dropped": selectors.dropped(found),
    }
    return Response(BuildOut(found).data | more)


class Builds(APIView):
    """Builds of the datasets on which who asks has a role, newest first."""

    @extend_schema(
        operation_id="builds",
        parameters=[OpenApiParameter("page", int)],
        responses={200: BuildsOut, **REFUSED},
    )
    def get(self, request: Request) -> Response:
        found = Paginator(selectors.seen_by(_reader(request)), PAGE)
        page = found.get_page(request.query_params.get("page"))
        told = {"count": found.count, "page": page.number, "pages": found.num_pages}
        return Response(told | {"builds": BuildOut(page, many=True).data})


class Build(APIView):
    """One build: its stages, how fast each goes, what was left out, why it is held."""

    @extend_schema(operation_id="build", responses={200: WholeBuildOut, **PROBLEMS})
    def get(self, request: Request, build_id: int) -> Response:
        return _told(_reader(request), build_id)


def _act(request: Request, build_id: int, verb: Any) -> Response:
    actor = _reader(request)
    _build(actor, build_id)  # another dataset's is as if it did not exist
    reason = parsed(BuildReasonIn, request)["reason"]
    verb(actor=actor, build_id=build_id, reason=reason, now=timezone.now())
    return _told(actor, build_id)


class Pause(APIView):
    """Let it rest: shards in hand end, no other one is begun, nothing is lost."""

    @extend_schema(
        operation_id="pause_build",
        request=BuildReasonIn,
        responses={200: WholeBuildOut, **PROBLEMS},
    )
    def post(self, request: Request, build_id: int) -> Response:
        return _act(request, build_id, services.pause_build)


class Resume(APIView):
    """Let a paused or held one go on; shards that were set aside are tried again."""

    @extend_schema(
        operation_id="resume_build",
        request=BuildReasonIn,
        responses={200: WholeBuildOut, **PROBLEMS},
    )
    def post(self, request: Request, build_id: int) -> Response:
        return _act(request, build_id, services.resume_build)


class Cancel(APIView):
    """End it: work in hand ends with its shard, and the version is rejected."""

    @extend_schema(
        operation_id="cancel_build",
        request=BuildReasonIn,
        responses={200: WholeBuildOut, **PROBLEMS},
    )
    def post(self, request: Request, build_id: int) -> Response:
        return _act(request, build_id, services.cancel_build)
