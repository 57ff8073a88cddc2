"""The terms for programs: read the clauses, post the acceptance, fetch the copy."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.catalogue import selectors as catalogue
from governance.errors import InvalidError, MissingError, RefusedError
from governance.terms import selectors, services, texts
from portal.api.errors import ProblemOut
from portal.api.views import SIGN_IN

MOST_ASKED = 100  # clauses that one acceptance may name


class ClauseOut(serializers.Serializer):
    number = serializers.IntegerField()
    title = serializers.CharField()
    law = serializers.CharField(help_text="what binds")
    plain = serializers.CharField(help_text="what it means in practice")


class UseOut(serializers.Serializer):
    use = serializers.CharField()
    answer = serializers.ChoiceField(choices=texts.ANSWERS)
    condition = serializers.CharField()
    clause = serializers.CharField(help_text="number of the clause that says so")


class PieceOut(serializers.Serializer):
    kind = serializers.ChoiceField(choices=["same", "in", "out"])
    text = serializers.CharField()


class ChangeOut(serializers.Serializer):
    state = serializers.ChoiceField(choices=["added", "removed", "changed", "same"])
    number = serializers.IntegerField(allow_null=True)
    before = serializers.IntegerField(allow_null=True, help_text="number it had")
    title = serializers.CharField()
    law = PieceOut(many=True)
    plain = PieceOut(many=True)


class DifferenceOut(serializers.Serializer):
    since = serializers.CharField(help_text="the version it is compared with")
    clauses = ChangeOut(many=True)


class AcceptedOut(serializers.Serializer):
    terms_version = serializers.CharField()
    number = serializers.CharField(help_text="of the acceptance, to cite")
    at = serializers.DateTimeField()
    url = serializers.URLField()


class YoursOut(serializers.Serializer):
    accepted = serializers.BooleanField(help_text="whether an acceptance counts now")
    until = serializers.DateTimeField(allow_null=True, help_text="when that stops by itself")
    acceptances = AcceptedOut(many=True)


class TermsOut(serializers.Serializer):
    dataset = serializers.CharField()
    terms_version = serializers.CharField()
    title = serializers.CharField()
    summary = serializers.CharField(help_text="in plain language; it does not bind")
    text = serializers.CharField(help_text="what binds; `sha256` is of its UTF-8 bytes")
    sha256 = serializers.CharField()
    effective_at = serializers.DateTimeField()
    earlier = serializers.ChoiceField(
        choices=["good", "until", "end"], help_text="what becomes of earlier acceptances"
    )
    earlier_until = serializers.DateTimeField(allow_null=True)
    url = serializers.URLField(help_text="permanent")
    clauses = ClauseOut(many=True)
    uses = UseOut(many=True)
    coming = serializers.CharField(
        allow_null=True, help_text="a version that takes effect later and can be signed ahead"
    )
    yours = YoursOut(help_text="what the caller accepted")
    difference = DifferenceOut(
        allow_null=True, help_text="since what the caller accepted last; null when there is none"
    )
    accept_url = serializers.URLField(help_text="POST an acceptance here")


class VersionOut(serializers.Serializer):
    terms_version = serializers.CharField(source="number")
    sha256 = serializers.CharField(source="text_sha256")
    effective_at = serializers.DateTimeField()
    accepted_until = serializers.DateTimeField(allow_null=True)
    url = serializers.SerializerMethodField()

    def get_url(self, terms: Any) -> str:
        return _url(self.context["request"], terms)


class AcceptanceIn(serializers.Serializer):
    """Nothing is required here: what is missing is said by the verb, all at once."""

    terms_version = serializers.CharField(max_length=20, required=False)
    sha256 = serializers.CharField(
        max_length=64, required=False, help_text="of the text that was read"
    )
    clauses = serializers.ListField(
        child=serializers.IntegerField(min_value=0, max_value=1000),
        max_length=MOST_ASKED,
        required=False,
        help_text="numbers of the clauses agreed to: all of them",
    )
    typed_name = serializers.CharField(max_length=200, required=False, allow_blank=True)
    purpose = serializers.CharField(max_length=4000, required=False, allow_blank=True)
    shared_copy = serializers.CharField(
        max_length=20, required=False, allow_blank=True, help_text="code of a registered mirror"
    )


class CopyOut(serializers.Serializer):
    number = serializers.CharField()
    dataset = serializers.CharField()
    terms = serializers.CharField()
    title = serializers.CharField()
    text = serializers.CharField()
    text_sha256 = serializers.CharField()
    clauses = serializers.ListField(child=serializers.IntegerField())
    typed_name = serializers.CharField()
    email = serializers.CharField()
    purpose = serializers.CharField()
    at = serializers.DateTimeField()
    shared_copy = serializers.CharField(allow_null=True)
    accepted_until = serializers.DateTimeField(allow_null=True)
    entry = serializers.IntegerField(help_text="of the record")


def _absolute(request: HttpRequest, route: str, **where: str) -> str:
    return request.build_absolute_uri(reverse(route, kwargs=where))


def _url(request: HttpRequest, terms: Any) -> str:
    dataset = terms.dataset
    where = {"namespace": dataset.namespace, "name": dataset.name, "number": terms.number}
    return _absolute(request, "terms-version", **where)


class Terms(APIView):
    """The terms in force, or the version asked for, and where the caller stands with them."""

    @extend_schema(
        operation_id="terms",
        parameters=[OpenApiParameter("version", str, description="e.g. 1.0; else those in force")],
        responses={200: TermsOut, 404: ProblemOut},
    )
    def get(self, request: Request, namespace: str, name: str) -> Response:
        now, actor = timezone.now(), request.auth
        dataset = catalogue.dataset(namespace, name)
        asked = request.query_params.get("version", "")
        terms = selectors.version(dataset, asked) if asked else _in_force(dataset, now)
        coming = selectors.coming(dataset, now=now)
        clauses = selectors.clauses(terms)
        told = {
            "dataset": dataset.slug,
            "terms_version": terms.number,
            "title": terms.title,
            "summary": terms.summary,
            "text": terms.text,
            "sha256": terms.text_sha256,
            "effective_at": terms.effective_at,
            "earlier": terms.earlier,
            "earlier_until": terms.earlier_until,
            "url": _url(request, terms),
            "clauses": clauses,
            "uses": [{"condition": "", "clause": ""} | each for each in terms.uses],
            "coming": coming.number if coming is not None else None,
            "yours": _yours(request, actor, dataset, now),
            "difference": _difference(actor, terms, clauses),
            "accept_url": _absolute(request, "api-acceptance", namespace=namespace, name=name),
        }
        return Response(TermsOut(told).data)


def _yours(request: Request, actor: Any, dataset: Any, now: Any) -> dict[str, Any]:
    standing = selectors.standing(user_id=actor.user_id, dataset_id=dataset.pk, now=now)
    mine: Any = []
    if actor.signed_in and actor.reaches(dataset.slug):
        mine = selectors.acceptances_of(actor).filter(terms__dataset=dataset)
    return {
        "accepted": standing.accepted,
        "until": standing.until,
        "acceptances": [
            {
                "terms_version": each.terms.number,
                "number": each.number,
                "at": each.at,
                "url": _absolute(request, "api-copy", number=each.number),
            }
            for each in mine
        ],
    }


def _difference(actor: Any, terms: Any, clauses: Any) -> dict[str, Any] | None:
    """Clause by clause since what this person signed last; None once these are signed."""
    before = selectors.signed_before(actor, terms)
    if before is None or selectors.acceptance_of(actor, terms) is not None:
        return None
    changes = texts.compare(selectors.clauses(before.terms), clauses)
    return {"since": before.terms.number, "clauses": changes}


class Versions(APIView):
    """All versions of the terms of a dataset, the newest first."""

    @extend_schema(
        operation_id="terms_versions", responses={200: VersionOut(many=True), 404: ProblemOut}
    )
    def get(self, request: Request, namespace: str, name: str) -> Response:
        dataset = catalogue.dataset(namespace, name)
        found = selectors.versions(dataset)
        for each in found:
            each.dataset = dataset
        return Response(VersionOut(found, many=True, context={"request": request}).data)


class Acceptance(APIView):
    """Accept the terms as the person of the token (scope act) or the session."""

    @extend_schema(
        operation_id="accept_terms",
        request=AcceptanceIn,
        responses={
            200: CopyOut,
            201: CopyOut,
            400: ProblemOut,
            401: ProblemOut,
            403: ProblemOut,
            404: ProblemOut,
            409: ProblemOut,
            422: ProblemOut,
        },
    )
    def post(self, request: Request, namespace: str, name: str) -> Response:
        """201 for a new acceptance; 200 with the first one when these terms are signed already."""
        now, actor = timezone.now(), request.auth
        if not actor.signed_in:
            raise RefusedError([SIGN_IN])
        dataset = catalogue.dataset(namespace, name)
        given = AcceptanceIn(data=request.data)
        given.is_valid(raise_exception=True)
        told = given.validated_data
        number = told.get("terms_version", "")
        terms = selectors.version(dataset, number) if number else _in_force(dataset, now)
        try:
            made = services.accept(
                actor=actor,
                terms_id=terms.pk,
                ticked=told.get("clauses", []),
                typed_name=told.get("typed_name", ""),
                purpose=told.get("purpose", ""),
                read=texts.Read(number, told.get("sha256", "")),
                via=told.get("shared_copy", ""),
                now=now,
            )
        except InvalidError as error:
            error.fields = _as_sent(error.fields)
            raise
        status = 201 if made.at == now else 200
        return Response(CopyOut(selectors.copy_of(made)).data, status=status)


def _in_force(dataset: Any, now: Any) -> Any:
    terms = selectors.in_force(dataset, now=now)
    if terms is None:
        raise MissingError(f"{dataset.slug} has no terms.")
    terms.dataset = dataset
    return terms


def _as_sent(fields: dict[str, str]) -> dict[str, str]:
    """The boxes of a page are one field here."""
    missing = [each.removeprefix("clause_") for each in fields if each.startswith("clause_")]
    rest = {name: told for name, told in fields.items() if not name.startswith("clause_")}
    if not missing:
        return rest
    told = f"Not among them: {', '.join(missing)}. All clauses are needed; read each one first."
    return {"clauses": told} | rest


class Copy(APIView):
    """One's own acceptance, as it was signed."""

    @extend_schema(operation_id="acceptance", responses={200: CopyOut, 404: ProblemOut})
    def get(self, request: Request, number: str) -> Response:
        if not request.auth.signed_in:
            raise RefusedError([SIGN_IN])
        found = selectors.acceptance(number, actor=request.auth)
        return Response(CopyOut(selectors.copy_of(found)).data)
