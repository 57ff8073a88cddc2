"""Stage index: where every row, repository and blob of a version stands, for lookups.

`rows.parquet` (ROW_INDEX, by artefact path), `repositories.parquet` (REPOSITORY, by name) and
`blobs.parquet` (PLACE, by blob). Internal: no index is an artefact that anyone downloads.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from pipeline.shards import schemas, writer

from . import reports
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


def plan(context: Context) -> list[Work]:
    """One shard over all processed files and all raw occurrences."""
    written = [done for done in context.done["write"] if reports.kind_of(done) == "rows"]
    raw = context.done["select"]
    params = {
        "dataset": context.brief.dataset,
        "rows": reports.shas(written, "index.parquet"),
        "raw": reports.shas(raw, "raw-occurrences.parquet"),
        "raw_names": reports.raw_paths(context, "occurrences"),
        "profile": writer.PROFILE,
    }
    inputs = {"rows": [done.ref for done in written], "raw": [done.ref for done in raw]}
    return [Work("index", 0, "all rows", params, inputs)]


def run(work: Work, files: Files, folder: Path, secret: bytes) -> Report:  # noqa: ARG001
    """Write the three lookup files; memory grows with repositories, not with rows."""
    seen: dict[tuple[int, str], _Repository] = {}
    rows = writer.write(
        folder / "rows.parquet", schemas.ROW_INDEX, _rows(work.inputs["rows"], files, seen)
    )
    places = writer.write(folder / "blobs.parquet", PLACE, _places(work, files, seen))
    found = [seen[key] for key in sorted(seen, key=lambda key: (key[1], key[0]))]
    table = pa.Table.from_pylist([one.as_row() for one in found], schema=REPOSITORY)
    repositories = writer.write(folder / "repositories.parquet", REPOSITORY, [table])
    return Report(
        rows_in=rows.rows,
        rows_out=rows.rows,
        files={
            "rows.parquet": rows._asdict(),
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
) -> Iterator[pa.RecordBatch]:
    """The row indexes of all shards one after another, counted by repository."""
    for ref in refs:
        for batch in writer.read_batches(files.path(ref, "index.parquet")):
            for row in batch.select(["repo_id", "repo_name", "owner_id", "size"]).to_pylist():
                one = _known(seen, row)
                one.rows += 1
                one.size += row["size"]
            yield batch


def _places(
    work: Work, files: Files, seen: dict[tuple[int, str], _Repository]
) -> Iterator[pa.Table]:
    """Occurrences of all raw shards, by blob within a shard; shards are cut by prefix of the id."""
    for ref, name in zip(work.inputs["raw"], work.params["raw_names"], strict=True):
        table = writer.read_table(
            files.path(ref, "raw-occurrences.parquet"),
            [
                "hexsha",
                "repo_id",
                "owner_id",
                "repo_name",
                "repo_host",
                "owner",
                "licenses",
                "path",
            ],
        )
        for row in table.to_pylist():
            one = _known(seen, row)
            one.places += 1
            one.repo_host, one.owner = row["repo_host"], row["owner"]
            one.licenses.update(row["licenses"] or ())
        table = table.rename_columns(
            [{"path": "file_path"}.get(column, column) for column in table.column_names]
        )
        table = table.append_column("path", pa.array([name] * len(table), pa.string()))
        order = [(column, "ascending") for column in ("hexsha", "repo_name", "file_path")]
        yield table.select(PLACE.names).sort_by(order)


def _known(seen: dict[tuple[int, str], _Repository], row: dict[str, object]) -> _Repository:
    key = (row["repo_id"], row["repo_name"])
    if key not in seen:
        seen[key] = _Repository(*key)
    seen[key].owner_id = row["owner_id"]
    return seen[key]


STAGE = Stage("index", 1, plan, run)
