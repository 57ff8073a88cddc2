"""Detection and redaction of Parquet files, batch by batch, so that memory stays flat."""

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.shards import writer
from pipeline.shards.schemas import REDACTIONS, SPAN_TABLE

from .policy import Policy, check
from .replace import Redacted, redact_text
from .scan import Detector, default_detector

CONTENT, REDACTED = "content", "redactions"
PATHS = ("max_stars_repo_path", "path")  # the first that is there tells tests and examples
BATCH_ROWS = 128


@dataclass(slots=True)
class FileReport:
    """What was done to one file. `counts` and `left` are values by class, never the values."""

    rows: int = 0  # read
    dropped: int = 0  # not written, as the policy says
    counts: Counter[str] = field(default_factory=Counter)  # found, or replaced
    left: Counter[str] = field(default_factory=Counter)  # found and left, as the policy says


def detect_file(source: Path, target: Path, *, detector: Detector | None = None) -> FileReport:
    """Write the spans found in column `content` of Parquet file `source` to `target`.

    One row a span, as `SPAN_TABLE`: the row's number from 0, offsets in code points.

    Raises:
        ValueError: no Parquet file, or no text column `content`; nothing is written then.
    """
    detector = detector or default_detector()
    report = FileReport()
    with _reading(source) as file, _whole(target) as part:
        writer.write(part, SPAN_TABLE, _detected(file, report, detector))
    return report


def redact_file(
    source: Path, target: Path, policy: Policy, key: bytes, *, detector: Detector | None = None
) -> FileReport:
    """Write Parquet file `source` to `target` with `content` redacted and `redactions` added.

    Other columns stay, but that a value found in `content` leaves the row's other text columns
    too. A null content stays null. Rows that the policy drops are left out and counted.
    `source` and `target` may be the same file. `key` is the dataset's secret, see `surrogates`.

    Raises:
        ValueError: a policy that can't be applied, no Parquet file, or no text column
            `content`; nothing is written then.
    """
    check(policy)
    report = FileReport()
    with _reading(source) as file, _whole(target) as part:
        schema = _with_redactions(file.schema_arrow)
        batches = file.iter_batches(BATCH_ROWS)
        clean = (_redacted(batch, schema, policy, key, report, detector) for batch in batches)
        writer.write(part, schema, clean)
    return report


def _detected(
    file: pq.ParquetFile, report: FileReport, detector: Detector
) -> Iterator[pa.RecordBatch]:
    path = [name for name in _path_column(file.schema_arrow) if name != CONTENT]
    for batch in file.iter_batches(BATCH_ROWS, columns=[CONTENT, *path]):
        rows = []
        for text, place in zip(batch.column(CONTENT).to_pylist(), _paths(batch), strict=True):
            rows += [(report.rows, *span) for span in detector.detect(text or "", path=place)]
            report.rows += 1
        report.counts.update(row[3] for row in rows)
        columns = zip(*rows, strict=True) if rows else [()] * len(SPAN_TABLE)
        arrays = [pa.array(c, f.type) for c, f in zip(columns, SPAN_TABLE, strict=True)]
        yield pa.RecordBatch.from_arrays(arrays, schema=SPAN_TABLE)


def _redacted(
    batch: pa.RecordBatch,
    schema: pa.Schema,
    policy: Policy,
    key: bytes,
    report: FileReport,
    detector: Detector | None,
) -> pa.RecordBatch:
    names = [CONTENT, *(f.name for f in schema if f.name != CONTENT and is_text(f.type))]
    texts = [batch.column(name).to_pylist() for name in names]
    kept: list[int] = []
    done: list[Redacted] = []
    for number, (path, *row) in enumerate(zip(_paths(batch), *texts, strict=True)):
        beside = [text or "" for text in row[1:]]
        result = redact_text(row[0] or "", policy, key, detector=detector, beside=beside, path=path)
        report.counts.update(result.counts)
        report.left.update(result.left)
        if not result.drop:
            kept.append(number)
            done.append(result)
    report.rows += batch.num_rows
    report.dropped += batch.num_rows - len(kept)
    new: dict[str, list[object]] = {REDACTED: [as_column(result.counts) for result in done]}
    for at, name in enumerate(names):
        new[name] = [
            None if texts[at][number] is None else (result.text, *result.beside)[at]
            for number, result in zip(kept, done, strict=True)
        ]
    rest = batch.take(pa.array(kept, pa.int64()))
    return pa.RecordBatch.from_arrays(
        [pa.array(new[f.name], f.type) if f.name in new else rest.column(f.name) for f in schema],
        schema=schema,
    )


def _path_column(schema: pa.Schema) -> list[str]:
    """The name of the column that holds the files' paths, if there is one."""
    here = [name for name in PATHS if name in schema.names and is_text(schema.field(name).type)]
    return here[:1]


def _paths(batch: pa.RecordBatch) -> list[str]:
    for name in _path_column(batch.schema):
        return [path or "" for path in batch.column(name).to_pylist()]
    return [""] * batch.num_rows


def as_column(counts: dict[str, int]) -> list[dict[str, str | int]]:
    """Counts by class as the column `redactions` has them, classes in alphabetical order."""
    return [{"class": cls, "count": count} for cls, count in sorted(counts.items())]


def is_text(kind: pa.DataType) -> bool:
    """Whether a column of this type holds text."""
    return pa.types.is_string(kind) or pa.types.is_large_string(kind)


def _with_redactions(schema: pa.Schema) -> pa.Schema:
    at = schema.get_field_index(REDACTED)
    column = pa.field(REDACTED, REDACTIONS)
    return schema.append(column) if at < 0 else schema.set(at, column)


@contextmanager
def _reading(source: Path) -> Iterator[pq.ParquetFile]:
    try:
        file = pq.ParquetFile(source, pre_buffer=False)  # else it keeps all that was read
    except FileNotFoundError:
        raise
    except (pa.ArrowInvalid, OSError) as error:
        raise ValueError(f"{source} can't be read as a Parquet file: {error}.") from error
    with file:
        at = file.schema_arrow.get_field_index(CONTENT)
        if at < 0 or not is_text(file.schema_arrow.field(at).type):
            names = ", ".join(file.schema_arrow.names)
            raise ValueError(f"{source} has no text column `content`; its columns are: {names}.")
        yield file


@contextmanager
def _whole(target: Path) -> Iterator[Path]:
    """A path to write to, which gets the name `target` only when all went well."""
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        yield part
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
