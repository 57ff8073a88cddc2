"""What changed between two versions: counts by kind and by file, never a name of a subject."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.shards import writer

from .work import Json

KINDS = ("added", "removed", "changed")
_COLUMNS = ["row_id", "lang", "licenses", "size", "digest"]


def between(
    old_index: Path | None,
    new_index: Path,
    old_stats: Json,
    new_stats: Json,
    old_manifest: Json = None,
    new_manifest: Json = None,
) -> dict[str, Json]:
    """The difference of two versions; everything is new when there is no old one.

    Rows are matched by row id over two `rows.parquet` of stage index. A row is changed when
    anything in it is: its redactions, its licences, the repository that it names. Bytes are those
    of the original files. With two manifests the files of every tier are compared by sha256.
    `dropped` tells for each stage and reason how many rows were left out, before and now.
    """
    rows = _rows(old_index, new_index)
    return {
        "rows": {kind: _counted(rows[kind]) for kind in KINDS},
        "unchanged": rows["unchanged"],
        "dropped": _dropped(old_stats or {}, new_stats),
        "totals": {"old": _totals(old_stats or {}), "new": _totals(new_stats)},
        "files": _files(old_manifest or {}, new_manifest or {}),
    }


def _rows(old_index: Path | None, new_index: Path) -> dict[str, Json]:
    """Tables of the rows added, removed and changed, and the number of all others."""
    new = writer.read_table(new_index, _COLUMNS)
    old = writer.read_table(old_index, _COLUMNS) if old_index else new.slice(0, 0)
    at = pc.index_in(new["row_id"], value_set=old["row_id"])
    before = pc.take(old["digest"], at)  # null for a new row
    changed = pc.fill_null(pc.not_equal(new["digest"], before), False)
    stays = pc.is_in(old["row_id"], value_set=new["row_id"])
    found = {
        "added": new.filter(pc.is_null(at)),
        "removed": old.filter(pc.invert(stays)),
        "changed": new.filter(changed),
    }
    touched = found["added"].num_rows + found["changed"].num_rows
    return found | {"unchanged": new.num_rows - touched}


def _counted(rows: pa.Table) -> dict[str, Json]:
    """Rows and bytes, and rows by language and licence, the most first."""
    licences = Counter(name for held in rows["licenses"].to_pylist() for name in held or ())
    return {
        "rows": rows.num_rows,
        "bytes": pc.sum(rows["size"]).as_py() or 0,
        "languages": _ranked(Counter(rows["lang"].to_pylist())),
        "licences": _ranked(licences),
    }


def _ranked(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


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
