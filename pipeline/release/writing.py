"""Stage write: the files of the processed tier, and those of the raw and annotations tiers.

A shard is named by its path and a digest of the rows in it, not by where the rows come from: what
no removal, report or new detector touched keeps its name, its bytes and its sha256.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.select import languages
from pipeline.shards import hashes, schemas, slices, writer

from . import annotating, beside, ordering, rawing, sharding, updating
from .doing import DRAFTS
from .keys import digest_of
from .redacting import KEYS_FILE
from .reports import read_json
from .work import Context, Files, Json, Report, Stage, Work

INDEX_FILE = "index.arrow"


def plan(context: Context) -> list[Work]:
    """One shard for every processed file, by path, for every raw file, and one for annotations."""
    shards = _shards(context)
    before = updating.before(context)
    works = [
        _work(context, number, shard, before.get(shard.path)) for number, shard in enumerate(shards)
    ]
    works += rawing.works(context, len(works))
    works += beside.works(context, len(works))
    return [*works, annotating.work(context, len(works))]


def run(work: Work, files: Files, folder: Path, secret: bytes) -> Report:
    """Write one processed file as `rows.parquet` and its ROW_INDEX as `index.arrow`."""
    if work.params["kind"] == "annotations":
        return annotating.run(work, files, folder, secret)
    if work.params["kind"] == rawing.KIND:
        return rawing.run(work, files, folder)
    if work.params["kind"] in beside.KINDS:
        return beside.run(work, files, folder, secret)
    rows, held = _collect(work, files)
    _check(work, held)
    index = held.select([name for name in schemas.ROW_INDEX.names if name != "path"])
    index = index.append_column("path", pa.array([work.params["path"]] * len(index), pa.string()))
    index = index.select(schemas.ROW_INDEX.names)
    kept = rows.select(schemas.PROCESSED.names)
    target = folder / "rows.parquet"
    facts = writer.write(target, schemas.PROCESSED, iter(kept.to_batches()))
    indexed = slices.write(folder / INDEX_FILE, schemas.ROW_INDEX, index)
    size = pc.sum(held["text_bytes"]).as_py()
    blob_id = {"git_blob_id": hashes.git_blob_id(target.read_bytes())}
    return Report(
        rows_in=work.params["rows"],
        rows_out=facts.rows,
        bytes_in=size,
        bytes_out=size,
        files={
            "rows.parquet": facts._asdict() | blob_id,
            INDEX_FILE: indexed._asdict(),
            updating.CHUNKS: updating.write_chunks(target, folder / updating.CHUNKS),
        },
    )


def _shards(context: Context) -> list[sharding.Shard]:
    """The plan of the processed tier. Memory does not grow with rows, only with files."""
    brief, redacted = context.brief, context.done["redact"]
    outputs = (
        sharding.Held(done.ref, slices.read(context.files.path(done.ref, KEYS_FILE)))
        for done in redacted
    )
    found = {name for done in context.done["select"] for name in done.report.counts["languages"]}
    slugs = {name: languages.slug(name) for name in sorted(found)}
    sharding.check_slugs(slugs)
    parent, told = None, {}
    if brief.parent:
        parent = context.files.path(brief.parent["index"], "rows.parquet")
        told = read_json(context.files.path(brief.parent["card"], "manifest.json"))["next_numbers"]
    if sum(done.report.rows_out for done in redacted) <= ordering.IN_MEMORY:
        stood = ordering.index(parent) if parent else None
        rows = ordering.in_memory(outputs, slugs, stood)
    else:
        spill = context.files.root / DRAFTS
        rows = ordering.on_disk(outputs, slugs, parent, spill)
    numbers = sharding.first_free(ordering.paths(parent) if parent else None, told)
    shard_bytes = int(brief.options.get("shard_bytes", sharding.SHARD_BYTES))
    return sharding.cut(rows, [done.ref for done in redacted], numbers, shard_bytes)


def _work(context: Context, number: int, shard: sharding.Shard, was: Json) -> Work:
    params = {
        "kind": "rows",
        "dataset": context.brief.dataset,
        "path": shard.path,
        "rows": shard.rows,
        "digest": shard.digest,
        "profile": writer.PROFILE,
    }
    inputs = {
        "ranges": [list(part) for part in shard.ranges],
        "fresh": shard.fresh,
        "between": [shard.first, shard.last],
        "parent": context.brief.parent["index"] if context.brief.parent else None,
        # The file as the parent has it: most rows of an old shard stand there, side by side.
        "was": [was["ref"], was["sha256"]] if was and not shard.fresh else None,
    }
    return Work("write", number, shard.path, params, inputs)


def _collect(work: Work, files: Files) -> tuple[pa.Table, pa.Table]:
    """The rows of a shard and their keys, both in order."""
    member = _membership(work, files)
    where, keys = [], []
    for ref, start, end in work.inputs["ranges"]:
        held = slices.read(files.path(ref, KEYS_FILE)).slice(start, end - start)
        mine = member(held)
        where.append((files.path(ref, "rows.parquet"), pc.add(pc.indices_nonzero(mine), start)))
        keys.append(held.filter(mine))
    held = pa.concat_tables(keys)
    order = pc.sort_indices(held, [(name, "ascending") for name in sharding.ORDER])
    if work.inputs["fresh"]:
        order = _between(order, held["row_id"], work.inputs["between"])
    sorted_keys = held.take(order)
    rows = _of_parent(work, files, sorted_keys)
    if rows is None:
        rows = pa.concat_tables(_rows_at(*one) for one in where).take(order)
    return rows, sorted_keys


def _of_parent(work: Work, files: Files, held: pa.Table) -> pa.Table | None:
    """The rows from the parent's file, if that is at hand and has all of them as they are now."""
    if not work.inputs.get("was"):
        return None
    ref, sha256 = work.inputs["was"]
    rows, index = files.path(ref, "rows.parquet"), files.path(ref, INDEX_FILE)
    if not (rows.exists() and index.exists()) or hashes.sha256_file(rows) != sha256:
        return None
    was = slices.read(index, ["row_id", "digest"])
    at = pc.index_in(held["row_id"], value_set=was["row_id"].combine_chunks())
    if at.null_count or not was["digest"].take(at).equals(held["digest"]):
        return None
    return writer.read_table(rows).take(at)


def _membership(work: Work, files: Files) -> Callable[[pa.Table], pa.Array]:
    """A mask over keys: which rows may belong to the shard?"""
    path, fresh = work.params["path"], work.inputs["fresh"]
    slug = sharding.slug_of(path)
    stood = _stood(work.inputs["parent"], f"data/{slug}/" if fresh else path, files)

    def member(held: pa.Table) -> pa.Array:
        names = pc.unique(held["lang"]).to_pylist()
        mine = pa.array([name for name in names if languages.slug(name) == slug], pa.string())
        in_language = pc.is_in(held["lang"], value_set=mine)
        in_parent = pc.is_in(held["row_id"], value_set=stood)
        mask = pc.and_not(in_language, in_parent) if fresh else pc.and_(in_language, in_parent)
        return mask.combine_chunks()

    return member


def _stood(parent: str | None, prefix: str, files: Files) -> pa.ChunkedArray:
    """Ids of the rows that the parent version held in files whose path begins with `prefix`."""
    if parent is None:
        return pa.chunked_array([[]], pa.string())
    within = writer.starting_with("path", prefix)
    index = files.path(parent, "rows.parquet")
    return writer.read_table(index, ["row_id"], within=within)["row_id"]


def _rows_at(path: Path, positions: pa.ChunkedArray) -> pa.Table:
    """Rows of a Parquet file by ascending position; reads only the row groups that hold one."""
    return pa.Table.from_batches(_picked(path, positions), schema=schemas.SELECTED)


def _picked(path: Path, positions: pa.ChunkedArray) -> Iterator[pa.RecordBatch]:
    with pq.ParquetFile(path, pre_buffer=False) as source:
        start = 0
        for number in range(source.num_row_groups):
            end = start + source.metadata.row_group(number).num_rows
            inside = pc.and_(pc.greater_equal(positions, start), pc.less(positions, end))
            here = positions.filter(inside)
            if len(here):
                group = source.read_row_group(number)
                yield from group.take(pc.subtract(here, start)).to_batches()
            start = end


def _between(order: pa.Array, names: pa.ChunkedArray, ends: list[str]) -> pa.Array:
    """The part of `order` from the first row id to the last, both included."""
    sorted_names = names.take(order)
    first, last = (pc.index(sorted_names, name).as_py() for name in ends)
    if first < 0 or last < first:
        raise ValueError("the inputs of a shard are not those that it was planned with")
    return order.slice(first, last - first + 1)


def _check(work: Work, held: pa.Table) -> None:
    pairs = zip(held["row_id"].to_pylist(), held["digest"].to_pylist(), strict=True)
    if digest_of(pairs) != work.params["digest"]:
        raise ValueError(f"{work.params['path']}: its rows are not those that it was planned with")


STAGE = Stage("write", 3, plan, run)
