"""The files of the annotations tier: the machine-labelled sample, and what people labelled.

An imported annotation enters a version only while its source stands in that version's raw tier:
whatever removed the source (an account, a repository, a blob) removes its labels as well.
"""

import heapq
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.shards import hashes, schemas, slices, writer

from . import reports
from .doing import do
from .redacting import SAMPLE_FILE, detector_digest, obfuscated, sample_size
from .selecting import RAW_PLACES
from .work import Context, Files, Report, Stage, Work

MACHINE = "data/machine-0000.parquet"
HUMAN = "data/human-0000.parquet"
FILES = {"machine.parquet": MACHINE, "human.parquet": HUMAN}  # in the output -> in the tier


def work(context: Context, number: int) -> Work:
    """The one shard that writes the annotations tier."""
    humans = [Path(path) for path in context.brief.annotations]
    raw = context.done["select"] if humans else []
    sampled = [done for done in context.done["redact"] if SAMPLE_FILE in done.report.files]
    params = {
        "kind": "annotations",
        "dataset": context.brief.dataset,
        "sample": sample_size(context.brief.options),
        "machine": reports.shas(sampled, SAMPLE_FILE),
        "detector": detector_digest(),  # with which goes what makes surrogates
        "human": [hashes.sha256_file(path) for path in humans],
        "raw": reports.shas(raw, RAW_PLACES),
        "profile": writer.PROFILE,
    }
    inputs = {
        "machine": [done.ref for done in sampled],
        "human": [str(path) for path in humans],
        "raw": [done.ref for done in raw],
    }
    return Work("write", number, "annotations", params, inputs)


def run(work: Work, files: Files, folder: Path, secret: bytes) -> Report:
    """Write `machine.parquet` and `human.parquet`, each only if it has rows."""
    report = Report()
    dropped: Counter[str] = Counter()
    ids = {ref: slices.marks(files.path(ref, SAMPLE_FILE)) for ref in work.inputs["machine"]}
    chosen = _lowest(ids, work.params["sample"])
    report.rows_in = sum(map(len, ids.values()))
    dropped["beyond-the-sample"] = report.rows_in - len(chosen)
    machine = _labelled_by_machine(work, files, chosen, secret)
    _write(folder / "machine.parquet", machine, report)
    if work.inputs["human"]:
        human = pa.concat_tables(_labelled(path) for path in work.inputs["human"])
        places = standing(human["hexsha"], _places(work, files))
        kept = human.filter(pa.array(sourced(human, places), pa.bool_()))
        report.rows_in += human.num_rows
        dropped["source-not-in-version"] = human.num_rows - kept.num_rows
        _write(folder / "human.parquet", kept, report)
    report.dropped = {reason: count for reason, count in sorted(dropped.items()) if count}
    return report


def _labelled_by_machine(
    work: Work, files: Files, chosen: Iterable[tuple[str, str]], secret: bytes
) -> pa.Table:
    """The chosen rows by id. What is asked of one piece is work of its own, and found again."""
    asked: dict[str, list[str]] = {}
    for name, ref in chosen:
        asked.setdefault(ref, []).append(name)
    tables = [schemas.ANNOTATION.empty_table()]
    for ref, ids in asked.items():
        params = {name: work.params[name] for name in ("dataset", "detector")}
        mine = Work("label", 0, ref, params | {"redact": ref, "ids": ids})
        do(LABEL, mine, files, secret)
        tables.append(slices.read(files.path(mine.name(LABEL.version), _LABELLED)))
    return pa.concat_tables(tables).sort_by("id")


def _label(work: Work, files: Files, folder: Path, secret: bytes) -> Report:
    """Give surrogates to some sampled rows of one piece."""
    path = files.path(work.params["redact"], SAMPLE_FILE)
    rows = [slices.read(path, mark=name) for name in work.params["ids"]]
    table = obfuscated(pa.concat_tables(rows), secret)
    facts = slices.write(folder / _LABELLED, schemas.ANNOTATION, table)
    return Report(rows_in=facts.rows, rows_out=facts.rows, files={_LABELLED: facts._asdict()})


def _no_plan(context: Context) -> list[Work]:  # noqa: ARG001  asked for by annotations alone
    return []


LABEL = Stage("label", 1, _no_plan, _label)
_LABELLED = "labelled.arrow"


def _lowest(ids: Mapping[str, Sequence[str]], size: int) -> list[tuple[str, str]]:
    """The lowest ids of all sampled rows, each with the redact work that has it."""
    return heapq.nsmallest(size, ((name, ref) for ref, names in ids.items() for name in names))


def _labelled(path: str) -> pa.Table:
    """One imported file. Raises ValueError when it is no Parquet file of the annotations schema."""
    name = Path(path).name
    try:
        table = pq.read_table(path, partitioning=None)
    except pa.ArrowInvalid as error:
        raise ValueError(f"{name} is no Parquet file that can be read") from error
    missing = [field for field in schemas.ANNOTATION.names if field not in table.column_names]
    if missing:
        raise ValueError(f"{name} lacks the columns {', '.join(missing)}")
    try:
        return table.select(schemas.ANNOTATION.names).cast(schemas.ANNOTATION)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise ValueError(f"{name} has columns of other types than an annotation") from error


def standing(
    wanted: pa.ChunkedArray, places: Iterable[pa.RecordBatch]
) -> set[tuple[str | None, int | None]]:
    """The (blob, repository number) of `places` whose blob is wanted."""
    blobs = pc.unique(wanted)
    return {
        (row["hexsha"], row["repo_id"])
        for batch in places
        for row in batch.filter(pc.is_in(batch.column("hexsha"), value_set=blobs)).to_pylist()
    }


def sourced(rows: pa.Table, places: set[tuple[str | None, int | None]]) -> list[bool]:
    """Which rows stand on one of `places`, or name no source at all."""
    sources = zip(rows["hexsha"].to_pylist(), rows["repo_id"].to_pylist(), strict=True)
    return [(not blob and repo is None) or (blob, repo) in places for blob, repo in sources]


def _places(work: Work, files: Files) -> Iterator[pa.RecordBatch]:
    for ref in work.inputs["raw"]:
        path = files.path(ref, RAW_PLACES)
        yield from writer.read_batches(path, ["hexsha", "repo_id"])


def _write(path: Path, rows: pa.Table, report: Report) -> None:
    if not rows.num_rows:
        return
    facts = writer.write(path, schemas.ANNOTATION, [rows])
    blob_id = hashes.git_blob_id(path.read_bytes())
    report.files[path.name] = facts._asdict() | {"git_blob_id": blob_id}
    report.rows_out += facts.rows
    report.bytes_out += pc.sum(pc.binary_length(rows["content"])).as_py() or 0
