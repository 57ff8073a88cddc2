"""Clones of repositories, each at the commit that its default branch had when it was fetched."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.collect import attributes, clones, text, trees
from pipeline.collect.gitting import GitFailed, Limits
from pipeline.collect.telling import governed, names_licence
from pipeline.release.holding import Holder, Taken
from pipeline.release.sources.parts import Part, scattered
from pipeline.release.work import Json, Report, Work, canonical
from pipeline.select import languages, licences, packages
from pipeline.shards import schemas, writer
from pipeline.shards.hashes import made_id

KIND = "git"
ALIASES = "aliases.parquet"
_TELLING_BYTES = 256 * 1024  # of a licence file or a package's description
FACTS = ("id", "owner_id", "stars", "forks", "issues", "fork_of", "licence", "branch")


def plan(
    sources: Sequence[Json],
    aim: int,
    limit: int,  # noqa: ARG001
    archives: Sequence[Path],
) -> Iterator[list[Part]]:
    """Repositories by the hash of their names, so that a new one changes one piece.

    What `archives` tell (numbers of host and owner, counts, labels) completes what lists told.

    Raises:
        ValueError: nothing was fetched into a folder yet.
    """
    known = _known(sources, archives)
    return scattered((part for source in sources for part in _parts(source, aim, known)), aim)


def names(sources: Sequence[Json], archives: Sequence[Path]) -> Iterator[Work]:
    """A piece that tells the former names of repositories, where there are any."""
    for source in sources:
        rows = _former(Path(source["folder"]), _known([source], archives))
        if rows:
            digest = hashlib.sha256(canonical(rows).encode()).hexdigest()[:32]
            params = {"kind": KIND, "names": digest}
            where = {"folder": source["folder"], "archives": [str(path) for path in archives]}
            yield Work("collect", 0, "former names", params, where)


def write_names(work: Work, folder: Path) -> Report:
    """Write what `names` found.

    Raises:
        ValueError: the clones were brought up to date since this was planned.
    """
    known = _known([work.inputs], [Path(path) for path in work.inputs["archives"]])
    rows = _former(Path(work.inputs["folder"]), known)
    if hashlib.sha256(canonical(rows).encode()).hexdigest()[:32] != work.params["names"]:
        raise ValueError("Repositories were fetched since this was planned; plan again.")
    table = pa.Table.from_pylist(rows, schemas.ALIAS)
    facts = writer.write(folder / ALIASES, schemas.ALIAS, [table])
    return Report(files={ALIASES: facts._asdict()}, counts={"names": facts.rows})


def take(taken: Taken, told: Mapping[str, Json], where: str, limit: int) -> None:
    """Read the files of one part of a repository; one that breaks off counts as one file.

    Nothing of a repository is kept that cannot be read to its end.
    """
    name = f"{told['host']}/{told['name']}"
    if told.get("reason"):
        taken.drop(told["reason"], name)
        return
    limits = Limits(file_bytes=limit)
    try:
        repository = _Repository(told, Path(where), limits)
        files = list(repository.files(limit))
    except GitFailed as failed:
        taken.drop(failed.reason, f"{name}: {failed.told}")
        return
    for file in files:
        if isinstance(file, tuple):
            taken.drop(file[0], f"{name}: {file[1]}")
        else:
            place = file.pop("place")
            taken.add(**file, place=place)


_Known = dict[tuple[str, str], dict[str, Any]]  # host and name -> facts


def _known(sources: Sequence[Json], archives: Sequence[Path]) -> _Known:
    """What archives tell of the repositories that were fetched."""
    return known_of(((f.host, f.name) for f in _facts(sources)), archives) if archives else {}


def known_of(wanted: Iterable[tuple[str, str]], archives: Sequence[Path]) -> _Known:
    """What archives tell of repositories that are wanted by host and name."""
    keys = {(host, name.casefold()) for host, name in wanted}
    columns = ["host", "repo_id", "name", *(name for name in FACTS if name != "id")]
    found: _Known = {}
    for path in archives:
        for batch in writer.read_batches(path, columns, batch_rows=1 << 14):
            for row in batch.to_pylist():
                key = (row["host"], row["name"].casefold())
                if key in keys:
                    found[key] = row | {"id": row["repo_id"]}
    return found


def completed(told: Mapping[str, Any], known: _Known) -> dict[str, Any]:
    """Facts of a repository, with what archives tell where there was nothing."""
    more = known.get((told["host"], told["name"].casefold()), {})
    fill = {name: more.get(name) for name in FACTS if told.get(name) in (None, "")}
    return dict(told) | fill


def holder_of(told: Mapping[str, Json], folder: Path, limits: Limits) -> Holder:
    """The licences of all folders of a repository at its head. Raises GitFailed."""
    whole = {**told, "first": 0, "last": limits.files}
    return _Repository(whole, folder, limits).holder


def _facts(sources: Sequence[Json]) -> Iterator[clones.Facts]:
    for source in sources:
        try:
            yield from clones.catalogue(Path(source["folder"]))
        except FileNotFoundError as error:
            raise ValueError(
                f"Nothing was fetched into {source['folder']} yet: run collect git again."
            ) from error


def _former(folder: Path, known: _Known) -> list[Json]:
    """Former names of repositories, and of accounts where the owner changed too."""
    rows = set()
    for facts in _facts([{"folder": folder}]):
        told = _told(facts, known)
        ids = _ids(told)
        for name in (facts.name, *facts.aliases) if facts.aliases else ():
            rows.add((facts.host, "repository", ids["repo_id"], name))
    return [dict(zip(schemas.ALIAS.names, (*row, None, None), strict=True)) for row in sorted(rows)]


def _told(facts: clones.Facts, known: _Known) -> dict[str, Any]:
    """Host, name and facts; what the list told comes first."""
    names = ("host", "name", *FACTS)
    return completed({name: getattr(facts, name) for name in names}, known)


def _ids(told: Mapping[str, Any]) -> dict[str, Any]:
    host, name = told["host"], told["name"]
    owner = name.split("/", 1)[0]
    return {
        "repo_host": host,
        "repo_id": told["id"] or made_id(host, name),
        "repo_name": name,
        "owner_id": told["owner_id"] or made_id(host, owner),
        "owner": owner,
    }


def _parts(source: Json, aim: int, known: _Known) -> Iterator[Part]:
    root = Path(source["folder"])
    for facts in _facts([source]):
        key = f"{facts.host}/{facts.name}".casefold()
        if facts.reason:
            told = {"host": facts.host, "name": facts.name, "reason": facts.reason}
            yield Part(key, facts.name, 0, told, "")
            continue
        told = _told(facts, known) | {"head": facts.head}
        step = max(aim // clones.MARK_BYTES, 1)
        cuts = [0, *facts.marks[step - 1 :: step], facts.files]
        for first, last in pairwise(cuts):
            if first < last or not first:
                size = min(facts.bytes, step * clones.MARK_BYTES)
                part = told | {"first": first, "last": last}
                yield Part(f"{key}#{first}", facts.name, size, part, str(root / facts.folder))


class _Repository:
    """One part of a repository at its commit."""

    def __init__(self, told: Mapping[str, Json], folder: Path, limits: Limits) -> None:
        self._told, self._folder, self._limits = told, folder, limits
        entries = trees.listed(folder, told["head"], limits)
        self._mine = entries[told["first"] : told["last"]]
        above = {parent for entry in self._mine for parent in _above(entry.path)}
        near = [entry for entry in entries if governed(entry.path) in above and not entry.reason]
        self._attributes = attributes.Attributes(self._texts(near, _is_attributes))
        self.holder = self._held(self._texts(near, _tells))

    def files(self, limit: int) -> Iterator[Any]:
        """Rows for `Taken.add`, and pairs of a reason and a path for what is left out."""
        readable = []
        for entry in self._mine:
            reason = entry.reason or (text.TOO_LARGE if entry.size > limit else "")
            if reason:
                yield reason, entry.path
            else:
                readable.append(entry)
        for path, oid, data in trees.contents(self._folder, readable, self._limits):
            if data is None:
                yield trees.MISSING, path
            elif trees.is_pointer(data):
                yield trees.LFS, path
            else:
                read_as = text.decode(data, limit=limit)
                if isinstance(read_as, str):
                    yield read_as, path
                else:
                    yield {
                        "hexsha": oid,
                        "size": len(data),
                        "encoding": read_as.encoding,
                        "text": read_as.text,
                        "place": self._place(path),
                    }

    def _place(self, path: str) -> dict[str, Any]:
        marks = self._attributes.of(path)
        language = languages.by_name(marks.language) if marks.language else ""
        return self.holder.at(path) | {
            "is_generated": marks.generated,
            "is_vendored": marks.vendored,
            "lang": language or None,
        }

    def _held(self, telling: Sequence[tuple[str, str]]) -> Holder:
        told = self._told
        statements: dict[str, list[licences.Evidence]] = {}
        for path, said in telling:
            if packages.is_package_file(path):
                found = packages.evidence(path, said)
            else:
                found = list(licences.of_licence_file(path, said).evidence)
            statements.setdefault(governed(path), []).extend(found)
        inner = [
            (folder, licences.of_statements(sorted(said, key=_metadata_first)))
            for folder, said in sorted(statements.items())
        ]
        own = licences.of_host(dict(inner).get("", licences.NOTHING), told["licence"] or "")
        shared = {
            **_ids(told),
            "head": told["head"],
            "source": "git",
            **{field: told[field] for field in ("stars", "forks", "issues", "branch")},
            "fork_of": told["fork_of"] or None,
        }
        return Holder(shared, own, [pair for pair in inner if pair[0]])

    def _texts(self, near: Sequence[trees.Entry], wanted: Any) -> list[tuple[str, str]]:
        entries = [e for e in near if wanted(e.path) and e.size <= _TELLING_BYTES]
        found = []
        for path, _, data in trees.contents(self._folder, entries, self._limits):
            read_as = text.decode(data or b"")
            if not isinstance(read_as, str):
                found.append((path, read_as.text))
        return found


def _above(path: str) -> Iterator[str]:
    """The folders that a path lies in, the root as ""."""
    while path:
        path = path.rpartition("/")[0]
        yield path


def _is_attributes(path: str) -> bool:
    return path.rpartition("/")[2] == attributes.FILE


def _tells(path: str) -> bool:
    return names_licence(path) or packages.is_package_file(path)


def _metadata_first(statement: licences.Evidence) -> tuple[int, str]:
    order = ("metadata", "classifier", "licence-file")
    return (order.index(statement.kind), statement.where)
