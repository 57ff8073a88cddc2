"""Versions for programs: which there are, what each changes, what stands against a candidate."""

from typing import Any

from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.access import selectors as access
from governance.audit.actors import Actor, Role
from governance.catalogue import comparing
from governance.catalogue import selectors as catalogue
from governance.errors import InvalidError, MissingError, NotPermittedError, RefusedError
from pipeline.engine import differences, publishing
from portal.api.errors import ProblemOut
from portal.api.parsing import SIGN_IN

READERS = (Role.STEWARD, Role.ADMIN, Role.AUDITOR)
SINCE = OpenApiParameter(
    "since", str, description="Number of the other version; the one before it unless given."
)
EXACT = OpenApiParameter(
    "exact", bool, description="With the groups that are told to staff alone; asks for their role."
)


class PurgeOut(serializers.Serializer):
    """What became of the bytes of a closed version."""

    state = serializers.CharField(help_text="waiting, erasing, held or done")
    asked_at = serializers.DateTimeField()
    verified_at = serializers.DateTimeField(
        allow_null=True, help_text="when every key was listed and asked for again: nothing there"
    )
    objects_erased = serializers.IntegerField()
    objects_shared = serializers.IntegerField(help_text="kept, as another version needs them")
    bytes_erased = serializers.IntegerField()


class VersionOut(serializers.Serializer):
    version = serializers.CharField(source="number")
    state = serializers.CharField(help_text="published, superseded or withdrawn")
    served = serializers.SerializerMethodField(help_text="whether files are handed out now")
    published_at = serializers.DateTimeField()
    serve_until = serializers.DateTimeField(
        allow_null=True, help_text="of a superseded version: refused from then on"
    )
    withdrawn_at = serializers.DateTimeField(allow_null=True)
    withdrawn_reason = serializers.CharField(allow_blank=True)
    erase_by = serializers.DateTimeField(
        allow_null=True, help_text="of a withdrawn version: holders erase their copies by then"
    )
    successor = serializers.SerializerMethodField(help_text="what to take in its place")
    purge = serializers.SerializerMethodField()
    rows = serializers.IntegerField(help_text="of the processed tier")
    size = serializers.IntegerField(help_text="bytes of the processed tier")
    terms_version = serializers.CharField(source="terms", allow_blank=True)
    commit = serializers.CharField()
    manifest_sha256 = serializers.CharField()
    url = serializers.SerializerMethodField()
    manifest_url = serializers.SerializerMethodField()
    note_url = serializers.SerializerMethodField(help_text="signed note of the manifest's sha256")
    difference_url = serializers.SerializerMethodField()

    def get_successor(self, version: Any) -> str | None:
        return version.successor.number if version.successor_id else None

    @extend_schema_field(PurgeOut(allow_null=True))
    def get_purge(self, version: Any) -> dict[str, Any] | None:
        asked = getattr(version, "purge", None)
        return PurgeOut(asked).data if asked is not None else None

    def get_served(self, version: Any) -> bool:
        return access.is_served(self.context["dataset"], version, now=self.context["now"])

    def get_url(self, version: Any) -> str:
        return self._address("dataset-difference", version)

    def get_manifest_url(self, version: Any) -> str:
        return self._address("manifest", version)

    def get_note_url(self, version: Any) -> str:
        return self._address("manifest-note", version)

    def get_difference_url(self, version: Any) -> str:
        return self._address("api-difference", version)

    def _address(self, route: str, version: Any) -> str:
        dataset = self.context["dataset"]
        where = {
            "namespace": dataset.namespace,
            "name": dataset.name,
            "number": version.number,
        }
        return self.context["request"].build_absolute_uri(reverse(route, kwargs=where))


class ReleaseOut(VersionOut):
    release_notes = serializers.SerializerMethodField(help_text="Markdown")

    def get_release_notes(self, version: Any) -> str:
        found = catalogue.notes_of(version)
        return found.text if found else ""


class Versions(APIView):
    """Every version that anyone may know of, newest first, withdrawn ones too."""

    @extend_schema(operation_id="versions", responses=VersionOut(many=True))
    def get(self, request: Request, namespace: str, name: str) -> Response:
        dataset = catalogue.dataset(namespace, name)
        context = {"request": request, "dataset": dataset, "now": timezone.now()}
        found = VersionOut(catalogue.public_versions(dataset), many=True, context=context)
        return Response(found.data)


class Version(APIView):
    """One version with its release notes."""

    @extend_schema(operation_id="version", responses={200: ReleaseOut, 404: ProblemOut})
    def get(self, request: Request, namespace: str, name: str, number: str) -> Response:
        dataset = catalogue.dataset(namespace, name)
        context = {"request": request, "dataset": dataset, "now": timezone.now()}
        return Response(ReleaseOut(catalogue.version(dataset, number), context=context).data)


class GroupsOut(serializers.Serializer):
    reasons = serializers.DictField(child=serializers.IntegerField())
    languages = serializers.DictField(child=serializers.IntegerField())
    licences = serializers.DictField(child=serializers.IntegerField())


class KindOut(GroupsOut):
    rows = serializers.IntegerField()
    bytes = serializers.IntegerField(help_text="of the original files")
    sizes = GroupsOut(help_text="the same groups in bytes", required=False)
    others = serializers.DictField(
        child=serializers.IntegerField(),
        required=False,
        help_text="rows of groups that fewer than five accounts stand behind, told together",
    )


class KindsOut(serializers.Serializer):
    added = KindOut()
    removed = KindOut()
    changed = KindOut()


class ComparedOut(serializers.Serializer):
    dataset = serializers.CharField()
    version = serializers.CharField()
    since = serializers.CharField(allow_null=True, help_text="null: nothing before it")
    exact = serializers.BooleanField()
    sha256 = serializers.CharField(
        required=False, help_text="of the exact difference: what a review names; staff alone"
    )
    rows = KindsOut()
    unchanged = serializers.IntegerField()
    totals = serializers.DictField(help_text="rows, bytes and repositories, `old` and `new`")
    files = serializers.DictField(help_text="by tier: unchanged, rewritten, new, gone, bytes")
    dropped = serializers.DictField(
        help_text="places left out while building, by stage and reason; null where people asked"
    )


class Difference(APIView):
    """What changed from one version of a dataset to any other one. It names nobody: of rows that
    came, went or changed, groups that fewer than five accounts stand behind are told together."""

    @extend_schema(
        operation_id="difference",
        parameters=[SINCE, EXACT],
        responses={200: ComparedOut, 404: ProblemOut, 409: ProblemOut, 503: ProblemOut},
    )
    def get(self, request: Request, namespace: str, name: str, number: str) -> Response:
        dataset, now = catalogue.dataset(namespace, name), timezone.now()
        exact = request.query_params.get("exact", "").lower() in {"1", "true"}
        if exact:
            _require_reader(request.auth, dataset)
        version = catalogue.version(dataset, number, hidden=exact)
        since = _since(dataset, version, request.query_params.get("since", ""), hidden=exact)
        told: dict[str, Any] = {
            "dataset": dataset.slug,
            "version": version.number,
            "since": since.number if since else None,
            "exact": exact,
        }
        if exact:
            found = differences.between(since, version, now=now)
            return Response(told | {"sha256": found.digest} | found.exact)
        return Response(told | differences.told(since, version, now=now))


def _since(dataset: Any, version: Any, asked: str, *, hidden: bool) -> Any:
    if not asked:
        parent = version.parent
        if parent is not None:
            parent.dataset = dataset
        return parent
    found = catalogue.version(dataset, asked, hidden=hidden)
    if found.pk == version.pk:
        raise InvalidError(
            "Name another version to compare with.", fields={"since": "It is the same version."}
        )
    return found


class ItemOut(serializers.Serializer):
    code = serializers.CharField()
    title = serializers.CharField()
    mark = serializers.CharField(help_text="met, open, not_measured or accepted")
    evidence = serializers.CharField(help_text="from what it was computed")
    step = serializers.CharField(help_text="what is to be done, by whom; empty when nothing is")
    blocks = serializers.SerializerMethodField(help_text="whether it stands against publishing")

    def get_blocks(self, item: Any) -> bool:
        return bool(item.blocks or item.mark == "open")


class ChecklistOut(serializers.Serializer):
    dataset = serializers.CharField()
    version = serializers.CharField()
    state = serializers.CharField()
    difference_sha256 = serializers.CharField(help_text="what a review of it names")
    items = ItemOut(many=True)


class Checklist(APIView):
    """What stands against the publication of a version, computed now: for its staff."""

    @extend_schema(
        operation_id="checklist",
        responses={200: ChecklistOut, 401: ProblemOut, 403: ProblemOut, 404: ProblemOut},
    )
    def get(self, request: Request, namespace: str, name: str, number: str) -> Response:
        # Of one that is not listed only its staff knows: the others are answered as for none.
        find = catalogue.dataset_by_slug if request.auth.roles else _listed
        dataset = find(f"{namespace}/{name}")
        _require_reader(request.auth, dataset)
        version = catalogue.version(dataset, number, hidden=True)
        told = {
            "dataset": dataset.slug,
            "version": version.number,
            "state": version.state,
            "difference_sha256": comparing.digest_of(version.difference),
            "items": publishing.checklist(version, now=timezone.now()),
        }
        return Response(ChecklistOut(told).data)


def _listed(slug: str) -> Any:
    namespace, _, name = slug.partition("/")
    return catalogue.dataset(namespace, name)


def _require_reader(actor: Actor, dataset: Any) -> None:
    """A steward, admin or auditor of the dataset, by a session or by a token made for reviewing."""
    if not actor.signed_in:
        raise RefusedError([SIGN_IN])
    actor.require_standing()
    if any(actor.acts_as(role, dataset.pk) for role in READERS):
        return
    if not actor.may_review(dataset.slug, dataset.pk):
        if not dataset.listed:
            raise MissingError(f"There is no dataset {dataset.slug}.")
        raise NotPermittedError("Only a steward, an admin or an auditor of the dataset reads this.")
