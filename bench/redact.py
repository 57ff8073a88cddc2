"""Redaction of real source text: MB/s a core, beside two other scanners, and its worst cases.

The text is that of the packages in `bench/packages.txt` (see `bench.pipeline`), in an order told by
hashes. Each part is a process of its own on one core, in five alternating rounds; seconds are
processor seconds, the making of a scanner not counted. The others (requirements-bench.txt) are put
into GATEHOUSE_BENCH_CACHE/peers and look at a part of the same text, ours at the same part in the
same round. `REDACT_BENCH=speed,peers,worst,memory` picks parts.
"""

import hashlib
import json
import os
import random
import resource
import string
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from bench import Figure, alternate, median_ratio
from bench.pipeline import cache, site

PARTS = ("speed", "peers", "worst", "memory")
ROOT = Path(__file__).resolve().parent.parent
KINDS = {
    *(".py", ".js", ".ts", ".json", ".md", ".txt", ".css", ".html", ".yml", ".yaml"),
    *(".toml", ".c", ".h"),
}
KEY = b"bench" * 8
SCHEMA = pa.schema([("path", pa.string()), ("content", pa.string())])
LARGE, SMALL = 32_000_000, 600_000  # bytes for our own rounds, and for rounds beside others


def texts(size: int) -> list[tuple[str, str]]:
    """(path, text) of files under 1 MB, the same ones in every run, `size` bytes in all."""
    home = site()
    paths = [path for path in home.rglob("*") if path.suffix in KINDS and path.is_file()]
    paths.sort(key=lambda path: hashlib.sha256(str(path.relative_to(home)).encode()).digest())
    found: list[tuple[str, str]] = []
    held = 0
    for path in paths:
        data = path.read_bytes()
        if held + len(data) > size or len(data) > 1_000_000:
            continue
        held += len(data)
        found.append((str(path.relative_to(home)), data.decode("utf-8", "replace")))
        if held > 0.98 * size:
            break
    return found


# ------------------------------------------------------- what a process of its own does


def ours(folder: Path, what: str) -> dict[str, Any]:
    """Processor seconds over the texts of a folder, found values and bytes."""
    from pipeline.redact.policy import DEFAULT_POLICY
    from pipeline.redact.replace import redact_text
    from pipeline.redact.scan import default_detector

    held = _held(folder)
    detector = default_detector()
    redact_text("warm", DEFAULT_POLICY, KEY)
    begun, found = time.process_time(), 0
    for path, text in held:
        if what == "detect":
            found += len(detector.detect(text, path=path))
        else:
            found += sum(redact_text(text, DEFAULT_POLICY, KEY, path=path).counts.values())
    return _told(begun, found, held)


def detect_secrets(folder: Path) -> dict[str, Any]:
    from detect_secrets import SecretsCollection
    from detect_secrets.settings import default_settings

    held = _held(folder)
    for number, (_, text) in enumerate(held):
        (folder / f"{number}.txt").write_text(text, encoding="utf-8", newline="")
    with default_settings():
        begun, found = time.process_time(), 0
        for number in range(len(held)):
            secrets = SecretsCollection()
            secrets.scan_file(str(folder / f"{number}.txt"))
            found += len(list(secrets))
        return _told(begun, found, held)


def credsweeper(folder: Path, model: bool = False) -> dict[str, Any]:
    from pipeline.redact.adapters.credsweeper import CredSweeperDetector

    held = _held(folder)
    detector = CredSweeperDetector(model=model)
    list(detector.detect("password = 'x7Vq2'", "a.py"))
    begun, found = time.process_time(), 0
    for path, text in held:
        found += len(list(detector.detect(text, path)))
    return _told(begun, found, held)


def worst(name: str, size: int) -> float:
    from pipeline.redact.policy import DEFAULT_POLICY
    from pipeline.redact.replace import redact_text

    redact_text("warm", DEFAULT_POLICY, KEY)
    text = WORST[name](size)
    begun = time.process_time()
    redact_text(text, DEFAULT_POLICY, KEY)
    return time.process_time() - begun


def memory(rows: int) -> float:
    """Peak MiB of redacting a Parquet file of `rows` rows."""
    from pipeline.redact.policy import DEFAULT_POLICY
    from pipeline.redact.tables import redact_file

    with tempfile.TemporaryDirectory() as name:
        source, target = Path(name, "in.parquet"), Path(name, "out.parquet")
        held = texts(4_000_000)
        with pq.ParquetWriter(source, SCHEMA) as file:
            for start in range(0, rows, 100):
                some = [held[at % len(held)] for at in range(start, start + 100)]
                paths, contents = zip(*some, strict=True)
                file.write_table(pa.table({"path": paths, "content": contents}))
        redact_file(source, target, DEFAULT_POLICY, KEY)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _held(folder: Path) -> list[tuple[str, str]]:
    return [tuple(each) for each in json.loads((folder / "texts.json").read_text())]


def _told(begun: float, found: int, held: list[tuple[str, str]]) -> dict[str, Any]:
    seconds = time.process_time() - begun
    size = sum(len(text.encode("utf-8", "replace")) for _, text in held)
    return {"seconds": seconds, "found": found, "bytes": size}


def _random(size: int, name: str) -> str:
    return "".join(random.Random(name).choices(string.ascii_letters + string.digits, k=size))


def _keys(size: int) -> str:
    return "\n".join("gh" + "p_" + _random(36, str(n)) for n in range(size // 41))


WORST = {
    "one line": lambda size: "x = 1; " * (size // 7),
    "nothing but @": lambda size: "@" * size,
    "nested brackets": lambda size: "[" * (size // 2) + "]" * (size // 2),
    "nothing but keys": _keys,
    "nothing but mail": lambda size: " ".join(
        f"{_random(6, str(n))}@real.net" for n in range(size // 16)
    ),
    "open assignments": lambda size: 'password = "' * (size // 12),
    "copyright lines": lambda size: "# Copyright 2020 Ada Byron\n" * (size // 27),
    "dots": lambda size: "1.1" * (size // 3),
}
AT_SIGNS = 10_000_000


# ------------------------------------------------------------------ the figures


def child(call: str) -> Any:
    """The answer of an expression over this module, in a process of its own on one core."""
    code = (
        "import json, os\n"
        "if hasattr(os, 'sched_setaffinity'):\n"
        "    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n"
        "from pathlib import Path\nfrom bench import redact\n"
        f"print('\\n' + json.dumps(redact.{call}))"
    )
    path = os.pathsep.join([str(ROOT), str(cache() / "peers")])
    asked = os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, env=asked
    )
    if done.returncode:
        raise SystemExit(f"{call}: {done.stderr.strip().splitlines()[-1]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def peers() -> None:
    """Install the other scanners beside this one's packages, once."""
    mark, wanted = cache() / "peers.done", ROOT / "requirements-bench.txt"
    if mark.exists() and mark.read_text() == wanted.read_text():
        return
    target = ["--target", str(cache() / "peers"), "--upgrade", "--no-warn-conflicts"]
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q", "install"]
    subprocess.run([*pip, *target, "-r", str(wanted)], check=True)
    mark.write_text(wanted.read_text())


def _speed(folder: Path) -> Iterator[Figure]:
    _put(folder, LARGE)
    told = alternate(
        {
            "detect": lambda: child(f"ours(Path({str(folder)!r}), 'detect')"),
            "redact": lambda: child(f"ours(Path({str(folder)!r}), 'redact')"),
        }
    )
    yield Figure("source text", told["redact"][0]["bytes"] / 1e6, "MB")
    yield Figure("values replaced in it", told["redact"][0]["found"], "values")
    yield Figure("all rules", _rate(told["detect"]), "MB/s a core")
    yield Figure("all rules and replacement", _rate(told["redact"]), "MB/s a core", "25, aim 40")


def _peers(folder: Path) -> Iterator[Figure]:
    peers()
    _put(folder, SMALL)
    where = f"Path({str(folder)!r})"
    told = alternate(
        {
            "redact": lambda: child(f"ours({where}, 'redact')"),
            "detect-secrets": lambda: child(f"detect_secrets({where})"),
            "CredSweeper, rules": lambda: child(f"credsweeper({where})"),
            "CredSweeper, with its model": lambda: child(f"credsweeper({where}, True)"),
        }
    )
    aims = {"detect-secrets": "80 or more", "CredSweeper, rules": "25 or more"}
    yield Figure("part of the text", told["redact"][0]["bytes"] / 1e6, "MB")
    yield Figure("all rules and replacement", _rate(told["redact"]), "MB/s a core")
    mine = [each["seconds"] for each in told.pop("redact")]
    for name, rounds in told.items():
        yield Figure(name, _rate(rounds), "MB/s a core")
        ratio = median_ratio([each["seconds"] for each in rounds], mine)
        yield Figure(f"  ours against {name}", ratio, "times", aims.get(name, ""))


def _worst(_folder: Path) -> Iterator[Figure]:
    for name in WORST:
        seconds = {size: child(f"worst({name!r}, {size})") for size in (250_000, 1_000_000)}
        yield Figure(f"{name}, 1 MB", seconds[1_000_000], "processor s")
        growth = seconds[1_000_000] / max(seconds[250_000], 0.005)
        yield Figure("  four times the text", growth, "times the time", "about 4")
    seconds = child(f"worst('nothing but @', {AT_SIGNS})")
    yield Figure("ten million @", seconds, "processor s")


def _memory(_folder: Path) -> Iterator[Figure]:
    few, many = child("memory(8_000)"), child("memory(32_000)")
    yield Figure("peak, 8,000 rows", few, "MiB")  # more than a row group, which is held whole
    yield Figure("peak, 32,000 rows", many, "MiB", "as with 8,000")


def _put(folder: Path, size: int) -> None:
    (folder / "texts.json").write_text(json.dumps(texts(size)))


def _rate(rounds: list[dict[str, Any]]) -> float:
    best = sorted(each["bytes"] / each["seconds"] for each in rounds)
    return best[len(best) // 2] / 1e6


def run() -> list[Figure]:
    asked = os.environ.get("REDACT_BENCH", ",".join(PARTS)).split(",")
    parts = {"speed": _speed, "peers": _peers, "worst": _worst, "memory": _memory}
    figures: list[Figure] = []
    for name in asked:
        with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
            figures += list(parts[name](Path(folder)))
    return figures
