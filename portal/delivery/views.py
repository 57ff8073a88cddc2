"""Files at the addresses that dataset clients use: `/datasets/NS/NAME/resolve/REVISION/PATH`."""

from pathlib import PurePosixPath

from django.conf import settings
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods

from pipeline.publish.storage import MissingObjectError, blocks, store
from portal.accounts.actors import actor_of
from portal.delivery import ranges, tickets, warnings


@require_http_methods(["GET", "HEAD"])
def resolve(
    request: HttpRequest, namespace: str, name: str, revision: str, path: str
) -> HttpResponse:
    """HEAD tells size and hash to who may have the file; GET records a ticket and streams."""
    now = timezone.now()
    actor = actor_of(request)
    asked = tickets.ask(
        actor=actor, namespace=namespace, name=name, revision=revision, path=path, now=now
    )
    headers = _headers(request, asked) | warnings.beside(
        request, actor, asked.artefact.version, asked.decision, now
    )
    if request.method == "HEAD":
        if not asked.decision.allowed:
            tickets.issue(actor=actor, asked=asked, now=now)  # a refusal, which is on record
        return HttpResponse(headers=headers | {"Content-Length": str(asked.artefact.size)})
    early = _precondition(request, headers)
    if early is not None and asked.decision.allowed:
        return early
    tickets.issue(actor=actor, asked=asked, now=now)
    return _stream(request, asked, headers)


def _headers(request: HttpRequest, asked: tickets.Asked) -> dict[str, str]:
    artefact = asked.artefact
    filename = PurePosixPath(artefact.path).name
    return {
        "ETag": f'"{artefact.sha256}"',
        "X-Repo-Commit": artefact.version.commit,
        "X-Linked-Size": str(artefact.size),
        "Accept-Ranges": "bytes",
        "Content-Type": "application/vnd.apache.parquet",
        "Content-Disposition": content_disposition_header(as_attachment=True, filename=filename),
        "Cache-Control": "private, no-cache",
    } | _terms(request, asked)


def _terms(request: HttpRequest, asked: tickets.Asked) -> dict[str, str]:
    """The terms that go with the bytes: who passes the file on passes these on with it."""
    terms = asked.terms
    if not terms.text:
        return {}
    dataset = asked.artefact.version.dataset
    where = {"namespace": dataset.namespace, "name": dataset.name, "number": terms.text}
    path = reverse("terms-version", kwargs=where)
    url = (
        f"{settings.PUBLIC_URL}{path}" if settings.PUBLIC_URL else request.build_absolute_uri(path)
    )
    return {
        "Link": f'<{url}>; rel="terms-of-service"',
        "X-Gatehouse-Terms": terms.text,
        "X-Gatehouse-Terms-Sha256": terms.sha256,
    }


def _precondition(request: HttpRequest, headers: dict[str, str]) -> HttpResponse | None:
    """If-Match and If-None-Match of RFC 9110; a file's entity tag is its sha256, and strong."""
    tag = headers["ETag"]
    match = request.headers.get("If-Match")
    if match is not None and match.strip() != "*" and tag not in _tags(match):
        return HttpResponse(status=412, headers={"ETag": tag})
    unless = request.headers.get("If-None-Match")
    if unless is not None and (unless.strip() == "*" or tag in _tags(unless)):
        return HttpResponse(status=304, headers={"ETag": tag})
    return None


def _tags(header: str) -> set[str]:
    return {tag.strip().removeprefix("W/") for tag in header.split(",")}


def _stream(request: HttpRequest, asked: tickets.Asked, headers: dict[str, str]) -> HttpResponse:
    size = asked.artefact.size
    try:
        part = _slice(request, headers["ETag"], size)
    except ranges.UnsatisfiableError:
        told = f"This file ends at {size} bytes: there is nothing after them to send."
        unmet = {"Content-Range": f"bytes */{size}", "X-Error-Message": told}
        return HttpResponse(status=416, headers=unmet)
    try:
        # All that can fail happens before the answer begins.
        stream = store().open(asked.artefact.key)
    except MissingObjectError as error:
        raise tickets.UnavailableError(
            "Storage does not hold this file just now. The operators can see it in the log."
        ) from error
    whole = part or ranges.Slice(0, size)
    headers |= {"Content-Length": str(whole.length)}
    if part is not None:
        headers["Content-Range"] = f"bytes {part.start}-{part.start + part.length - 1}/{size}"
    return StreamingHttpResponse(
        blocks(stream, whole.start, whole.length),
        status=206 if part is not None else 200,
        headers=headers,
    )


def _slice(request: HttpRequest, tag: str, size: int) -> ranges.Slice | None:
    header = request.headers.get("Range")
    if not header:
        return None
    condition = request.headers.get("If-Range")
    if condition is not None and condition.strip() != tag:
        return None  # the file changed since: the whole, as the RFC says
    return ranges.parse(header, size)
