"""Which finished work goes: what no version needs any more, and what holds removed content.

Work is named by content and made again when it is asked for, so erasing it costs time and nothing
else. What is needed to build the next version (index, card and files of the last one) stays.
"""

import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.select import people, removals
from pipeline.shards import slices

from . import aliases, forgetting, reports
from .doing import DRAFTS
from .identifying import ABOUT, FACTS_FILE
from .work import Files

STAGES = (
    *("collect", "identify", "gather", "select", "redact", "label", "write", "index", "look"),
    *("verify", "show", "card"),
)
NEEDED = ("write", "index", "card")  # of the newest version, whatever they hold


def doomed(
    files: Files,
    kept: Mapping[str, Sequence[str]],
    pairs: Mapping[str, tuple[str, ...]],
    removed: Iterable[Mapping[str, Any]],
    held: Iterable[Mapping[str, Any]],
    apart: Iterable[str] = (),
) -> list[str]:
    """Refs of the work to erase.

    Args:
        kept: stage -> refs that versions still need.
        pairs: identify ref -> all other refs made from that piece (collect, redact, raw files).
        removed: removals in force.
        held: those of them whose raw rows stay for a legal matter.
        apart: refs of collected threads, commits and former names.
    """
    gone = {
        ref for ref in _all(files) if ref not in {one for refs in kept.values() for one in refs}
    }
    apart = list(apart)
    wanted = _by_any_name(files, apart, removals.parse(removed))
    spared = _by_any_name(files, apart, removals.parse(held))
    for identify, others in pairs.items():
        if not files.path(identify, ABOUT).exists() or not _touched(files, identify, wanted):
            continue
        mine = {identify, *others}
        if _touched(files, identify, spared):
            gone -= mine
        else:
            gone |= mine - {one for stage in NEEDED for one in kept.get(stage, ())}
    for ref in apart:
        path = files.path(ref, ABOUT)
        if path.exists() and forgetting.touched(reports.read_json(path), sorted(wanted)):
            spare = forgetting.touched(reports.read_json(path), sorted(spared))
            gone = gone - {ref} if spare else gone | {ref}
    return sorted(gone)


def _by_any_name(
    files: Files, refs: Sequence[str], selectors: frozenset[removals.Selector]
) -> frozenset[removals.Selector]:
    """The selectors, and those that say the same by numbers, whatever name a removal used."""
    if not selectors:
        return selectors
    paths = [files.path(ref, aliases.ALIASES) for ref in refs]
    names = aliases.named([path for path in paths if path.exists()], selectors)
    return people.by_number(selectors, names)


def erase(files: Files, refs: Iterable[str]) -> int:
    """Delete finished work, so that a kill leaves none of it half there; returns bytes."""
    size = 0
    for ref in refs:
        folder = files.root / ref
        size += sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        (folder / "report.json").unlink(missing_ok=True)  # from here on it is not finished
        shutil.rmtree(folder, ignore_errors=True)
        if files.shared is not None:
            files.shared.erase(ref)
    return size


def _all(files: Files) -> set[str]:
    return {
        f"{stage}/{path.name}"
        for stage in STAGES
        for path in _folders(files.root / stage)
        if path.name != DRAFTS
    }


def _folders(root: Path) -> list[Path]:
    return sorted(path for path in root.iterdir() if path.is_dir()) if root.is_dir() else []


def _touched(files: Files, identify: str, selectors: frozenset[removals.Selector]) -> bool:
    """Does a piece hold a place of a subject, or a content of the list?"""
    if not selectors:
        return False
    about = reports.read_json(files.path(identify, ABOUT))
    holders = [tuple(one) for one in about["holders"]]
    wanted = removals.widened(selectors, holders)
    keys = {one.key for one in wanted}
    if any(not removals.covering(one).isdisjoint(keys) for one in holders):
        return True
    blobs = {one.value for one in wanted if one.kind == "blob"}
    if not blobs:
        return False
    held = slices.read(files.path(identify, FACTS_FILE), ["hexsha"])
    return not blobs.isdisjoint(held["hexsha"].to_pylist())
