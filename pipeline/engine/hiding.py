"""After a removal: which raw files that stand hold a removed row, and are handed out no more.

The removal closes all of them in its own transaction (the dataset's ledger is above what its
versions were looked through for); looking opens again those that hold no such row. So a worker that
is dead or late costs patience, and never shows a row.
"""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import structlog
from django.db import transaction
from django.db.models import F

from governance.audit import services as audit
from governance.audit.actors import HOUSE
from governance.audit.services import Place
from governance.catalogue.models import UNREDACTED, Artefact, Dataset, Version
from governance.catalogue.states import State
from governance.removals import selectors as removals
from pipeline.engine import services
from pipeline.engine.models import Shard
from pipeline.publish.storage import store
from pipeline.release.work import Json

log = structlog.get_logger()
STANDING = (State.CANDIDATE, State.APPROVED, State.PUBLISHED, State.SUPERSEDED)
_BATCH = 500  # rows of one statement


def waiting() -> list[int]:
    """Ids of the datasets with a version that was not looked through for the newest removal."""
    late = Version.objects.filter(state__in=STANDING, looked__lt=F("dataset__ledger"))
    return sorted(set(late.values_list("dataset_id", flat=True)))


def look_through(dataset_id: int, *, now: datetime) -> dict[str, int]:
    """Look through every version of a dataset that is behind its ledger, newest first.

    Doing it again, or twice at once, ends in the same. Returns files withheld, by version.
    """
    dataset = Dataset.objects.get(pk=dataset_id)  # its ledger first: the list may hold more
    removed = removals.in_force(dataset)
    late = Version.objects.filter(
        dataset=dataset, state__in=STANDING, looked__lt=dataset.ledger
    ).defer("card", "charts", "stats", "difference")
    return {each.number: _look(each, dataset, removed, now) for each in late}


def _look(version: Version, dataset: Dataset, removed: list[Json], now: datetime) -> int:
    from pipeline.release import hiding

    files = Artefact.objects.filter(version=version, tier__name__in=UNREDACTED)
    told = {
        (tier, path): (pk, key)
        for pk, tier, path, key in files.values_list("pk", "tier__name", "path", "key")
    }
    with _local({file: key for file, (_, key) in told.items()}, version) as local:
        found = hiding.touched(told, local, removed, names_of(dataset, removed), _shown(version))
    wanted = {told[file][0] for file in found.files}
    with transaction.atomic():
        Version.objects.select_for_update().get(pk=version.pk)
        before = set(files.filter(withheld=True).values_list("pk", flat=True))
        _set(before - wanted, withheld=False)
        _set(wanted - before, withheld=True)
        Version.objects.filter(pk=version.pk, looked__lt=dataset.ledger).update(
            looked=dataset.ledger, unshown=found.row_ids
        )
        if wanted != before:
            audit.raw_withheld(
                place=Place(dataset=dataset.slug, version=version.number, tier="raw"),
                actor=HOUSE,
                files=len(wanted),
                rows=len(found.row_ids),
                now=now,
            )
    log.info("looked through", version=version.pk, files=len(told), withheld=len(wanted))
    return len(wanted)


def _set(pks: set[int], *, withheld: bool) -> None:
    order = sorted(pks)
    for at in range(0, len(order), _BATCH):
        Artefact.objects.filter(pk__in=order[at : at + _BATCH]).update(withheld=withheld)


def _shown(version: Version) -> list[Json]:
    """The rows of the preview, with their sources while the index of the version is there."""
    from pipeline.release import hiding

    index = Shard.objects.filter(build=version.build, stage="index", number=0).first()
    path = services.files().path(index.ref, "rows.parquet") if index and version.build else None
    if path is None or not path.exists():
        return list(version.preview)
    return hiding.with_sources(version.preview, path)


def names_of(dataset: Dataset, removed: list[Json]) -> list[tuple]:
    """Holders by the former names that removals use, as far as anything of the dataset knows."""
    from pipeline.release import aliases
    from pipeline.select import removals as selectors

    files = services.files()
    known = Shard.objects.filter(
        build__version__dataset=dataset, stage="collect", params__has_key="names"
    )
    paths = [files.path(ref, aliases.ALIASES) for ref in {*known.values_list("ref", flat=True)}]
    paths += [Path(one["folder"]) / aliases.ALIASES for one in dataset.sources if "folder" in one]
    there = sorted(path for path in paths if path.is_file())
    return [tuple(one) for one in aliases.named(there, selectors.parse(removed))]


@contextmanager
def _local(keys: dict[tuple[str, str], str], version: Version) -> Iterator:
    """Files as work left them, else fetched from storage for as long as this lasts."""
    work = _as_work(version)
    files = services.files()
    with tempfile.TemporaryDirectory(prefix="look-") as folder:

        def local(file: tuple[str, str]) -> Path:
            if file in work:
                path = files.path(*work[file])
                if path.exists():
                    return path
            path = Path(folder, keys[file].rpartition("/")[2])
            if not path.exists():
                store().fetch(keys[file], path)
            return path

        yield local


def _as_work(version: Version) -> dict[tuple[str, str], tuple[str, str]]:
    card = Shard.objects.filter(build=version.build, stage="card", number=0).first()
    path = services.files().path(card.ref, "manifest.json") if card and version.build else None
    if path is None or not path.exists():
        return {}
    manifest = json.loads(path.read_bytes())
    return {
        (one["tier"], one["path"]): (one["ref"], one["file"])
        for one in manifest["artefacts"]
        if one["tier"] in UNREDACTED
    }
