"""What a written file names, found out once for each file: its ids, and who holds its rows.

Not a stage of its own: `verify` asks for it, and it is work like any other, named by the work that
left the file. So the proofs over all files of a version read only those that are new. That a file
has the bytes that it should have is proved apart, by its own shard.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from pipeline.shards import slices, writer

from .doing import do
from .work import Context, Files, Report, Stage, Work

IDS, HOLDERS = "ids.arrow", "holders.arrow"


class Look(NamedTuple):
    """A file to look at, by the work that left it."""

    ref: str
    name: str
    columns: Sequence[str]  # that tell who holds a row; none for a file of contents


class Seen(NamedTuple):
    ids: Path  # hexsha of every row, in the order of the file
    holders: Path  # the distinct values of the columns


def at(look: Look, files: Files) -> Seen:
    """Look at a file, or find that it was looked at."""
    params = {"ref": look.ref, "name": look.name, "columns": list(look.columns)}
    work = Work("look", 0, look.name, params)
    do(LOOK, work, files, b"")
    ref = work.name(LOOK.version)
    return Seen(files.path(ref, IDS), files.path(ref, HOLDERS))


def run(work: Work, files: Files, folder: Path, secret: bytes) -> Report:  # noqa: ARG001
    """Memory: the ids of a file and the columns that tell holders."""
    names = work.params["columns"]
    path = files.path(work.params["ref"], work.params["name"])
    table = writer.read_table(path, ["hexsha", *(name for name in names if name != "hexsha")])
    ids = table.select(["hexsha"])
    held = ids.slice(0, 0)
    if names:
        held = table.select(names).group_by(names, use_threads=False).aggregate([])
        held = held.sort_by([(name, "ascending") for name in names])
    return Report(
        rows_in=table.num_rows,
        rows_out=table.num_rows,
        files={
            IDS: slices.write(folder / IDS, ids.schema, ids)._asdict(),
            HOLDERS: slices.write(folder / HOLDERS, held.schema, held)._asdict(),
        },
    )


def _no_plan(context: Context) -> list[Work]:  # noqa: ARG001  asked for by verify alone
    return []


LOOK = Stage("look", 1, _no_plan, run)
