"""Files at the addresses that dataset clients use: `/datasets/NS/NAME/resolve/REVISION/PATH`."""

from pathlib import PurePosixPath

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods

from pipeline.publish.storage import MissingObjectError, blocks, store
from portal.accounts.actors import actor_of
from portal.delivery import ranges, tickets


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
    headers = _headers(asked)
    if request.method == "HEAD":
        tickets.refuse(actor=actor, asked=asked, now=now)
        return HttpResponse(headers=headers | {"Content-Length": str(asked.artefact.size)})
    early = _precondition(request, headers)
    if early is not None and asked.decision.allowed:
        return early
    tickets.issue(actor=actor, asked=asked, now=now)
    return _stream(request, asked, headers)


def _headers(asked: tickets.Asked) -> dict[str, str]:
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
        "X-Gatehouse-Terms": asked.decision.terms_version,
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
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
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
