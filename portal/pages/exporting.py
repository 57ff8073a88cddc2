"""Entries of the record as a file for an auditor: CSV for a spreadsheet, Parquet for a notebook."""

import csv
import json
from collections.abc import Iterable, Iterator
from io import StringIO
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Any

from governance.audit import leaves

if TYPE_CHECKING:
    from governance.audit.models import Entry

MOST = 200_000  # entries in one file
CHUNK = 2000  # entries read from the database, and written, at once
SEALED = ["id", "at", *leaves.FIELDS, "leaf"]
COLUMNS = [*SEALED, *leaves.PERSONAL]
NUMBERS = {"id", "grant", "leaf", "user_id", "concerns"}
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would calculate


def row(entry: "Entry") -> dict[str, Any]:
    """One entry by column. Personal columns are None once they were erased."""
    person = getattr(entry, "person", None)
    sealed = getattr(entry, "sealed", None)
    told = {name: getattr(entry, name) for name in SEALED if name != "leaf"}
    told |= {
        "at": entry.at,
        "reasons": ", ".join(entry.reasons),
        "detail": json.dumps(entry.detail, sort_keys=True, ensure_ascii=False),
        "leaf": sealed.place if sealed else None,
    }
    return told | {name: getattr(person, name, None) for name in leaves.PERSONAL}


def guarded(value: Any) -> str:
    """A cell that no spreadsheet takes for a formula: an apostrophe goes before what it would."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else str(value)
    return f"'{text}" if text.startswith(FORMULA) else text


def csv_lines(entries: Iterable["Entry"]) -> Iterator[bytes]:
    """RFC 4180, UTF-8, every cell quoted; times are ISO 8601 in UTC."""
    kept = StringIO()
    writer = csv.writer(kept, quoting=csv.QUOTE_ALL)
    writer.writerow(COLUMNS)
    for number, entry in enumerate(entries, 1):
        told = row(entry) | {"at": leaves.iso(entry.at)}
        writer.writerow([guarded(told[name]) for name in COLUMNS])
        if number % 200 == 0:
            yield _taken(kept)
    yield _taken(kept)


def _taken(kept: StringIO) -> bytes:
    text = kept.getvalue()
    kept.seek(0)
    kept.truncate()
    return text.encode(errors="replace")


def parquet_file(entries: Iterable["Entry"]) -> IO[bytes]:
    """An open file, gone when it is closed: columns as in CSV, unguarded, times as timestamps."""
    import pyarrow as pa
    from pyarrow import parquet

    kinds = {name: pa.int64() for name in NUMBERS} | {
        "at": pa.timestamp("us", tz="UTC"),
        "privileged": pa.bool_(),
    }
    schema = pa.schema([(name, kinds.get(name, pa.string())) for name in COLUMNS])
    file = TemporaryFile()  # noqa: SIM115 - the response closes it
    with parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        for chunk in _chunks(entries):
            writer.write_table(pa.Table.from_pylist(chunk, schema=schema))
    file.seek(0)
    return file


def _chunks(entries: Iterable["Entry"]) -> Iterator[list[dict[str, Any]]]:
    chunk: list[dict[str, Any]] = []
    for entry in entries:
        chunk.append(row(entry))
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
