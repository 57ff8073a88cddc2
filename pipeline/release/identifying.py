"""Stage identify: each content once, with what can be told of it; the raw tier is made here.

One piece of work for each prefix of the blob id. It leaves `blobs.parquet` (BLOB) and
`occurrences.parquet` (OCCURRENCE), both by hexsha. Rows in are the places that collect kept, rows
out are distinct contents; every further place of a content is counted as `duplicate`, so that
counts add up from stage to stage. No place is lost by that: all stand in the second file.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.select import generated, languages, licences, measures
from pipeline.shards import writer
from pipeline.shards.schemas import BLOB, OCCURRENCE

from .collecting import COLLECTED
from .work import Context, Files, Report, Stage, Work

DUPLICATE = "duplicate"
_BYTES = 48_000_000  # of text in one piece of work, at most, as prefixes are chosen
_MOST_DIGITS = 4
_BATCH = 128  # rows
_KEY = ("repo_host", "repo_name", "path", "source", "head")


def plan(context: Context) -> list[Work]:
    """One piece for each prefix that holds anything; `prefixes` (16, 256, ...) sets their number.

    A piece is named by what stands under its first digit, so a change of a few files leaves most
    names as they were.
    """
    collected = context.done["collect"]
    works = []
    for prefix in _prefixes(context):
        told = {
            done.ref: done.report.counts["prefixes"][prefix[0]]
            for done in collected
            if prefix[0] in done.report.counts["prefixes"]
        }
        if told:
            content = hashlib.sha256(" ".join(sorted(told.values())).encode()).hexdigest()[:32]
            params = {"prefix": prefix, "content": content}
            inputs = {"collect": list(told)}
            works.append(Work("identify", len(works), f"blobs {prefix}…", params, inputs))
    return works


def run(work: Work, files: Files, folder: Path, secret: bytes) -> Report:  # noqa: ARG001
    """Merge what all collected pieces hold under a prefix. Memory: the text of that prefix."""
    refs, prefix = work.inputs["collect"], work.params["prefix"]
    blobs = _distinct(files, refs, prefix)
    seen, places = _places(files, refs, prefix)
    by_blob: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for place in places:
        by_blob[place["hexsha"]].append(place)
    of_blobs = writer.write(folder / "blobs.parquet", BLOB, _identified(blobs, by_blob))
    table = pa.Table.from_pylist(places, OCCURRENCE)
    of_places = writer.write(folder / "occurrences.parquet", OCCURRENCE, [table])
    sizes = dict(zip(blobs["hexsha"].to_pylist(), blobs["size"].to_pylist(), strict=True))
    return Report(
        rows_in=seen,
        rows_out=of_blobs.rows,
        bytes_in=sum(sizes[place["hexsha"]] for place in places),
        bytes_out=sum(sizes.values()),
        dropped={DUPLICATE: seen - of_blobs.rows} if seen > of_blobs.rows else {},
        files={"blobs.parquet": of_blobs._asdict(), "occurrences.parquet": of_places._asdict()},
        counts={
            "occurrences": of_places.rows,
            "languages": dict(sorted(Counter(place["lang"] for place in places).items())),
        },
    )


STAGE = Stage("identify", 1, plan, run)


def _prefixes(context: Context) -> Iterator[str]:
    asked = (context.brief.options or {}).get("prefixes")
    digits = 1
    if asked is None:
        text = sum(done.report.bytes_out for done in context.done["collect"])
        while text > _BYTES * 16**digits and digits < _MOST_DIGITS:
            digits += 1
    else:
        while 16**digits < int(asked) and digits < _MOST_DIGITS:
            digits += 1
    return map("".join, product("0123456789abcdef", repeat=digits))


def _distinct(files: Files, refs: list[str], prefix: str) -> pa.Table:
    """Each content under the prefix once, by hexsha."""
    within = writer.starting_with("hexsha", prefix)
    batches = []
    seen: set[str] = set()
    for ref in refs:
        for batch in writer.read_batches(files.path(ref, "blobs.parquet"), within=within):
            hexshas = batch.column("hexsha").to_pylist()
            new = [at for at, hexsha in enumerate(hexshas) if hexsha not in seen]
            seen.update(hexshas)
            batches.append(batch.take(pa.array(new, pa.int64())))
    return pa.Table.from_batches(batches, COLLECTED).sort_by("hexsha")


def _places(files: Files, refs: list[str], prefix: str) -> tuple[int, list[dict[str, Any]]]:
    """How many places were read, and the distinct ones by hexsha and name."""
    within = writer.starting_with("hexsha", prefix)
    found: dict[tuple, dict[str, Any]] = {}
    seen = 0
    for ref in refs:
        for batch in writer.read_batches(files.path(ref, "occurrences.parquet"), within=within):
            seen += batch.num_rows
            for place in batch.to_pylist():
                found.setdefault((place["hexsha"], *(place[name] for name in _KEY)), place)
    return seen, [found[key] for key in sorted(found)]


def _identified(
    blobs: pa.Table, places: Mapping[str, list[dict[str, Any]]]
) -> Iterator[pa.RecordBatch]:
    """The rows of BLOB; on the way each place gets its language and marks."""
    for batch in blobs.to_batches(_BATCH):
        rows = batch.to_pylist()
        for row in rows:
            text = row["content"]
            row.update(measures.measure(text)._asdict())
            for place in places[row["hexsha"]]:
                place["ext"] = languages.extension(place["path"])
                place["lang"] = languages.language(place["path"], text)
                place["is_vendored"] = generated.is_vendored(place["path"])
            row["is_generated"] = any(
                generated.is_generated(place["path"], text, row["avg_line_length"])
                for place in places[row["hexsha"]]
            )
            header = licences.of_header(text)
            row["licenses"] = list(header.licences)
            row["license_evidence"] = [one._asdict() for one in header.evidence]
        yield pa.RecordBatch.from_pylist(rows, BLOB)
