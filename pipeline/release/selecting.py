"""Stage select: which contents a version may hold, and which place stands for each.

One piece of work for each prefix of the content's id; it reads what identify told and no text. It
leaves `raw-occurrences.parquet`, an artefact of the raw tier, from which removed subjects are gone,
what it decided (`decisions.py`), and the reason against each content that is no row. A content goes
from the raw tier when no place of it stays. Rows in are places, rows out are rows of the processed
tier; each other place has one reason.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.collect.text import LIMIT
from pipeline.select import quality, removals, sets
from pipeline.select.choose import DUPLICATE, NO_LICENCE, OUTSIDE, Chosen, Rules, choose
from pipeline.shards import writer
from pipeline.shards.schemas import OCCURRENCE

from . import aliases, decisions, gathering, reports
from .identifying import ABOUT, DIGITS
from .work import Context, Files, Json, Report, Stage, Work

RAW_PLACES = "raw-occurrences.parquet"
REASONS = "reasons.parquet"
REASON = pa.schema([("hexsha", pa.string()), ("reason", pa.string())])
_PLACES = 400_000  # in one piece of work, at most, as prefixes are chosen
_MOST_DIGITS = 5
_ORDER = ["hexsha", "repo_host", "repo_name", "path", "source", "head"]


def plan(context: Context) -> list[Work]:
    """One piece for each prefix that holds anything; `prefixes` (16, 256, ...) sets their number.

    A piece is named by what stands under its prefix and by the removals that may touch it, so a
    longer list of removals leaves the names of most others as they were.

    Raises:
        ValueError: the licence set, the quality profile or a kind of removal is not known.
    """
    brief = context.brief
    rules = _told(brief.licence_set, brief.options or {})
    about = [
        (done.ref, reports.read_json(context.files.path(done.ref, ABOUT)))
        for done in context.done["identify"]
    ]
    holders = sorted({tuple(held) for _, told in about for held in told["holders"]})
    # Names that a renaming left behind lead to the same numbers.
    wanted = removals.widened(removals.parse(brief.removals), [*holders, *aliases.holders(context)])
    touching = {tuple(held) for held in holders if _touched(held, wanted)}
    works: list[Work] = []
    for prefix in _prefixes(context):
        held = [(ref, told, part) for ref, told in about if (part := _under(prefix, told))]
        if not held:
            continue
        digest = hashlib.sha256("\n".join(f"{ref} {part}" for ref, _, part in held).encode())
        here = {tuple(one) for _, told, _ in held for one in told["holders"]} & touching
        params = {
            "dataset": brief.dataset,
            "prefix": prefix,
            "content": digest.hexdigest()[:32],
            **rules,
            "removals": [one.as_json() for one in removals.matching(wanted, here, prefix)],
        }
        inputs = {"identify": [ref for ref, _, _ in held]}
        works.append(Work("select", len(works), f"contents {prefix}…", params, inputs))
    return works


def run(work: Work, files: Files, folder: Path, secret: bytes) -> Report:  # noqa: ARG001
    """Decide on all contents under a prefix. Memory: what is told of them, no text.

    Raises:
        ValueError: the licence set or quality profile is another one than was planned with.
    """
    params = work.params
    rules = _rules(params)
    unlike, facts, twice = gathering.read(work, files)
    seen = unlike.num_rows + twice
    kept = removals.drop_removed(unlike, removals.parse(params["removals"]))
    found = choose(kept.rows, facts, rules)
    told = decisions.write(folder, _decided(found))
    raw = kept.rows.sort_by([(name, "ascending") for name in _ORDER]).select(OCCURRENCE.names)
    told[RAW_PLACES] = writer.write(folder / RAW_PLACES, OCCURRENCE, [raw], cut="hexsha")._asdict()
    why = _against(found, kept)
    told[REASONS] = writer.write(folder / REASONS, REASON, [why])._asdict()
    dropped = {**found.dropped, **kept.taken}
    dropped[DUPLICATE] = dropped.get(DUPLICATE, 0) + twice
    return _report(found, facts, seen, {k: v for k, v in sorted(dropped.items()) if v}, told, kept)


STAGE = Stage("select", 3, plan, run)


def _told(licence_set: str, options: Mapping[str, Json]) -> dict[str, Json]:
    """The rules of a version as parameters."""
    licences = sets.get(licence_set)
    profile = quality.get(str(options.get("quality", "none")))
    return {
        "licence_set": [licences.name, licences.version, licences.digest],
        "quality": [profile.name, profile.version, profile.digest],
        "max_bytes": int(options.get("max_file_bytes", LIMIT)),
    }


def _rules(params: Json) -> Rules:
    licences, profile = sets.get(params["licence_set"][0]), quality.get(params["quality"][0])
    if params["licence_set"] != [licences.name, licences.version, licences.digest]:
        raise ValueError(f"The licence set {licences.name} has changed since this was planned.")
    if params["quality"] != [profile.name, profile.version, profile.digest]:
        raise ValueError(f"The quality profile {profile.name} has changed since this was planned.")
    return Rules(licences, params["max_bytes"], profile)


def _prefixes(context: Context) -> Iterator[str]:
    asked = (context.brief.options or {}).get("prefixes")
    if asked is None:
        asked = sum(done.report.rows_out for done in context.done["identify"]) // _PLACES
    digits = 1
    while 16**digits < int(asked) and digits < _MOST_DIGITS:
        digits += 1
    return map("".join, product("0123456789abcdef", repeat=digits))


def _under(prefix: str, told: Json) -> str:
    """A digest of what a piece holds under a prefix, "" for nothing."""
    short = prefix[:DIGITS]
    parts = [one for name, one in told["prefixes"].items() if name.startswith(short)]
    return hashlib.sha256(" ".join(parts).encode()).hexdigest() if parts else ""


def _touched(holder: Sequence[Json], wanted: frozenset[removals.Selector]) -> bool:
    return not removals.covering(holder).isdisjoint({one.key for one in wanted})


def _decided(found: Chosen) -> pa.Table:
    return found.rows.select(decisions.DECISION.names)


def _against(found: Chosen, kept: removals.Kept) -> pa.Table:
    """The one reason against each content that is no row, by hexsha.

    Where a removal took a place and no other one is under a licence of the set, the removal is it.
    """
    left = found.rows.select(REASON.names).filter(pc.is_valid(found.rows["reason"]))
    rows = found.rows["hexsha"].filter(pc.is_null(found.rows["reason"]))
    gone = kept.gone.filter(pc.invert(pc.is_in(kept.gone["hexsha"], value_set=_one(rows))))
    gone = gone.sort_by([("hexsha", "ascending"), ("reason", "ascending")])
    first = pc.index_in(gone["hexsha"], value_set=_one(gone["hexsha"]))
    gone = gone.filter(pc.equal(first, pa.array(range(gone.num_rows), pa.int32())))
    licence = pc.is_in(left["reason"], value_set=pa.array([NO_LICENCE, OUTSIDE]))
    taken = pc.is_in(left["hexsha"], value_set=_one(gone["hexsha"]))
    stays = left.filter(pc.invert(pc.and_(licence, taken)))
    gone = gone.filter(pc.invert(pc.is_in(gone["hexsha"], value_set=_one(stays["hexsha"]))))
    return pa.concat_tables([stays.cast(REASON), gone.cast(REASON)]).sort_by("hexsha")


def _one(column: pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks()


def _report(
    found: Chosen,
    facts: pa.Table,
    seen: int,
    dropped: dict[str, int],
    told: dict[str, Json],
    kept: removals.Kept,
) -> Report:
    passed = found.rows.filter(pc.is_null(found.rows["reason"]))
    at = pc.index_in(passed["hexsha"], value_set=facts["hexsha"].combine_chunks())
    sizes = facts["size"].take(at)
    licences = pc.binary_join(passed["rests_on"], " AND ")
    return Report(
        rows_in=seen,
        rows_out=passed.num_rows,
        bytes_in=pc.sum(facts["size"]).as_py() or 0,
        bytes_out=pc.sum(sizes).as_py() or 0,
        dropped=dropped,
        files=told,
        counts={
            "languages": _tally(passed["lang"], sizes),
            "licences": _tally(licences, sizes),
            "refused_licences": found.refused,
            "removed_occurrences": {"holder": kept.by_holder, "blob": kept.by_blob},
        },
    )


def _tally(names: pa.ChunkedArray, sizes: pa.ChunkedArray) -> dict[str, dict[str, int]]:
    """Rows and bytes by name."""
    table = pa.table({"name": names, "size": sizes})
    found = table.group_by("name").aggregate([("size", "count"), ("size", "sum")]).sort_by("name")
    return {
        row["name"]: {"rows": row["size_count"], "bytes": row["size_sum"]}
        for row in found.to_pylist()
    }
