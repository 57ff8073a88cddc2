"""The keys of rows: all that planning shards needs to know of a row, without its text."""

import hashlib
from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.shards import told_rows

KEYS = pa.schema(
    [
        ("row_id", pa.string()),
        ("hexsha", pa.string()),
        ("repo_id", pa.int64()),
        ("owner_id", pa.int64()),
        ("owner", pa.string()),
        ("repo_name", pa.string()),
        ("path", pa.string()),  # in its repository
        ("lang", pa.string()),
        ("licenses", pa.list_(pa.string())),
        ("size", pa.int64()),  # bytes of the original file
        ("text_bytes", pa.int64()),  # of the redacted text as UTF-8
        ("digest", pa.string()),  # of all columns of the row
    ]
)

_SOURCE = {"repo_name": "max_stars_repo_name", "path": "max_stars_repo_path"}
_COPIED = [name for name in KEYS.names if name not in ("text_bytes", "digest")]


def of_rows(rows: pa.RecordBatch) -> pa.RecordBatch:
    """The KEYS of SELECTED rows, in their order."""
    columns = {name: rows.column(_SOURCE.get(name, name)) for name in _COPIED}
    texts = rows.column("content").cast(pa.large_binary())
    names = [name for name in rows.schema.names if name != "content"]
    told = told_rows.lines(rows.select(names)).to_pylist()
    digests = [
        hashlib.sha256(hashlib.sha256(text).digest() + line.encode()).hexdigest()[:32]
        for text, line in zip(texts.to_pylist(), told, strict=True)
    ]
    columns["text_bytes"] = pc.binary_length(texts).cast(pa.int64())
    columns["digest"] = pa.array(digests, pa.string())
    return pa.record_batch([columns[name] for name in KEYS.names], schema=KEYS)


def digest_of(pairs: Iterable[tuple[str, str]]) -> str:
    """One digest for a set of rows, given (row id, row digest) in any order."""
    told = hashlib.sha256()
    for row_id, digest in sorted(pairs):
        told.update(f"{row_id} {digest}\n".encode())
    return told.hexdigest()[:32]
