"""Small versions for tests: files as a person would write them, built by all stages but collect."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from pipeline.redact.policy import DEFAULT_POLICY
from pipeline.release import (
    carding,
    collecting,
    identifying,
    indexing,
    redacting,
    selecting,
    verifying,
    writing,
)
from pipeline.release.doing import do
from pipeline.release.work import Brief, Context, Done, Files, Report, Stage, Work
from pipeline.shards import hashes, schemas, writer

SECRET = b"a secret of the tests"
DATASET = "gatehouse/made"
EMAIL = "maria.kowalska@polfirma.pl"  # of nobody


class File(NamedTuple):
    """A source file in a repository."""

    repo: str
    path: str
    text: str
    lang: str = "Python"
    licences: tuple[str, ...] = ("MIT",)

    @property
    def hexsha(self) -> str:
        return hashes.git_blob_id(self.text.encode())


def some_files(owners: int = 6, each: int = 4, size: int = 400) -> list[File]:
    """Files of several owners in two languages; every fourth holds an e-mail address."""
    found = []
    for owner in range(owners):
        for number in range(each):
            filler = f"# owner {owner} file {number}\n" + "x = 1  # of many\n" * (size // 17)
            mail = f'contact = "{EMAIL}"\n' if number % 4 == 1 else ""
            lang, ext = ("Python", "py") if number % 2 else ("C", "c")
            path = f"src/part{number}.{ext}"
            found.append(File(f"owner{owner}/repo", path, filler + mail, lang))
    return found


def blob_of(file: File) -> dict[str, Any]:
    row = dict.fromkeys(schemas.BLOB.names)
    return row | {"hexsha": file.hexsha, "size": len(file.text.encode()), "content": file.text}


def place_of(file: File) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(schemas.OCCURRENCE.names)
    owner = file.repo.partition("/")[0]
    return row | {
        "hexsha": file.hexsha,
        "repo_host": "github.com",
        "repo_id": hashes.made_id("github.com", file.repo),
        "repo_name": file.repo,
        "owner_id": hashes.made_id("github.com", owner),
        "owner": owner,
        "path": file.path,
        "lang": file.lang,
        "licenses": list(file.licences),
    }


def table(rows: Iterable[dict[str, Any]], schema: pa.Schema) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=schema)


def brief(version: str = "1.0", **changes: Any) -> Brief:
    asked: dict[str, Any] = {
        "dataset": DATASET,
        "version": version,
        "sources": [{"kind": "distributions", "paths": ["/srv/somewhere"]}],
        "licence_set": "permissive",
        "removals": (),
        "redaction": DEFAULT_POLICY,
        "terms": {},
        "options": {"shard_bytes": 1_500},
    }
    return Brief(**(asked | changes))


class Made(NamedTuple):
    """A built version."""

    files: Files
    done: dict[str, list[Done]]
    brief: Brief

    @property
    def parent(self) -> dict[str, str]:
        """What the next version's brief names as its parent."""
        index, card = self.done["index"][0].ref, self.done["card"][0].ref
        return {"version": self.brief.version, "index": index, "card": card}

    def path(self, stage: str, name: str, number: int = 0) -> Path:
        return self.files.path(self.done[stage][number].ref, name)

    def shards(self) -> dict[str, Done]:
        """The processed files by path."""
        return {
            done.params["path"]: done
            for done in self.done["write"]
            if done.params["kind"] == "rows"
        }

    def rows(self) -> list[dict[str, Any]]:
        """All processed rows, in order of file."""
        paths = [self.files.path(done.ref, "rows.parquet") for done in self.shards().values()]
        return [row for path in paths for row in writer.read_table(path).to_pylist()]

    def context(self) -> Context:
        return Context(self.brief, self.files, self.done)


def finished(files: Files, stage: Stage, works: Sequence[Work]) -> list[Done]:
    """Do the work of one stage, here and in order."""
    return [
        Done(work.number, work.label, work.name(stage.version), work.params, report)
        for work in works
        for report in [do(stage, work, files, SECRET)]
    ]


def build(root: Path, sources: Sequence[File], asked: Brief, upto: str = "card") -> Made:
    """Build a version from collected files."""
    files = Files(root)
    done = early(files, sources)
    for stage in (
        identifying.STAGE,
        selecting.STAGE,
        redacting.STAGE,
        writing.STAGE,
        indexing.STAGE,
        verifying.STAGE,
        carding.STAGE,
    ):
        done[stage.name] = finished(files, stage, stage.plan(Context(asked, files, done)))
        if stage.name == upto:
            break
    return Made(files, done, asked)


def early(files: Files, sources: Sequence[File]) -> dict[str, list[Done]]:
    """Outputs of collect as they would be for these files: a piece for each owner."""
    parts = defaultdict(list)
    for file in sorted(sources):
        parts[file.repo.partition("/")[0]].append(file)
    stage = Stage("collect", 1, lambda _: [], _collect)
    works = [
        Work("collect", number, owner, {"held": held}, held)
        for number, (owner, held) in enumerate(sorted(parts.items()))
    ]
    return {"collect": finished(files, stage, works)}


def _collect(work: Work, files: Files, folder: Path, secret: bytes) -> Report:
    blobs = {file.hexsha: blob_of(file) for file in work.inputs}
    parts = {
        "blobs.parquet": (collecting.COLLECTED, [blobs[key] for key in sorted(blobs)]),
        "occurrences.parquet": (
            schemas.OCCURRENCE,
            sorted(map(place_of, work.inputs), key=lambda place: place["hexsha"]),
        ),
    }
    report = Report(rows_in=len(work.inputs), rows_out=len(work.inputs))
    for name, (schema, rows) in parts.items():
        facts = writer.write(folder / name, schema, [table(rows, schema)])
        report.files[name] = facts._asdict()
    return report
