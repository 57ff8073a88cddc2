"""Which row goes into which file of the processed tier.

A row that the parent version held stays in its file; new rows go into new files of their language,
ordered by owner, repository and path, cut between owners. Nothing here reads a text: a version
whose rows changed in few files gives the same plan for all others.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from . import keys

ORDER = ["owner", "repo_name", "path", "row_id"]  # of rows within a file
SHARD_BYTES = 16_000_000  # of text, unless the brief says otherwise


_NO_ROWS = pa.schema(
    [
        *(keys.KEYS.field(name) for name in [*ORDER, "text_bytes", "digest"]),
        pa.field("slug", pa.string()),
        pa.field("file", pa.int64()),
        pa.field("position", pa.int64()),
    ]
).empty_table()


class Held(NamedTuple):
    """The keys of one redact output."""

    ref: str
    keys: pa.Table


class Range(NamedTuple):
    """Rows `start` to `end` (exclusive) of a redact output; some may belong to other shards."""

    ref: str
    start: int
    end: int


class Shard(NamedTuple):
    path: str  # in the processed tier
    rows: int
    digest: str
    ranges: tuple[Range, ...]
    fresh: bool  # its rows were in no file of the parent
    first: str  # row ids of its first and last row in ORDER: the rows between them are its rows
    last: str


def path_of(slug: str, number: int) -> str:
    return f"data/{slug}/{number:04d}.parquet"


def slug_of(path: str) -> str:
    return path.split("/")[1]


def number_of(path: str) -> int:
    return int(path.rsplit("/", 1)[1].removesuffix(".parquet"))


def assign(
    outputs: Sequence[Held],
    slugs: Mapping[str, str],
    parent: pa.Table | None,
    numbers: Mapping[str, int],
    shard_bytes: int = SHARD_BYTES,
) -> list[Shard]:
    """All shards of a version, by path.

    Args:
        outputs: keys of the redact outputs, rows of each in ORDER within a language.
        slugs: folder name of every language.
        parent: `row_id` and `path` of the version before, None for a first version.
        numbers: per slug the first number that no version used so far.
        shard_bytes: text bytes after which a new file begins.

    Raises ValueError when two languages share a folder or a row id stands twice.
    """
    _check_slugs(slugs)
    rows = _gather(outputs, slugs)
    _check_unique(rows)
    stood = _stood(rows, parent)
    shards = [
        *_old_shards(rows, stood, outputs),
        *_new_shards(rows.filter(pc.is_null(stood)), numbers, shard_bytes, outputs),
    ]
    return sorted(shards, key=lambda shard: shard.path)


def first_free(parent: pa.Table | None, told: Mapping[str, int]) -> dict[str, int]:
    """Per slug the first number never used, from the parent's files and what its manifest tells."""
    free = dict(told)
    for path in pc.unique(parent["path"]).to_pylist() if parent is not None else []:
        slug = slug_of(path)
        free[slug] = max(free.get(slug, 0), number_of(path) + 1)
    return free


def _check_slugs(slugs: Mapping[str, str]) -> None:
    languages = defaultdict(list)
    for language, slug in slugs.items():
        languages[slug].append(language)
    for slug, sharing in languages.items():
        if len(sharing) > 1:
            raise ValueError(f"languages {', '.join(sorted(sharing))} share the folder data/{slug}")


def _gather(outputs: Sequence[Held], slugs: Mapping[str, str]) -> pa.Table:
    """Keys of all outputs in ORDER within a slug, with slug, file number and position."""
    tables = []
    for number, output in enumerate(outputs):
        count = output.keys.num_rows
        slug = [slugs[language] for language in output.keys["lang"].to_pylist()]
        table = output.keys.select([*ORDER, "text_bytes", "digest"])
        table = table.append_column("slug", pa.array(slug, pa.string()))
        table = table.append_column("file", pa.array([number] * count, pa.int64()))
        tables.append(table.append_column("position", pa.array(range(count), pa.int64())))
    rows = pa.concat_tables([_NO_ROWS, *tables])
    return rows.sort_by([(name, "ascending") for name in ["slug", *ORDER]])


def _check_unique(rows: pa.Table) -> None:
    distinct = pc.count_distinct(rows["row_id"]).as_py()
    if distinct != rows.num_rows:
        raise ValueError(f"{rows.num_rows - distinct} row ids stand more than once")


def _stood(rows: pa.Table, parent: pa.Table | None) -> pa.ChunkedArray:
    """The parent's path of each row; null for a new row and for one that changed its language."""
    if parent is None:
        return pa.chunked_array([pa.nulls(rows.num_rows, pa.string())])
    found = pc.index_in(rows["row_id"], value_set=parent["row_id"].combine_chunks())
    paths = pc.take(parent["path"], found)
    folder = pc.binary_join_element_wise("data", rows["slug"], "", "/")
    matches = [
        path if path is not None and path.startswith(start) else None
        for path, start in zip(paths.to_pylist(), folder.to_pylist(), strict=True)
    ]
    return pa.chunked_array([pa.array(matches, pa.string())])


def _old_shards(rows: pa.Table, stood: pa.ChunkedArray, outputs: Sequence[Held]) -> Iterator[Shard]:
    kept = rows.append_column("stood", stood).filter(pc.is_valid(stood))
    kept = kept.sort_by([(name, "ascending") for name in ["stood", *ORDER]])
    at = 0
    for path, group in groupby(kept["stood"].to_pylist()):
        count = sum(1 for _ in group)
        yield _shard(path, kept.slice(at, count), outputs, fresh=False)
        at += count


def _new_shards(
    rows: pa.Table, numbers: Mapping[str, int], shard_bytes: int, outputs: Sequence[Held]
) -> Iterator[Shard]:
    at = 0
    for slug, group in groupby(rows["slug"].to_pylist()):
        count = sum(1 for _ in group)
        mine = rows.slice(at, count)
        sizes = zip(mine["owner"].to_pylist(), mine["text_bytes"].to_pylist(), strict=True)
        starts = cuts(sizes, shard_bytes)
        for number, (start, end) in enumerate(zip(starts, [*starts[1:], count], strict=True)):
            path = path_of(slug, numbers.get(slug, 0) + number)
            yield _shard(path, mine.slice(start, end - start), outputs, fresh=True)
        at += count


def cuts(rows: Iterable[tuple[str, int]], shard_bytes: int) -> list[int]:
    """Where shards begin, given (owner, bytes) of rows sorted by owner.

    A shard ends before the owner that would take it over `shard_bytes`; an owner larger than
    that begins a shard and is cut within. A row larger than that stands alone.
    """
    starts, filled, at = [0], 0, 0
    for _, group in groupby(rows, key=lambda row: row[0]):
        sizes = [size for _, size in group]
        if filled and filled + sum(sizes) > shard_bytes:
            starts.append(at)
            filled = 0
        for size in sizes:
            if filled and filled + size > shard_bytes:
                starts.append(at)
                filled = 0
            filled += size
            at += 1
    return starts


def _shard(path: str, rows: pa.Table, outputs: Sequence[Held], *, fresh: bool) -> Shard:
    spread = rows.group_by("file").aggregate([("position", "min"), ("position", "max")])
    ranges = [
        Range(outputs[row["file"]].ref, row["position_min"], row["position_max"] + 1)
        for row in spread.sort_by("file").to_pylist()
    ]
    names = rows["row_id"].to_pylist()
    digest = keys.digest_of(zip(names, rows["digest"].to_pylist(), strict=True))
    return Shard(path, rows.num_rows, digest, tuple(ranges), fresh, names[0], names[-1])
