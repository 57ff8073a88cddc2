"""Stage verify: the written files are read again as a stranger would, and must prove themselves.

Four kinds of shards: `rows` (one processed file each: bytes, licences, private values, layout),
`raw` (one select shard each), `subjects` (no removed subject in any tier) and
`totals` (what went in came out, from stage to stage). A breach raises VerifyError.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from pipeline.select import removals, sets
from pipeline.shards import schemas

from . import annotating, checks, reports
from .redacting import detector_digest
from .work import Context, Done, Files, Json, Report, Stage, Work, canonical

RAW = {"raw-blobs.parquet": schemas.BLOB, "raw-occurrences.parquet": schemas.OCCURRENCE}
CHAIN = ("collect", "identify", "select", "redact", "write", "index")


class VerifyError(ValueError):
    """What was written breaks a promise. The message lists every breach of the shard."""


def plan(context: Context) -> list[Work]:
    """Shards that a new removal list does not touch keep their names, `subjects` never does."""
    written = [done for done in context.done["write"] if reports.kind_of(done) == "rows"]
    found = [
        *(_rows_work(context, done) for done in written),
        *map(_raw_work, context.done["select"], reports.raw_paths(context, "raw")),
        _subjects_work(context, written),
        _totals_work(context),
    ]
    return [
        Work("verify", number, label, params, inputs)
        for number, (label, params, inputs) in enumerate(found)
    ]


def run(work: Work, files: Files, folder: Path, secret: bytes) -> Report:  # noqa: ARG001
    """Prove one shard; the report counts what was looked at.

    Raises VerifyError with one sentence that lists what failed, never a private value.
    """
    report = Report()
    wrong = _PROOFS[work.params["kind"]](work, files, report)
    if wrong:
        raise VerifyError(f"{work.label}: {'; '.join(wrong)}.")
    return report


_Plan = tuple[str, Json, Json]  # label, params, inputs


def _rows_work(context: Context, done: Done) -> _Plan:
    params = {
        "kind": "rows",
        "path": done.params["path"],
        "facts": _facts(done, "rows.parquet"),
        "licence_set": context.brief.licence_set,
        "licences": sets.get(context.brief.licence_set).digest,
        "policy": context.brief.redaction,
        "detector": detector_digest(),
    }
    return done.label, params, {"ref": done.ref}


def _raw_work(done: Done, path: str) -> _Plan:
    params = {"kind": "raw", "facts": {name: _facts(done, name) for name in RAW}}
    return path, params, {"ref": done.ref}


def _subjects_work(context: Context, written: Sequence[Done]) -> _Plan:
    """All that removals may touch in one piece, so that their list stands in one place."""
    raw = context.done["select"]
    labelled = [
        (done, name)
        for done in context.done["write"]
        if reports.kind_of(done) == "annotations"
        for name in annotating.FILES
        if name in done.report.files
    ]
    params = {
        "kind": "subjects",
        "rows": reports.shas(written, "rows.parquet"),
        "raw": [reports.shas(raw, name) for name in RAW],
        "annotations": [_facts(done, name) for done, name in labelled],
        "removals": _digest(context),
        "places": reports.shas(context.done["index"], "blobs.parquet"),
    }
    inputs = {
        "rows": [done.ref for done in written],
        "raw": [done.ref for done in raw],
        "annotations": [[done.ref, name] for done, name in labelled],
        "removals": [dict(removal) for removal in context.brief.removals],
        "index": context.done["index"][0].ref,
    }
    return "removed subjects", params, inputs


def _totals_work(context: Context) -> _Plan:
    params = {
        "kind": "totals",
        "refs": {stage: [done.ref for done in context.done[stage]] for stage in CHAIN},
        "rows": {
            done.params["path"]: done.report.rows_out
            for done in context.done["write"]
            if reports.kind_of(done) == "rows"
        },
    }
    return "totals", params, None


def _facts(done: Done, name: str) -> Json:
    facts = done.report.files[name]
    return {key: facts[key] for key in ("size", "sha256", "rows")}


def _digest(context: Context) -> str:
    """Names a removal list without telling it."""
    told = canonical([dict(removal) for removal in context.brief.removals])
    return hashlib.sha256(told.encode()).hexdigest()


def _rows(work: Work, files: Files, report: Report) -> list[str]:
    path = files.path(work.inputs["ref"], "rows.parquet")
    facts = work.params["facts"]
    wrong = checks.file_facts(path, facts, schemas.PROCESSED)
    if not wrong:
        wrong += checks.licences(path, sets.get(work.params["licence_set"]))
        wrong += checks.private(path, work.params["policy"])
        wrong += checks.layout(path, work.params["path"])
    report.rows_in = report.rows_out = facts["rows"]
    report.counts = {"files": 1}
    return wrong


def _raw(work: Work, files: Files, report: Report) -> list[str]:
    paths = {name: files.path(work.inputs["ref"], name) for name in RAW}
    wrong = []
    for name, path in paths.items():
        facts = work.params["facts"][name]
        wrong += [f"{name}: {said}" for said in checks.file_facts(path, facts, RAW[name])]
    if not wrong:
        wrong += checks.edges(paths["raw-occurrences.parquet"], paths["raw-blobs.parquet"])
    report.counts = {
        "files": len(paths),
        "places": work.params["facts"]["raw-occurrences.parquet"]["rows"],
    }
    return wrong


def _subjects(work: Work, files: Files, report: Report) -> list[str]:
    inputs = work.inputs
    subjects = checks.Subjects(removals.parse(inputs["removals"]))
    places = files.path(inputs["index"], "blobs.parquet")
    paths = [files.path(ref, "rows.parquet") for ref in inputs["rows"]]
    found = {
        "raw": sum(checks.raw_traces(files.root / ref, subjects) for ref in inputs["raw"]),
        "processed": sum(checks.processed_traces(path, subjects) for path in paths),
    }
    wrong = [
        f"{tier}: {count} traces of a removed subject" for tier, count in found.items() if count
    ]
    for (ref, name), facts in zip(inputs["annotations"], work.params["annotations"], strict=True):
        path = files.path(ref, name)
        said = checks.file_facts(path, facts, schemas.ANNOTATION)
        said = said or checks.annotations(path, subjects, places)
        wrong += [f"{name}: {sentence}" for sentence in said]
    report.counts = {
        "files": len(inputs["rows"]) + len(inputs["annotations"]) + 2 * len(inputs["raw"]),
        "removals": len(inputs["removals"]),
    }
    return wrong


def _totals(work: Work, files: Files, report: Report) -> list[str]:
    told = {
        stage: [reports.of_ref(files, ref) for ref in refs]
        for stage, refs in work.params["refs"].items()
    }
    wrong = [
        f"{stage}: rows in are not rows out and dropped"
        for stage, found in told.items()
        for one in found
        if one.rows_in != one.rows_out + sum(one.dropped.values())
    ]
    wrong += _chain(told, sum(work.params["rows"].values()))
    index = work.params["refs"]["index"][0]
    rows, places = (files.path(index, name) for name in ("rows.parquet", "blobs.parquet"))
    wrong += checks.index(rows, places, work.params["rows"])
    report.counts = {stage: reports.summed(found) for stage, found in told.items()}
    return wrong


def _chain(told: dict[str, list[Report]], written: int) -> list[str]:
    """What one stage put out is what the next took in."""
    total = {stage: reports.summed(found) for stage, found in told.items()}
    links = [
        ("collect", total["collect"]["rows_out"], "identify", total["identify"]["rows_in"]),
        ("identify", total["identify"]["rows_out"], "select", total["select"]["rows_in"]),
        ("select", total["select"]["rows_out"], "redact", total["redact"]["rows_in"]),
        ("redact", total["redact"]["rows_out"], "write", written),
        ("write", written, "index", total["index"]["rows_in"]),
    ]
    return [
        f"{before} put out {out} rows, {after} took in {taken}"
        for before, out, after, taken in links
        if out != taken
    ]


_PROOFS = {"rows": _rows, "raw": _raw, "subjects": _subjects, "totals": _totals}

STAGE = Stage("verify", 1, plan, run)
