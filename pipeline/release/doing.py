"""Do one piece of work so that a kill at any moment leaves either nothing or all of it.

A draft folder is filled, flushed to the disk and renamed to its final name; `report.json` lies
beside the files. A held lock on the draft tells a living writer from a dead one.
"""

import contextlib
import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from .work import Files, Report, Stage, Work

REPORT = "report.json"
DRAFTS = ".drafts"  # below the root, on the same file system as the outputs


def do(stage: Stage, work: Work, files: Files, secret: bytes) -> Report:
    """Return the report of `work`; run it only if its output is not there yet.

    Two processes may do the same work at once: both write the same bytes, the first rename
    counts and the other draft goes. Whatever `stage.run` raises is passed on, with nothing left.
    """
    ref = work.name(stage.version)
    found = read_report(files, ref)
    if found is not None:
        return found
    sweep(files, ref)
    with _draft(files, ref) as draft:
        report = stage.run(work, files, draft, secret)
        text = json.dumps(report.as_json(), sort_keys=True, indent=1, ensure_ascii=False)
        (draft / REPORT).write_text(text + "\n", encoding="utf-8")
        _flush(draft)
        _rename(draft, files.root / ref)
    if files.shared is not None:
        files.shared.push(ref, files.root / ref)
    return read_report(files, ref) or report


def one_core() -> None:
    """Let this process compute on one thread: a worker is one core, and there are others."""
    import pyarrow as pa

    if pa.cpu_count() != 1:
        pa.set_cpu_count(1)


def read_report(files: Files, ref: str) -> Report | None:
    """The report of finished work, None when it is not finished."""
    try:
        text = files.path(ref, REPORT).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    return Report(**json.loads(text))


def sweep(files: Files, ref: str = "") -> int:
    """Delete drafts that no living process holds, of one work or of all; return how many."""
    prefix = f"{_flat(ref)}." if ref else ""
    gone = 0
    for draft in sorted((files.root / DRAFTS).glob(f"{prefix}*")):
        handle = _lock(draft)
        if handle is not None:
            shutil.rmtree(draft, ignore_errors=True)
            os.close(handle)
            gone += 1
    return gone


def _flat(ref: str) -> str:
    return ref.replace("/", "-")


def _lock(folder: Path) -> int | None:
    """A handle that holds the lock of `folder`; None when another process has it or it is gone.

    The system lets go of the lock when the process dies, however it dies.
    """
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return handle


@contextlib.contextmanager
def _draft(files: Files, ref: str) -> Iterator[Path]:
    """An empty folder with a name of its own; gone afterwards unless it was renamed."""
    home = files.root / DRAFTS
    home.mkdir(parents=True, exist_ok=True)
    handle = None
    while handle is None:  # a sweep may take a new folder before its lock: make another
        draft = Path(tempfile.mkdtemp(prefix=f"{_flat(ref)}.", dir=home))
        handle = _lock(draft)
        if handle is not None and not draft.exists():
            os.close(handle)
            handle = None
    try:
        yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)
        os.close(handle)


def _flush(folder: Path) -> None:
    for path in [*folder.rglob("*"), folder]:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _rename(draft: Path, target: Path) -> None:
    """Move the draft into place; leave what another process put there first."""
    target.parent.mkdir(parents=True, exist_ok=True)
    draft.chmod(0o755)  # mkdtemp makes it private to the worker's user
    try:
        draft.rename(target)
    except OSError:
        if not (target / REPORT).exists():
            raise
        return
    handle = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
