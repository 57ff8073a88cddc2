"""What a build left out, beside what the version before left out."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from pipeline.engine import selectors
from portal.pages import words

if TYPE_CHECKING:
    from pipeline.engine.models import Build

# Stages through which every row goes. What later ones leave out (a sample has its size) is no loss.
MAIN = ("collect", "identify", "select", "redact")


def dropped(build: "Build") -> dict[str, Any]:
    """Rows kept and left out by reason, most first, with those of the parent beside them."""
    now = _summed(selectors.dropped_by_stage(build))
    told = (build.version.difference or {}).get("dropped", {})
    before = _summed(
        {stage: {name: rows["old"] for name, rows in told[stage].items()} for stage in told}
    )
    parent = build.version.parent if told and build.version.parent_id else None
    rows = []
    if build.state == "done":
        rows.append(_line("Kept", build.version.rows, parent.rows if parent else None))
    for each in sorted({*now, *before}, key=lambda each: (-now.get(each, 0), each)):
        was = before.get(each, 0) if parent else None
        rows.append(_line(words.reason(each), now.get(each, 0), was))
    total = sum(row["rows"] for row in rows)
    for row in rows:
        row["share"] = row["rows"] / total if total else 0
    return {"rows": rows, "total": total, "parent": parent}


def _summed(by_stage: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for reasons in _main(by_stage):
        for reason, rows in reasons.items():
            found[reason] = found.get(reason, 0) + rows
    return found


def _main(by_stage: Mapping[str, Mapping[str, int]]) -> Iterable[Mapping[str, int]]:
    return (by_stage[stage] for stage in MAIN if stage in by_stage)


def _line(label: str, rows: int, before: int | None) -> dict[str, Any]:
    return {"label": label, "rows": rows, "change": rows - before if before is not None else None}
