"""What a steward has already: Parquet files of The Stack, from a folder or from the Hub."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.collect import stack
from pipeline.release.holding import Taken
from pipeline.release.sources.parts import Part, in_order
from pipeline.release.work import Json
from pipeline.select import languages, licences
from pipeline.shards.hashes import made_id

KIND = "stack"


def plan(
    sources: Sequence[Json],
    aim: int,
    limit: int,  # noqa: ARG001
    archives: Sequence[Path],  # noqa: ARG001
) -> Iterator[list[Part]]:
    """Row groups in the order of the files, as many as `aim` bytes hold.

    Raises:
        ValueError: a folder was not collected yet.
    """
    return in_order((part for source in sources for part in _parts(source, aim)), aim)


def take(taken: Taken, told: Mapping[str, Json], where: Json, limit: int) -> None:
    """Read some row groups.

    Raises:
        ValueError: the file is not what it was when the work was planned.
    """
    path = Path(where["path"])
    if stack.look(path, told["file"]).footer != told["footer"]:
        raise ValueError(f"{told['file']} has changed since this was planned; collect it again.")
    found = stack.rows(path, told["layout"], told["first"], told["last"])
    contents = stack.contents_at(where["contents"])
    for one in stack.taken(found, contents, limit):
        if isinstance(one, stack.Left):
            taken.drop(one.reason, one.where)
            continue
        for place in one.row.places:
            row = _place(place, told["layout"], one)
            taken.add(one.hexsha, one.size, one.encoding, one.text, row)


def _parts(source: Json, aim: int) -> Iterator[Part]:
    root = Path(source["folder"])
    try:
        index = stack.read_index(root)
    except FileNotFoundError as error:
        raise ValueError(f"Nothing was collected into {root} yet: run collect again.") from error
    for held in index["files"]:
        told = {"file": held["name"], "size": held["size"], "footer": held["footer"]}
        told |= {"layout": held["layout"]}
        if held["layout"] != "v1":  # texts may have come to where they lie
            told |= {"contents": index["contents"], "run": index["run"]}
        where = {"path": held["path"], "contents": index["contents"]}
        first = size = 0
        for at, length in enumerate(held["groups"], 1):
            size += length
            if size >= aim or at == len(held["groups"]):
                yield Part(held["name"], held["name"], size, told | _range(first, at), where)
                first, size = at, 0


def _range(first: int, last: int) -> dict[str, int]:
    return {"first": first, "last": last}


def _place(place: stack.Place, layout: str, one: stack.Taken) -> dict[str, Any]:
    owner = place.repo_name.split("/", 1)[0]
    found = _licences(place.licences)
    # An id that the bytes do not have is kept as it was given: a removal may name it.
    again = "" if one.row.given == one.hexsha else f":{one.row.given}"
    return {
        "repo_host": stack.HOST,
        "repo_id": place.repo_id or made_id(stack.HOST, place.repo_name),
        "repo_name": place.repo_name,
        "owner_id": made_id(stack.HOST, owner),
        "owner": owner,
        "path": place.path,
        "head": place.head,
        "source": f"stack-{layout[:2]}{again}",
        "stars": place.stars,
        "forks": place.forks,
        "issues": place.issues,
        "branch": place.branch,
        "fork_of": place.fork_of,
        "is_generated": place.generated,
        "is_vendored": place.vendored,
        "lang": languages.by_name(place.language) or None,
        "licenses": list(found.licences),
        "license_evidence": [each._asdict() for each in found.evidence],
    }


def _licences(names: Sequence[str]) -> licences.Found:
    """What the dataset says; a name that means nothing to us is one that no set has."""
    said = [licences.Evidence("dataset", "licenses", licences.named(name)) for name in names]
    return licences.Found(tuple(sorted({one.found for one in said})), tuple(said))
