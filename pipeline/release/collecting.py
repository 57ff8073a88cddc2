"""Stage collect: from sources to contents and the places where they stand.

Each piece of work leaves `blobs.parquet` (COLLECTED, by hexsha, a row group for each first digit)
and `occurrences.parquet` (OCCURRENCE without what the next stage finds out, in the same order).
Rows in are files that were seen, rows out are places that were kept; a distribution that cannot be
read counts as one file.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from pipeline.collect import distributions, text
from pipeline.select import licences
from pipeline.shards import writer
from pipeline.shards.hashes import made_id
from pipeline.shards.schemas import OCCURRENCE

from .work import Context, Files, Json, Report, Stage, Work, canonical

BYTES = 8_000_000  # of source text in one piece of work
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


class Part(NamedTuple):
    """Files `first` to `last` (exclusive) of a distribution's list."""

    found: distributions.Found
    first: int
    last: int
    size: int


def plan(context: Context) -> list[Work]:
    """Group distributions, in the order of their names, into pieces of about `collect_bytes`.

    A piece is named by what it reads (names, versions, digests of lists and sizes), not by where
    that lies, so an unchanged environment gives the same names on another machine.

    Raises:
        ValueError: a kind of source is not known, a folder is missing, or there is nothing in it.
    """
    options = context.brief.options or {}
    limit = int(options.get("max_file_bytes", text.LIMIT))
    aim = int(options.get("collect_bytes", BYTES))
    found = distributions.find(_folders(context.brief.sources))
    if not found:
        raise ValueError("The sources of this build hold no installed distribution.")
    groups = _grouped(_parts(found, aim, limit), aim)
    return [_work(number, parts, limit) for number, parts in enumerate(groups)]


def run(work: Work, files: Files, folder: Path, secret: bytes) -> Report:  # noqa: ARG001
    """Read the files of one piece.

    Raises:
        ValueError: a distribution is not what it was when the work was planned.
    """
    taken = _Taken()
    for told, where in zip(work.params["parts"], work.inputs["folders"], strict=True):
        taken.add(told, Path(where), work.params["limit"])
    return taken.write(folder)


STAGE = Stage("collect", 3, plan, run)


def _folders(sources: Sequence[Json]) -> list[Path]:
    folders = []
    for source in sources:
        if source.get("kind") != "distributions":
            raise ValueError(
                f"A source of kind {source.get('kind')!r} cannot be collected; "
                "there is one kind: distributions."
            )
        folders += [Path(path) for path in source["paths"]]
    for folder in folders:
        if not folder.is_dir():
            raise ValueError(f"The folder {folder} of a source is missing.")
    return folders


def _parts(found: Sequence[distributions.Found], aim: int, limit: int) -> Iterator[Part]:
    """Each distribution whole, or in parts of about `aim` bytes where it is larger."""
    for one in found:
        first = size = 0
        for at, length in enumerate(one.sizes):
            size += length if length <= limit else 0
            if size >= aim:
                yield Part(one, first, at + 1, size)
                first, size = at + 1, 0
        if first < len(one.sizes) or first == 0:
            yield Part(one, first, len(one.sizes), size)


def _grouped(parts: Iterator[Part], aim: int) -> Iterator[list[Part]]:
    group: list[Part] = []
    for part in parts:
        if group and sum(one.size for one in group) + part.size > aim:
            yield group
            group = []
        group.append(part)
    if group:
        yield group


def _work(number: int, parts: Sequence[Part], limit: int) -> Work:
    told = [
        {
            "name": part.found.name,
            "version": part.found.version,
            "info": part.found.info,
            "digest": part.found.digest,
            "first": part.first,
            "last": part.last,
        }
        for part in parts
    ]
    more = f" and {len(parts) - 1} more" if len(parts) > 1 else ""
    return Work(
        "collect",
        number,
        f"{parts[0].found.name}{more}",
        {"kind": "distributions", "limit": limit, "parts": told},
        {"folders": [part.found.folder for part in parts]},
    )


@dataclass(slots=True)
class _Taken:
    """What one piece of work has read so far."""

    blobs: dict[str, tuple] = field(default_factory=dict)
    places: list[dict[str, Any]] = field(default_factory=list)
    report: Report = field(default_factory=Report)
    dropped: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def add(self, told: Mapping[str, Any], folder: Path, limit: int) -> None:
        now = distributions.look(folder, folder / told["info"])
        if now.digest != told["digest"]:
            raise ValueError(f"{told['name']} has changed since this was planned; plan again.")
        if now.fault:
            self._drop(distributions.BROKEN, f"{told['name']}: {now.fault}")
            return
        declared = distributions.read(folder, told["info"])
        holder = _Holder(declared)
        names = distributions.listed(folder, told["info"])[told["first"] : told["last"]]
        for file in distributions.files(folder, names, limit=limit):
            if isinstance(file, distributions.Left):
                self._drop(file.reason, f"{declared.name}: {file.path}")
                continue
            self.report.rows_in += 1
            self.report.bytes_in += file.size
            self.blobs.setdefault(file.hexsha, (file.size, file.encoding, file.text))
            self.places.append({"hexsha": file.hexsha, **holder.at(file.path)})

    def write(self, folder: Path) -> Report:
        order = sorted(self.blobs)
        self.places.sort(key=lambda place: (place["hexsha"], canonical(place)))
        blobs = writer.write(
            folder / "blobs.parquet", COLLECTED, self._batches(order), cut="hexsha"
        )
        places = writer.write(
            folder / "occurrences.parquet",
            OCCURRENCE,
            [pa.Table.from_pylist(self.places, OCCURRENCE)],
            cut="hexsha",
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
            "prefixes": _digests(self.places),
        }
        return report

    def _drop(self, reason: str, where: str) -> None:
        self.report.rows_in += 1
        self.dropped[reason] += 1
        if len(self.examples[reason]) < _EXAMPLES:
            self.examples[reason].append(where.encode(errors="backslashreplace").decode()[:300])

    def _batches(self, order: Sequence[str]) -> Iterator[pa.RecordBatch]:
        for start in range(0, len(order), _BATCH):
            rows = [(hexsha, *self.blobs[hexsha]) for hexsha in order[start : start + _BATCH]]
            columns = [list(column) for column in zip(*rows, strict=True)]
            yield pa.record_batch(columns, schema=COLLECTED)


class _Holder:
    """The columns that the files of one distribution share."""

    def __init__(self, declared: distributions.Declared) -> None:
        repository = declared.repository
        self._known: dict[str, licences.Found] = {
            "": licences.of_package(
                expression=declared.expression,
                licence=declared.licence,
                classifiers=declared.classifiers,
                licence_files=declared.licence_files,
            )
        }
        self._inner: dict[str, licences.Found] = {}
        for path, told in declared.inner_licence_files:
            where = path.rpartition("/")[0]
            found = licences.of_licence_file(path, told)
            self._inner[where] = licences.joined(self._inner.get(where, licences.NOTHING), found)
        self._shared = {
            "repo_host": repository.host,
            "repo_id": made_id(repository.host, repository.name),
            "repo_name": repository.name,
            "owner_id": made_id(repository.host, repository.owner),
            "owner": repository.owner,
            "head": declared.version,
            "source": f"distribution:{declared.name}=={declared.version}",
            "stars": None,
        }

    def at(self, path: str) -> dict[str, Any]:
        """A row for the file at `path`, with the licences of its folder and those above it."""
        found = self._of_folder(path.rpartition("/")[0])
        return {
            **self._shared,
            "path": path,
            "licenses": list(found.licences),
            "license_evidence": [one._asdict() for one in found.evidence],
        }

    def _of_folder(self, folder: str) -> licences.Found:
        if folder not in self._known:
            above = self._of_folder(folder.rpartition("/")[0])
            here = self._inner.get(folder, licences.NOTHING)
            self._known[folder] = licences.joined(above, here)
        return self._known[folder]


def _digests(places: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """For each first digit of hexsha, a digest of all that stands under it, by hexsha and place."""
    told: dict[str, Any] = defaultdict(hashlib.sha256)
    for place in places:
        told[place["hexsha"][0]].update(canonical(place).encode() + b"\n")
    return {digit: digest.hexdigest()[:32] for digit, digest in sorted(told.items())}
