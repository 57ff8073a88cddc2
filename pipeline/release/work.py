"""The contract between a stage and what runs it.

A stage is two plain functions. `plan` looks at what earlier stages left and lists the pieces of
work (one shard each); `run` does one piece: it reads earlier outputs, writes files into an empty
folder and returns a report. Neither knows a database, a broker or a clock, so the same stages can
be mapped by Celery, Ray, Spark or a loop in a notebook.

A piece of work is named by the hash of its stage, the stage's version and its parameters, and its
parameters name every input by content or by the name of the work that made it. So equal names mean
equal bytes: work that is done already, by this build or an earlier one, is never done twice.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Protocol

Json = Any  # what json.dumps takes


def canonical(value: Json) -> str:
    """One text for equal values: sorted keys, no blanks, UTF-8 kept."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Work:
    """One shard of one stage. `params` must hold all that the output depends on."""

    stage: str
    number: int
    label: str  # for people: `data/python/0000.parquet`, `django and 4 more`
    params: Json
    # Where to find what `params` names by content: refs of works, positions. Not part of the name,
    # so that a shard whose rows are the same as in the version before keeps its name.
    inputs: Json = None

    def name(self, version: int) -> str:
        """The reference of its output: `stage/` and 32 hex digits."""
        told = canonical({"stage": self.stage, "version": version, "params": self.params})
        return f"{self.stage}/{hashlib.sha256(told.encode()).hexdigest()[:32]}"


@dataclass(slots=True)
class Report:
    """What one piece of work did. Counts add up: rows_in == rows_out + sum(dropped)."""

    rows_in: int = 0
    rows_out: int = 0
    bytes_in: int = 0  # of source text
    bytes_out: int = 0
    dropped: dict[str, int] = field(default_factory=dict)  # reason -> rows
    files: dict[str, dict[str, Json]] = field(default_factory=dict)  # name -> size, sha256, rows
    counts: dict[str, Json] = field(default_factory=dict)  # whatever else the card or a page shows

    def as_json(self) -> dict[str, Json]:
        """Plain JSON, the inverse of `Report(**value)`."""
        return {name: getattr(self, name) for name in self.__slots__}


class Done(NamedTuple):
    """A finished piece of work, as later stages see it."""

    number: int
    label: str
    ref: str  # `stage/hash`
    params: Json
    report: Report


class Shared(Protocol):
    """Where workers of several hosts leave outputs for each other."""

    def fetch(self, ref: str, name: str, target: Path) -> None:
        """Write one file of finished work to `target`, if it is there."""
        ...

    def push(self, ref: str, folder: Path) -> None:
        """Keep the files of finished work, its report last: what has a report is whole."""
        ...

    def erase(self, ref: str) -> None:
        """Take finished work away, its report first."""
        ...


class Files(NamedTuple):
    """Where outputs lie. `path(ref, name)` is a readable local file.

    With `shared` the folder is a cache of this host, filled from there when something is missing.
    """

    root: Path
    shared: Shared | None = None

    def path(self, ref: str, name: str) -> Path:
        path = self.root / ref / name
        if self.shared is not None and not path.exists():
            self.shared.fetch(ref, name, path)
        return path


@dataclass(frozen=True, slots=True)
class Brief:
    """All that a build is asked to make; stored with the build, hashed into its manifest."""

    dataset: str  # NS/NAME
    version: str
    sources: Sequence[Json]  # what collect reads, e.g. {"kind": "distributions", "paths": [...]}
    licence_set: str  # name of a licence set, e.g. permissive
    removals: Sequence[Mapping[str, str]]  # {"kind": account|repository|blob, "value": ...}
    redaction: Json  # policy: {"version": 1, "classes": {"EMAIL": "redact", ...}}
    terms: Json  # {"number": "1.0", "sha256": ..., "url": ...} or {}
    annotations: Sequence[str] = ()  # paths of imported human annotations, content-named
    parent: Json = None  # {"version": "1.0", "index": ref, "card": ref} of the version before
    options: Json = field(default_factory=dict)  # shard_bytes, sample sizes, ...


@dataclass(frozen=True, slots=True)
class Context:
    """What `plan` may look at."""

    brief: Brief
    files: Files
    done: Mapping[str, Sequence[Done]]  # stage -> its finished work, by number


class Stage(NamedTuple):
    """One stage. Raise `version` when equal params would give other bytes."""

    name: str
    version: int
    plan: Callable[[Context], list[Work]]
    run: Callable[
        [Work, Files, Path, bytes], Report
    ]  # work, inputs, empty folder, secret of the dataset
