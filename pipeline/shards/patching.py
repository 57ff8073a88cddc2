"""The difference of two files of the same path, as a row patch. What reads it is in `client`."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa

from client import patches
from pipeline.shards import writer
from pipeline.shards.hashes import sha256_file


def between(path: str, old: Path, new: Path) -> patches.Patch:
    """What turns `old` into `new`. Memory: both files.

    Raises ValueError when `new` has a row that `old` has not: new rows belong into new files.
    """
    before, after = writer.read_table(old), writer.read_table(new)
    was = {row_id: at for at, row_id in enumerate(before["row_id"].to_pylist())}
    names = after["row_id"].to_pylist()
    if not was.keys() >= {*names}:
        raise ValueError(f"{path} has rows that it had not in the version before")
    stays = before.take(pa.array([was[name] for name in names], pa.int64()))
    replaced: dict[str, dict[str, Any]] = {}
    edited: dict[str, dict[str, Any]] = {}
    for column in after.column_names:
        _compare(column, names, stays[column], after[column], replaced, edited)
    there = {*names}
    return patches.Patch(
        path,
        sha256_file(old),
        sha256_file(new),
        after.num_rows,
        sorted(name for name in was if name not in there),
        replaced,
        edited,
        _moved(names, was),
    )


def _compare(
    column: str,
    names: list[str],
    before: pa.ChunkedArray,
    after: pa.ChunkedArray,
    replaced: dict[str, dict[str, Any]],
    edited: dict[str, dict[str, Any]],
) -> None:
    if before.equals(after):
        return
    for name, old, new in zip(names, before.to_pylist(), after.to_pylist(), strict=True):
        if old == new:
            continue
        if column == "content" and old is not None and new is not None:
            edited.setdefault(name, {})[column] = patches.edit(old, new)
        else:
            replaced.setdefault(name, {})[column] = new


def _moved(names: list[str], was: dict[str, int]) -> dict[str, str]:
    """Rows that stand behind another one than their old order tells."""
    best, moved = -1, set()
    for name in names:
        if was[name] < best:
            moved.add(name)
        else:
            best = was[name]
    return {name: above for above, name in pairwise(["", *names]) if name in moved}
