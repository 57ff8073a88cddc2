"""The files of the raw tier: the contents of each home, unredacted, as far as any place stays."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.shards import slices, writer
from pipeline.shards.schemas import BLOB

from . import decisions
from .identifying import FACTS_FILE
from .selecting import RAW_PLACES
from .work import Context, Done, Files, Report, Work

KIND = "raw"
CONTENTS = "contents.parquet"
_BATCH = 256  # rows


def works(context: Context, first: int) -> Iterator[Work]:
    """One shard for every home of contents, numbered from `first`, named by what stays in it."""
    collected = decisions.collected(context.done)
    homes = decisions.homes(context.files, context.done["select"])
    for done in context.done["identify"]:
        home = homes.pop(done.ref, None)
        if home is None:
            continue
        path = path_of(pa.array([done.ref]))[0].as_py()
        params = {
            "kind": KIND,
            "dataset": context.brief.dataset,
            "path": path,
            "home": done.ref,
            "contents": home.contents_digest,
            "rows": home.contents,
            "profile": writer.PROFILE,
        }
        inputs = {"collect": collected[done.ref], "select": home.selects}
        yield Work("write", first, path, params, inputs)
        first += 1


def run(work: Work, files: Files, folder: Path) -> Report:
    """Write one file of the raw tier, by hexsha. Memory: its ids and one row group."""
    home = work.params["home"]
    wanted = decisions.read(files, work.inputs["select"], home)["hexsha"].combine_chunks()
    facts = slices.read(files.path(home, FACTS_FILE))
    texts = files.path(work.inputs["collect"], "blobs.parquet")
    found = writer.write(folder / CONTENTS, BLOB, _joined(texts, facts, wanted), cut="hexsha")
    if found.rows != work.params["rows"]:
        raise ValueError(f"{work.label}: collect holds other contents than were planned with")
    size = pc.sum(facts["size"].filter(pc.is_in(facts["hexsha"], value_set=wanted))).as_py() or 0
    return Report(
        rows_in=found.rows,
        rows_out=found.rows,
        bytes_in=size,
        bytes_out=size,
        files={CONTENTS: found._asdict()},
    )


def path_of(homes: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Paths in the raw tier of the files that hold the contents of homes."""
    names = pc.replace_substring_regex(homes, "^.*/", "blobs/")
    return pc.binary_join_element_wise(names, ".parquet", "")


def places(context: Context) -> list[tuple[str, Done]]:
    """Path in the raw tier of every file of places, and the select work that wrote it."""
    return [
        (f"occurrences/{done.params['prefix']}.parquet", done)
        for done in context.done["select"]
        if done.report.files[RAW_PLACES]["rows"]
    ]


def _joined(texts: Path, facts: pa.Table, wanted: pa.Array) -> Iterator[pa.RecordBatch]:
    told = facts["hexsha"].combine_chunks()
    for batch in writer.read_batches(texts, ["hexsha", "content"], batch_rows=_BATCH):
        kept = batch.filter(pc.is_in(batch.column("hexsha"), value_set=wanted))
        about = facts.take(pc.index_in(kept.column("hexsha"), value_set=told)).combine_chunks()
        yield pa.record_batch(
            [
                kept.column("content")
                if field.name == "content"
                else about[field.name].combine_chunks()
                for field in BLOB
            ],
            schema=BLOB,
        )
