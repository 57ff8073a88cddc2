"""Outputs of work in the store, for workers of several hosts that share no disk."""

from pathlib import Path
from uuid import uuid4

from pipeline.publish.objects import MissingObjectError, Store

_REPORT = "report.json"


class SharedWork:
    """Outputs under `private/work/`: no address is ever made for them."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def fetch(self, ref: str, name: str, target: Path) -> None:
        """Write one file of finished work to `target`, if it is there; whole or not at all."""
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_name(f".{target.name}-{uuid4().hex[:8]}")
        try:
            self.store.fetch(_key(ref, name), draft)
            draft.replace(target)
        except MissingObjectError:
            return
        finally:
            draft.unlink(missing_ok=True)

    def push(self, ref: str, folder: Path) -> None:
        """Keep the files of finished work, its report last: what has a report is whole."""
        paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
        for path in sorted(paths, key=lambda path: path.name == _REPORT):
            self.store.put(_key(ref, path.relative_to(folder).as_posix()), path)

    def erase(self, ref: str) -> None:
        """Take finished work away for good, its report first."""
        self.store.purge(_key(ref, _REPORT))
        for key in [*self.store.keys(_key(ref, ""))]:
            self.store.purge(key)


def _key(ref: str, name: str) -> str:
    return f"private/work/{ref}/{name}"
