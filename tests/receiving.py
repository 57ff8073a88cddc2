"""Programs that listen for webhooks on this machine, well or badly behaved."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import NamedTuple


class Got(NamedTuple):
    path: str
    headers: dict[str, str]  # names in small letters
    body: bytes


class Receiver:
    """Keeps what it gets; `answers` makes each answer."""

    def __init__(self, answers: Callable[["Handler", Got], None]) -> None:
        self.got: list[Got] = []
        self.answers = answers
        self.url = ""


class Handler(BaseHTTPRequestHandler):
    receiver: Receiver
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        got = Got(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
        self.receiver.got.append(got)
        try:
            self.receiver.answers(self, got)
        except OSError:  # the other side has left
            self.close_connection = True

    def do_GET(self) -> None:
        self.do_POST()

    def answer(self, status: int, text: str = "", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None: ...


@contextmanager
def listening(answers: "Callable[[Handler, Got], None] | int" = 204) -> Iterator[Receiver]:
    """A receiver at `http://localhost:PORT/in`; `answers` may be a status."""
    status = answers
    made = Receiver(
        (lambda handler, _: handler.answer(status)) if isinstance(status, int) else status
    )
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"receiver": made}))
    server.daemon_threads, server.block_on_close = True, False
    made.url = f"http://localhost:{server.server_port}/in"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
