"""Proofs over written files, read as a stranger would: each returns what is wrong as sentences.

No sentence holds a private value, a text or the name of a removed subject.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.redact import scan
from pipeline.select import languages, sets
from pipeline.shards import hashes, writer

from . import annotating, sharding
from .redacting import BESIDE, acted_on, beside
from .work import Json

HOLDERS = ("stars", "issues", "forks")


def file_facts(path: Path, facts: Json, schema: pa.Schema) -> list[str]:
    """Size, sha256, rows and columns are those that the report promised."""
    if not path.exists():
        return ["the file is missing"]
    if path.stat().st_size != facts["size"] or hashes.sha256_file(path) != facts["sha256"]:
        return ["its bytes are not those of the report"]  # what follows would prove nothing
    wrong = []
    with pq.ParquetFile(path) as file:
        if file.metadata.num_rows != facts["rows"]:
            wrong.append(f"{file.metadata.num_rows} rows where the report says {facts['rows']}")
        if not file.schema_arrow.equals(schema):
            wrong.append("its columns are not those of the schema")
    return wrong


def licences(path: Path, allowed: sets.LicenceSet) -> list[str]:
    """Every row rests on licences of the set, and on at least one."""
    bare = 0
    outside: Counter[str] = Counter()
    judged: dict[str, bool] = {}
    for batch in writer.read_batches(path, ["licenses"]):
        for found in batch.column("licenses").to_pylist():
            bare += not found
            for licence in found or ():
                if licence not in judged:
                    judged[licence] = sets.allows(allowed, licence)
                outside[licence] += not judged[licence]
    wrong = [f"{bare} rows without a licence"] if bare else []
    if any(outside.values()):
        named = ", ".join(f"{name} ({count} rows)" for name, count in sorted((+outside).items()))
        wrong.append(f"licences outside the set {allowed.name}: {named}")
    return wrong


def private(path: Path, policy: Json) -> list[str]:
    """No detector finds a span of a class that the policy does not leave, in text or place."""
    left: Counter[str] = Counter()
    detector = scan.default_detector()
    for batch in writer.read_batches(path, ["content", *BESIDE]):
        for text in chain(batch.column("content").to_pylist(), beside(batch)):
            left.update(span.cls for span in acted_on(detector.detect(text), policy))
    if not left:
        return []
    return ["left unredacted: " + ", ".join(f"{n} {cls}" for cls, n in sorted(left.items()))]


def layout(path: Path, artefact: str) -> list[str]:
    """Row ids stand once, the language is the folder's, rows of an owner stand together."""
    names = ["row_id", "lang", "max_stars_repo_name"]
    table = writer.read_table(path, names)
    wrong = []
    twice = table.num_rows - pc.count_distinct(table["row_id"]).as_py()
    if twice:
        wrong.append(f"{twice} row ids stand more than once")
    slug = sharding.slug_of(artefact)
    if any(languages.slug(name) != slug for name in pc.unique(table["lang"]).to_pylist()):
        wrong.append("rows of another language")
    owners = [name.partition("/")[0] for name in table["max_stars_repo_name"].to_pylist()]
    blocks = sum(1 for at, owner in enumerate(owners) if at == 0 or owner != owners[at - 1])
    if blocks != len(set(owners)):
        wrong.append("rows of one owner do not stand together")
    return wrong


class Subjects:
    """The removed subjects of a brief, as masks over columns of any tier."""

    def __init__(self, removals: Iterable[Json]) -> None:
        held: dict[str, set[str]] = {"account": set(), "repository": set(), "blob": set()}
        for removal in removals:
            held[removal["kind"]].add(str(removal["value"]).casefold())
        self.values = held

    def blobs(self, column: Iterable[str | None]) -> int:
        """How many of these blob ids are removed."""
        return sum(1 for blob in column if (blob or "").casefold() in self.values["blob"])

    def repositories(self, column: Iterable[str | None]) -> int:
        """How many of these `owner/name` belong to a removed repository or account."""
        return sum(1 for name in column if name and self._gone(name.casefold()))

    def numbers(self, repo_ids: Iterable[int | None], owner_ids: Iterable[int | None]) -> int:
        """How many of these numbers are removed; selectors may name a host's number."""
        repos, owners = self.values["repository"], self.values["account"]
        return sum(1 for number in repo_ids if str(number) in repos) + sum(
            1 for number in owner_ids if str(number) in owners
        )

    def _gone(self, name: str) -> bool:
        owner = name.partition("/")[0]
        return name in self.values["repository"] or owner in self.values["account"]


def processed_subjects(path: Path, subjects: Subjects) -> list[str]:
    """No row of a processed file is of a removed subject, by any of the holders that it names."""
    columns = [f"max_{by}_repo_name" for by in HOLDERS]
    found = 0
    for batch in writer.read_batches(path, ["hexsha", "repo_id", *columns]):
        found += subjects.blobs(batch.column("hexsha").to_pylist())
        found += subjects.numbers(batch.column("repo_id").to_pylist(), ())
        found += sum(subjects.repositories(batch.column(name).to_pylist()) for name in columns)
    return _told(found)


def annotation_subjects(path: Path, subjects: Subjects, blobs: Path) -> list[str]:
    """Every annotated row stands on a place of the raw tier, or names no source at all.

    The raw tier is proved free of removed subjects, so this holds for accounts as well, which an
    annotated row does not name. `blobs` is the index of places.
    """
    table = writer.read_table(path, ["hexsha", "repo_id"])
    found = subjects.blobs(table["hexsha"].to_pylist())
    there = annotating.standing(table["hexsha"], writer.read_batches(blobs, ["hexsha", "repo_id"]))
    lost = table.num_rows - sum(annotating.sourced(table, there))
    return _told(found) + ([f"{lost} rows whose source is not in the version"] if lost else [])


def raw_subjects(occurrences: Path, blobs: Path, subjects: Subjects) -> list[str]:
    """No raw occurrence and no raw blob is of a removed subject."""
    found = 0
    columns = ["hexsha", "repo_name", "owner", "repo_id", "owner_id"]
    for batch in writer.read_batches(occurrences, columns):
        column = {name: batch.column(name).to_pylist() for name in columns}
        found += subjects.blobs(column["hexsha"]) + subjects.repositories(column["repo_name"])
        found += subjects.repositories(f"{owner}/" for owner in column["owner"])
        found += subjects.numbers(column["repo_id"], column["owner_id"])
    for batch in writer.read_batches(blobs, ["hexsha"]):
        found += subjects.blobs(batch.column("hexsha").to_pylist())
    return _told(found)


def edges(occurrences: Path, blobs: Path) -> list[str]:
    """Every raw blob has a place, every place has its blob, and a blob stands once."""
    held = [*_values(blobs, "hexsha")]
    placed = {*_values(occurrences, "hexsha")}
    wrong = []
    if len(held) != len(set(held)):
        wrong.append(f"{len(held) - len(set(held))} blobs stand more than once")
    if set(held) - placed:
        wrong.append(f"{len(set(held) - placed)} blobs without a place")
    if placed - set(held):
        wrong.append(f"{len(placed - set(held))} places without a blob")
    return wrong


def index(rows: Path, artefacts: dict[str, int]) -> list[str]:
    """The row index names every row of every file once."""
    table = writer.read_table(rows, ["row_id", "path"])
    wrong = []
    twice = table.num_rows - pc.count_distinct(table["row_id"]).as_py()
    if twice:
        wrong.append(f"{twice} row ids stand in more than one file")
    counted = Counter(table["path"].to_pylist())
    if counted != Counter(artefacts):
        wrong.append("the row index counts other rows than the files hold")
    return wrong


def _values(path: Path, column: str) -> Iterator[str]:
    for batch in writer.read_batches(path, [column]):
        yield from batch.column(column).to_pylist()


def _told(found: int) -> list[str]:
    return [f"{found} traces of a removed subject"] if found else []
