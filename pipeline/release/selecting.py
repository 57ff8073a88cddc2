"""Stage select: which contents a version may hold, and who stands for each.

For the same prefixes as identify it leaves `rows.parquet` (SELECTED, by language, owner,
repository and path; not redacted yet) and the artefacts of the raw tier, `raw-blobs.parquet` and
`raw-occurrences.parquet`, from which removed subjects are gone. A content goes from the raw tier
when no place of it stays. Rows in are contents, and each that is dropped is counted once.
"""

import shutil
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.collect.text import LIMIT
from pipeline.select import removals, sets
from pipeline.select.choose import REASONS, Chosen, Content, choose
from pipeline.shards import writer
from pipeline.shards.hashes import row_id, sha256_file, swhid
from pipeline.shards.schemas import BLOB, OCCURRENCE, SELECTED

from .work import Context, Files, Json, Report, Stage, Work

_BATCH = 256  # rows
_HOLDERS = ("stars", "issues", "forks")
_ABOUT_PLACES = (*removals.COLUMNS, "path", "ext", "lang", "head", "source", "stars", "licenses")
_FROM_BLOB = ["hexsha", "size", "content"]
_FROM_BLOB += ["avg_line_length", "max_line_length", "alphanum_fraction"]


def plan(context: Context) -> list[Work]:
    """One piece for each piece of identify.

    Only the removals that touch a prefix are among its parameters, so a longer list of removals
    leaves the names of the others as they were.

    Raises:
        ValueError: the licence set or a kind of removal is not known.
    """
    brief = context.brief
    licences = sets.get(brief.licence_set)
    wanted = removals.parse(brief.removals)
    works = []
    for done in context.done["identify"]:
        params = {
            "dataset": brief.dataset,
            "identify": done.ref,
            "licence_set": [licences.name, licences.version, licences.digest],
            "max_bytes": int((brief.options or {}).get("max_file_bytes", LIMIT)),
            "removals": _touching(context.files, done.ref, wanted),
        }
        works.append(Work("select", done.number, done.label, params))
    return works


def run(work: Work, files: Files, folder: Path, secret: bytes) -> Report:  # noqa: ARG001
    """Choose the rows of one prefix. Memory: the text of that prefix, twice.

    Raises:
        ValueError: the licence set is another one than when the work was planned.
    """
    licences = sets.get(work.params["licence_set"][0])
    if work.params["licence_set"] != [licences.name, licences.version, licences.digest]:
        raise ValueError(f"The licence set {licences.name} has changed since this was planned.")
    places = writer.read_table(files.path(work.params["identify"], "occurrences.parquet"))
    kept = removals.drop_removed(places, removals.parse(work.params["removals"]))
    blobs = writer.read_table(files.path(work.params["identify"], "blobs.parquet"))
    picked = _pick(blobs, kept.rows, licences, work.params["max_bytes"])
    rows = _rows(blobs, picked, work.params["dataset"])
    facts = {"rows.parquet": writer.write(folder / "rows.parquet", SELECTED, rows)._asdict()}
    facts.update(_raw(work, files, folder, blobs, kept))
    return _report(blobs, picked, facts, kept)


STAGE = Stage("select", 1, plan, run)


class _Picked(NamedTuple):
    at: list[int]  # positions in blobs, in the order of the output
    chosen: list[Chosen]
    dropped: Mapping[str, int]
    refused: Mapping[str, Mapping[str, int]]  # licences for which contents were dropped


def _touching(
    files: Files, ref: str, wanted: frozenset[removals.Selector]
) -> list[Mapping[str, str]]:
    if not wanted:
        return []
    places = writer.read_table(files.path(ref, "occurrences.parquet"), removals.COLUMNS)
    return [one.as_json() for one in removals.matching(places, wanted)]


def _pick(blobs: pa.Table, places: pa.Table, licences: sets.LicenceSet, max_bytes: int) -> _Picked:
    by_blob: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for place in places.select(_ABOUT_PLACES).to_pylist():
        by_blob[place["hexsha"]].append(place)
    passed, dropped, refused = [], Counter(), defaultdict(Counter)
    hexshas = blobs["hexsha"].to_pylist()
    for at, (hexsha, content) in enumerate(zip(hexshas, _contents(blobs), strict=True)):
        found = choose(content, by_blob[hexsha], licences, max_bytes=max_bytes)
        if isinstance(found, Chosen):
            passed.append((at, found))
            continue
        dropped[found] += 1
        if by_blob[hexsha]:
            told = content.licences or min(place["licenses"] for place in by_blob[hexsha])
            refused[found][" AND ".join(told)] += 1
    passed.sort(key=lambda one: _order(one[1].place))
    return _Picked(
        [at for at, _ in passed],
        [chosen for _, chosen in passed],
        {reason: dropped[reason] for reason in REASONS if dropped[reason]},
        {reason: dict(sorted(count.items())) for reason, count in sorted(refused.items())},
    )


def _contents(blobs: pa.Table) -> Iterator[Content]:
    written = pc.match_substring_regex(blobs["content"], r"\S").to_pylist()
    columns = (blobs["licenses"].to_pylist(), blobs["size"].to_pylist(), written)
    for licences, size, some in zip(*columns, strict=True):
        yield Content(licences, size, not some)


def _order(place: Mapping[str, Any]) -> tuple[str, ...]:
    names = ("lang", "owner", "repo_name", "path", "hexsha")
    return tuple(place[name] for name in names)


def _rows(blobs: pa.Table, picked: _Picked, dataset: str) -> Iterator[pa.Table]:
    """The rows of SELECTED; text goes from table to table and never through Python."""
    for start in range(0, len(picked.at), _BATCH):
        taken = blobs.select(_FROM_BLOB).take(pa.array(picked.at[start : start + _BATCH]))
        told = [_columns(chosen, dataset) for chosen in picked.chosen[start : start + _BATCH]]
        about = pa.Table.from_pylist(told, pa.schema([f for f in SELECTED if f.name in told[0]]))
        for name in _FROM_BLOB:
            about = about.append_column(name, taken[name])
        nothing = pa.nulls(about.num_rows)
        yield pa.table(
            [
                about[field.name] if field.name in about.column_names else nothing.cast(field.type)
                for field in SELECTED
            ],
            schema=SELECTED,
        )


def _columns(chosen: Chosen, dataset: str) -> dict[str, Json]:
    """What a row says of its place. One holder stands for all three groups; counts may be null."""
    place = chosen.place
    row = {
        "ext": place["ext"],
        "lang": place["lang"],
        "row_id": row_id(dataset, place["hexsha"]),
        "repo_id": place["repo_id"],
        "licenses": list(chosen.licences),
        "swhid": swhid(place["hexsha"]),
        "redactions": [],
        "owner": place["owner"],
        "owner_id": place["owner_id"],
        "max_stars_count": place["stars"],
    }
    for by in _HOLDERS:
        row[f"max_{by}_repo_path"] = place["path"]
        row[f"max_{by}_repo_name"] = place["repo_name"]
        row[f"max_{by}_repo_head_hexsha"] = place["head"]
        row[f"max_{by}_repo_licenses"] = place["licenses"]
    return row


def _raw(
    work: Work, files: Files, folder: Path, blobs: pa.Table, kept: removals.Kept
) -> dict[str, Json]:
    """The raw tier of this prefix: the files of identify, rewritten only if removals touch them."""
    if not (kept.by_holder or kept.by_blob):
        return {
            name: _copy(files.path(work.params["identify"], source), folder / name, rows)
            for name, source, rows in (
                ("raw-blobs.parquet", "blobs.parquet", blobs.num_rows),
                ("raw-occurrences.parquet", "occurrences.parquet", kept.rows.num_rows),
            )
        }
    staying = blobs.filter(pc.is_in(blobs["hexsha"], value_set=kept.rows["hexsha"].unique()))
    return {
        name: writer.write(folder / name, schema, rows.to_batches(_BATCH))._asdict()
        for name, schema, rows in (
            ("raw-blobs.parquet", BLOB, staying),
            ("raw-occurrences.parquet", OCCURRENCE, kept.rows),
        )
    }


def _copy(source: Path, target: Path, rows: int) -> dict[str, Json]:
    shutil.copyfile(source, target)
    return {"size": target.stat().st_size, "sha256": sha256_file(target), "rows": rows}


def _report(
    blobs: pa.Table, picked: _Picked, facts: dict[str, Json], kept: removals.Kept
) -> Report:
    sizes = blobs["size"].to_pylist()
    of_rows = [sizes[at] for at in picked.at]
    return Report(
        rows_in=blobs.num_rows,
        rows_out=len(picked.at),
        bytes_in=sum(sizes),
        bytes_out=sum(of_rows),
        dropped=dict(picked.dropped),
        files=facts,
        counts={
            "languages": _tally((one.place["lang"] for one in picked.chosen), of_rows),
            "licences": _tally((" AND ".join(one.licences) for one in picked.chosen), of_rows),
            "refused_licences": picked.refused,
            "removed_occurrences": {"holder": kept.by_holder, "blob": kept.by_blob},
        },
    )


def _tally(names: Iterator[str], sizes: Sequence[int]) -> dict[str, dict[str, int]]:
    """Rows and bytes by name."""
    found: dict[str, dict[str, int]] = defaultdict(lambda: {"rows": 0, "bytes": 0})
    for name, size in zip(names, sizes, strict=True):
        found[name]["rows"] += 1
        found[name]["bytes"] += size
    return dict(sorted(found.items()))
