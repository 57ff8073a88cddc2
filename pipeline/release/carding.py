"""Stage card: what a version says of itself.

`manifest.json` (every file with its digest, and what it was made from), `stats.json`, `card.md`,
`preview.json` and `charts/*.svg`. No clock, no path of a machine, no name of a removed subject:
equal inputs give equal bytes.
"""

import hashlib
import hmac
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from pipeline.select import sets
from pipeline.shards import writer
from pipeline.shards.hashes import sha256_file

from . import (
    annotating,
    beside,
    cardtext,
    charts,
    collecting,
    identifying,
    indexing,
    preview,
    rawing,
    redacting,
    reports,
    selecting,
    sharding,
    statistics,
    updating,
    verifying,
    writing,
)
from .selecting import RAW_PLACES
from .work import Brief, Context, Done, Files, Json, Report, Stage, Work, canonical

STAGES_BEFORE = (
    collecting.STAGE,
    identifying.STAGE,
    selecting.STAGE,
    redacting.STAGE,
    writing.STAGE,
    indexing.STAGE,
    verifying.STAGE,
)


def plan(context: Context) -> list[Work]:
    """One shard; its parameters hold all that stands in the manifest but the files' digests."""
    brief = context.brief
    params = {
        "dataset": brief.dataset,
        "version": brief.version,
        "parent": brief.parent["version"] if brief.parent else None,
        "brief": hashlib.sha256(canonical(_told(brief)).encode()).hexdigest(),
        "licence_set": sets.get(brief.licence_set).as_json(),
        "redaction": brief.redaction,
        "detector": redacting.detector_digest(),
        "terms": brief.terms,
        "sources": _sources(brief.sources),
        "stages": {stage.name: stage.version for stage in (*STAGES_BEFORE, STAGE)},
        "profile": writer.PROFILE,
        "next_numbers": _next_numbers(context),
        "refs": {
            stage.name: [done.ref for done in context.done[stage.name]] for stage in STAGES_BEFORE
        },
        "artefacts": list(_artefacts(context)),
        "updates": updating.told(context),
        "code": code_digest(),
    }
    return [Work("card", 0, f"{brief.dataset} {brief.version}", params)]


def run(work: Work, files: Files, folder: Path, secret: bytes) -> Report:
    """Write all that a version says of itself; reads the index and a hundred rows."""
    params = work.params
    manifest = _manifest(params, files, secret)
    stats = statistics.count(params["refs"], params["artefacts"], files)
    stats |= {key: params[key] for key in ("dataset", "version", "parent", "sources")}
    places = {
        artefact["path"]: (artefact["ref"], artefact["file"])
        for artefact in params["artefacts"]
        if artefact["tier"] == "processed" and "configuration" not in artefact
    }
    index = files.path(params["refs"]["index"][0], "rows.parquet")
    shown = preview.read(preview.choose(index), places, files)
    reports.write_json(folder / "manifest.json", manifest)
    reports.write_json(folder / "stats.json", stats)
    reports.write_json(folder / "preview.json", shown)
    card = cardtext.write(manifest, stats)
    (folder / "card.md").write_text(card, encoding="utf-8")
    (folder / "charts").mkdir()
    for name, drawing in charts.draw_all(stats).items():
        (folder / "charts" / name).write_text(drawing, encoding="utf-8")
    return Report(
        rows_in=stats["rows"],
        rows_out=stats["rows"],
        files=dict(_facts(folder)),
        counts={"artefacts": len(manifest["artefacts"]), "preview": len(shown)},
    )


@cache
def code_digest() -> str:
    """Names the code that made a version, by its source: 32 hex digits."""
    told = hashlib.sha256()
    root = Path(__file__).parents[1]
    for path in sorted(root.rglob("*.py")):
        if "engine" not in path.relative_to(root).parts:
            told.update(f"{path.relative_to(root).as_posix()}\0{sha256_file(path)}\n".encode())
    return told.hexdigest()[:32]


def _told(brief: Brief) -> Json:
    """The brief as plain JSON."""
    told = {name: getattr(brief, name) for name in Brief.__slots__}
    told["removals"] = [dict(removal) for removal in brief.removals]
    return told | {"sources": list(brief.sources), "annotations": list(brief.annotations)}


def _sources(sources: Sequence[Json]) -> dict[str, int]:
    """How many sources of each kind; their paths are the machine's affair."""
    return reports.added({source["kind"]: 1} for source in sources)


def _next_numbers(context: Context) -> dict[str, int]:
    """Per language folder the first file number that no version used."""
    parent = context.brief.parent
    told = {}
    if parent:
        path = context.files.path(parent["card"], "manifest.json")
        told = dict(reports.read_json(path)["next_numbers"])
    for done in context.done["write"]:
        if reports.kind_of(done) == "rows":
            slug = sharding.slug_of(done.params["path"])
            told[slug] = max(told.get(slug, 0), sharding.number_of(done.params["path"]) + 1)
    return told


def _artefacts(context: Context) -> Iterator[Json]:
    """Every file of every tier that has rows, by tier and path."""
    for done in context.done["write"]:
        if reports.kind_of(done) == "rows":
            yield _artefact("processed", done.params["path"], done, "rows.parquet")
    for done in reports.files_of(context.done["write"], rawing.KIND):
        yield _artefact("raw", done.params["path"], done, rawing.CONTENTS)
    for path, done in rawing.places(context):
        yield _artefact("raw", path, done, RAW_PLACES)
    yield from _beside(context)
    for done in context.done["write"]:
        if reports.kind_of(done) == "annotations":
            for name, path in annotating.FILES.items():
                if reports.rows_of(done.report, name):
                    yield _artefact("annotations", path, done, name)


def _beside(context: Context) -> Iterator[Json]:
    for done in beside.pieces(context.done["write"]):
        kind = reports.kind_of(done)
        for tier, name in (("processed", beside.ROWS), ("raw", beside.RAW)):
            if reports.rows_of(done.report, name):
                yield _artefact(tier, done.label, done, name) | {"configuration": kind}


def _artefact(tier: str, path: str, done: Done, name: str) -> Json:
    facts = done.report.files[name]
    told = {"tier": tier, "path": path, "ref": done.ref, "file": name}
    return told | {
        key: facts[key] for key in ("size", "sha256", "rows", "git_blob_id") if key in facts
    }


def _manifest(params: Json, files: Files, secret: bytes) -> Json:
    """What a version promises. The brief's digest is keyed: it covers the removal list, and
    nobody may test a guess of that list against it."""
    keyed = hmac.new(secret, f"brief\0{params['brief']}".encode(), hashlib.sha256).hexdigest()
    copied = ["dataset", "version", "parent", "licence_set", "redaction", "detector", "terms"]
    copied += ["stages", "code", "profile", "next_numbers", "artefacts", "updates"]
    return {name: params[name] for name in copied} | {
        "format": 1,
        "brief": keyed,
        "inputs": [_input(ref, files) for ref in params["refs"]["collect"]],
    }


def _input(ref: str, files: Files) -> Json:
    report = reports.of_ref(files, ref)
    told = {name: facts["sha256"] for name, facts in report.files.items()}
    return {"ref": ref, "sha256": hashlib.sha256(canonical(told).encode()).hexdigest()}


def _facts(folder: Path) -> Iterator[tuple[str, Json]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            data = path.read_bytes()
            facts = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest(), "rows": 0}
            yield path.relative_to(folder).as_posix(), facts


STAGE = Stage("card", 2, plan, run)
