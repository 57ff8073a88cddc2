"""Hours of GHArchive: threads of issues and pull requests, and the names of what was renamed.

A piece of work holds the threads under a prefix of their names, from all hours, so events of one
thread meet however far apart they are; one more piece holds names. Each leaves a file that is no
`blobs.parquet`: `issues.parquet` (ISSUE, by thread) or `aliases.parquet` (ALIAS).
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.collect import archive, hours
from pipeline.collect.threads import Known, threads
from pipeline.release.sources.about import About
from pipeline.release.work import Files, Json, Report, Work
from pipeline.shards import schemas, writer

KIND = "gharchive"
ISSUES, ALIASES = "issues.parquet", "aliases.parquet"
_TEXT = 24_000_000  # characters of text in one piece, at most, as prefixes are chosen
_MOST_DIGITS = 5
_BATCH = 500  # rows
_ORDER = [(name, "ascending") for name in ("thread_id", "datetime", "event_id", "type")]


def facts_of(sources: Sequence[Json]) -> list[Path]:
    """The tables of repositories that hours told of."""
    paths = (Path(source["folder"]) / "repositories.parquet" for source in sources)
    return [path for path in paths if path.is_file()]


def works(
    sources: Sequence[Json],
    options: Json,
    archives: Sequence[Path],  # noqa: ARG001
) -> Iterator[Work]:
    """Pieces in the order of their prefixes, then the names.

    Raises:
        ValueError: a folder holds no hours yet.
    """
    aim = int(options.get("thread_bytes", _TEXT))
    for source in sources:
        root = Path(source["folder"])
        try:
            index = archive.index_of(root)
        except FileNotFoundError as error:
            raise ValueError(f"No hours were read into {root}: run collect gharchive again.") from (
                error
            )
        text = sum(each["text"] for each in index["hours"].values())
        digits = 1
        while text > aim * 16**digits and digits < _MOST_DIGITS:
            digits += 1
        facts = {name: each["sha256"] for name, each in index["files"].items()}
        for prefix in map("".join, product("0123456789abcdef", repeat=digits)):
            params = {"kind": KIND, "prefix": prefix, "hours": index["list"], **facts}
            yield Work("collect", 0, f"threads {prefix}…", params, {"folder": str(root)})
        params = {"kind": KIND, "names": facts[ALIASES]}
        yield Work("collect", 0, "former names", params, {"folder": str(root)})


def run(work: Work, files: Files, folder: Path) -> Report:  # noqa: ARG001
    """Group the events of a prefix, or copy the names. Memory: the texts of a prefix, twice."""
    root = Path(work.inputs["folder"])
    if "names" in work.params:
        found = writer.read_batches(root / ALIASES)
        facts = writer.write(folder / ALIASES, schemas.ALIAS, found)
        return Report(files={ALIASES: facts._asdict()}, counts={"names": facts.rows})
    names = archive.hours_of(root, work.params["hours"])
    events = _events(root, names, work.params["prefix"])
    known = _known(root, events)
    dropped: Counter[str] = Counter()
    rows = threads(_rows(events), known, dropped)
    counts: Counter[str] = Counter()
    about = About()
    found = _batches(rows, counts, about)
    facts = writer.write(folder / ISSUES, schemas.ISSUE, found, cut="thread_id")
    about.write(folder)
    return Report(
        rows_in=events.num_rows,
        rows_out=facts.rows,
        bytes_in=_size(events),
        bytes_out=counts.pop("text", 0),
        dropped={reason: count for reason, count in sorted(dropped.items()) if count},
        files={ISSUES: facts._asdict()},
        counts=dict(sorted(counts.items())),
    )


def _events(root: Path, names: Sequence[str], prefix: str) -> pa.Table:
    within = writer.starting_with("thread_id", prefix)
    paths = (root / "hours" / name / "events.parquet" for name in names)
    parts = [batch for path in paths for batch in writer.read_batches(path, within=within)]
    return pa.Table.from_batches(parts, hours.EVENT).sort_by(_ORDER)


def _known(root: Path, events: pa.Table) -> dict[int, Known]:
    """What is known of the repositories that events name."""
    wanted = pc.unique(events["repo_id"])
    found = {}
    columns = ["repo_id", "name", "owner_id"]
    for batch in writer.read_batches(root / "repositories.parquet", columns, batch_rows=1 << 16):
        kept = batch.filter(pc.is_in(batch.column("repo_id"), value_set=wanted))
        for row in kept.to_pylist():
            found[row["repo_id"]] = Known(row["name"], row["owner_id"])
    return found


def _rows(events: pa.Table) -> Iterator[dict[str, Any]]:
    for batch in events.to_batches(_BATCH):
        yield from batch.to_pylist()


def _batches(
    rows: Iterator[dict[str, Any]], counts: Counter[str], about: About
) -> Iterator[pa.RecordBatch]:
    held: list[dict[str, Any]] = []
    for row in rows:
        counts["events"] += row["event_count"]
        counts["pulls" if row["is_pull"] else "issues"] += 1
        counts[f"opening_{row['opening']}"] += 1
        counts["text"] += row["text_size"]
        about.add_thread(row)
        held.append(row)
        if len(held) == _BATCH:
            yield pa.RecordBatch.from_pylist(held, schemas.ISSUE)
            held = []
    if held:
        yield pa.RecordBatch.from_pylist(held, schemas.ISSUE)


def _size(events: pa.Table) -> int:
    lengths = (pc.sum(pc.binary_length(events[name])).as_py() for name in ("title", "text"))
    return sum(length or 0 for length in lengths)
