"""Questions to the lookup files of a version: a few reads each, whatever its size."""

from collections.abc import Iterable
from pathlib import Path

import pyarrow.compute as pc

from pipeline.shards import writer

from .work import Files, Json


def repositories_of(files: Files, index: str, account: str) -> list[Json]:
    """The repositories of an account, by name; case does not count."""
    path = files.path(index, "repositories.parquet")
    wanted = account.casefold()
    return [
        row
        for batch in writer.read_batches(path)
        for row in batch.filter(_equal(batch.column("owner"), wanted)).to_pylist()
    ]


def places_of(files: Files, index: str, hexsha: str) -> list[Json]:
    """Every place of a content: repository, path there, and the raw file of its text."""
    within = writer.Within("hexsha", hexsha, hexsha + "\0")
    return writer.read_table(files.path(index, "blobs.parquet"), within=within).to_pylist()


def shards_of(files: Files, index: str, row_ids: Iterable[str]) -> dict[str, str]:
    """The processed file of each row id; one that is in none is left out."""
    path: Path = files.path(index, "shards.parquet")
    found = {}
    for row_id in row_ids:
        within = writer.Within("row_id", row_id, row_id + "\0")
        for row in writer.read_table(path, within=within).to_pylist():
            found[row["row_id"]] = row["path"]
    return found


def _equal(values: object, wanted: str) -> object:
    return pc.equal(pc.utf8_lower(values), wanted)
