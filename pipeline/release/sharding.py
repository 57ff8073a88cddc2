"""Which row goes into which file of the processed tier.

A row that the parent version held stays in its file; new rows go into new files of their language,
ordered by owner, repository and path, cut between owners. Nothing here reads a text: a version
whose rows changed in few files gives the same plan for all others.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, groupby
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from . import keys, ordering
from .ordering import ORDER, Held

__all__ = ["ORDER", "Held"]

SHARD_BYTES = 16_000_000  # of text, unless the brief says otherwise


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
    """All shards of a version, by path, for keys that fit into memory; see `cut`.

    `parent` is `row_id` and `path` of the version before, None for a first version.
    """
    check_slugs(slugs)
    rows = ordering.in_memory(outputs, slugs, parent)
    return cut(rows, [output.ref for output in outputs], numbers, shard_bytes)


def cut(
    rows: Iterable[pa.Table], refs: Sequence[str], numbers: Mapping[str, int], shard_bytes: int
) -> list[Shard]:
    """All shards of a version, by path. Memory: the keys of two shards, and what shards there are.

    Args:
        rows: as `ordering` gives them.
        refs: of the redact outputs, by their number.
        numbers: per slug the first number that no version used so far.
    """
    return sorted(
        (shard.closed(refs) for shard in _opened(rows, dict(numbers), shard_bytes)),
        key=lambda shard: shard.path,
    )


def first_free(parent: pa.Table | None, told: Mapping[str, int]) -> dict[str, int]:
    """Per slug the first number never used, from the parent's files and what its manifest tells."""
    free = dict(told)
    for path in pc.unique(parent["path"]).to_pylist() if parent is not None else []:
        slug = slug_of(path)
        free[slug] = max(free.get(slug, 0), number_of(path) + 1)
    return free


def check_slugs(slugs: Mapping[str, str]) -> None:
    """Raise ValueError when two languages share a folder."""
    languages = defaultdict(list)
    for language, slug in slugs.items():
        languages[slug].append(language)
    for slug, sharing in languages.items():
        if len(sharing) > 1:
            raise ValueError(f"languages {', '.join(sorted(sharing))} share the folder data/{slug}")


class _Row(NamedTuple):
    slug: str
    owner: str
    row_id: str
    digest: str
    text_bytes: int
    file: int
    position: int


@dataclass
class _Open:
    """A shard in the making."""

    path: str
    fresh: bool
    names: list[str] = field(default_factory=list)
    digests: list[str] = field(default_factory=list)
    spread: dict[int, tuple[int, int]] = field(default_factory=dict)  # file -> first, last

    def add(self, row: _Row) -> None:
        self.names.append(row.row_id)
        self.digests.append(row.digest)
        self.spans([(row.file, row.position)])

    def spans(self, places: Iterable[tuple[int, int]]) -> None:
        """Take up where rows stand: file and position."""
        spread = self.spread
        for file, position in places:
            low, high = spread.get(file, (position, position))
            spread[file] = min(low, position), max(high, position)

    def closed(self, refs: Sequence[str]) -> Shard:
        ranges = [Range(refs[n], low, high + 1) for n, (low, high) in sorted(self.spread.items())]
        digest = keys.digest_of(zip(self.names, self.digests, strict=True))
        ends = self.names[0], self.names[-1]
        return Shard(self.path, len(self.names), digest, tuple(ranges), self.fresh, *ends)


def _opened(rows: Iterable[pa.Table], numbers: dict[str, int], shard_bytes: int) -> Iterator[_Open]:
    """Shards as they fill up, each given when it is full: the new ones, then the old ones."""
    tables = iter(rows)
    rest: list[pa.Table] = []
    for slug, group in groupby(_fresh(tables, rest), key=lambda row: row.slug):
        for part in _parts(group, shard_bytes):
            number = numbers.get(slug, 0)
            numbers[slug] = number + 1
            yield _filled(_Open(path_of(slug, number), fresh=True), part)
    yield from _old(chain(rest, tables))


def _fresh(tables: Iterator[pa.Table], rest: list[pa.Table]) -> Iterator[_Row]:
    """The rows before the first that stands in the parent; the rest of its table goes to `rest`."""
    for table in tables:
        count = table["stood"].null_count
        part = table.slice(0, count)
        yield from map(_Row, *(part[name].to_pylist() for name in _Row._fields))
        if count < table.num_rows:
            rest.append(table.slice(count))
            return


def _old(tables: Iterable[pa.Table]) -> Iterator[_Open]:
    """A shard for each file of the parent; most rows of a version are here, so run by run."""
    shard: _Open | None = None
    for table in tables:
        runs = pc.run_end_encode(table["stood"].combine_chunks())
        names, digests = table["row_id"].to_pylist(), table["digest"].to_pylist()
        places = list(zip(table["file"].to_pylist(), table["position"].to_pylist(), strict=True))
        start = 0
        for path, end in zip(runs.values.to_pylist(), runs.run_ends.to_pylist(), strict=True):
            if shard is None or shard.path != path:
                if shard is not None:
                    yield shard
                shard = _Open(path, fresh=False)
            shard.names += names[start:end]
            shard.digests += digests[start:end]
            shard.spans(places[start:end])
            start = end
    if shard is not None:
        yield shard


def _filled(shard: _Open, rows: Iterable[_Row]) -> _Open:
    for row in rows:
        shard.add(row)
    return shard


def _parts(rows: Iterable[_Row], shard_bytes: int) -> Iterator[list[_Row]]:
    """New rows of a language, cut between owners.

    A shard ends before the owner that would take it over `shard_bytes`; an owner larger than
    that begins a shard and is cut within. A row larger than that stands alone. Rows of an owner
    wait until it is known whether all of them still fit.
    """
    shard: list[_Row] = []
    filled = 0
    for _, owned in groupby(rows, key=lambda row: row.owner):
        waiting: list[_Row] = []
        held = 0
        begun = not filled  # the owner's rows go in as they come
        for row in owned:
            waiting.append(row)
            held += row.text_bytes
            if not begun and filled + held <= shard_bytes:
                continue
            if not begun:
                yield shard
                shard, filled, begun = [], 0, True
            for one in waiting:
                if filled and filled + one.text_bytes > shard_bytes:
                    yield shard
                    shard, filled = [], 0
                shard.append(one)
                filled += one.text_bytes
            waiting, held = [], 0
        shard += waiting
        filled += held
    if shard:
        yield shard
