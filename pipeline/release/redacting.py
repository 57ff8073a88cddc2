"""Stage redact: what identifies a person or opens a door goes out of the text.

One shard for each piece of collect that is the home of rows. Writes `rows.parquet` (SELECTED,
redacted), `keys.arrow` (KEYS, what later stages plan with) and `sample.arrow` (SAMPLED: rows with
spans as they were, of which few get into the annotations tier, with surrogates for values).
"""

import dataclasses
import hashlib
import heapq
import hmac
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.redact import plugins, replace, scan, scoring
from pipeline.redact.policy import acted_on
from pipeline.redact.spans import Span
from pipeline.shards import hashes, schemas, slices, writer

from . import decisions, keys, selection
from .work import Context, Files, Json, Report, Stage, Work

SAMPLE = 200  # annotated rows of a version, unless the brief says otherwise
PRIVATE = "private-information"
IN_PATH = "private-information-in-path"
BATCH_ROWS = 250
PATH = "max_stars_repo_path"  # tells tests and examples
SHADED = ("_LICENSE", "_EXAMPLE")  # what every other file has: alone it makes no sample

KEYS_FILE, SAMPLE_FILE = "keys.arrow", "sample.arrow"
SAMPLED = pa.schema(
    [
        ("id", pa.string()),
        ("packed", pa.binary()),  # the text as it was, by zstd: few of them are asked for
        ("size", pa.int64()),  # bytes of it
        ("language", pa.string()),
        ("labelled_by", pa.string()),
        ("hexsha", pa.string()),
        ("repo_id", pa.int64()),
        (
            "spans",
            pa.list_(
                pa.struct(
                    [
                        *(("start", pa.int64()), ("end", pa.int64()), ("class", pa.string())),
                        *(("rule", pa.string()), ("score", pa.float64())),
                    ]
                )
            ),
        ),
    ]
)

# Columns beside the text in which a private value may stand.
BESIDE = [
    f"max_{by}_repo_{what}"
    for by in ("stars", "issues", "forks")
    for what in ("path", "name", "head_hexsha")
]


def plan(context: Context) -> list[Work]:
    """One shard for every home of rows, named by the content of its rows.

    So a home in which a new removal list or another source changes nothing is not scanned again.
    """
    brief = context.brief
    collected = decisions.collected(context.done)
    works: list[Work] = []
    homes = decisions.homes(context.files, context.done["select"])
    for done in context.done["identify"]:
        home = homes.pop(done.ref, None)
        if home is None or not home.rows:
            continue
        params = {
            "dataset": brief.dataset,  # whose secret makes the surrogates
            "home": done.ref,
            "rows": home.rows_digest,
            "policy": brief.redaction,
            "detector": detector_digest(),
            "sample": sample_size(brief.options),
        }
        inputs = {"collect": collected[done.ref], "select": home.selects}
        works.append(Work("redact", len(works), done.label, params, inputs))
    return works


@cache
def detector_digest() -> str:
    """Names the rules, judges and replacement by their source, model and the chosen plug-ins.

    A better rule must look at every row again, and prove every file again, without anyone having
    to remember to raise a stage's version. A comment changed there costs one scan too many.
    """
    told = hashlib.sha256()
    home = Path(scan.__file__).parent
    for path in sorted(home.rglob("*.py")):
        told.update(f"{path.relative_to(home)}\0{hashes.sha256_file(path)}\n".encode())
    scorer = scoring.shipped()
    told.update("\n".join([*plugins.digests(), scorer.digest if scorer else ""]).encode())
    return told.hexdigest()[:32]


def sample_size(options: Json) -> int:
    """How many machine-labelled rows a version carries."""
    return int(options.get("annotation_sample", SAMPLE))


def run(work: Work, files: Files, folder: Path, secret: bytes) -> Report:
    """Redact the rows of one home in batches; the report counts redactions by class and rule."""
    shard = _Shard(work.params["policy"], secret, _Sample(work.params["sample"], secret))
    selected = selection.rows(work, files, BATCH_ROWS)
    rows = _write(folder / "rows.parquet", shard.batches(selected))
    told = pa.Table.from_batches(shard.keys, keys.KEYS)
    held = slices.write(folder / KEYS_FILE, keys.KEYS, told)
    report = Report(
        rows_in=shard.rows_in,
        rows_out=rows.rows,
        bytes_in=shard.bytes_in,
        bytes_out=shard.bytes_out,
        dropped=dict(sorted(shard.dropped.items())),
        files={"rows.parquet": rows._asdict(), KEYS_FILE: held._asdict()},
        counts={
            "classes": dict(sorted(shard.classes.items())),
            "rules": dict(sorted(shard.rules.items())),
            "left": dict(sorted(shard.left.items())),
            "rows_redacted": shard.rows_redacted,
        },
    )
    sample = shard.sample.table()
    if sample.num_rows:
        facts = slices.write(folder / SAMPLE_FILE, SAMPLED, sample, sample["id"])
        report.files[SAMPLE_FILE] = facts._asdict()
    return report


def beside(rows: pa.RecordBatch) -> list[str]:
    """What stands beside the text of each row, one place a line."""
    columns = [rows.column(name).to_pylist() for name in BESIDE]
    return ["\n".join(sorted({place or "" for place in row})) for row in zip(*columns, strict=True)]


@dataclass
class _Shard:
    """Counters of one shard, and the stream that fills them."""

    policy: Json
    secret: bytes
    sample: "_Sample"
    rows_in: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    rows_redacted: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    classes: Counter[str] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)
    keys: list[pa.RecordBatch] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.detector = scan.detector_for(self.policy)

    def batches(self, selected: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in selected:
            rows = self._redacted(batch)
            held = keys.of_rows(rows)
            self.keys.append(held)
            self.rows_in += batch.num_rows
            self.bytes_in += pc.sum(pc.binary_length(batch.column("content"))).as_py() or 0
            self.bytes_out += pc.sum(held.column("text_bytes")).as_py() or 0
            yield rows

    def _redacted(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        texts, redactions, kept = [], [], []
        told = zip(*(rows.column(name).to_pylist() for name in ("content", PATH)), strict=True)
        for row, ((text, path), places) in enumerate(zip(told, beside(rows), strict=True)):
            spans = self.detector.detect(text, path=path)
            acted = acted_on(text, spans, self.policy, path)
            clean = self._clean(text, acted, places, path)
            if clean is None:
                continue
            kept.append(row)
            texts.append(clean.text)
            redactions.append(self._told(clean, spans, acted))
            if any(not span.cls.endswith(SHADED) for span in spans):
                self.sample.offer(rows, row, spans)
        return _with(rows.take(pa.array(kept, pa.int64())), texts, redactions)

    def _clean(
        self, text: str, acted: list[Span], places: str, path: str
    ) -> replace.Redacted | None:
        """The redacted text; None when the row must go instead."""
        if acted_on(places, self.detector.detect(places), self.policy):
            self.dropped[IN_PATH] += 1
            return None
        if not acted:
            return replace.Redacted(text)
        clean = self._replaced(text, acted, places, path)
        if clean.drop:
            self.dropped[PRIVATE] += 1
            return None
        if clean.beside != (places,):  # a name that is rewritten would escape its removal
            self.dropped[IN_PATH] += 1
            return None
        return clean

    def _replaced(self, text: str, acted: list[Span], places: str, path: str) -> replace.Redacted:
        """As `replace.redact_text`, without looking for the spans that are known already."""
        first = replace.redact(text, acted, self.policy, self.secret, beside=[places], path=path)
        if first.drop or not first.counts:
            return first
        rest = replace.redact_text(
            first.text,
            self.policy,
            self.secret,
            beside=first.beside,
            detector=self.detector,
            path=path,
        )
        counts = dict(Counter(first.counts) + Counter(rest.counts))
        return dataclasses.replace(rest, counts=counts)

    def _told(
        self, clean: replace.Redacted, spans: list[Span], acted: list[Span]
    ) -> list[dict[str, Json]]:
        self.rules.update(span.rule for span in acted)
        self.left.update(span.cls for span in {*spans} - {*acted})
        self.classes.update(clean.counts)
        self.rows_redacted += bool(clean.counts)
        return [{"class": name, "count": count} for name, count in sorted(clean.counts.items())]


def _with(
    rows: pa.RecordBatch, texts: list[str], redactions: list[list[dict[str, Json]]]
) -> pa.RecordBatch:
    columns = {name: rows.column(name) for name in schemas.SELECTED.names}
    columns["content"] = pa.array(texts, pa.large_string())
    columns["redactions"] = pa.array(redactions, schemas.REDACTIONS)
    return pa.record_batch(list(columns.values()), schema=schemas.SELECTED)


def _write(path: Path, batches: Iterable[pa.RecordBatch]) -> writer.FileFacts:
    """Rows in small groups, one a batch: each file of the processed tier takes a few of them.

    An intermediate file, never an artefact, so the profile of the release is not for it.
    """
    rows = 0
    few = writer.PROFILE["dictionary"]
    with pq.ParquetWriter(
        path, schemas.SELECTED, compression="lz4", use_dictionary=few, write_statistics=False
    ) as file:
        for batch in batches:
            if batch.num_rows:
                file.write_batch(batch)
                rows += batch.num_rows
    return writer.FileFacts(path.stat().st_size, hashes.sha256_file(path), rows)


class _Sample:
    """The rows of the lowest keyed hash among those with a span: the same ones in any order.

    The hash is also the id of an annotated row, so merging shards needs no second look.
    """

    def __init__(self, size: int, secret: bytes) -> None:
        self.size = size
        self.secret = secret
        # Highest hash first.
        self.heap: list[tuple[int, str, dict[str, Json]]] = []

    def offer(self, rows: pa.RecordBatch, row: int, spans: list[Span]) -> None:
        row_id = rows.column("row_id")[row].as_py()
        told = b"annotation-sample\0" + row_id.encode()
        name = hmac.new(self.secret, told, hashlib.sha256).hexdigest()[:32]
        rank = -int(name, 16)
        if not self.size or (len(self.heap) == self.size and rank <= self.heap[0][0]):
            return
        found = {
            "id": name,
            "text": rows.column("content")[row].as_py(),
            "language": rows.column("lang")[row].as_py(),
            "spans": [span._asdict() | {"class": span.cls} for span in spans],
            "labelled_by": "machine",
            "hexsha": rows.column("hexsha")[row].as_py(),
            "repo_id": rows.column("repo_id")[row].as_py(),
        }
        heapq.heappush(self.heap, (rank, name, found))
        if len(self.heap) > self.size:
            heapq.heappop(self.heap)

    def table(self) -> pa.Table:
        """The sample by id, with the texts as they were and their spans."""
        found = [row for _, _, row in sorted(self.heap, key=lambda kept: kept[1])]
        for row in found:
            text = row.pop("text").encode()
            row["size"], row["packed"] = len(text), _ZSTD.compress(text, asbytes=True)
        return pa.Table.from_pylist(found, schema=SAMPLED)


_ZSTD = pa.Codec("zstd", compression_level=1)


def obfuscated(sample: pa.Table, secret: bytes) -> pa.Table:
    """Rows of SAMPLED as rows of ANNOTATION: every value replaced by a surrogate."""
    found = sample.to_pylist()
    for row in found:
        spans = [
            Span(one["start"], one["end"], one["class"], one["rule"], one["score"])
            for one in row["spans"]
        ]
        text = _ZSTD.decompress(row["packed"], row["size"], asbytes=True).decode()
        row["content"], row["spans"] = replace.obfuscate(text, spans, secret)
    return pa.Table.from_pylist(found, schema=schemas.ANNOTATION)


STAGE = Stage("redact", 3, plan, run)
