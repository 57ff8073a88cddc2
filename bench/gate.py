"""The gate: HEAD and ranged GET of a gated file against an empty view of the same server.

The empty view has the same middleware and no rule to ask, so the ratio is what deciding costs (and,
for GET, the entry in the record that goes before each byte). GATEHOUSE_BENCH_HOME names the home of
a demo that is not running; without it a new one is made first, which takes a few minutes.

`script/bench gate --against COMMIT` serves that commit beside this one, with the same demo, and
measures both in turn: what has the gate come to cost since?

What the record costs the gate is measured by two more web processes on the same home, alike but for
the entry of a ticket, which one of them does not write (`bench._unrecorded`).
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from bench import Figure, alternate, median_ratio
from bench._against import both
from portal.supervisor import healthy
from tests.ports import free_port
from tests.server.running import FIRST_START, ROOT, Server
from tests.waiting import until

SECONDS, CONNECTIONS = 2.0, 8
AIM = 1 / 3  # of the empty view's rate, for HEAD
KEPT = 0.9  # of the rate of the commit that is compared with


def _file(server: Server) -> str:
    """The address of the largest file that a signed researcher may have."""
    ((path,),) = server.query(
        "SELECT a.path FROM catalogue_artefact a JOIN catalogue_tier t ON t.id = a.tier_id"
        " WHERE t.name = 'processed' ORDER BY a.size DESC LIMIT 1"
    )
    return f"/datasets/gatehouse/shelf/resolve/main/{path}"


def _load(port: int, method: str, path: str, *headers: str) -> dict[str, Any]:
    words = [str(port), method, path, str(SECONDS), str(CONNECTIONS), *headers]
    done = subprocess.run(
        [sys.executable, "-m", "bench.load", *words],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    told = json.loads(done.stdout)
    answers = set(told["statuses"])
    if not answers <= {"200", "206"}:
        raise SystemExit(f"{method} {path} was answered {answers}: nothing was measured")
    return told


def _figures(found: dict[str, list[dict[str, Any]]]) -> list[Figure]:
    rates = {name: [each["rate"] for each in rounds] for name, rounds in found.items()}
    figures = []
    for name, rounds in found.items():
        figures.append(Figure(f"{name}", statistics.median(rates[name]), "requests/s"))
        for part in ("p50", "p99"):
            value = statistics.median(each[part] for each in rounds)
            figures.append(Figure(f"{name}, {part}", value, "ms"))
    for name in list(found)[1:]:
        aim = f"at least {AIM:.2f}" if name.startswith("HEAD") else ""
        ratio = median_ratio(rates[name], rates["empty view"])
        figures.append(Figure(f"{name} / empty view", ratio, "", aim))
    return figures


def _piece(server: Server) -> tuple[str, str, str, str]:
    """A GET of 1 KiB of a gated file: method, path, two headers."""
    made = server.manage("token", "researcher@demo.example", "--scope", "read")
    if made.returncode:
        raise SystemExit(f"no token: {made.stderr}")
    bearer = f"Authorization: Bearer {made.stdout.strip()}"
    return "GET", _file(server), bearer, "Range: bytes=0-1023"


def _parts(server: Server) -> dict[str, Callable[[], dict[str, Any]]]:
    _, path, bearer, piece = _piece(server)
    load = partial(_load, server.port)
    return {
        "empty view": partial(load, "GET", "/healthz/empty"),
        "HEAD of a gated file": partial(load, "HEAD", path, bearer),
        "GET of 1 KiB of it": partial(load, "GET", path, bearer, piece),
    }


def compare(commit: str) -> list[Figure]:
    """The same measurements of two commits, alternating; the ratio is that of each round."""
    with both(commit) as servers:
        named = dict(zip((commit[:10], "now"), map(_parts, servers), strict=True))
        order = [(name, when) for name in named["now"] for when in named]
        found = alternate({f"{name}, {when}": named[when][name] for name, when in order})
    rates = {name: [each["rate"] for each in rounds] for name, rounds in found.items()}
    figures = [Figure(name, statistics.median(each), "requests/s") for name, each in rates.items()]
    for name in named["now"]:
        ratio = median_ratio(rates[f"{name}, now"], rates[f"{name}, {commit[:10]}"])
        aim = f"at least {KEPT:.2f}" if name != "empty view" else ""
        figures.append(Figure(f"{name}, now / {commit[:10]}", ratio, "", aim))
    return figures


def _recorded(server: Server) -> list[Figure]:
    """The same GET of two more web processes, of which one records nothing."""
    piece = _piece(server)
    with _web(server, "portal.wsgi") as on, _web(server, "bench._unrecorded") as off:
        found = alternate({"on": partial(_load, on, *piece), "off": partial(_load, off, *piece)})
    return _cost(found)


def _cost(found: dict[str, list[dict[str, Any]]]) -> list[Figure]:
    rates = {name: [each["rate"] for each in rounds] for name, rounds in found.items()}
    figures = [
        Figure(f"GET of 1 KiB, record {name}", statistics.median(each), "requests/s")
        for name, each in rates.items()
    ]
    ratio = median_ratio(rates["on"], rates["off"])
    return [*figures, Figure("GET of 1 KiB, record on / off", ratio, "")]


@contextmanager
def _web(server: Server, module: str) -> Iterator[int]:
    """One more web process on the home of a server, as the supervisor starts its own; its port."""
    port = free_port()
    words = [
        "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
        "--blocking-threads", "32", "--no-ws", "--log-level", "error", f"{module}:application",
    ]  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-m", "granian", *words],
        cwd=ROOT, env=server.env | {"GATEHOUSE_HOME": str(server.home)},
    )  # fmt: skip
    try:
        if not until(lambda: healthy(port, "localhost"), 60):
            raise SystemExit(f"{module} did not start: nothing was measured")
        yield port
    finally:
        process.terminate()
        process.wait(30)


def run() -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(os.environ.get("GATEHOUSE_BENCH_HOME") or Path(folder, "home")))
        try:
            server.start(FIRST_START)
            figures = _figures(alternate(_parts(server))) + _recorded(server)
            server.stop()
            return figures
        finally:
            server.abandon()
