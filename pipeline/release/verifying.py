"""Stage verify: the written files are read again as a stranger would, and must prove themselves.

Kinds of shards: `rows` (one processed file each: bytes, licences, private values, layout), `raw`
(one raw file each: bytes), `edges` (contents and places of a prefix), `subjects` (no removed
subject in any tier), `patch` (an old file and its patch give the new one), `totals` (what went in
came out, from stage to stage). A breach raises VerifyError.
"""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.select import removals, sets
from pipeline.shards import schemas, writer

from . import (
    annotating,
    beside,
    checks,
    checks_beside,
    checks_index,
    looking,
    rawing,
    reports,
    updating,
)
from .doing import DRAFTS
from .identifying import PLACES_FILE
from .looking import Look
from .redacting import detector_digest
from .selecting import RAW_PLACES
from .work import Context, Done, Files, Json, Report, Stage, Work, canonical

RAW = {rawing.CONTENTS: schemas.BLOB, RAW_PLACES: schemas.OCCURRENCE}
CHAIN = ("collect", "identify", "select", "redact", "write", "index")


class VerifyError(ValueError):
    """What was written breaks a promise. The message lists every breach of the shard."""


def plan(context: Context) -> list[Work]:
    """Shards that a new removal list does not touch keep their names, `subjects` never does."""
    written = reports.files_of(context.done["write"], "rows")
    raw = reports.files_of(context.done["write"], rawing.KIND)
    places = rawing.places(context)
    found = [
        *(_rows_work(context, done) for done in written),
        *(_raw_work(done.label, done, rawing.CONTENTS) for done in raw),
        *(_raw_work(path, done, RAW_PLACES) for path, done in places),
        *_edges_works(raw, places),
        *_patch_works(context),
        *_beside_works(context),
        _subjects_work(context, written),
        _totals_work(context),
    ]
    return [
        Work("verify", number, label, params, inputs)
        for number, (label, params, inputs) in enumerate(found)
    ]


def run(work: Work, files: Files, folder: Path, secret: bytes) -> Report:  # noqa: ARG001
    """Prove one shard; the report counts what was looked at. Leaves no file in `folder`.

    Raises VerifyError with one sentence that lists what failed, never a private value.
    """
    report = Report()
    if work.params["kind"] == updating.KIND:
        wrong = updating.prove(work, files, folder)
    else:
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


def _raw_work(path: str, done: Done, name: str) -> _Plan:
    return path, {"kind": "raw", "name": name, "facts": _facts(done, name)}, {"ref": done.ref}


def _edges_works(raw: Sequence[Done], places: Sequence[tuple[str, Done]]) -> Iterator[_Plan]:
    """Places against contents, for as many prefixes at once as hold _AT_ONCE places."""
    for group in _together(places):
        params = {
            "kind": "edges",
            "prefixes": [done.params["prefix"] for _, done in group],
            "places": reports.shas([done for _, done in group], RAW_PLACES),
            "contents": reports.shas(raw, rawing.CONTENTS),
        }
        inputs = {"places": [done.ref for _, done in group], "contents": [one.ref for one in raw]}
        yield f"places from {group[0][0]}", params, inputs


_AT_ONCE = 2_000_000  # places


def _together(places: Sequence[tuple[str, Done]]) -> Iterator[list[tuple[str, Done]]]:
    group: list[tuple[str, Done]] = []
    for path, done in places:
        if group and sum(one.report.rows_in for _, one in group) > _AT_ONCE:
            yield group
            group = []
        group.append((path, done))
    if group:
        yield group


def _patch_works(context: Context) -> Iterator[_Plan]:
    for done in reports.files_of(context.done["index"], updating.KIND):
        params = {
            "kind": updating.KIND,
            "patch": done.report.files[updating.NAME]["sha256"],
            "old": done.params["old"],
            "new": done.params["new"],
            "profile": writer.PROFILE,
        }
        yield done.label, params, {"patch": done.ref, "old": done.params["old_ref"]}


def _beside_works(context: Context) -> Iterator[_Plan]:
    """One shard for each file of threads or commits; the removals that may touch it are named."""
    told = [one.as_json() for one in sorted(beside.removals_of(context))]
    for done in beside.pieces(context.done["write"]):
        params = {
            "kind": "beside",
            "of": reports.kind_of(done),
            "raw": _facts(done, beside.RAW),
            "rows": _facts(done, beside.ROWS),
            "policy": context.brief.redaction,
            "detector": detector_digest(),
            "licence_set": context.brief.licence_set,
            "licences": sets.get(context.brief.licence_set).digest,
            "removals": _digest(context),
        }
        yield done.label, params, {"ref": done.ref, "removals": told}


def _subjects_work(context: Context, written: Sequence[Done]) -> _Plan:
    """All that removals may touch in one piece, so that their list stands in one place."""
    raw = [done for _, done in rawing.places(context)]
    labelled = [
        (done, name)
        for done in reports.files_of(context.done["write"], "annotations")
        for name in annotating.FILES
        if name in done.report.files
    ]
    params = {
        "kind": "subjects",
        "rows": reports.shas(written, "rows.parquet"),
        "raw": reports.shas(raw, RAW_PLACES),
        "annotations": [_facts(done, name) for done, name in labelled],
        "removals": _digest(context),
        "places": reports.shas(context.done["index"], "blobs.parquet"),
    }
    inputs = {
        "rows": [done.ref for done in written],
        "raw": [done.ref for done in raw],
        "annotations": [[done.ref, name] for done, name in labelled],
        "removals": [dict(removal) for removal in context.brief.removals],
        "identify": [done.ref for done in context.done["identify"]],
        "index": context.done["index"][0].ref,
    }
    return "removed subjects", params, inputs


def _totals_work(context: Context) -> _Plan:
    params = {
        "kind": "totals",
        "refs": {stage: [done.ref for done in context.done[stage]] for stage in CHAIN},
        "beside": {
            "collect": [done.ref for done in beside.collected(context.done["collect"])],
            "write": [done.ref for done in beside.pieces(context.done["write"])],
        },
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
    name, facts = work.params["name"], work.params["facts"]
    report.rows_in = report.rows_out = facts["rows"]
    report.counts = {"files": 1}
    return checks.file_facts(files.path(work.inputs["ref"], name), facts, RAW[name])


def _edges(work: Work, files: Files, report: Report) -> list[str]:
    report.counts = {"files": 0}
    looks = [
        [Look(ref, name, columns) for ref in work.inputs[kind]]
        for kind, name, columns in (
            ("contents", rawing.CONTENTS, ()),
            ("places", RAW_PLACES, removals.HOLDER),
        )
    ]
    if not all(files.path(one.ref, one.name).exists() for kind in looks for one in kind):
        return []  # their own shards tell
    contents, places = ([looking.at(one, files).ids for one in kind] for kind in looks)
    return checks.edges(places, contents, work.params["prefixes"])


def _beside(work: Work, files: Files, report: Report) -> list[str]:
    kind, params = work.params["of"], work.params
    raw = files.path(work.inputs["ref"], beside.RAW)
    rows = files.path(work.inputs["ref"], beside.ROWS)
    schemas_of = beside.KINDS[kind]
    wrong = checks.file_facts(raw, params["raw"], schemas_of[0])
    wrong += checks.file_facts(rows, params["rows"], schemas_of[1])
    report.rows_in = report.rows_out = params["rows"]["rows"]
    report.counts = {"files": 2}
    if wrong:
        return wrong
    wrong += checks_beside.private(rows, kind, params["policy"])
    wrong += checks_beside.subjects(raw, kind, removals.parse(work.inputs["removals"]))
    wrong += checks_beside.twins(rows, raw, kind)
    if kind == "commits":
        wrong += checks.licences(rows, sets.get(params["licence_set"]))
    return wrong


def _subjects(work: Work, files: Files, report: Report) -> list[str]:
    inputs = work.inputs
    subjects = checks.Subjects(removals.parse(inputs["removals"]))
    raw = [Look(ref, RAW_PLACES, removals.HOLDER) for ref in inputs["raw"]]
    rows = [Look(ref, "rows.parquet", checks.HOLDS) for ref in inputs["rows"]]
    collected = [files.path(ref, PLACES_FILE) for ref in inputs["identify"]]
    subjects.spread(collected)
    found = {
        "raw": _traces(raw, files, subjects),
        "processed": _traces(rows, files, subjects),
    }
    wrong = [
        f"{tier}: {count} traces of a removed subject" for tier, count in found.items() if count
    ]
    places = files.path(inputs["index"], "blobs.parquet")
    for (ref, name), facts in zip(inputs["annotations"], work.params["annotations"], strict=True):
        path = files.path(ref, name)
        said = checks.file_facts(path, facts, schemas.ANNOTATION)
        said = said or checks.annotations(path, subjects, places)
        wrong += [f"{name}: {sentence}" for sentence in said]
    report.counts = {
        "files": len(inputs["rows"]) + len(inputs["annotations"]) + len(inputs["raw"]),
        "removals": len(inputs["removals"]),
    }
    return wrong


def _traces(looks: Sequence[Look], files: Files, subjects: checks.Subjects) -> int:
    """Rows of removed subjects; files are read only if what they name does not clear them."""
    there = [one for one in looks if files.path(one.ref, one.name).exists()]  # or own shards tell
    if checks.clear([looking.at(one, files) for one in there], subjects):
        return 0
    return sum(checks.traces(files.path(one.ref, one.name), one.columns, subjects) for one in there)


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
    apart = {stage: set(refs) for stage, refs in work.params["beside"].items()}
    wrong += _chain_beside(work, told, apart)
    told = {
        stage: [
            one
            for ref, one in zip(work.params["refs"][stage], found, strict=True)
            if ref not in apart.get(stage, ())
        ]
        for stage, found in told.items()
    }
    wrong += _chain(told, sum(work.params["rows"].values()))
    index = work.params["refs"]["index"][0]
    rows, places = (files.path(index, name) for name in ("rows.parquet", "blobs.parquet"))
    wrong += checks_index.index(rows, places, work.params["rows"], files.root / DRAFTS)
    report.counts = {stage: reports.summed(found) for stage, found in told.items()}
    return wrong


def _chain_beside(
    work: Work, told: dict[str, list[Report]], apart: dict[str, set[str]]
) -> list[str]:
    """Threads and commits that collect put out are those that write took in."""
    counted = {
        stage: [
            one
            for ref, one in zip(work.params["refs"][stage], told[stage], strict=True)
            if ref in refs
        ]
        for stage, refs in apart.items()
    }
    out = sum(one.rows_out for one in counted["collect"])
    taken = sum(one.rows_in for one in counted["write"])
    return [] if out == taken else [f"collect put out {out} threads and commits, not {taken}"]


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


_PROOFS = {"rows": _rows, "raw": _raw, "edges": _edges, "subjects": _subjects, "totals": _totals}
_PROOFS["beside"] = _beside

STAGE = Stage("verify", 2, plan, run)
