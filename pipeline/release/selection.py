"""The rows that select decided on, with their text: what redact takes in, home by home."""

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.shards import hashes, slices, writer
from pipeline.shards.schemas import SELECTED

from . import decisions
from .identifying import FACTS_FILE, PLACES_FILE
from .work import Files, Work

_HOLDERS = ("stars", "issues", "forks")
_OF_PLACE = ["repo_id", "repo_name", "owner_id", "owner", "path", "ext", "lang", "head"]
_OF_PLACE += _HOLDERS  # counts
_OF_FACTS = ["size", "avg_line_length", "max_line_length", "alphanum_fraction"]
_ORDER = ["lang", "owner", "repo_name", "path", "hexsha"]


def rows(work: Work, files: Files, most: int) -> Iterator[pa.RecordBatch]:
    """The rows of a home as SELECTED, by language, owner, repository and path.

    A batch holds `most` rows at most and one language. Memory: the texts of the home, twice.
    """
    about = _about(work, files)
    texts = _texts(work, files, about["hexsha"].combine_chunks())
    at = pc.index_in(about["hexsha"], value_set=texts["hexsha"].combine_chunks())
    columns = _columns(about, work.params["dataset"])
    start = 0
    for end in pc.run_end_encode(about["lang"].combine_chunks()).run_ends.to_pylist():
        for first in range(start, end, most):
            part = slice(first, min(first + most, end))
            content = texts["content"].take(at[part]).combine_chunks()
            yield pa.record_batch(
                [
                    content if field.name == "content" else columns[field.name][part]
                    for field in SELECTED
                ],
                schema=SELECTED,
            )
        start = end


def _about(work: Work, files: Files) -> pa.Table:
    """What is known of the rows of a home, but for their text, in order."""
    home = work.params["home"]
    decided = decisions.read(files, work.inputs["select"], home)
    decided = decided.filter(pc.is_valid(decided["rests_on"]))
    places = slices.read(files.path(home, PLACES_FILE), [*_OF_PLACE, "licenses"])
    places = places.take(decided["place"])
    facts = slices.read(files.path(home, FACTS_FILE), ["hexsha", *_OF_FACTS])
    at = pc.index_in(decided["hexsha"], value_set=facts["hexsha"].combine_chunks())
    facts = facts.take(at)
    table = decided.select(["hexsha", "rests_on"])
    for source, names in ((places, [*_OF_PLACE, "licenses"]), (facts, _OF_FACTS)):
        for name in names:
            table = table.append_column(name, source[name])
    return table.sort_by([(name, "ascending") for name in _ORDER]).combine_chunks()


def _texts(work: Work, files: Files, wanted: pa.Array) -> pa.Table:
    """The texts of the rows, in the order of their ids."""
    path = files.path(work.inputs["collect"], "blobs.parquet")
    found = [
        batch.filter(pc.is_in(batch.column("hexsha"), value_set=wanted))
        for batch in writer.read_batches(path, ["hexsha", "content"])
    ]
    table = pa.Table.from_batches(found)
    if table.num_rows != len(wanted):
        raise ValueError(f"{work.label}: collect holds other contents than were planned with")
    return table


def _columns(about: pa.Table, dataset: str) -> dict[str, pa.Array]:
    """The columns of SELECTED but for the text. One holder stands for all three groups."""
    held = {name: about[name].combine_chunks() for name in about.column_names}
    hexshas = held["hexsha"].to_pylist()
    told = {name: held[name] for name in (*_OF_FACTS, "hexsha", "ext", "lang", "repo_id")}
    told |= {name: held[name] for name in ("owner", "owner_id")}
    told["licenses"] = held["rests_on"]
    told["row_id"] = pa.array([hashes.row_id(dataset, one) for one in hexshas], pa.string())
    told["swhid"] = pa.array([hashes.swhid(one) for one in hexshas], pa.string())
    told["redactions"] = pa.array([[]] * len(hexshas), SELECTED.field("redactions").type)
    for by in _HOLDERS:
        told[f"max_{by}_count"] = held[by]
        told[f"max_{by}_repo_path"] = held["path"]
        told[f"max_{by}_repo_name"] = held["repo_name"]
        told[f"max_{by}_repo_head_hexsha"] = held["head"]
        told[f"max_{by}_repo_licenses"] = held["licenses"]
    for field in SELECTED:
        if field.name not in told and field.name != "content":
            told[field.name] = pa.nulls(len(hexshas), field.type)
    return told
