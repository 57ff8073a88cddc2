"""Installed Python distributions."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pipeline.collect import distributions
from pipeline.release.holding import Holder, Taken
from pipeline.release.sources.parts import Part, in_order
from pipeline.release.work import Json
from pipeline.select import licences
from pipeline.shards.hashes import made_id

KIND = "distributions"


def plan(
    sources: Sequence[Json],
    aim: int,
    limit: int,
    archives: Sequence[Path],  # noqa: ARG001
) -> Iterator[list[Part]]:
    """Distributions in the order of their names.

    Raises:
        ValueError: a folder is missing, or there is nothing in them.
    """
    folders = [Path(path) for source in sources for path in source["paths"]]
    for folder in folders:
        if not folder.is_dir():
            raise ValueError(f"The folder {folder} of a source is missing.")
    found = distributions.find(folders)
    if not found:
        raise ValueError("The sources of this build hold no installed distribution.")
    return in_order(_parts(found, aim, limit), aim)


def take(taken: Taken, told: Mapping[str, Json], where: str, limit: int) -> None:
    """Read the files of one part.

    Raises:
        ValueError: the distribution is not what it was when the work was planned.
    """
    folder = Path(where)
    now = distributions.look(folder, folder / told["info"], told["first"], told["last"])
    if now.digest(0, told["last"] - told["first"]) != told["digest"]:
        raise ValueError(f"{told['name']} has changed since this was planned; plan again.")
    if now.fault:
        taken.drop(distributions.BROKEN, f"{told['name']}: {now.fault}")
        return
    declared = distributions.read(folder, told["info"])
    holder = _holder(declared)
    for file in distributions.files(folder, now.names, limit=limit):
        if isinstance(file, distributions.Left):
            taken.drop(file.reason, f"{declared.name}: {file.path}")
        else:
            taken.add(file.hexsha, file.size, file.encoding, file.text, holder.at(file.path))


def _parts(found: Sequence[distributions.Found], aim: int, limit: int) -> Iterator[Part]:
    """Each distribution whole, or in parts of about `aim` bytes where it is larger."""
    for one in found:
        first = size = 0
        for at, length in enumerate(one.sizes):
            size += length if length <= limit else 0
            if size >= aim:
                yield _part(one, first, at + 1, size)
                first, size = at + 1, 0
        if first < len(one.sizes) or first == 0:
            yield _part(one, first, len(one.sizes), size)


def _part(one: distributions.Found, first: int, last: int, size: int) -> Part:
    """Named by what is read (name, version, digest of list and sizes), not by where that lies."""
    told = {
        "name": one.name,
        "version": one.version,
        "info": one.info,
        "digest": one.digest(first, last),
        "first": first,
        "last": last,
    }
    return Part(one.name, one.name, size, told, one.folder)


def _holder(declared: distributions.Declared) -> Holder:
    repository = declared.repository
    own = licences.of_package(
        expression=declared.expression,
        licence=declared.licence,
        classifiers=declared.classifiers,
        licence_files=declared.licence_files,
    )
    inner = (
        (path.rpartition("/")[0], licences.of_licence_file(path, told))
        for path, told in declared.inner_licence_files
    )
    shared = {
        "repo_host": repository.host,
        "repo_id": made_id(repository.host, repository.name),
        "repo_name": repository.name,
        "owner_id": made_id(repository.host, repository.owner),
        "owner": repository.owner,
        "head": declared.version,
        "source": f"distribution:{declared.name}=={declared.version}",
        "stars": None,
    }
    return Holder(shared, own, inner)
