"""What a piece of collecting has taken so far, and the two files that it leaves."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.select import licences
from pipeline.shards import writer
from pipeline.shards.schemas import OCCURRENCE

from .work import Report

COLLECTED = pa.schema(
    [
        ("hexsha", pa.string()),
        ("size", pa.int64()),
        ("encoding", pa.string()),
        ("content", pa.large_string()),
    ]
)
_BATCH = 256  # rows
_EXAMPLES = 3  # refused paths that a report shows for each reason


@dataclass(slots=True)
class Taken:
    """Contents once each, every place where they stand, and what was left out and why."""

    blobs: dict[str, tuple[int, str, str]] = field(default_factory=dict)
    places: list[dict[str, Any]] = field(default_factory=list)
    report: Report = field(default_factory=Report)
    dropped: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def add(
        self, hexsha: str, size: int, encoding: str, text: str, place: Mapping[str, Any]
    ) -> None:
        """One file at one place."""
        self.report.rows_in += 1
        self.report.bytes_in += size
        self.blobs.setdefault(hexsha, (size, encoding, text))
        self.places.append({"hexsha": hexsha, **place})

    def drop(self, reason: str, where: str) -> None:
        """One file that is left out."""
        self.report.rows_in += 1
        self.dropped[reason] += 1
        if len(self.examples[reason]) < _EXAMPLES:
            self.examples[reason].append(where.encode(errors="backslashreplace").decode()[:300])

    def write(self, folder: Path) -> Report:
        """Write `blobs.parquet` and `occurrences.parquet`, both by hexsha; tell the report."""
        order = sorted(self.blobs)
        self.places.sort(key=_order)
        blobs = writer.write(
            folder / "blobs.parquet", COLLECTED, self._batches(order), profile=writer.WORK
        )
        places = writer.write(
            folder / "occurrences.parquet",
            OCCURRENCE,
            [pa.Table.from_pylist(self.places, OCCURRENCE)],
            profile=writer.WORK,
        )
        report = self.report
        report.rows_out = len(self.places)
        report.bytes_out = sum(size for size, _, _ in self.blobs.values())
        report.dropped = dict(sorted(self.dropped.items()))
        report.files = {
            "blobs.parquet": blobs._asdict(),
            "occurrences.parquet": places._asdict(),
        }
        report.counts = {
            "blobs": len(order),
            "examples": dict(sorted(self.examples.items())),
        }
        return report

    def _batches(self, order: Sequence[str]) -> Iterator[pa.RecordBatch]:
        for start in range(0, len(order), _BATCH):
            rows = [(hexsha, *self.blobs[hexsha]) for hexsha in order[start : start + _BATCH]]
            columns = [list(column) for column in zip(*rows, strict=True)]
            yield pa.record_batch(columns, schema=COLLECTED)


class Holder:
    """The columns that the files of one repository share, with the licences of their folders."""

    def __init__(
        self,
        shared: Mapping[str, Any],
        own: licences.Found,
        inner: Iterable[tuple[str, licences.Found]],
    ) -> None:
        """`inner` are pairs of a folder and what is said there; it holds below that folder."""
        self._shared = dict(shared)
        self._known = {"": own}
        self._rows: dict[str, dict[str, Any]] = {}  # by folder
        self._inner: dict[str, licences.Found] = {}
        for where, found in inner:
            self._inner[where] = licences.joined(self._inner.get(where, licences.NOTHING), found)

    def at(self, path: str) -> dict[str, Any]:
        """A row for the file at `path`, with the licences of its folder and those above it."""
        folder = path.rpartition("/")[0]
        if folder not in self._rows:
            found = self._of_folder(folder)
            self._rows[folder] = {
                **self._shared,
                "licenses": list(found.licences),
                "license_evidence": [one._asdict() for one in found.evidence],
            }
        return {**self._rows[folder], "path": path}

    def _of_folder(self, folder: str) -> licences.Found:
        if folder not in self._known:
            above = self._of_folder(folder.rpartition("/")[0])
            here = self._inner.get(folder, licences.NOTHING)
            self._known[folder] = licences.joined(above, here)
        return self._known[folder]


def _order(place: Mapping[str, Any]) -> tuple[str, ...]:
    """By content, then by what tells two places of it apart."""
    return tuple(place[name] for name in ("hexsha", "repo_host", "repo_name", "path", "source"))
