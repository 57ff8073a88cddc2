"""Differences of any two versions: counted once from their row lists, then read from the database.

A row list (`pipeline/release/rowlists.py`) is kept in private storage when a build ends, under the
digest of the version's manifest, and with it the manifest itself, which anyone may read. So two
versions can be compared after a compaction has erased the work that made them.
"""

import contextlib
import hashlib
import json
import shutil
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings

from governance.bells import ring
from governance.catalogue import comparing
from governance.catalogue.models import Dataset, Version
from governance.errors import GovernanceError, WrongStateError
from pipeline.engine import services
from pipeline.engine.models import Build, Shard
from pipeline.publish.storage import MissingObjectError, store
from pipeline.release.work import Files, Json

if TYPE_CHECKING:
    from governance.catalogue.models import Difference
    from pipeline.release.difference import Difference as Counted

DAY = 86_400  # seconds
AT_ONCE = 2_000_000  # rows of both: counted while somebody waits; beyond that a task counts


class NotCountedYetError(GovernanceError):
    """A task counts it; ask again."""

    code = "counting"


def list_key(dataset: str, manifest_sha256: str) -> str:
    return f"private/rows/{dataset}/{manifest_sha256}.parquet"


def manifest_key(dataset: str, manifest_sha256: str) -> str:
    return f"public/{dataset}/manifests/{manifest_sha256}"


# ------------------------------------------------------------------ when a build ends


def of_build(
    build: Build, files: Files, refs: dict[str, str], stats: Json, manifest: bytes
) -> "Counted":
    """Keep the row list and the manifest of a finished build, and count what changed since its
    parent. Doing it again writes the same."""
    from pipeline.release import decisions, difference, rowlists, selecting

    dataset = build.version.dataset.slug
    digest = hashlib.sha256(manifest).hexdigest()
    kept = store()
    kept.put(manifest_key(dataset, digest), files.path(refs["card"], "manifest.json"))
    selects = Shard.objects.filter(build=build, stage="select", state=Shard.State.DONE)
    selected = list(selects.order_by("number").values_list("ref", flat=True))
    index = files.path(refs["index"], "rows.parquet")
    with _folder() as folder:
        before = _rows_of_parent(build, files, folder)
        rows = folder / "rows.parquet"
        rowlists.write(
            rows,
            index,
            before=before,
            reasons=[files.path(ref, selecting.REASONS) for ref in selected],
            decisions=[files.path(ref, decisions.NAME) for ref in selected],
            key=_key(build.version.dataset),
        )
        kept.put(list_key(dataset, digest), rows)
        told = _of_parent(build, files)
        return difference.between(
            before,
            rows,
            told[0],
            stats,
            told[1],
            json.loads(manifest),
            spill=folder,
            key=_key(build.version.dataset),
        )


def _rows_of_parent(build: Build, files: Files, folder: Path) -> Path | None:
    parent = build.brief["parent"]
    if not parent:
        return None
    made = build.version.parent
    if made is not None:
        target = folder / "before.parquet"
        with contextlib.suppress(MissingObjectError):
            store().fetch(list_key(build.version.dataset.slug, made.manifest_sha256), target)
            return target
    return files.path(parent["index"], "rows.parquet")  # made before row lists were kept


def _of_parent(build: Build, files: Files) -> tuple[Json, Json]:
    parent = build.brief["parent"]
    if not parent:
        return None, None
    stats, manifest = (
        json.loads(files.path(parent["card"], name).read_bytes())
        for name in ("stats.json", "manifest.json")
    )
    return stats, manifest


def _key(dataset: Dataset) -> str:
    """Under which holders are told apart: of the dataset, and of nothing else."""
    secret = services.dataset_secret(dataset.slug)
    return hashlib.sha256(b"holders\x00" + secret).hexdigest()


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    root = settings.WORK_DIR
    root.mkdir(parents=True, exist_ok=True)
    for left in root.glob(".difference-*"):  # by a process that was killed
        if time.time() - left.stat().st_mtime > DAY:
            shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=root, prefix=".difference-") as folder:
        yield Path(folder)


# ------------------------------------------------------------------ when somebody asks


def between(older: Version | None, newer: Version, *, now: datetime) -> "Difference":
    """What changed from one version to the other, which need not be neighbours.

    Raises:
        WrongStateError: they are of two datasets, one is still being built, or the rows of one
            were not kept.
        NotCountedYetError: it is a long count, which has been asked for now.
    """
    _check(older, newer)
    found = comparing.find(older, newer)
    if found is not None:
        return found
    if (older.rows if older else 0) + newer.rows > AT_ONCE:
        ring("pipeline.engine.tasks.compare", older.pk if older else None, newer.pk)
        raise NotCountedYetError(
            f"What changed up to {newer.number} is being counted: look again in a minute."
        )
    return count(older, newer, now=now)


def told(older: Version | None, newer: Version, *, now: datetime) -> dict[str, Any]:
    """The difference as anyone may read it. Raises as `between` does."""
    from pipeline.release import difference

    try:
        return between(older, newer, now=now).told
    except WrongStateError:
        before = older.pk if older else None
        if not newer.difference or newer.parent_id != before:
            raise
        return difference.without_groups(newer.difference)  # counted before lists were kept


def count(older: Version | None, newer: Version, *, now: datetime) -> "Difference":
    """Count it here and now, and keep it. Raises WrongStateError as `between` does."""
    from pipeline.release import difference

    _check(older, newer)
    with _folder() as folder:
        found = difference.between(
            _rows(older, folder / "older.parquet") if older else None,
            _rows(newer, folder / "newer.parquet"),
            older.stats if older else None,
            newer.stats,
            manifest(older) if older else None,
            manifest(newer),
            spill=folder,
            key=_key(newer.dataset),
        )
    return comparing.keep(older=older, newer=newer, exact=found.exact, told=found.told, now=now)


def count_by_id(older: int | None, newer: int, *, now: datetime) -> None:
    """The same for a task; nothing to do when it was counted meanwhile."""
    found = Version.objects.select_related("dataset").in_bulk(
        [each for each in (older, newer) if each]
    )
    if newer in found and comparing.find(found.get(older or 0), found[newer]) is None:
        count(found.get(older or 0), found[newer], now=now)


def _check(older: Version | None, newer: Version) -> None:
    if older is not None and older.dataset_id != newer.dataset_id:
        raise WrongStateError("Two versions of one dataset can be compared, these are of two.")
    for each in (older, newer):
        if each is not None and not each.manifest_sha256:
            raise WrongStateError(f"Version {each.number} is still being built.")


def _rows(version: Version, target: Path) -> Path:
    try:
        store().fetch(list_key(version.dataset.slug, version.manifest_sha256), target)
    except MissingObjectError:
        pass
    else:
        return target
    index = _work(version, "index", "rows.parquet")  # made before row lists were kept
    if index is None:
        raise WrongStateError(
            f"The rows of {version.number} were erased before lists of rows were kept: only its "
            "figures can be compared."
        )
    return index


def _work(version: Version, stage: str, name: str) -> Path | None:
    if version.build is None:
        return None
    made = Shard.objects.filter(build=version.build, stage=stage, number=0).first()
    if made is None:
        return None
    path = services.files().path(made.ref, name)
    return path if path.exists() else None


# ------------------------------------------------------------------ manifests


def manifest_bytes(version: Version) -> bytes | None:
    """The manifest as its digest names it; None when it was never kept and its work is gone."""
    digest = version.manifest_sha256
    try:
        with store().open(manifest_key(version.dataset.slug, digest)) as opened:
            data = opened.read()
    except MissingObjectError:
        path = _work(version, "card", "manifest.json")
        data = path.read_bytes() if path else b""
    return data if digest and hashlib.sha256(data).hexdigest() == digest else None


def manifest(version: Version) -> Any:
    data = manifest_bytes(version)
    return json.loads(data) if data else None
