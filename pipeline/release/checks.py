"""Proofs over written files, read as a stranger would: each returns what is wrong as sentences.

No sentence holds a private value, a text or the name of a removed subject.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain, repeat
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.redact import scan
from pipeline.redact.policy import acted_on
from pipeline.select import languages, removals, sets
from pipeline.shards import hashes, slices, writer

from . import annotating, sharding
from .looking import Seen
from .redacting import BESIDE, PATH, beside
from .work import Json

HOLDERS = ("stars", "issues", "forks")


def file_facts(path: Path, facts: Json, schema: pa.Schema) -> list[str]:
    """Size, sha256, rows and columns are those that the report promised."""
    if not path.exists():
        return ["the file is missing"]
    if path.stat().st_size != facts["size"] or hashes.sha256_file(path) != facts["sha256"]:
        return ["its bytes are not those of the report"]  # what follows would prove nothing
    wrong = []
    with pq.ParquetFile(path, pre_buffer=False) as file:
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
    detector = scan.detector_for(policy)
    for batch in writer.read_batches(path, ["content", *BESIDE]):
        names = batch.column(PATH).to_pylist()
        texts = zip(batch.column("content").to_pylist(), names, strict=True)
        for text, name in chain(texts, zip(beside(batch), repeat(""))):
            spans = detector.detect(text, path=name)
            left.update(span.cls for span in acted_on(text, spans, policy, name))
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
    """The removed subjects of a brief, sought by other means than those that took them out.

    A selector bound to one host is sought only where the host stands beside the name, in the raw
    tier; every processed and annotated row must stand on a place of the raw tier.
    """

    def __init__(self, selectors: Iterable[removals.Selector]) -> None:
        self.selectors = sorted(selectors)
        self.held = {one.key for one in self.selectors}
        self.blobs = {one.value for one in self.selectors if one.kind == "blob"}

    def spread(self, collected: Iterable[Path]) -> None:
        """Take up the contents of the subjects that go wherever else they stand."""
        thorough = Subjects(one for one in self.selectors if one.everywhere)
        if not thorough.held:
            return
        for path in collected:
            table = slices.read(path, list(removals.COLUMNS))
            self.blobs.update(table["hexsha"].filter(_traced(table, thorough)).to_pylist())

    def repository(self, name: str | None, host: str = "") -> bool:
        """Is `owner/name`, or the account that owns it, removed?"""
        name = (name or "").casefold()
        owner = name.partition("/")[0]
        return self._named("repository", name, host) or self._named("account", owner, host)

    def number(self, repo_id: int | None, owner_id: int | None = None, host: str = "") -> bool:
        repository = self._named("repository", f"id:{repo_id}", host)
        return repository or self._named("account", f"id:{owner_id}", host)

    def blob(self, hexsha: str | None) -> bool:
        return (hexsha or "").casefold() in self.blobs

    def _named(self, kind: str, value: str, host: str) -> bool:
        return any(removals.Key(kind, value, where) in self.held for where in {"", host.casefold()})


HOLDS = ("repo_id", *(f"max_{by}_repo_name" for by in HOLDERS))  # of a processed row


def clear(seen: Sequence[Seen], subjects: Subjects) -> bool:
    """Whether nothing that files of one kind name is of a removed subject."""
    held = [table for one in seen if (table := slices.read(one.holders)).num_rows]
    if held and pc.any(_traced(pa.concat_tables(held), subjects)).as_py():
        return False
    ids = (slices.read(one.ids) for one in seen) if subjects.blobs else ()
    return not any(pc.any(_sought(table, subjects)).as_py() for table in ids)


def traces(path: Path, names: Sequence[str], subjects: Subjects) -> int:
    """Rows of a file that are of a removed subject. That contents have places is proved apart."""
    table = writer.read_table(path, list(dict.fromkeys(["hexsha", *names])))
    return pc.sum(pc.or_(_traced(table, subjects), _sought(table, subjects))).as_py() or 0


def _sought(table: pa.Table, subjects: Subjects) -> pa.ChunkedArray:
    return pc.is_in(table["hexsha"], value_set=pa.array(sorted(subjects.blobs), pa.string()))


def _traced(table: pa.Table, subjects: Subjects) -> pa.ChunkedArray:
    """Which rows a removed holder has: places of the raw tier, or processed rows by any holder."""
    if "owner" in table.column_names:
        names = ["repo_host", "repo_name", "owner", "repo_id", "owner_id"]
        found = {
            key: subjects.repository(key[1], key[0])
            or subjects.repository(f"{key[2]}/", key[0])
            or subjects.number(key[3], key[4], key[0])
            for key in _distinct(table, names)
        }
        return _looked_up(table, names, found)
    found = {
        key: subjects.number(key[0]) or any(map(subjects.repository, key[1:]))
        for key in _distinct(table, list(HOLDS))
    }
    return _looked_up(table, list(HOLDS), found)


def _distinct(table: pa.Table, names: list[str]) -> list[tuple]:
    groups = table.select(names).group_by(names).aggregate([])
    return list(zip(*(groups[name].to_pylist() for name in names), strict=True))


def _looked_up(table: pa.Table, names: list[str], found: dict[tuple, bool]) -> pa.ChunkedArray:
    """The answer for each row, by the values of some columns."""
    if not any(found.values()):
        return pa.chunked_array([pa.array([False] * table.num_rows, pa.bool_())])
    keys = zip(*(table[name].to_pylist() for name in names), strict=True)
    return pa.chunked_array([pa.array([found[key] for key in keys], pa.bool_())])


def annotations(path: Path, subjects: Subjects, blobs: Path) -> list[str]:
    """Every annotated row stands on a place of the raw tier, or names no source at all.

    The raw tier is proved free of removed subjects, so this holds for accounts as well, which an
    annotated row does not name. `blobs` is the index of places.
    """
    table = writer.read_table(path, ["hexsha", "repo_id"])
    found = sum(map(subjects.blob, table["hexsha"].to_pylist()))
    there = annotating.standing(table["hexsha"], writer.read_batches(blobs, ["hexsha", "repo_id"]))
    lost = table.num_rows - sum(annotating.sourced(table, there))
    wrong = [f"{found} traces of a removed subject"] if found else []
    return wrong + ([f"{lost} rows whose source is not in the version"] if lost else [])


def edges(
    occurrences: Sequence[Path], contents: Sequence[Path], prefixes: Sequence[str]
) -> list[str]:
    """Every raw blob has a place, every place has its blob, and a blob stands once.

    Asked of the contents under some neighbouring prefixes, by the ids of files (`looking`). Memory:
    those ids.
    """
    low, high = prefixes[0], writer.starting_with("hexsha", prefixes[-1]).high
    held, placed = (
        pa.chunked_array(
            [
                chunk.filter(pc.and_(pc.greater_equal(chunk, low), pc.less(chunk, high)))
                for path in paths
                for chunk in slices.read(path)["hexsha"].chunks
            ],
            pa.string(),
        )
        for paths in (contents, occurrences)
    )
    wrong = []
    twice = len(held) - pc.count_distinct(held).as_py()
    if twice:
        wrong.append(f"{twice} blobs stand more than once")
    bare = _outside(held, placed)
    if bare:
        wrong.append(f"{bare} blobs without a place")
    lost = _outside(placed, held)
    if lost:
        wrong.append(f"{lost} places without a blob")
    return wrong


def _outside(values: pa.ChunkedArray, others: pa.ChunkedArray) -> int:
    """How many distinct values are not among the others."""
    distinct = pc.unique(values)
    there = pc.is_in(distinct, value_set=pc.unique(others))
    return len(distinct) - (pc.sum(there).as_py() or 0)
