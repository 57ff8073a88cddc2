"""A dataset from real source text: speed, a stage against its limit, workers, memory, a removal.

The text is that of the packages in `bench/packages.txt`, installed once by pip without running
anything of theirs, into GATEHOUSE_BENCH_CACHE (default ~/.cache/gatehouse-bench). MB/s a core is
source text by processor seconds, so that a busy machine tells the same as an idle one; wall time
stands beside it. `PIPELINE_BENCH=speed,workers,shards,removal` picks parts.
"""

import json
import multiprocessing
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bench import Figure
from pipeline.redact.policy import DEFAULT_POLICY
from pipeline.release.work import Brief, Files

SECRET = b"bench" * 8
PARTS = ("speed", "workers", "shards", "removal")
SMALL = 24  # packages of the parts that build more than once


def cache() -> Path:
    told = os.environ.get("GATEHOUSE_BENCH_CACHE")
    return Path(told) if told else Path.home() / ".cache/gatehouse-bench"


def packages() -> list[str]:
    lines = Path(__file__).with_name("packages.txt").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def site() -> Path:
    """The folder of installed packages; fetched on the first run, one after the other."""
    home = cache()
    wheels, target, done = home / "wheels", home / "site", home / "site.done"
    if done.exists():
        return target
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
    for name in packages():
        mark = wheels / f".done-{name}"
        if not mark.exists():
            print(f"fetching {name}", flush=True)
            fetch = [*pip, "download", "--no-deps", "--only-binary", ":all:", "-d", str(wheels)]
            if subprocess.run([*fetch, name], check=False).returncode == 0:
                mark.touch()
    found = [str(path) for path in sorted(wheels.glob("*.whl"))]
    install = [*pip, "install", "--no-index", "--no-deps", "--no-compile"]
    subprocess.run([*install, "--target", str(target), *found], check=True)
    done.touch()
    return target


def brief(folder: Path, version: str = "1.0", **changes: Any) -> Brief:
    asked: dict[str, Any] = {
        "dataset": "gatehouse/bench",
        "version": version,
        "sources": [{"kind": "distributions", "paths": [str(folder)]}],
        "licence_set": "permissive",
        "removals": (),
        "redaction": DEFAULT_POLICY,
        "terms": {},
        "options": {"shard_bytes": 16 << 20},
    }
    return Brief(**(asked | changes))


def child(work: Callable[..., Any], *arguments: Any) -> Any:
    """Run in a process of its own, so that its memory and processor time are its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(work, arguments)


def build(asked: Brief, root: Path, workers: int = 1) -> dict[str, Any]:
    """A whole build; per stage seconds on the wall, processor seconds, shards and source bytes."""
    from pipeline.release.local import run_all

    ticks: list[tuple[str, float]] = []
    usage = resource.RUSAGE_SELF if workers == 1 else resource.RUSAGE_CHILDREN
    begun, start = time.perf_counter(), processor(usage)
    made = run_all(
        asked, root, SECRET, workers, lambda stage, _: ticks.append((stage, processor(usage)))
    )
    spent, before = {}, start
    for stage in made["done"]:
        last = max((at for name, at in ticks if name == stage), default=before)
        spent[stage], before = last - before, last
    return {
        "wall": time.perf_counter() - begun,
        "processor": processor(usage) - start,
        "seconds": made["seconds"],
        "spent": spent,
        "shards": {name: len(done) for name, done in made["done"].items()},
        "bytes": {
            name: sum(one.report.bytes_in for one in done) for name, done in made["done"].items()
        },
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "parent": {"version": asked.version, "index": made["index"], "card": made["card"]},
        "refs": {name: [one.ref for one in done] for name, done in made["done"].items()},
    }


def processor(who: int = resource.RUSAGE_SELF) -> float:
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def limit(root: Path, refs: list[str], name: str) -> tuple[float, float]:
    """Processor seconds to read and write the same Parquet with nothing done, and megabytes."""
    from pipeline.shards import writer

    begun, size = processor(), 0
    target = root / ".limit.parquet"
    for ref in refs:
        path = root / ref / name
        if path.exists():
            import pyarrow.parquet as pq

            writer.write(target, pq.read_schema(path), writer.read_batches(path))
            size += path.stat().st_size
    target.unlink(missing_ok=True)
    return processor() - begun, size / 1e6


def speed(root: Path) -> Iterator[Figure]:
    told = child(build, brief(site()), root)
    source = told["bytes"]["collect"] / 1e6
    yield Figure("source text", source, "MB", "500 or more")
    limits = {
        "collect": ("collect", "blobs.parquet"),
        "redact": ("redact", "rows.parquet"),
        "write": ("write", "rows.parquet"),
    }
    for stage, spent in told["spent"].items():
        yield Figure(f"{stage}: {told['shards'][stage]} shards", spent, "processor s")
        yield Figure(f"{stage}, of all source text", source / max(spent, 1e-9), "MB/s a core")
        if stage in limits:
            of, name = limits[stage]
            least, _ = child(limit, root, told["refs"][of], name)
            yield Figure(f"{stage}: its Parquet read and written alone", least, "processor s")
    yield Figure("whole build, verify included", told["wall"], "s")
    yield Figure("whole build, processor", told["processor"], "s")
    yield Figure("whole build", source / told["processor"], "MB/s a core", "10 or more")
    yield Figure("peak memory of the worker", told["peak"], "MiB", "under 1,024")


def some(folder: Path, most: int) -> Path:
    """A folder with links to the first packages of the list and what they installed."""
    told = site()
    infos = sorted(told.glob("*.dist-info"), key=lambda path: path.name.lower())[:most]
    folder.mkdir()
    for info in infos:
        tops = {line.split("/", 1)[0] for line in (info / "RECORD").read_text().splitlines()}
        for top in {*tops, info.name}:
            source, target = told / top, folder / top
            if source.exists() and not target.exists():
                shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
    return folder


def workers(root: Path) -> Iterator[Figure]:
    folder = some(root / "some", SMALL)
    walls: dict[int, list[float]] = {1: [], 2: []}
    for turn in range(3):
        for count in (1, 2):
            out = root / f"out{turn}{count}"
            begun = time.perf_counter()
            child_of_many(brief(folder), out, count)
            walls[count].append(time.perf_counter() - begun)
            shutil.rmtree(out)
    ratios = [one / two for one, two in zip(walls[1], walls[2], strict=True)]
    yield Figure("one worker", statistics.median(walls[1]), "s")
    yield Figure("two workers", statistics.median(walls[2]), "s")
    yield Figure("two workers against one", statistics.median(ratios), "times", "1.6 or more")


def child_of_many(asked: Brief, root: Path, count: int) -> None:
    """The pool makes its own processes, which a process of a pool may not."""
    program = (
        "import json, sys; from pathlib import Path; from bench.pipeline import SECRET;"
        "from pipeline.release.local import run_all; from pipeline.release.work import Brief;"
        "run_all(Brief(**json.load(sys.stdin)), Path(sys.argv[1]), SECRET, int(sys.argv[2]))"
    )
    told = json.dumps({name: getattr(asked, name) for name in Brief.__slots__})
    command = [sys.executable, "-c", program, str(root), str(count)]
    subprocess.run(command, input=told, text=True, check=True)


def shards(root: Path) -> Iterator[Figure]:
    """The same text cut into more and more pieces: the time of one, planning included."""
    folder = some(root / "some", SMALL)
    for pieces, size in ((10, 8_000_000), (100, 800_000), (1_000, 80_000)):
        options = {"collect_bytes": size, "shard_bytes": size}
        told = child(build, brief(folder, options=options), root / f"out{pieces}")
        count = sum(told["shards"].values())
        yield Figure(f"{count} shards, one", told["processor"] / count * 1e3, "processor ms")
        source = told["bytes"]["collect"] / 1e6
        yield Figure(f"{count} shards, whole", source / told["processor"], "MB/s a core")
        shutil.rmtree(root / f"out{pieces}")


def removal(root: Path) -> Iterator[Figure]:
    options = {"shard_bytes": int(os.environ.get("PIPELINE_BENCH_SHARD", 3_000_000))}
    first = child(build, brief(site(), options=options), root)
    name = _typical(Files(root), first["parent"]["index"])
    asked = brief(
        site(),
        "1.1",
        options=options,
        removals=[{"kind": "repository", "value": name}],
        parent=first["parent"],
    )
    second = child(build, asked, root)
    redone = {
        stage: len({*second["refs"][stage]} - {*first["refs"][stage]}) for stage in first["refs"]
    }
    yield Figure("full build: processed, raw and label files", first["shards"]["write"], "shards")
    yield Figure("full build", first["processor"], "processor s")
    yield Figure(f"without {name}", second["processor"], "processor s")
    for stage, spent in second["spent"].items():
        yield Figure(f"  {stage}: {redone[stage]} shards again", spent, "processor s")
    share = 100 * second["processor"] / first["processor"]
    yield Figure("a removal against the full build", share, "%", "under 2")


def _typical(files: Files, index: str) -> str:
    """The repository of median size."""
    from pipeline.shards import writer

    rows = writer.read_table(files.path(index, "repositories.parquet")).to_pylist()
    held = sorted((row for row in rows if row["rows"]), key=lambda row: row["rows"])
    return held[len(held) // 2]["repo_name"]


def run() -> list[Figure]:
    asked = os.environ.get("PIPELINE_BENCH", ",".join(PARTS)).split(",")
    parts = {"speed": speed, "workers": workers, "shards": shards, "removal": removal}
    figures = []
    for name in asked:
        with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
            figures += list(parts[name](Path(folder)))
    return figures
