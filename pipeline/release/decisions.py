"""What select decides, in the form in which later stages look it up: by home.

The home of a content is the piece of collect from which it is read: the one of the place that
stands for it. `homes.json` tells for each home a digest of its rows and one of its contents, so
that a stage that works home by home does again only those where something changed.
"""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.shards import slices, writer

from . import reports
from .work import Done, Files, Json

DECISION = pa.schema(
    [
        ("home", pa.string()),  # ref of the identify work
        ("hexsha", pa.string()),
        ("place", pa.int64()),  # row of the chosen place in the home's `occurrences.arrow`
        ("rests_on", pa.list_(pa.string())),  # null: stands in the raw tier alone
    ]
)
NAME, HOMES = "decisions.arrow", "homes.json"


def write(folder: Path, rows: pa.Table) -> dict[str, Json]:
    """Write both files and return their facts by name."""
    held = rows.select(DECISION.names).cast(DECISION)
    order = pc.sort_indices(held, [("home", "ascending"), ("hexsha", "ascending")])
    held = held.take(order)
    facts = slices.write(folder / NAME, DECISION, held, held["home"])
    size = reports.write_json(folder / HOMES, dict(_homes(held)))
    return {
        NAME: facts._asdict(),
        HOMES: {"size": size, "sha256": writer.facts(folder / HOMES, 0).sha256, "rows": 0},
    }


def _homes(held: pa.Table) -> Iterable[tuple[str, Json]]:
    """Per home: its number of rows and contents here, and a digest of each."""
    rests = pc.fill_null(pc.binary_join(held["rests_on"], "\x1f"), "\x00")
    lines = pc.binary_join_element_wise(held["hexsha"], held["place"].cast(pa.string()), rests, " ")
    homes = held["home"].combine_chunks()
    ends = pc.run_end_encode(homes)
    start, told_rows, hexshas = 0, lines.to_pylist(), held["hexsha"].to_pylist()
    for home, end in zip(ends.values.to_pylist(), ends.run_ends.to_pylist(), strict=True):
        mine = slice(start, end)
        rows = [one for one in told_rows[mine] if not one.endswith("\x00")]
        told = {"rows": len(rows), "rows_digest": _digest(rows)}
        blobs = hexshas[mine]
        yield home, told | {"contents": len(blobs), "contents_digest": _digest(blobs)}
        start = end


def _digest(lines: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:32]


class Home:
    """What all select works decided for one home."""

    def __init__(self) -> None:
        self.rows = self.contents = 0
        self.selects: list[str] = []  # refs of the select works that name it
        self._rows = hashlib.sha256()
        self._contents = hashlib.sha256()

    def add(self, ref: str, told: Json) -> None:
        self.rows += told["rows"]
        self.contents += told["contents"]
        self.selects.append(ref)
        self._rows.update(told["rows_digest"].encode())
        self._contents.update(told["contents_digest"].encode())

    @property
    def rows_digest(self) -> str:
        return self._rows.hexdigest()[:32]

    @property
    def contents_digest(self) -> str:
        return self._contents.hexdigest()[:32]


def homes(files: Files, selected: Iterable[Done]) -> dict[str, Home]:
    """Every home that select names, by ref."""
    found: dict[str, Home] = {}
    for done in selected:
        for home, told in reports.read_json(files.path(done.ref, HOMES)).items():
            found.setdefault(home, Home()).add(done.ref, told)
    return found


def read(files: Files, selects: Iterable[str], home: str) -> pa.Table:
    """All decisions for a home, by hexsha."""
    tables = [slices.read(files.path(ref, NAME), mark=home) for ref in selects]
    return pa.concat_tables([DECISION.empty_table(), *tables]).sort_by("hexsha")


def collected(done: Mapping[str, Iterable[Done]]) -> dict[str, str]:
    """The collect ref of each identify ref."""
    by_number = {one.number: one.ref for one in done["collect"]}
    return {one.ref: by_number[one.number] for one in done["identify"]}
