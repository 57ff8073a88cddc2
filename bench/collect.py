"""Collecting: how fast sources are fetched and read, and what that takes of memory.

Repositories are made of the installed distributions' text and fetched from a folder, so no network
is in it; the day of GHArchive is a made one (`bench/archives.py`). MB are those of source text, of
the archive those of its unpacked lines. One process reads; a spawned one, so its peak is its own.
"""

import json
import multiprocessing
import os
import resource
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench import Figure
from bench.archives import Maker

_REPOSITORIES = 40
_BYTES = 60_000_000  # of source text in all repositories
_HOURS, _EVENTS = 24, 8_000


def run() -> list[Figure]:
    figures = []
    with tempfile.TemporaryDirectory() as folder:
        for measure in (_git, _gharchive, _stack):
            spawn = multiprocessing.get_context("spawn")
            with spawn.Pool(1) as pool:  # a process each, for its peak
                figures += pool.apply(_measured, (measure.__name__, folder))
    return figures


def _measured(name: str, folder: str) -> list[Figure]:
    measures: dict[str, Callable[[Path], list[Figure]]] = {
        each.__name__: each for each in (_git, _gharchive, _stack)
    }
    figures = measures[name](Path(folder))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, KiB elsewhere
    told = f"{name.strip('_')}, peak memory"
    return [*figures, Figure(told, peak * unit / 2**20, "MiB", "under 1,024")]


def _git(folder: Path) -> list[Figure]:
    from pipeline.collect import clones, lists
    from pipeline.collect.gitting import Limits
    from pipeline.collect.outbound import Policy
    from pipeline.release.sources import commits

    base = _repositories(folder / "served")
    policy = Policy(frozenset({"file"}), folders=(folder,))
    root = folder / "clones"
    kept = clones.Clones(root, policy, Limits(), jobs=2, per_second=0)
    wanted = [one for path in sorted(base.glob("*/*.git")) for one in lists.read(str(path))]
    fetching = _seconds(lambda: kept.fetch(wanted))
    again = _seconds(lambda: kept.fetch(wanted))
    size = sum(facts.bytes for facts in clones.catalogue(root)) / 1e6
    spent, _done = _build([{"kind": "git", "folder": str(root)}], folder / "git")
    history = folder / "history"
    history.mkdir()
    lines = [commits.note_history(f, head, 20, root) for f, head in kept.deepen(20) if head]
    (history / commits.HISTORIES).write_text("".join(f"{json.dumps(one)}\n" for one in lines))
    of_commits, found = _build([{"kind": "commits", "folder": str(history)}], folder / "commits")
    taken = sum(one.report.rows_out for one in found["collect"])
    return [
        Figure("repositories", _REPOSITORIES, ""),
        Figure("source text in them", size, "MB"),
        Figure("git, fetched by two jobs", size / fetching, "MB/s"),
        Figure("git, asked again, nothing new", _REPOSITORIES / again, "repositories/s"),
        Figure("git, read (stage collect)", size / spent["collect"], "MB/s a core", "10"),
        Figure("git, identified (stage identify)", size / spent["identify"], "MB/s a core", "10"),
        Figure("commits, read", taken / of_commits["collect"], "commits/s"),
    ]


def _gharchive(folder: Path) -> list[Figure]:
    from pipeline.collect import archive
    from pipeline.collect.outbound import Policy

    paths = Maker().write(folder / "hours", hours=_HOURS, events=_EVENTS)
    root = folder / "archive"
    wanted = [one for path in paths for one in archive.wanted(str(path))]
    apart = _seconds(lambda: list(archive.take_all(wanted, root, Policy(), per_second=0)))
    summing = _seconds(lambda: archive.sum_up(root))
    index = archive.index_of(root)
    spent, done = _build([{"kind": "gharchive", "folder": str(root)}], folder / "threads")
    threads = sum(one.report.rows_out for one in done["collect"])
    return [
        Figure("gharchive, hours", _HOURS, ""),
        Figure("gharchive, lines unpacked", index["bytes"] / 1e6, "MB"),
        Figure("gharchive, taken apart", index["bytes"] / 1e6 / apart, "MB/s a core"),
        Figure("gharchive, events", index["events"] / apart, "events/s a core"),
        Figure("gharchive, names summed up", summing, "s"),
        Figure("gharchive, threads grouped", index["rows"] / spent["collect"], "messages/s a core"),
        Figure("gharchive, threads", threads, ""),
    ]


def _stack(folder: Path) -> list[Figure]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from pipeline.collect import stack
    from pipeline.shards.hashes import git_blob_id

    rows = []
    for path, data in _texts(_BYTES // 2):
        row: dict[str, Any] = {"hexsha": git_blob_id(data), "content": data.decode()}
        for by in ("stars", "issues", "forks"):
            row |= {f"max_{by}_repo_name": "some/one", f"max_{by}_repo_path": path}
            row |= {f"max_{by}_repo_licenses": ["MIT"], f"max_{by}_count": 1}
        rows.append(row)
    file = folder / "stack.parquet"
    pq.write_table(pa.Table.from_pylist(rows), file, row_group_size=1_000)
    root = folder / "stack"
    stack.write_index(root, [stack.look(file, file.name)], "")
    spent, done = _build([{"kind": "stack", "folder": str(root)}], folder / "of-stack")
    size = sum(one.report.bytes_in for one in done["collect"]) / 1e6
    return [Figure("stack v1, read", size / spent["collect"], "MB/s a core", "10")]


def _build(sources: list[Any], root: Path) -> tuple[dict[str, float], dict[str, Any]]:
    """Collect and identify; seconds of each stage, and what they did."""
    from pipeline.release import collecting, identifying
    from pipeline.release.doing import do
    from pipeline.release.work import Brief, Context, Done, Files

    brief = Brief("bench/collect", "1.0", sources, "permissive", (), {}, {})
    done: dict[str, list[Done]] = {}
    seconds = {}
    files = Files(root)
    root.mkdir(parents=True, exist_ok=True)
    for stage in (collecting.STAGE, identifying.STAGE):
        begun = time.perf_counter()
        done[stage.name] = [
            Done(work.number, work.label, work.name(stage.version), work.params, report)
            for work in stage.plan(Context(brief, files, done))
            for report in [do(stage, work, files, b"bench" * 8)]
        ]
        seconds[stage.name] = max(time.perf_counter() - begun, 1e-3)
    return seconds, done


def _repositories(base: Path) -> Path:
    """Repositories of real text, each with a few commits that change one file."""
    each = _BYTES // _REPOSITORIES
    texts = _texts(_BYTES)
    for number in range(_REPOSITORIES):
        size = 0
        lines = ["commit refs/heads/main\n", "committer A <a@b.example> 1700000000 +0000\n"]
        lines += ["data 5\n", "first\n"]
        parts = ["".join(lines).encode()]
        for path, data in texts:
            parts.append(f"M 100644 inline {path}\ndata {len(data)}\n".encode() + data + b"\n")
            size += len(data)
            if size > each:
                break
        for change in range(10):
            text = f"value = {change}\n".encode()
            parts.append(
                f"commit refs/heads/main\ncommitter A <a@b.example> {1700000001 + change} +0000\n"
                f"data 8\nchange {change}\nM 100644 inline changed.py\ndata {len(text)}\n".encode()
                + text
                + b"\n"
            )
        folder = base / "made" / f"r{number}.git"
        folder.mkdir(parents=True)
        quiet = {"cwd": folder, "check": True, "env": {**os.environ, "GIT_CONFIG_NOSYSTEM": "1"}}
        subprocess.run(["git", "init", "-q", "--bare", "-b", "main"], **quiet)
        subprocess.run(["git", "fast-import", "--quiet"], input=b"".join(parts), **quiet)
    return base


def _texts(most: int) -> Any:
    """Paths and bytes of installed source text, about `most` bytes, again from the start."""
    size = 0
    site = Path(sysconfig.get_path("purelib"))
    while size < most:
        for path in sorted(site.rglob("*.py")):
            data = path.read_bytes()
            name = path.relative_to(site).as_posix()
            if not 0 < len(data) < 1 << 20 or " " in name:
                continue
            try:
                data.decode()
            except UnicodeDecodeError:
                continue
            size += len(data)
            yield name, data
            if size > most:
                return


def _seconds(call: Callable[[], object]) -> float:
    begun = time.perf_counter()
    call()
    return max(time.perf_counter() - begun, 1e-3)
