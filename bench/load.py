"""A small load generator in a process of its own: N keep-alive connections, one request at a time.

`python -m bench.load PORT METHOD PATH SECONDS CONNECTIONS [HEADER ...]` prints one line of JSON. It
sends bytes made beforehand and reads no more of an answer than its status and length, so that the
server and not this process is what gets busy.
"""

import json
import selectors
import socket
import sys
import time
from collections import Counter
from dataclasses import dataclass, field

WARM_UP = 0.3  # seconds that are not counted


@dataclass
class Connection:
    socket: socket.socket
    sent: float = 0.0
    got: bytearray = field(default_factory=bytearray)

    def ask(self, request: bytes) -> None:
        self.got.clear()
        self.sent = time.perf_counter()
        self.socket.sendall(request)

    def answered(self, *, body: bool) -> int | None:
        """The status as soon as the whole answer is here, else None."""
        head, found, rest = self.got.partition(b"\r\n\r\n")
        if not found:
            return None
        if body:
            lower = head.lower()
            at = lower.find(b"content-length:")
            if at < 0:
                raise SystemExit("an answer without Content-Length cannot be measured")
            length = int(lower[at + 15 :].split(b"\r\n", 1)[0])
            if len(rest) < length:
                return None
        return int(head[9:12])


@dataclass
class Tally:
    times: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)


def measure(port: int, request: bytes, seconds: float, connections: int, *, body: bool) -> Tally:
    tally = Tally()
    chosen = selectors.DefaultSelector()
    for _ in range(connections):
        one = Connection(socket.create_connection(("127.0.0.1", port)))
        one.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        chosen.register(one.socket, selectors.EVENT_READ, one)
        one.ask(request)
    begin = time.perf_counter() + WARM_UP
    end = begin + seconds
    while time.perf_counter() < end:
        for key, _ in chosen.select(timeout=0.5):
            _read(key.data, request, tally, begin, body=body)
    for key in list(chosen.get_map().values()):
        key.data.socket.close()
    return tally


def _read(one: Connection, request: bytes, tally: Tally, begin: float, *, body: bool) -> None:
    piece = one.socket.recv(65536)
    if not piece:
        raise SystemExit("the server closed a connection")
    one.got += piece
    status = one.answered(body=body)
    if status is None:
        return
    if one.sent >= begin:
        tally.times.append(time.perf_counter() - one.sent)
        tally.statuses[status] += 1
    one.ask(request)


def main(words: list[str]) -> None:
    port, method, path, seconds, connections, *headers = words
    lines = [f"{method} {path} HTTP/1.1", f"Host: localhost:{port}", *headers, "", ""]
    request = "\r\n".join(lines).encode()
    body = method != "HEAD"
    tally = measure(int(port), request, float(seconds), int(connections), body=body)
    times = sorted(tally.times)
    told = {
        "rate": len(times) / float(seconds),
        "p50": times[len(times) // 2] * 1e3 if times else 0.0,
        "p99": times[int(len(times) * 0.99)] * 1e3 if times else 0.0,
        "statuses": dict(tally.statuses),
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1:])
