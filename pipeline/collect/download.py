"""Reading over HTTP from checked addresses only: no proxy, bounded redirects, each looked at."""

import contextlib
import http.client
from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

from network.pinned import Connection
from pipeline.collect.outbound import Forbidden, Policy, Target, check

_AGENT = "gatehouse-collect"
_MOST_REDIRECTS = 4
_REDIRECTS = (301, 302, 303, 307, 308)


class DownloadFailed(Exception):  # noqa: N818  it is an answer, not a fault
    """The host did not give what was asked; `status` is 0 when it gave no answer."""

    def __init__(self, status: int, told: str) -> None:
        super().__init__(told)
        self.status = status


@contextlib.contextmanager
def opened(
    url: str, policy: Policy, *, seconds: float = 60.0, begin: int = 0
) -> Iterator[http.client.HTTPResponse]:
    """The answer to a GET, from byte `begin` on; redirects are followed to allowed addresses.

    Raises:
        Forbidden: an address that may not be asked.
        DownloadFailed: no answer, or another status than 200 (206 where `begin` is set).
    """
    for _ in range(_MOST_REDIRECTS + 1):
        with _asked(url, check(url, policy), seconds, begin) as answer:
            if answer.status not in _REDIRECTS:
                if answer.status != (206 if begin else 200):
                    raise DownloadFailed(answer.status, f"{url} answered {answer.status}")
                yield answer
                return
            url = urljoin(url, answer.headers.get("Location") or "")
    raise DownloadFailed(0, "redirected without end")


def location(url: str, policy: Policy, *, seconds: float = 60.0) -> str:
    """Where a GET is redirected to, "" when it is not. Raises Forbidden."""
    try:
        with _asked(url, check(url, policy), seconds, 0) as answer:
            return (answer.headers.get("Location") or "") if answer.status in _REDIRECTS else ""
    except DownloadFailed:
        return ""


@contextlib.contextmanager
def _asked(
    url: str, target: Target, seconds: float, begin: int
) -> Iterator[http.client.HTTPResponse]:
    if target.protocol not in ("http", "https"):
        raise Forbidden("Only http and https can be read this way.")
    connection = Connection(
        target.host,
        target.port,
        target.addresses,
        secure=target.protocol == "https",
        seconds=seconds,
    )
    parts = urlsplit(url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = {"User-Agent": _AGENT, "Accept-Encoding": "identity"}
    if begin:
        headers["Range"] = f"bytes={begin}-"
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
    except (OSError, http.client.HTTPException) as error:
        connection.close()
        raise DownloadFailed(0, f"{target.host} did not answer: {error}") from error
    try:
        yield answer
    finally:
        connection.close()
