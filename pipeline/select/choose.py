"""Which place of a content stands for it in the processed tier, or why none may.

A row passes only if all licences of the repository are in the set and all that the file names for
itself are too. What the file says beats the host's label: it can only take away, never add.

Every place that is no row in the end is counted under exactly one reason: what a removal took, one
place of a content that is dropped under the reason for that, and all further places as duplicates.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.select.quality import Profile
from pipeline.select.sets import LicenceSet, rests_on

# A dropped content is counted under the first that applies, in this order.
NO_LICENCE = "no-licence"
OUTSIDE = "licence-outside-set"
HEADER = "header-licence"
TOO_LARGE = "too-large"
EMPTY = "empty"
MALWARE = "malware"
REASONS = (
    NO_LICENCE,
    OUTSIDE,
    HEADER,
    MALWARE,
    TOO_LARGE,
    EMPTY,
)  # then those of a quality profile
DUPLICATE = "duplicate"

_RANK = [
    ("hexsha", "ascending"),
    ("refused", "ascending"),
    ("stars", "descending"),
    ("repo_name", "ascending"),
    ("path", "ascending"),
    ("repo_host", "ascending"),
    ("source", "ascending"),
    ("head", "ascending"),
]
_SAME = ("hexsha", "repo_name", "path", "repo_host", "source", "head")


class Rules(NamedTuple):
    """What a version may hold."""

    licences: LicenceSet
    max_bytes: int
    quality: Profile


class Chosen(NamedTuple):
    """One place for each content, and what became of all others.

    `rows` has the columns of the places and `reason` (null where the place is a row) and
    `rests_on` (the licences that the row rests on, null where it is none), by hexsha.
    """

    rows: pa.Table
    dropped: dict[str, int]  # reason -> places
    refused: dict[str, dict[str, int]]  # reason -> licences -> contents


def choose(places: pa.Table, facts: pa.Table, rules: Rules) -> Chosen:
    """Choose among the places that no removal took.

    Args:
        places: OCCURRENCE columns hexsha, repo_host, repo_name, path, lang, head, source, stars and
            licenses, and whatever else is to be carried along; in any order.
        facts: of each content in `places` once: hexsha, size, is_blank, licenses, malware and what
            a quality profile looks at.

    Of the allowed places the one with most stars stands for all, then the first by name and path;
    without an allowed one, the first of all. Memory: the places, a few times.
    """
    refused, why, rest = _judged(places["licenses"], rules.licences)
    ranked = places.append_column("refused", refused).append_column("why", why)
    ranked = ranked.append_column("rest", rest)
    ranked = ranked.set_column(
        ranked.schema.get_field_index("stars"), "stars", pc.fill_null(places["stars"], 0)
    )
    order = pc.sort_indices(ranked, _RANK)
    best = order.filter(_first(places["hexsha"].take(order)))
    rows = ranked.take(best)
    about = facts.take(pc.index_in(rows["hexsha"], value_set=facts["hexsha"].combine_chunks()))
    reason, rests = _reasons(rows, about, rules)
    dropped = Counter(found for found in reason.to_pylist() if found)
    dropped[DUPLICATE] = places.num_rows - rows.num_rows
    kept = rows.select(places.column_names).append_column("reason", reason)
    return Chosen(
        kept.append_column("rests_on", rests),
        {name: count for name, count in sorted(dropped.items()) if count},
        _told(rows, about, reason),
    )


def all_met(licences: LicenceSet, expressions: Iterable[str] | None) -> tuple[str, ...]:
    """The licences on which expressions rest that must all be met; () when one is not, or none."""
    found: set[str] = set()
    for expression in expressions or ():
        rests = rests_on(licences, expression)
        if not rests:
            return ()
        found.update(rests)
    return tuple(sorted(found))


_SEPARATOR = "\x1f"


def _joined(lists: pa.ChunkedArray) -> pa.ChunkedArray:
    """One text for each list of licences; few of them are distinct."""
    return pc.fill_null(pc.binary_join(lists.cast(pa.list_(pa.string())), _SEPARATOR), "")


def _split(joined: str) -> list[str]:
    return joined.split(_SEPARATOR) if joined else []


def _judged(
    lists: pa.ChunkedArray, licences: LicenceSet
) -> tuple[pa.Array, pa.ChunkedArray, pa.ChunkedArray]:
    """Of each place: is it refused, under which reason, and what it rests on, joined."""
    joined = _joined(lists)
    distinct = pc.unique(joined)
    met = [all_met(licences, _split(one)) for one in distinct.to_pylist()]
    at = pc.index_in(joined, value_set=distinct)
    reasons = [
        None if found else (OUTSIDE if told else NO_LICENCE)
        for found, told in zip(met, distinct.to_pylist(), strict=True)
    ]
    # Without an allowed place, one with licences tells more than one without.
    ranks = pa.array([{None: 0, OUTSIDE: 1, NO_LICENCE: 2}[one] for one in reasons], pa.int8())
    told = pa.array([_SEPARATOR.join(one) for one in met], pa.string())
    return ranks.take(at), pa.array(reasons, pa.string()).take(at), told.take(at)


def _first(values: pa.ChunkedArray) -> pa.Array:
    """A mask of the values that differ from the one before."""
    held = values.combine_chunks()
    if not len(held):
        return pa.array([], pa.bool_())
    changed = pc.not_equal(held.slice(1), held.slice(0, len(held) - 1))
    return pa.concat_arrays([pa.array([True]), changed])


def _reasons(rows: pa.Table, about: pa.Table, rules: Rules) -> tuple[pa.Array, pa.Array]:
    """The one reason against each content, null where there is none, and what a row rests on."""
    header = _joined(about["licenses"])
    distinct = pc.unique(header)
    met = {one: all_met(rules.licences, _split(one)) for one in distinct.to_pylist()}
    ill = pa.array([one for one, found in met.items() if one and not found], pa.string())
    own = pa.array([_SEPARATOR.join(met[one]) for one in distinct.to_pylist()], pa.string())
    of_file = own.take(pc.index_in(header, value_set=distinct))
    reason = pc.coalesce(
        rows["why"],
        _told_where(pc.is_in(header, value_set=ill), HEADER),
        _told_where(pc.greater(_count(about["malware"]), 0), MALWARE),
        _told_where(pc.greater(about["size"], rules.max_bytes), TOO_LARGE),
        _told_where(about["is_blank"], EMPTY),
        *(_told_where(mask, name) for name, mask in rules.quality.refusals(about, rows)),
        pa.nulls(rows.num_rows, pa.string()),
    )
    rests = pc.if_else(pc.equal(of_file, ""), rows["rest"], of_file)
    lists = [
        None if bad else _split(told)
        for bad, told in zip(reason.to_pylist(), rests.to_pylist(), strict=True)
    ]
    return _whole(reason), pa.array(lists, pa.list_(pa.string()))


def _count(lists: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.fill_null(pc.list_value_length(lists), 0)


def _told_where(mask: pa.ChunkedArray, reason: str) -> pa.ChunkedArray:
    return pc.if_else(mask, pa.scalar(reason), pa.scalar(None, pa.string()))


def _whole(values: pa.Array | pa.ChunkedArray) -> pa.Array:
    return values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values


def _told(rows: pa.Table, about: pa.Table, reason: pa.Array) -> dict[str, dict[str, int]]:
    """For which licences contents were dropped: those of the file, or of the place."""
    own, placed = _joined(about["licenses"]), _joined(rows["licenses"])
    told: Counter[tuple[str, str]] = Counter(
        (bad, mine or theirs)
        for bad, mine, theirs in zip(
            reason.to_pylist(), own.to_pylist(), placed.to_pylist(), strict=True
        )
        if bad in REASONS
    )
    found: dict[str, dict[str, int]] = {}
    for (bad, joined), count in sorted(told.items()):
        found.setdefault(bad, {})[" AND ".join(_split(joined))] = count
    return found


def distinct(places: pa.Table) -> tuple[pa.Table, int]:
    """The places without those that stand twice, and how many went."""
    order = pc.sort_indices(places, [(name, "ascending") for name in (*_SAME, "home", "place")])
    table = places.take(order)
    same: Sequence[pa.Array] = [_first(pc.fill_null(table[name], "")) for name in _SAME]
    mask = same[0]
    for one in same[1:]:
        mask = pc.or_(mask, one)
    kept = table.filter(mask)
    return kept, places.num_rows - kept.num_rows
