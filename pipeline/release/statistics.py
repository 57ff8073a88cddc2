"""The figures of a version, counted from its own index and the reports of its stages."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.shards import writer

from . import reports
from .work import Files, Json

TIERS = ("processed", "raw", "annotations")


def count(refs: Mapping[str, Sequence[str]], artefacts: Iterable[Json], files: Files) -> Json:
    """All figures that the card, the charts and a page show.

    Rows and bytes by language and licence are of the processed tier, bytes those of the original
    files. A row that rests on two licences counts under both.
    """
    told = {name: [reports.of_ref(files, ref) for ref in held] for name, held in refs.items()}
    # Annotated rows are copies of rows counted already.
    told["write"] = [report for report in told["write"] if "rows.parquet" in report.files]
    # Threads and commits have figures of their own.
    told["collect"] = [one for one in told["collect"] if "blobs.parquet" in one.files]
    index = told["index"][0]
    languages, licences = _by_kind(files.path(refs["index"][0], "rows.parquet"))
    return {
        "rows": sum(part["rows"] for part in languages.values()),
        "bytes": sum(part["bytes"] for part in languages.values()),
        "repositories": index.counts["repositories"],
        "repositories_raw": index.counts["repositories_raw"],
        "tiers": _tiers([one for one in artefacts if "configuration" not in one]),
        "configurations": _configurations(artefacts),
        "languages": languages,
        "licences": licences,
        "stages": {name: _stage(held) for name, held in told.items()},
        "redactions": {
            "rows": sum(report.counts["rows_redacted"] for report in told["redact"]),
            "classes": reports.added(report.counts["classes"] for report in told["redact"]),
            "rules": reports.added(report.counts["rules"] for report in told["redact"]),
            "left": reports.added(report.counts["left"] for report in told["redact"]),
        },
    }


def _stage(held: Sequence[reports.Report]) -> Json:
    told = reports.summed(held)
    return told | {"rows_dropped": sum(told["dropped"].values())}


def _tiers(artefacts: Iterable[Json]) -> Json:
    """Files, bytes on disk and rows; of the raw tier rows are contents, places stand apart."""
    tiers = {tier: {"files": 0, "bytes": 0, "rows": 0} for tier in TIERS}
    tiers["raw"]["places"] = 0
    for artefact in artefacts:
        tier = tiers[artefact["tier"]]
        tier["files"] += 1
        tier["bytes"] += artefact["size"]
        tier["places" if artefact["path"].startswith("occurrences/") else "rows"] += artefact[
            "rows"
        ]
    return tiers


def _configurations(artefacts: Iterable[Json]) -> Json:
    """Files, bytes on disk and rows of threads and commits, by configuration and tier."""
    found: dict[str, Json] = {}
    for one in artefacts:
        if "configuration" in one:
            tiers = found.setdefault(one["configuration"], {})
            tier = tiers.setdefault(one["tier"], {"files": 0, "bytes": 0, "rows": 0})
            tier["files"] += 1
            tier["bytes"] += one["size"]
            tier["rows"] += one["rows"]
    return dict(sorted(found.items()))


def _by_kind(index: Path) -> tuple[Json, Json]:
    """Rows and bytes by language and by licence, names in order."""
    languages: dict[str, dict[str, int]] = {}
    licences: dict[str, dict[str, int]] = {}
    for batch in writer.read_batches(index, ["lang", "licenses", "size"], batch_rows=_BATCH):
        size = batch.column("size")
        _add(languages, pa.table({"name": batch.column("lang"), "size": size}))
        held = batch.column("licenses")
        of = size.take(pc.list_parent_indices(held))
        _add(licences, pa.table({"name": pc.list_flatten(held), "size": of}))
    return dict(sorted(languages.items())), dict(sorted(licences.items()))


_BATCH = 1 << 16  # rows


def _add(parts: dict[str, dict[str, int]], rows: pa.Table) -> None:
    found = rows.group_by("name").aggregate([("size", "count"), ("size", "sum")])
    for row in found.to_pylist():
        part = parts.setdefault(row["name"], {"rows": 0, "bytes": 0})
        part["rows"] += row["size_count"]
        part["bytes"] += row["size_sum"]
