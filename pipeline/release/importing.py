"""Human annotations come in: each row checked, each value made up before anything is kept.

A row says `content`, `language`, `hexsha` (git blob id of the source file, so that a removal
reaches it) and `spans` with `start`, `end` (code points, end exclusive) and `class`. A span whose
`surrogate` is what stands at its place is made up already; every other value is replaced.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.redact.replace import obfuscate
from pipeline.redact.spans import CLASSES, Span
from pipeline.shards import writer
from pipeline.shards.schemas import ANNOTATION

NEEDED = ("content", "language", "hexsha", "spans")
HEXSHA = re.compile(r"[0-9a-f]{40}")
LONGEST = 1 << 20  # code points of one content
LABELS = (*CLASSES, "ID", "AMBIGUOUS")


def read_in(source: Path, target: Path, secret: bytes) -> dict[str, int]:
    """Write the good rows of `source` to `target` (ANNOTATION); count what became of each.

    `kept` counts the rows written; every other name is a reason why rows were left out:
    `no-source`, `no-content`, `too-large`, `bad-span`, `unknown-class`.

    Raises:
        ValueError: no Parquet file, or a column is missing.
    """
    try:
        file = pq.ParquetFile(source, pre_buffer=False)
    except (pa.ArrowInvalid, OSError) as error:
        raise ValueError(f"It is no Parquet file that can be read ({error}).") from error
    missing = [name for name in NEEDED if name not in file.schema_arrow.names]
    if missing:
        raise ValueError(f"It lacks the column {missing[0]}; it needs {', '.join(NEEDED)}.")
    counts: Counter[str] = Counter(kept=0)
    writer.write(target, ANNOTATION, _batches(file, secret, counts))
    return dict(counts)


def _batches(file: pq.ParquetFile, secret: bytes, counts: Counter[str]) -> Iterator[pa.RecordBatch]:
    columns = [name for name in (*NEEDED, "id", "repo_id") if name in file.schema_arrow.names]
    number = 0
    for batch in file.iter_batches(batch_size=200, columns=columns):
        rows = []
        for row in batch.to_pylist():
            number += 1
            reason = _fault(row)
            counts[reason or "kept"] += 1
            if not reason:
                rows.append(_made_up(row, number, secret))
        if rows:
            yield pa.RecordBatch.from_pylist(rows, schema=ANNOTATION)


def _fault(row: Mapping[str, Any]) -> str:
    """Why a row can't be used, or an empty text."""
    content = row["content"]
    if not HEXSHA.fullmatch(row["hexsha"] or ""):
        return "no-source"
    if not content:
        return "no-content"
    if len(content) > LONGEST:
        return "too-large"
    for span in row["spans"] or ():
        start, end = span.get("start"), span.get("end")
        if start is None or end is None or not 0 <= start < end <= len(content):
            return "bad-span"
        if span.get("class") not in LABELS:
            return "unknown-class"
    return ""


def _made_up(row: Mapping[str, Any], number: int, secret: bytes) -> dict[str, Any]:
    content = row["content"]
    told = row["spans"] or []
    if not all(span.get("surrogate") == content[span["start"] : span["end"]] for span in told):
        spans = [Span(span["start"], span["end"], span["class"]) for span in told]
        content, told = obfuscate(content, spans, secret)
    return {
        "id": str(row.get("id") or f"human-{row['hexsha'][:12]}-{number}"),
        "content": content,
        "language": row["language"] or "",
        "spans": told,
        "labelled_by": "human",
        "hexsha": row["hexsha"],
        "repo_id": row.get("repo_id"),
    }
