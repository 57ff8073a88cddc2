"""What changed between two versions: counts by kind, reason, language and licence, never a name.

Two forms come of it. `exact` is for the people who publish. `told` is for anyone: it counts no
group of rows that came, went or changed behind which fewer than FEWEST different holders stand, as
a group of one would tell who asked for what. Such groups are counted together, with others until
enough holders stand behind the sum; where that never happens, only the total is told.
"""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pipeline.select.removals import REMOVED, REPORTED

from . import rowlists
from .work import Json

if TYPE_CHECKING:
    import duckdb

KINDS = ("added", "removed", "changed")
GROUPS = ("reasons", "languages", "licences")
FEWEST = 5  # different holders behind a figure that anyone may read
SUBJECTS = (REMOVED, REPORTED)  # reasons that are somebody's own act


class Difference(NamedTuple):
    exact: dict[str, Json]
    told: dict[str, Json]


def between(
    old: Path | None,
    new: Path,
    old_stats: Json,
    new_stats: Json,
    old_manifest: Json = None,
    new_manifest: Json = None,
    *,
    spill: Path | None = None,
    key: str = "",
) -> Difference:
    """The difference of two versions; everything is new when there is no old one.

    Args:
        old, new: row lists (`rowlists.py`), or `rows.parquet` of stage index.
        spill: a folder on which joins may spill; beside `new` unless given.
        key: secret of the dataset, for an index.

    Rows are matched by content. A row is changed when anything in it is: its redactions, its
    licences, the repository that it names. Bytes are those of the original files. With two
    manifests the files of every tier are compared by sha256. `dropped` tells for each stage and
    reason how many rows were left out, before and now.

    Memory: `rowlists.MEMORY`, whatever the number of rows.
    """
    with rowlists.database(spill or new.parent) as database:
        for name, path in (("old_rows", old), ("new_rows", new)):
            rowlists.view(database, name, path, key)
        database.execute(_MOVED)
        found = {kind: _counted(database, kind) for kind in KINDS}
        public = {kind: _told(database, kind, found[kind], first=old is None) for kind in KINDS}
        rows = "SELECT count(*) FROM new_rows WHERE reason IS NULL"
        total = _one(database, rows)
    touched = found["added"]["rows"] + found["changed"]["rows"]
    shared = {
        "unchanged": total - touched,
        "totals": {"old": _totals(old_stats or {}), "new": _totals(new_stats)},
        "files": _files(old_manifest or {}, new_manifest or {}),
    }
    dropped = _dropped(old_stats or {}, new_stats)
    return Difference(
        {"rows": found, "dropped": dropped, **shared},
        {"rows": public, "dropped": _hushed(dropped), **shared},
    )


# What became of each row that is not the same in both, with the holder that it had.
_MOVED = """
CREATE TEMP TABLE moved AS
WITH o AS (SELECT * FROM old_rows WHERE reason IS NULL),
     n AS (SELECT * FROM new_rows WHERE reason IS NULL),
     j AS (
       SELECT coalesce(o.hexsha, n.hexsha) AS hexsha, o.hexsha IS NULL AS fresh,
         n.hexsha IS NULL AS gone, coalesce(n.lang, o.lang) AS lang,
         coalesce(n.licenses, o.licenses) AS licenses, coalesce(n.size, o.size) AS size,
         coalesce(o.holder, n.holder) AS holder,
         list_sort(o.licenses) IS DISTINCT FROM list_sort(n.licenses) AS other_licences,
         o.holder IS DISTINCT FROM n.holder AS other_holder
       FROM o FULL JOIN n ON o.hexsha = n.hexsha WHERE o.digest IS DISTINCT FROM n.digest)
SELECT CASE WHEN fresh THEN 'added' WHEN gone THEN 'removed' ELSE 'changed' END AS kind,
  CASE WHEN fresh THEN 'new' WHEN gone THEN coalesce(l.reason, 'not-told')
       WHEN other_licences THEN 'licences' WHEN other_holder THEN 'source' ELSE 'text' END AS why,
  lang, licenses, j.size, j.holder
FROM j LEFT JOIN (SELECT hexsha, reason FROM new_rows WHERE reason IS NOT NULL) l
  ON l.hexsha = j.hexsha AND j.gone
"""
_CELLS = {  # group -> a query of name, size, holder, a row for each name that a row counts under
    "reasons": "SELECT why AS name, size, holder FROM moved WHERE kind = $1",
    "languages": "SELECT lang AS name, size, holder FROM moved WHERE kind = $1",
    "licences": "SELECT unnest(licenses) AS name, size, holder FROM moved WHERE kind = $1",
}

_OF_CELLS = "SELECT coalesce(name, ''), count(*), sum(size)::BIGINT, count(DISTINCT holder)"


class _Cell(NamedTuple):
    name: str
    rows: int
    size: int
    holders: int


def _counted(database: "duckdb.DuckDBPyConnection", kind: str) -> dict[str, Json]:
    """Rows and bytes of a kind, and both by reason, language and licence, the most first."""
    query = "SELECT count(*), coalesce(sum(size), 0)::BIGINT FROM moved WHERE kind = $1"
    rows, size = database.execute(query, [kind]).fetchall()[0]
    told: dict[str, Json] = {"rows": rows, "bytes": size, "sizes": {}}
    for group in GROUPS:
        cells = _cells(database, group, kind)
        told[group] = {cell.name: cell.rows for cell in cells}
        told["sizes"][group] = {cell.name: cell.size for cell in cells}
    return told


def _cells(database: "duckdb.DuckDBPyConnection", group: str, kind: str) -> list[_Cell]:
    query = f"{_OF_CELLS} FROM ({_CELLS[group]}) GROUP BY 1 ORDER BY 2 DESC, 1"
    return [_Cell(*row) for row in database.execute(query, [kind]).fetchall()]


def _told(
    database: "duckdb.DuckDBPyConnection", kind: str, exact: Json, *, first: bool
) -> dict[str, Json]:
    """The same for anyone: small groups together under `others`."""
    told: dict[str, Json] = {"rows": exact["rows"], "bytes": exact["bytes"], "sizes": {}}
    told["others"] = {}
    for group in GROUPS:
        cells = _cells(database, group, kind)
        folded: set[str] = set()
        if not first:  # new ones too: asked for backwards, they are those that went
            folded = fold(cells, lambda names, at=group: _holders(database, at, kind, names))
        shown = [cell for cell in cells if cell.name not in folded]
        told[group] = {cell.name: cell.rows for cell in shown}
        told["sizes"][group] = {cell.name: cell.size for cell in shown}
        told["others"][group] = sum(cell.rows for cell in cells if cell.name in folded)
    return told


def without_groups(exact: Json) -> dict[str, Json]:
    """The form for anyone when nobody knows how many holders stand behind a group: rows that came,
    went or changed are told as totals alone. For differences counted before row lists were kept."""
    rows = {}
    for kind in KINDS:
        held = exact["rows"][kind]
        rows[kind] = {"rows": held["rows"], "bytes": held["bytes"], "sizes": {}, "others": {}}
        open_ = not exact["totals"]["old"]["rows"]
        for group in GROUPS:
            rows[kind][group] = dict(held.get(group, {})) if open_ else {}
            rows[kind]["others"][group] = 0 if open_ else held["rows"]
    return {**exact, "rows": rows, "dropped": _hushed(exact["dropped"])}


def fold(cells: Iterable[_Cell], holders: Callable[[set[str]], int]) -> set[str]:
    """The names to count together: those with few holders, and more until the sum has enough.

    `holders` tells how many different ones stand behind several names together.
    """
    by_size = sorted(cells, key=lambda cell: (cell.holders, cell.name))
    folded = {cell.name for cell in by_size if cell.holders < FEWEST}
    for cell in by_size:
        if not folded or holders(folded) >= FEWEST:
            break
        folded.add(cell.name)
    return folded


def _holders(database: "duckdb.DuckDBPyConnection", group: str, kind: str, names: set[str]) -> int:
    query = (
        f"SELECT count(DISTINCT holder) FROM ({_CELLS[group]}) "  # noqa: S608
        "WHERE list_contains($2::VARCHAR[], coalesce(name, ''))"
    )
    return _one(database, query, [kind, sorted(names)])


def _one(database: "duckdb.DuckDBPyConnection", query: str, params: Json = None) -> int:
    return int(database.execute(query, params or []).fetchall()[0][0])


def _dropped(old: Json, new: Json) -> dict[str, dict[str, dict[str, int]]]:
    """Stage -> reason -> rows left out in the old and in the new version."""
    before = {name: told["dropped"] for name, told in old.get("stages", {}).items()}
    after = {name: told["dropped"] for name, told in new.get("stages", {}).items()}
    return {
        stage: {
            reason: {
                "old": before.get(stage, {}).get(reason, 0),
                "new": after.get(stage, {}).get(reason, 0),
            }
            for reason in sorted({*before.get(stage, {}), *after.get(stage, {})})
        }
        for stage in dict.fromkeys([*after, *before])
        if before.get(stage) or after.get(stage)
    }


def _hushed(
    dropped: Mapping[str, Mapping[str, Mapping[str, int]]],
) -> dict[str, dict[str, Json]]:
    """Without the counts of what people asked for: these count places, and not who asked."""
    return {
        stage: {
            reason: {"old": None, "new": None} if reason in SUBJECTS else counts
            for reason, counts in reasons.items()
        }
        for stage, reasons in dropped.items()
    }


def _totals(stats: Json) -> dict[str, int]:
    return {name: stats.get(name, 0) for name in ("rows", "bytes", "repositories")}


def _files(old: Json, new: Json) -> dict[str, dict[str, int]]:
    """Per tier: files unchanged, rewritten, new and gone, and the bytes that a holder of the old
    version must fetch anew when it fetches whole files."""
    tiers: dict[str, dict[str, int]] = {}
    before, after = _by_path(old), _by_path(new)
    for place in sorted({*before, *after}):
        was, now = before.get(place), after.get(place)
        tier = tiers.setdefault(
            place[0], dict.fromkeys(("unchanged", "rewritten", "new", "gone", "bytes"), 0)
        )
        kind = _fate(was, now)
        tier[kind] += 1
        if kind in ("rewritten", "new"):
            tier["bytes"] += now["size"]
    return tiers


def _fate(was: Json, now: Json) -> str:
    if was is None:
        return "new"
    if now is None:
        return "gone"
    return "unchanged" if was["sha256"] == now["sha256"] else "rewritten"


def _by_path(manifest: Json) -> dict[tuple[str, str], Json]:
    return {(one["tier"], one["path"]): one for one in manifest.get("artefacts", ())}
