"""Proofs over the row index of a version, in bounded memory whatever its rows; see `checks`."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pyarrow.compute as pc

from pipeline.shards import writer

from . import ordering, rowlists


def index(rows: Path, places: Path, artefacts: Mapping[str, int], spill: Path) -> list[str]:
    """The row index names every row of every file once, each on a place of the raw tier.

    `artefacts` tells the rows of each file. Large versions are counted below `spill`.
    """
    small = sum(artefacts.values()) <= ordering.IN_MEMORY
    twice, counted, lost = _in_memory(rows, places) if small else _on_disk(rows, places, spill)
    wrong = []
    if twice:
        wrong.append(f"{twice} row ids stand in more than one file")
    if counted != {path: count for path, count in artefacts.items() if count}:
        wrong.append("the row index counts other rows than the files hold")
    if lost:
        wrong.append(f"{lost} rows whose source is not in the raw tier")
    return wrong


_Counts = tuple[int, Mapping[str, int], int]  # doubles, rows by path, rows without a place


def _in_memory(rows: Path, places: Path) -> _Counts:
    table = writer.read_table(rows, ["row_id", "path", "hexsha", "repo_id"])
    there = writer.read_table(places, ["hexsha", "repo_id"])
    lost = table.join(there, ["hexsha", "repo_id"], join_type="left anti").num_rows
    twice = table.num_rows - pc.count_distinct(table["row_id"]).as_py()
    return twice, dict(Counter(table["path"].to_pylist())), lost


def _on_disk(rows: Path, places: Path, spill: Path) -> _Counts:
    spill.mkdir(parents=True, exist_ok=True)
    here, there = (f"read_parquet('{rowlists.quoted(path)}')" for path in (rows, places))
    with rowlists.database(spill) as held:
        ((twice,),) = held.execute(
            f"SELECT count(*) - count(DISTINCT row_id) FROM {here}"  # noqa: S608  our own paths
        ).fetchall()
        counted = held.execute(
            f"SELECT path, count(*) FROM {here} GROUP BY path"  # noqa: S608
        ).fetchall()
        ((lost,),) = held.execute(
            f"SELECT count(*) FROM {here} r ANTI JOIN {there} p "  # noqa: S608
            "ON p.hexsha = r.hexsha AND p.repo_id = r.repo_id"
        ).fetchall()
    return twice, dict(counted), lost
