"""A dataset from real source text: speed, a stage against its limit, a removal, workers, flatness.

The text is that of the packages in `bench/packages.txt`, installed once by pip without running
anything of theirs, into GATEHOUSE_BENCH_CACHE (default ~/.cache/gatehouse-bench). MB/s a core is
source text by processor seconds, so that a busy machine tells nearly the same as an idle one; what
is told of workers is wall time and wants an idle one. A removal is done by the worker that made the
version, as in a house where workers stay up. `PIPELINE_BENCH=speed,removal,workers,flatness` picks
parts; speed and removal share one build.
"""

import hashlib
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
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench import Figure
from pipeline.redact.policy import DEFAULT_POLICY
from pipeline.release.work import Brief, Files

SECRET = b"bench" * 8
PARTS = ("speed", "removal", "workers", "flatness")
SMALL = 24  # packages of the part that builds with one worker and with two
ROUNDS = 2  # of it
PIECE = 160_000  # bytes of source text in each shard of the part that grows


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


def build(asked: Brief, root: Path) -> dict[str, Any]:
    """A whole build; per stage processor seconds, shards and source bytes."""
    from pipeline.release.doing import one_core
    from pipeline.release.local import run_all

    one_core()
    ticks: list[tuple[str, float]] = []
    begun, start = time.perf_counter(), processor()
    made = run_all(asked, root, SECRET, 1, lambda stage, _: ticks.append((stage, processor())))
    spent, before = {}, start
    for stage in made["done"]:
        last = max((at for name, at in ticks if name == stage), default=before)
        spent[stage], before = last - before, last
    return {
        "wall": time.perf_counter() - begun,
        "processor": processor() - start,
        "spent": spent,
        "shards": {name: len(done) for name, done in made["done"].items()},
        "bytes": {
            name: sum(one.report.bytes_in for one in done) for name, done in made["done"].items()
        },
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "parent": {"version": asked.version, "index": made["index"], "card": made["card"]},
        "refs": {name: [one.ref for one in done] for name, done in made["done"].items()},
    }


def build_twice(root: Path) -> tuple[dict[str, Any], dict[str, Any], str]:
    """All of the text, and again without the repository of median size."""
    options = {"shard_bytes": int(os.environ.get("PIPELINE_BENCH_SHARD", 6_000_000))}
    first = build(brief(site(), options=options), root)
    name = _typical(Files(root), first["parent"]["index"])
    removals = [{"kind": "repository", "value": name}]
    parent = first["parent"]
    asked = brief(site(), "1.1", options=options, removals=removals, parent=parent)
    return first, build(asked, root), name


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


def speed(root: Path, told: dict[str, Any]) -> Iterator[Figure]:
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


def removal(first: dict[str, Any], second: dict[str, Any], name: str) -> Iterator[Figure]:
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
    """The engine with its database and its broker on the same machine, one process and two."""
    folder = some(root / "some", SMALL)
    walls: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(ROUNDS):
        for count in (1, 2):
            with tempfile.TemporaryDirectory(dir=root) as home:
                walls[count].append(_engine(folder, Path(home), count))
    ratios = [one / two for one, two in zip(walls[1], walls[2], strict=True)]
    yield Figure("one worker", statistics.median(walls[1]), "s")
    yield Figure("two workers", statistics.median(walls[2]), "s")
    yield Figure("two workers against one", statistics.median(ratios), "times", "1.6 or more")


def _engine(folder: Path, home: Path, count: int) -> float:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    told = {"GATEHOUSE_HOME": str(home), "GATEHOUSE_DEMO": "0", "PYTHONWARNINGS": "ignore"}
    command = [sys.executable, "-m", "bench._engine", str(folder), str(count)]
    done = subprocess.run(command, env=kept | told, stdout=subprocess.PIPE, text=True, check=True)
    return float(done.stdout.split()[-1])


def flatness(root: Path) -> Iterator[Figure]:
    """More and more text of one mixture, in shards of one size: what one of them takes."""
    each: dict[int, float] = {}
    for pieces in (10, 100, 1_000):
        folder = made(root / f"site{pieces}", pieces)
        options = {"collect_bytes": PIECE, "shard_bytes": PIECE}
        told = child(build, brief(folder, options=options), root / f"out{pieces}")
        count = sum(told["shards"].values())
        each[pieces] = told["processor"] / count * 1e3
        yield Figure(f"{pieces} pieces, {count} shards: one", each[pieces], "processor ms")
        yield Figure(f"{pieces} pieces: peak memory of the worker", told["peak"], "MiB")
        shutil.rmtree(root / f"out{pieces}")
    yield Figure("a shard at 1,000 pieces against 100", each[1_000] / each[100], "times", "1 or so")


def made(folder: Path, pieces: int) -> Path:
    """Distributions of about PIECE bytes each, of files drawn by lot from all that there are."""
    files = [path for path in site().rglob("*") if path.suffix in _SOURCES and path.is_file()]
    files.sort(key=lambda path: hashlib.sha256(str(path).encode()).digest())
    drawn = iter(files)
    for number in range(pieces):
        size, lines = 0, []
        while size < PIECE * 0.9:
            path = next(drawn)
            length = path.stat().st_size
            if 0 < length < PIECE / 2:
                name = f"p{number}/{len(lines)}{path.suffix}"
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, folder / name)
                lines.append(f"{name},,\n")
                size += length
        info = folder / f"p{number}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.4\nName: p{number}\nVersion: 1.0\nLicense-Expression: MIT\n"
        )
        (info / "RECORD").write_text("".join(lines))
    return folder


_SOURCES = (".py", ".js", ".json", ".md", ".h", ".c", ".pyi", ".rst", ".css", ".html", ".ts")


def _typical(files: Files, index: str) -> str:
    """The repository of median size."""
    from pipeline.shards import writer

    rows = writer.read_table(files.path(index, "repositories.parquet")).to_pylist()
    held = sorted((row for row in rows if row["rows"]), key=lambda row: row["rows"])
    return held[len(held) // 2]["repo_name"]


def run() -> list[Figure]:
    asked = os.environ.get("PIPELINE_BENCH", ",".join(PARTS)).split(",")
    figures: list[Figure] = []
    if {"speed", "removal"} & {*asked}:
        with _folder() as root:
            first, second, name = child(build_twice, root)
            if "speed" in asked:
                figures += speed(root, first)
            if "removal" in asked:
                figures += removal(first, second, name)
    for name, part in (("workers", workers), ("flatness", flatness)):
        if name in asked:
            with _folder() as root:
                figures += part(root)
    return figures


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
        yield Path(folder)
