"""Stage identify: what can be told of each collected content, and of the places where it stands.

One piece of work for each piece of collect, named by what stands in it, so whatever else is
collected leaves it as it was. It leaves `facts.arrow` (FACTS, by hexsha), `occurrences.arrow`
(OCCURRENCE, by hexsha) and `about.json`: digests by the first two digits of hexsha and the holders
that the piece names, which is all that planning the next stage needs. Rows are places.
"""

import hashlib
import json
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.select import generated, languages, licences, malware, measures
from pipeline.select.removals import HOLDER
from pipeline.shards import slices, told_rows, writer
from pipeline.shards.schemas import BLOB, OCCURRENCE

from .work import Context, Files, Json, Report, Stage, Work

ABOUT = "about.json"
FACTS_FILE, PLACES_FILE = "facts.arrow", "occurrences.arrow"
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
    told = work.params.get("malware")
    rules = malware.of_folder(Path(work.inputs["rules"]), told) if told else None
    look = _Look(writer.read_table(files.path(ref, "occurrences.parquet")), rules)
    for batch in writer.read_batches(files.path(ref, "blobs.parquet"), batch_rows=_BATCH):
        look.at(batch)
    facts, places = look.facts(), look.places()
    about = json.dumps(_about(facts, places), ensure_ascii=False)
    (folder / ABOUT).write_text(about, "utf-8")
    of_blobs = slices.write(folder / FACTS_FILE, FACTS, facts, slices.digits(facts["hexsha"]))
    of_places = slices.write(
        folder / PLACES_FILE, OCCURRENCE, places, slices.digits(places["hexsha"])
    )
    return Report(
        rows_in=places.num_rows,
        rows_out=places.num_rows,
        bytes_in=look.bytes,
        bytes_out=look.bytes,
        files={FACTS_FILE: of_blobs._asdict(), PLACES_FILE: of_places._asdict()},
        counts={
            "contents": of_blobs.rows,
            "languages": dict(sorted(Counter(places["lang"].to_pylist()).items())),
        },
    )


STAGE = Stage("identify", 5, plan, run)
_INPUTS = ("blobs.parquet", "occurrences.parquet")


class _Look:
    """What is found out of a piece, column by column; texts are let go as they pass."""

    def __init__(self, places: pa.Table, rules: malware.Rules | None) -> None:
        self._places = places.sort_by("hexsha")  # stable: places of a content keep their order
        self._rules = rules
        self._paths = self._places["path"].to_pylist()
        self._ext = list(map(languages.extension, self._paths))
        # What the repository itself says of a path comes first.
        self._lang = self._places["lang"].to_pylist()
        self._vendored = self._places["is_vendored"].to_pylist()
        self._generated = self._places["is_generated"].to_pylist()
        self._first: dict[str, int] = {}
        self._count: Counter[str] = Counter()
        for at, hexsha in enumerate(self._places["hexsha"].to_pylist()):
            self._first.setdefault(hexsha, at)
            self._count[hexsha] += 1
        self._found: dict[str, list[Any]] = {name: [] for name in FACTS.names}
        self.bytes = 0  # of the files at all places

    def at(self, blobs: pa.RecordBatch) -> None:
        """Look at some contents, which come by hexsha."""
        held = {name: blobs.column(name).to_pylist() for name in blobs.schema.names}
        for name in ("hexsha", "size", "encoding"):
            self._found[name] += held[name]
        for hexsha, size, text in zip(held["hexsha"], held["size"], held["content"], strict=True):
            self._one(hexsha, size, text)

    def _one(self, hexsha: str, size: int, text: str) -> None:
        measured = measures.measure(text)
        first, count = self._first.get(hexsha, 0), self._count[hexsha]
        for at in range(first, first + count):
            self._place(at, text, measured.avg_line_length)
        header = licences.of_header(text)
        told = {
            **measured._asdict(),
            "is_blank": not text or text.isspace(),
            "is_generated": any(self._generated[first : first + count]),
            "licenses": list(header.licences),
            "license_evidence": [one._asdict() for one in header.evidence],
            "malware": self._rules.found(text) if self._rules else None,
        }
        for name, value in told.items():
            self._found[name].append(value)
        self.bytes += size * count

    def _place(self, at: int, text: str, mean_line: float) -> None:
        path = self._paths[at]
        self._lang[at] = self._lang[at] or languages.language(path, text)
        if self._vendored[at] is None:
            self._vendored[at] = generated.is_vendored(path)
        if self._generated[at] is None:
            self._generated[at] = generated.is_generated(path, text, mean_line)

    def facts(self) -> pa.Table:
        columns = [pa.array(self._found[field.name], field.type) for field in FACTS]
        return pa.table(columns, schema=FACTS)

    def places(self) -> pa.Table:
        found = {"ext": self._ext, "lang": self._lang}
        found |= {"is_vendored": self._vendored, "is_generated": self._generated}
        return pa.table(
            [
                pa.array(found[field.name], field.type)
                if field.name in found
                else self._places[field.name]
                for field in OCCURRENCE
            ],
            schema=OCCURRENCE,
        )


def _about(facts: pa.Table, places: pa.Table) -> dict[str, Json]:
    """What `about.json` tells."""
    told: dict[str, Any] = defaultdict(hashlib.sha256)
    for table in (facts, places):
        marks = slices.digits(table["hexsha"], DIGITS).to_pylist()
        lines = told_rows.lines(table).to_pylist()
        for mark, line in zip(marks, lines, strict=True):
            told[mark].update(line.encode())
    held = places.select(HOLDER).group_by(HOLDER).aggregate([])
    holders = zip(*(held[name].to_pylist() for name in HOLDER), strict=True)
    return {
        "prefixes": {name: one.hexdigest()[:32] for name, one in sorted(told.items())},
        "holders": sorted(map(list, holders)),
    }
