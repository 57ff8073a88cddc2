"""Stage collect: from sources to contents and the places where they stand.

Each piece of work leaves `blobs.parquet` (COLLECTED, by hexsha)
and `occurrences.parquet` (OCCURRENCE without what the next stage finds out, in the same order).
Rows in are files that were seen, rows out are places that were kept; a distribution or repository
that cannot be read counts as one file. What each kind of source is, `sources/` says; kinds that
hold no files leave other tables and say which.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pipeline.collect import text

from .holding import COLLECTED, Taken
from .sources import commits, distributions, gharchive, git, stack
from .sources.parts import Part
from .work import Context, Files, Json, Report, Stage, Work

__all__ = ["COLLECTED", "STAGE", "plan", "run"]

BYTES = 8_000_000  # of source text in one piece of work
_FILES = {module.KIND: module for module in (distributions, git, stack)}
_FILES["hub"] = stack  # the same files, fetched
_TABLES = {module.KIND: module for module in (gharchive, commits)}
_KINDS = (*_FILES, *_TABLES)


def plan(context: Context) -> list[Work]:
    """Group what the sources hold into pieces of about `collect_bytes`, kind by kind.

    A piece is named by what it reads (names, versions, commits, digests), not by where that lies,
    so unchanged sources give the same names on another machine.

    Raises:
        ValueError: a kind of source is not known, or a source is missing or empty.
    """
    options = context.brief.options or {}
    limit = int(options.get("max_file_bytes", text.LIMIT))
    aim = int(options.get("collect_bytes", BYTES))
    works: list[Work] = []
    held = _by_kind(context.brief.sources)
    archives = gharchive.facts_of(held.get(gharchive.KIND, ()))
    for work in git.names(held.get(git.KIND, ()), archives):
        works.append(replace(work, number=len(works)))
    for kind, sources in held.items():
        if kind in _TABLES:
            for work in _TABLES[kind].works(sources, options, archives):
                works.append(replace(work, number=len(works)))
        else:
            for parts in _FILES[kind].plan(sources, aim, limit, archives):
                works.append(_work(kind, len(works), parts, limit))
    return works


def run(work: Work, files: Files, folder: Path, secret: bytes) -> Report:  # noqa: ARG001
    """Read one piece.

    Raises:
        ValueError: a source is not what it was when the work was planned.
    """
    kind = work.params["kind"]
    if kind in _TABLES:
        return _TABLES[kind].run(work, files, folder)
    if "names" in work.params:
        return git.write_names(work, folder)
    taken = Taken()
    take = _FILES[kind].take
    for told, where in zip(work.params["parts"], work.inputs["folders"], strict=True):
        take(taken, told, where, work.params["limit"])
    return taken.write(folder)


STAGE = Stage("collect", 4, plan, run)


def _by_kind(sources: Sequence[Json]) -> dict[str, list[Json]]:
    found: dict[str, list[Json]] = {}
    for source in sources:
        kind = source.get("kind")
        if kind not in _KINDS:
            raise ValueError(
                f"A source of kind {kind!r} cannot be collected; there are: {', '.join(_KINDS)}."
            )
        found.setdefault(kind, []).append(source)
    return {kind: found[kind] for kind in _KINDS if kind in found}


def _work(kind: str, number: int, parts: Sequence[Part], limit: int) -> Work:
    more = f" and {len(parts) - 1} more" if len(parts) > 1 else ""
    return Work(
        "collect",
        number,
        f"{parts[0].label}{more}",
        {"kind": kind, "limit": limit, "parts": [part.told for part in parts]},
        {"folders": [part.where for part in parts]},
    )
