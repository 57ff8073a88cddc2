"""Small versions for tests: rows as a person would write them, built by the last five stages."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from pipeline.redact.policy import DEFAULT_POLICY
from pipeline.release import carding, indexing, redacting, verifying, writing
from pipeline.release.doing import do
from pipeline.release.work import Brief, Context, Done, Files, Report, Stage, Work, canonical
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


def row_of(file: File) -> dict[str, Any]:
    """A SELECTED row."""
    owner = file.repo.partition("/")[0]
    row: dict[str, Any] = dict.fromkeys(schemas.SELECTED.names)
    row |= {
        "hexsha": file.hexsha,
        "size": len(file.text.encode()),
        "ext": file.path.rpartition(".")[2],
        "lang": file.lang,
        "content": file.text,
        "avg_line_length": 10.0,
        "max_line_length": 20,
        "alphanum_fraction": 0.5,
        "row_id": hashes.row_id(DATASET, file.hexsha),
        "repo_id": hashes.made_id("github.com", file.repo),
        "licenses": list(file.licences),
        "swhid": hashes.swhid(file.hexsha),
        "redactions": [],
        "owner": owner,
        "owner_id": hashes.made_id("github.com", owner),
    }
    for by in ("stars", "issues", "forks"):
        row[f"max_{by}_repo_path"] = file.path
        row[f"max_{by}_repo_name"] = file.repo
        row[f"max_{by}_repo_head_hexsha"] = "1.0"
        row[f"max_{by}_repo_licenses"] = list(file.licences)
    return row


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
    """Build a version from selected files. Removals are taken to be applied already."""
    files = Files(root)
    done = early(files, sources)
    for stage in (
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
    """Outputs of collect, identify and select as they would be for these files."""
    done: dict[str, list[Done]] = {}
    total = len(sources)
    parts = defaultdict(list)
    for file in sorted(sources):
        parts[file.hexsha[0]].append(file)
    done["collect"] = [_told(files, "collect", 0, {"total": total}, total)]
    done["identify"] = [
        _told(files, "identify", number, {"prefix": prefix, "held": held}, len(held))
        for number, (prefix, held) in enumerate(sorted(parts.items()))
    ]
    stage = Stage("select", 1, lambda _: [], _select)
    works = [
        Work("select", one.number, one.label, {"identify": one.ref}, one.params["held"])
        for one in done["identify"]
    ]
    done["select"] = finished(files, stage, works)
    return done


def _told(files: Files, stage: str, number: int, params: Any, rows: int) -> Done:
    """Finished work of a stage that these tests do not run."""
    work = Work(stage, number, f"{stage} {number}", params)
    done = Done(number, work.label, work.name(1), params, Report(rows_in=rows, rows_out=rows))
    _report(files, done.ref, done.report)
    return done


def _report(files: Files, ref: str, report: Report) -> None:
    path = files.path(ref, "report.json")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(canonical(report.as_json()))


def _select(work: Work, files: Files, folder: Path, secret: bytes) -> Report:
    sources = sorted(work.inputs, key=lambda file: (file.lang, file.repo, file.path))
    by_blob = sorted(sources, key=lambda file: file.hexsha)
    parts = {
        "rows.parquet": (schemas.SELECTED, map(row_of, sources)),
        "raw-blobs.parquet": (schemas.BLOB, map(blob_of, by_blob)),
        "raw-occurrences.parquet": (schemas.OCCURRENCE, map(place_of, by_blob)),
    }
    report = Report(rows_in=len(sources), rows_out=len(sources))
    for name, (schema, rows) in parts.items():
        facts = writer.write(folder / name, schema, [table(rows, schema)])
        report.files[name] = facts._asdict()
    return report
