"""What programs ask first: which datasets there are, and who the token is."""

from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.access import selectors as access
from governance.catalogue import selectors as catalogue
from governance.errors import RefusedError
from portal.api.parsing import SIGN_IN


class DatasetOut(serializers.Serializer):
    dataset = serializers.CharField(source="slug")
    title = serializers.CharField()
    summary = serializers.CharField()
    licence_set = serializers.CharField()
    current_version = serializers.SerializerMethodField()
    url = serializers.SerializerMethodField()

    def get_current_version(self, dataset: object) -> str | None:
        return next((version.number for version in dataset.current), None)  # type: ignore[attr-defined]

    def get_url(self, dataset: object) -> str:
        where = {"namespace": dataset.namespace, "name": dataset.name}  # type: ignore[attr-defined]
        return self.context["request"].build_absolute_uri(reverse("dataset", kwargs=where))


class Datasets(APIView):
    """The catalogue."""

    @extend_schema(operation_id="datasets", responses=DatasetOut(many=True))
    def get(self, request: Request) -> Response:
        found = DatasetOut(catalogue.listed(), many=True, context={"request": request})
        return Response(found.data)


class FileOut(serializers.Serializer):
    path = serializers.CharField()
    allowed = serializers.SerializerMethodField(help_text="whether the caller may download it now")
    tier = serializers.CharField(source="tier.name")
    size = serializers.IntegerField(help_text="bytes")
    rows = serializers.IntegerField()
    sha256 = serializers.CharField()

    def get_allowed(self, file: object) -> bool:
        open_to = file.tier_id in self.context["open"]  # type: ignore[attr-defined]
        return open_to and not file.withheld  # type: ignore[attr-defined]


class Files(APIView):
    """Files of the current version of a dataset, by tier and path; `mine` keeps those that the
    caller may download now. `access` tells what is missing for the others."""

    @extend_schema(
        operation_id="files",
        parameters=[OpenApiParameter("mine", bool, description="Only what the caller may have.")],
        responses=FileOut(many=True),
    )
    def get(self, request: Request, namespace: str, name: str) -> Response:
        version = catalogue.current(catalogue.dataset(namespace, name))
        if version is None:
            return Response([])
        visible = access.visible_to(request.auth, timezone.now()).filter(version=version)
        mine = set(visible.values_list("tier_id", flat=True).distinct())
        files = catalogue.artefacts(version)
        if request.query_params.get("mine", "").lower() in {"1", "true"}:
            files = files.filter(tier_id__in=mine, withheld=False)
        return Response(FileOut(files, many=True, context={"open": mine}).data)


class StepOut(serializers.Serializer):
    code = serializers.CharField()
    title = serializers.CharField()
    sentence = serializers.CharField()


class TierOut(serializers.Serializer):
    tier = serializers.CharField()
    allowed = serializers.BooleanField()
    valid_until = serializers.DateTimeField(allow_null=True)
    missing_steps = StepOut(many=True)


class Access(APIView):
    """Where the caller stands with every tier of a dataset, with the missing steps."""

    @extend_schema(operation_id="access", responses=TierOut(many=True))
    def get(self, request: Request, namespace: str, name: str) -> Response:
        dataset = catalogue.dataset(namespace, name)
        version = catalogue.current(dataset)
        found = access.standing(request.auth, dataset, version, now=timezone.now())
        told = [
            {
                "tier": each.tier.name,
                "allowed": each.decision.allowed,
                "valid_until": each.decision.valid_until,
                "missing_steps": each.decision.missing_steps,
            }
            for each in found
        ]
        return Response(TierOut(told, many=True).data)


class WhoOut(serializers.Serializer):
    email = serializers.CharField()
    name = serializers.CharField()
    verified = serializers.BooleanField()
    second_factor = serializers.BooleanField()
    token = serializers.CharField(allow_null=True)


class Who(APIView):
    """Whom the token or session belongs to."""

    @extend_schema(operation_id="who", responses=WhoOut)
    def get(self, request: Request) -> Response:
        actor = request.auth
        if not actor.signed_in:
            raise RefusedError([SIGN_IN])
        return Response(
            WhoOut(
                {
                    "email": actor.email,
                    "name": actor.name,
                    "verified": actor.verified,
                    "second_factor": actor.second_factor,
                    "token": actor.token.name if actor.token else None,
                }
            ).data
        )
