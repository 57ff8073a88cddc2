"""Stage index: where every row, repository and blob of a version stands, for lookups.

`rows.parquet` (ROW_INDEX, by artefact path), `shards.parquet` (SHARD, by row id),
`repositories.parquet` (REPOSITORY, by name, so that those of an account stand together) and
`blobs.parquet` (PLACE, by blob). Internal: no index is an artefact that anyone downloads;
`lookup.py` asks them. Row patches against the parent are made here too (`updating.py`).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.shards import schemas, slices, writer

from . import decisions, rawing, reports, updating
from .selecting import RAW_PLACES
from .work import Context, Files, Report, Stage, Work

REPOSITORY = pa.schema(
    [
        ("repo_id", pa.int64()),
        ("repo_name", pa.string()),
        ("repo_host", pa.string()),
        ("owner", pa.string()),
        ("owner_id", pa.int64()),
        ("licenses", pa.list_(pa.string())),  # of the repository, all that were found
        ("places", pa.int64()),  # occurrences in the raw tier
        ("rows", pa.int64()),  # rows of the processed tier that name it as their source
        ("size", pa.int64()),  # bytes of those rows' original files
    ]
)

PLACE = pa.schema(
    [
        ("hexsha", pa.string()),
        ("repo_id", pa.int64()),
        ("owner_id", pa.int64()),
        ("repo_name", pa.string()),
        ("file_path", pa.string()),  # in its repository
        ("path", pa.string()),  # artefact path in the raw tier
    ]
)


SHARD = pa.schema([("row_id", pa.string()), ("path", pa.string())])


def plan(context: Context) -> list[Work]:
    """One shard over all processed files and all raw places, and one for each row patch."""
    written = reports.files_of(context.done["write"], "rows")
    raw = rawing.places(context)
    params = {
        "dataset": context.brief.dataset,
        "rows": reports.shas(written, "index.arrow"),
        "raw": reports.shas([done for _, done in raw], RAW_PLACES),
        "homes": reports.shas([done for _, done in raw], decisions.NAME),
        "profile": writer.WORK,
    }
    inputs = {"rows": [done.ref for done in written], "raw": [done.ref for _, done in raw]}
    return [Work("index", 0, "all rows", params, inputs), *updating.works(context, 1)]


def run(work: Work, files: Files, folder: Path, secret: bytes) -> Report:  # noqa: ARG001
    """Write the four lookup files; memory grows with repositories, not with rows. Or a patch."""
    if work.params.get("kind") == updating.KIND:
        return updating.run(work, files, folder)
    seen: dict[tuple[int, str], _Repository] = {}
    rows = writer.write(
        folder / "rows.parquet",
        schemas.ROW_INDEX,
        _rows(work.inputs["rows"], files, seen),
        profile=writer.WORK,
    )
    shards = writer.write(
        folder / "shards.parquet",
        SHARD,
        _shards(folder / "rows.parquet", rows.rows),
        cut="row_id",
        profile=writer.WORK,
    )
    places = writer.write(
        folder / "blobs.parquet",
        PLACE,
        _places(work, files, seen),
        cut="hexsha",
        profile=writer.WORK,
    )
    found = [seen[key] for key in sorted(seen, key=lambda key: (key[1], key[0]))]
    table = pa.Table.from_pylist([one.as_row() for one in found], schema=REPOSITORY)
    repositories = writer.write(
        folder / "repositories.parquet", REPOSITORY, [table], profile=writer.WORK
    )
    return Report(
        rows_in=rows.rows,
        rows_out=rows.rows,
        files={
            "rows.parquet": rows._asdict(),
            "shards.parquet": shards._asdict(),
            "blobs.parquet": places._asdict(),
            "repositories.parquet": repositories._asdict(),
        },
        counts={
            "repositories": sum(1 for one in found if one.rows),
            "repositories_raw": sum(1 for one in found if one.places),
            "places": places.rows,
        },
    )


@dataclass
class _Repository:
    """One line of `repositories.parquet` in the making."""

    repo_id: int
    repo_name: str
    repo_host: str = ""
    owner: str = ""
    owner_id: int = 0
    licenses: set[str] = field(default_factory=set)
    places: int = 0
    rows: int = 0
    size: int = 0

    def as_row(self) -> dict[str, object]:
        row = {name: getattr(self, name) for name in REPOSITORY.names}
        row["owner"] = self.owner or self.repo_name.partition("/")[0]
        row["licenses"] = sorted(self.licenses)
        return row


def _rows(
    refs: list[str], files: Files, seen: dict[tuple[int, str], _Repository]
) -> Iterator[pa.Table]:
    """The row indexes of all shards one after another, counted by repository."""
    for at in range(0, len(refs), _FILES_AT_ONCE):
        some = [files.path(ref, "index.arrow") for ref in refs[at : at + _FILES_AT_ONCE]]
        table = pa.concat_tables(map(slices.read, some))
        counted = table.group_by(["repo_id", "repo_name", "owner_id"], use_threads=False).aggregate(
            [("size", "sum"), ("size", "count")]
        )
        for row in counted.to_pylist():
            one = _known(seen, row)
            one.rows += row["size_count"]
            one.size += row["size_sum"]
        yield table


def _shards(index: Path, rows: int) -> Iterator[pa.Table]:
    """Row ids in order, in passes over the index: memory stays that of a part of it."""
    parts = [""] if rows <= _SORTED_AT_ONCE else list(_ALPHABET)
    if rows > len(_ALPHABET) * _SORTED_AT_ONCE:
        parts = [first + second for first in _ALPHABET for second in _ALPHABET]
    for prefix in parts:
        within = writer.starting_with("row_id", prefix) if prefix else None
        yield writer.read_table(index, SHARD.names, within=within).sort_by("row_id")


_SORTED_AT_ONCE = 2_000_000  # rows
_FILES_AT_ONCE = 32
_ALPHABET = "234567abcdefghijklmnopqrstuvwxyz"  # of row ids, in their order

_OF_PLACES = ["hexsha", "repo_id", "owner_id", "repo_name", "repo_host", "owner", "licenses"]


def _places(
    work: Work, files: Files, seen: dict[tuple[int, str], _Repository]
) -> Iterator[pa.Table]:
    """Places of all prefixes, by blob, with the raw file in which its text stands."""
    for ref in work.inputs["raw"]:
        table = writer.read_table(files.path(ref, RAW_PLACES), [*_OF_PLACES, "path"])
        _count(table, seen)
        homes = slices.read(files.path(ref, decisions.NAME), ["hexsha", "home"])
        at = pc.index_in(table["hexsha"], value_set=homes["hexsha"].combine_chunks())
        table = table.rename_columns(
            [{"path": "file_path"}.get(column, column) for column in table.column_names]
        )
        table = table.append_column("path", rawing.path_of(homes["home"].take(at)))
        order = [(column, "ascending") for column in ("hexsha", "repo_name", "file_path")]
        yield table.select(PLACE.names).sort_by(order)


def _count(table: pa.Table, seen: dict[tuple[int, str], _Repository]) -> None:
    told = table.select(["repo_id", "repo_name", "repo_host", "owner", "owner_id"])
    joined = pc.fill_null(pc.binary_join(table["licenses"], "\x1f"), "")
    counted = told.append_column("told", joined).append_column("one", table["hexsha"])
    names = [*told.column_names, "told"]
    for row in counted.group_by(names).aggregate([("one", "count")]).to_pylist():
        one = _known(seen, row)
        one.places += row["one_count"]
        one.repo_host, one.owner = row["repo_host"], row["owner"]
        one.licenses.update(name for name in row["told"].split("\x1f") if name)


def _known(seen: dict[tuple[int, str], _Repository], row: dict[str, Any]) -> _Repository:
    key = (row["repo_id"], row["repo_name"])
    if key not in seen:
        seen[key] = _Repository(*key)
    seen[key].owner_id = row["owner_id"]
    return seen[key]


STAGE = Stage("index", 3, plan, run)
