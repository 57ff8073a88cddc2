"""Stage identify: what can be told of each collected content, and of the places where it stands.

One piece of work for each piece of collect, named by what stands in it, so whatever else is
collected leaves it as it was. It leaves `facts.parquet` (FACTS, by hexsha), `occurrences.parquet`
(OCCURRENCE, by hexsha) and `about.json`: digests by the first two digits of hexsha and the holders
that the piece names, which is all that planning the next stage needs. Rows are places.
"""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from operator import itemgetter
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.select import generated, languages, licences, malware, measures
from pipeline.select.removals import HOLDER
from pipeline.shards import writer
from pipeline.shards.schemas import BLOB, OCCURRENCE

from .work import Context, Files, Json, Report, Stage, Work

ABOUT = "about.json"
DIGITS = 2  # of hexsha by which `about.json` tells digests
_BATCH = 128  # rows

# What is told of a content; its text stays where collect put it and is not written again.
FACTS = BLOB.remove(BLOB.get_field_index("content")).append(
    pa.field("is_blank", pa.bool_())  # nothing but white space
)


def plan(context: Context) -> list[Work]:
    """One piece for each piece of collect that holds files.

    Raises:
        ValueError: the folder of malware rules that `malware_rules` names holds none.
    """
    rules = (context.brief.options or {}).get("malware_rules")
    told = {"malware": malware.digest(Path(rules))} if rules else {}
    return [
        Work(
            "identify",
            done.number,
            done.label,
            {name: done.report.files[name]["sha256"] for name in _INPUTS} | told,
            {"collect": done.ref, "rules": rules},
        )
        for done in context.done["collect"]
        if all(name in done.report.files for name in _INPUTS)
    ]


def run(work: Work, files: Files, folder: Path, secret: bytes) -> Report:  # noqa: ARG001
    """Look at every content of a piece. Memory: its places and a few of its texts."""
    ref = work.inputs["collect"]
    places = writer.read_table(files.path(ref, "occurrences.parquet")).to_pylist()
    places.sort(key=itemgetter("hexsha"))
    by_blob: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for place in places:
        by_blob[place["hexsha"]].append(place)
    digests = _Digests()
    told = work.params.get("malware")
    rules = malware.of_folder(Path(work.inputs["rules"]), told) if told else None
    blobs = writer.read_batches(files.path(ref, "blobs.parquet"), batch_rows=_BATCH)
    found = _identified(blobs, by_blob, digests, rules)
    of_blobs = writer.write(folder / "facts.parquet", FACTS, found)
    table = pa.Table.from_pylist(places, OCCURRENCE)
    of_places = writer.write(folder / "occurrences.parquet", OCCURRENCE, [table], cut="hexsha")
    for place in places:
        digests.add(place)
    (folder / ABOUT).write_text(json.dumps(digests.as_json(), ensure_ascii=False), "utf-8")
    return Report(
        rows_in=len(places),
        rows_out=len(places),
        bytes_in=digests.bytes,
        bytes_out=digests.bytes,
        files={"facts.parquet": of_blobs._asdict(), "occurrences.parquet": of_places._asdict()},
        counts={
            "contents": of_blobs.rows,
            "languages": dict(sorted(Counter(place["lang"] for place in places).items())),
        },
    )


STAGE = Stage("identify", 4, plan, run)
_INPUTS = ("blobs.parquet", "occurrences.parquet")


class _Digests:
    """What `about.json` tells, in the making."""

    def __init__(self) -> None:
        self.told: dict[str, Any] = defaultdict(hashlib.sha256)
        self.holders: set[tuple] = set()
        self.bytes = 0

    def add(self, row: Mapping[str, Any]) -> None:
        self.told[row["hexsha"][:DIGITS]].update(repr(list(row.values())).encode())
        if "repo_id" in row:
            self.holders.add(tuple(row[name] for name in HOLDER))

    def as_json(self) -> dict[str, Json]:
        return {
            "prefixes": {name: one.hexdigest()[:32] for name, one in sorted(self.told.items())},
            "holders": sorted(map(list, self.holders)),
        }


def _identified(
    blobs: Iterator[pa.RecordBatch],
    places: Mapping[str, list[dict[str, Any]]],
    digests: _Digests,
    rules: malware.Rules | None,
) -> Iterator[pa.RecordBatch]:
    """The rows of FACTS; on the way each place gets its language and marks."""
    for batch in blobs:
        rows = batch.to_pylist()
        for row in rows:
            text = row.pop("content")
            row.update(measures.measure(text)._asdict())
            row["is_blank"] = not text or text.isspace()
            for place in places[row["hexsha"]]:
                place["ext"] = languages.extension(place["path"])
                # What the repository itself says of a path comes first.
                place["lang"] = place["lang"] or languages.language(place["path"], text)
                if place["is_vendored"] is None:
                    place["is_vendored"] = generated.is_vendored(place["path"])
                if place["is_generated"] is None:
                    place["is_generated"] = generated.is_generated(
                        place["path"], text, row["avg_line_length"]
                    )
                digests.bytes += row["size"]
            row["is_generated"] = any(place["is_generated"] for place in places[row["hexsha"]])
            header = licences.of_header(text)
            row["licenses"] = list(header.licences)
            row["license_evidence"] = [one._asdict() for one in header.evidence]
            row["malware"] = rules.found(text) if rules else None
            digests.add(row)
        yield pa.RecordBatch.from_pylist(rows, FACTS)
