"""One call to a webhook: a bounded time, a bounded answer, public addresses alone.

The host is resolved once and each address looked at; the connection goes to those and no others.
A redirect is never followed. Whatever hangs (name, connection, answer a byte at a time) is cut off.
"""

import http.client
import threading
import time
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from network.addresses import Forbidden, resolve
from network.pinned import Connection

SECONDS = 10.0  # for connection and answer together
EACH_WAIT = 5.0  # seconds for one wait on the socket
MOST_ADDRESSES = 2  # of a host are tried
READ = 16_384  # bytes of an answer, and no more
KEPT = 500  # characters of it in the log
AGENT = "Gatehouse-Webhooks/1"
_REDIRECTS = range(300, 400)


class Answer(NamedTuple):
    """`status` is 0 where none came; `error` says in a sentence why a call is no success."""

    status: int
    seconds: float
    error: str = ""
    text: str = ""
    retry_after: int = 0  # seconds, where the answer asked for it

    @property
    def good(self) -> bool:
        return not self.error


def call(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    private_hosts: frozenset[str] = frozenset(),
) -> Answer:
    """POST `body`; never raises for what the other side does. `private_hosts` may be private."""
    began = time.monotonic()
    try:
        return _call(url, body, headers, private_hosts, began)
    except Forbidden as error:
        told = f"{str(error).rstrip('.')}: webhooks go to public addresses alone"
    except TimeoutError:
        told = "No answer came in time"
    except (OSError, http.client.HTTPException, ValueError) as error:
        told = f"No answer: {type(error).__name__}"
    seconds = time.monotonic() - began
    return Answer(0, seconds, "No answer came in time" if seconds >= SECONDS else told)


def _call(
    url: str, body: bytes, headers: Mapping[str, str], private: frozenset[str], began: float
) -> Answer:
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    host = (parts.hostname or "").rstrip(".")
    port = parts.port or (443 if secure else 80)
    addresses = resolve(host, port, private_hosts=private)
    connection = Connection(
        host, port, addresses[:MOST_ADDRESSES], secure=secure, seconds=EACH_WAIT
    )
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    sent = {"Content-Type": "application/json", "User-Agent": AGENT, **headers}
    # Each wait on the socket is bounded, but not their number: a byte every four seconds is not.
    over = threading.Timer(SECONDS, _cut, [connection])
    over.daemon = True
    over.start()
    try:
        connection.request("POST", path, body=body, headers=sent)
        answer = connection.getresponse()
        text = answer.read(READ).decode("utf-8", "replace")
    finally:
        over.cancel()
        connection.close()
    seconds = time.monotonic() - began
    return Answer(
        answer.status,
        seconds,
        _error(answer.status),
        " ".join(text.split())[:KEPT].replace("\x00", ""),
        _retry_after(answer.headers.get("Retry-After") or ""),
    )


def _cut(connection: Connection) -> None:
    sock = connection.sock
    if sock is not None:
        try:
            sock.shutdown(2)  # wakes whoever waits on it
        except OSError:
            return


def _error(status: int) -> str:
    if 200 <= status < 300:
        return ""
    if status in _REDIRECTS:
        return f"Answered {status}, a redirect, which is never followed: change the address"
    return f"Answered {status}"


def _retry_after(given: str) -> int:
    given = given.strip()
    return min(int(given), 24 * 3600) if given.isascii() and given.isdigit() else 0
