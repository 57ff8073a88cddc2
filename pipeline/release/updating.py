"""Row patches of a version against its parent: how a copy is brought up to date cheaply.

One shard of stage index for each processed file that stood in the parent with other bytes. A patch
holds ids of removed rows and new values, never what was removed. `verify` applies each of them.
"""

from collections.abc import Iterator
from pathlib import Path

from client import chunks, patches
from pipeline.shards import hashes, patching, writer

from . import reports
from .work import Context, Done, Files, Json, Report, Work

KIND = "patch"
NAME = "rows.patch"
CHUNKS = "rows.chunks"


def works(context: Context, first: int) -> Iterator[Work]:
    """Numbered from `first`, by path. Files of the parent that are no longer at hand get none."""
    old = before(context)
    for done in reports.files_of(context.done["write"], "rows"):
        was, now = old.get(done.params["path"]), done.report.files["rows.parquet"]
        if was is None or was["sha256"] == now["sha256"]:
            continue
        if not context.files.path(was["ref"], was["file"]).exists():
            continue
        params = {
            "kind": KIND,
            "path": done.params["path"],
            "old": was["sha256"],
            "new": now["sha256"],
            "old_ref": was["ref"],
        }
        inputs = {"old": was["ref"], "new": done.ref}
        yield Work("index", first, f"patch of {done.params['path']}", params, inputs)
        first += 1


def run(work: Work, files: Files, folder: Path) -> Report:
    """Write one patch."""
    old, new = (files.path(work.inputs[name], "rows.parquet") for name in ("old", "new"))
    data = patching.between(work.params["path"], old, new).dump()
    (folder / NAME).write_bytes(data)
    return Report(files={NAME: writer.facts(folder / NAME, 0)._asdict()})


def prove(work: Work, files: Files, folder: Path) -> list[str]:
    """Bring the old file up to date as a client does, and compare."""
    inputs = work.inputs
    patch = patches.load(files.path(inputs["patch"], NAME).read_bytes())
    made = folder / "made.parquet"
    same = patches.rewrite(files.path(inputs["old"], "rows.parquet"), [patch], made, writer.PROFILE)
    right = same and patch.new_sha256 == work.params["new"]
    made.unlink()
    return [] if right else ["the old file and the patch do not give the new file"]


def write_chunks(rows: Path, target: Path) -> dict[str, Json]:
    """The chunk manifest of a file, and its facts."""
    target.write_bytes(chunks.dump(chunks.chunks(rows)))
    return {"size": target.stat().st_size, "sha256": hashes.sha256_file(target), "rows": 0}


def told(context: Context) -> list[Json]:
    """For the manifest: what an update of each processed file may use."""
    patched = {done.params["path"]: done for done in reports.files_of(context.done["index"], KIND)}
    found = []
    for done in reports.files_of(context.done["write"], "rows"):
        path = done.params["path"]
        one = {"path": path, "chunks": _named(done, CHUNKS)}
        if path in patched:
            one["patch"] = _named(patched[path], NAME) | {"old": patched[path].params["old"]}
        found.append(one)
    return found


def _named(done: Done, name: str) -> Json:
    facts = done.report.files[name]
    return {"ref": done.ref, "file": name, "size": facts["size"], "sha256": facts["sha256"]}


def before(context: Context) -> dict[str, Json]:
    """The artefacts of the parent's processed tier, by path."""
    parent = context.brief.parent
    if not parent:
        return {}
    manifest = reports.read_json(context.files.path(parent["card"], "manifest.json"))
    return {one["path"]: one for one in manifest["artefacts"] if one["tier"] == "processed"}
