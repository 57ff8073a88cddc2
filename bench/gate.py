"""The gate: HEAD and ranged GET of a gated file against an empty view of the same server.

The empty view has the same middleware and no rule to ask, so the ratio is what deciding costs (and,
for GET, the entry in the record that goes before each byte). GATEHOUSE_BENCH_HOME names the home of
a demo that is not running; without it a new one is made first, which takes a few minutes.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from bench import Figure, alternate, median_ratio
from tests.server.running import FIRST_START, ROOT, Server

SECONDS, CONNECTIONS = 2.0, 8
AIM = 1 / 3  # of the empty view's rate, for HEAD


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


def _measure(server: Server) -> list[Figure]:
    made = server.manage("token", "researcher@demo.example", "--scope", "read")
    if made.returncode:
        raise SystemExit(f"no token: {made.stderr}")
    bearer = f"Authorization: Bearer {made.stdout.strip()}"
    path = _file(server)
    load = partial(_load, server.port)
    return _figures(
        alternate(
            {
                "empty view": partial(load, "GET", "/healthz/empty"),
                "HEAD of a gated file": partial(load, "HEAD", path, bearer),
                "GET of 1 KiB of it": partial(load, "GET", path, bearer, "Range: bytes=0-1023"),
            }
        )
    )


def run() -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(os.environ.get("GATEHOUSE_BENCH_HOME") or Path(folder, "home")))
        try:
            server.start(FIRST_START)
            figures = _measure(server)
            server.stop()
            return figures
        finally:
            server.abandon()
