"""All that identify told of the contents under a prefix, in two files: what select decides on.

Not a stage of its own: select asks for it, and it is work like any other, named by what stands
under the prefix. A new list of removals finds it done, and so reads two files and not one of each
piece.
"""

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.select.choose import distinct
from pipeline.shards import slices
from pipeline.shards.schemas import OCCURRENCE

from .doing import do
from .identifying import FACTS_FILE, PLACES_FILE
from .work import Context, Files, Json, Report, Stage, Work

PLACES, FACTS = "places.arrow", "facts.arrow"
COLUMNS = [
    *("hexsha", "size", "is_blank", "licenses", "malware"),
    *("avg_line_length", "max_line_length", "alphanum_fraction"),
]
PLACE = OCCURRENCE.append(pa.field("home", pa.string())).append(pa.field("place", pa.int64()))


def read(work: Work, files: Files) -> tuple[pa.Table, pa.Table, int]:
    """Places, facts, and how many places stood twice, for a select work."""
    params = {name: work.params[name] for name in ("prefix", "content")}
    mine = Work("gather", work.number, work.label, params, work.inputs)
    report = do(GATHER, mine, files, b"")
    ref = mine.name(GATHER.version)
    places = slices.read(files.path(ref, PLACES))
    return places, slices.read(files.path(ref, FACTS)), report.dropped.get("duplicate", 0)


def run(work: Work, files: Files, folder: Path, secret: bytes) -> Report:  # noqa: ARG001
    """Read every piece once. Memory: what is told of the contents under the prefix, no text."""
    prefix = work.params["prefix"]
    places, facts = [], []
    for ref in dict.fromkeys(work.inputs["identify"]):
        table, start = slices.under(files.path(ref, PLACES_FILE), prefix)
        rows = table.num_rows
        table = table.append_column("home", pa.array([ref] * rows, pa.string()))
        places.append(table.append_column("place", pa.array(range(start, start + rows))))
        facts.append(slices.under(files.path(ref, FACTS_FILE), prefix, COLUMNS).rows)
    seen = sum(table.num_rows for table in places)
    unlike, twice = distinct(pa.concat_tables(places))
    told = pa.concat_tables(facts).sort_by("hexsha")
    told = told.filter(_first_of(told["hexsha"]))
    return Report(
        rows_in=seen,
        rows_out=unlike.num_rows,
        dropped={"duplicate": twice} if twice else {},
        files={
            PLACES: slices.write(folder / PLACES, PLACE, unlike)._asdict(),
            FACTS: slices.write(folder / FACTS, told.schema, told)._asdict(),
        },
    )


def _first_of(hexshas: pa.ChunkedArray) -> pa.Array:
    at = pc.index_in(hexshas, value_set=hexshas.combine_chunks())
    return pc.equal(at, pa.array(range(len(hexshas)), pa.int32()))


def _no_plan(context: Context) -> list[Json]:  # noqa: ARG001  asked for by select alone
    return []


GATHER = Stage("gather", 2, _no_plan, run)
