"""A whole build over the installed distributions: speed, seconds a stage, memory of a worker.

One process does every stage, so MB/s is megabytes of source text a second and core. It is spawned
for this, so its peak memory is that of a worker which did every kind of shard.
"""

import multiprocessing
import resource
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

from bench import Figure
from pipeline.redact.policy import DEFAULT_POLICY
from pipeline.release.work import Brief


def brief() -> Brief:
    """What the demo asks for, without terms."""
    return Brief(
        dataset="gatehouse/shelf",
        version="1.0",
        sources=[{"kind": "distributions", "paths": [sysconfig.get_path("purelib")]}],
        licence_set="permissive",
        removals=(),
        redaction=DEFAULT_POLICY,
        terms={},
        options={"shard_bytes": 16 << 20},
    )


def _measure(folder: str) -> dict[str, Any]:
    """In the child: each stage's seconds and source bytes, and the peak memory in MiB."""
    from pipeline.release.local import run_all

    made = run_all(brief(), Path(folder), b"bench" * 8)
    taken = {
        name: sum(each.report.bytes_in for each in done) for name, done in made["done"].items()
    }
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, KiB elsewhere
    return {"seconds": made["seconds"], "taken": taken, "peak": peak * unit / 2**20}


def run() -> list[Figure]:
    spawn = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder, spawn.Pool(1) as pool:
        told = pool.apply(_measure, (folder,))
    seconds, taken = told["seconds"], told["taken"]
    source = taken["collect"] / 1e6
    figures = [Figure("source text", source, "MB")]
    for stage, spent in seconds.items():
        figures.append(Figure(stage, spent, "s"))
        if taken[stage]:
            figures.append(Figure(f"{stage}, source", taken[stage] / 1e6 / spent, "MB/s"))
    figures.append(Figure("whole build", sum(seconds.values()), "s"))
    figures.append(Figure("whole build, source", source / sum(seconds.values()), "MB/s a core"))
    figures.append(Figure("peak memory of the worker", told["peak"], "MiB", "under 1,024"))
    return figures
