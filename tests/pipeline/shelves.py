"""Small installed environments for tests, and the first three stages run over them."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.release import collecting, identifying, redacting, selecting, selection
from pipeline.release.work import Brief, Context, Done, Files, Stage
from pipeline.shards import slices, writer

STAGES = {one.name: one for one in (collecting.STAGE, identifying.STAGE, selecting.STAGE)}
MIT = """MIT License

Copyright (c) 2024 Somebody

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and
associated documentation files (the "Software"), to deal in the Software without restriction,
including without limitation the rights to use, copy, modify, merge, publish, distribute,
sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or
substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT
NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND
NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM,
DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT
OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""


def install(
    folder: Path,
    name: str,
    files: Mapping[str, str | bytes],
    *,
    version: str = "1.0",
    licence: str = "MIT",
    home: str = "",
    listed: Sequence[str] = (),
    more: str = "",
    licence_files: Mapping[str, str] | None = None,
) -> Path:
    """Put a distribution into a folder as an installer would; `listed` adds lines to RECORD."""
    info = folder / f"{name}-{version}.dist-info"
    info.mkdir(parents=True)
    told = f"Metadata-Version: 2.4\nName: {name}\nVersion: {version}\n"
    told += f"License-Expression: {licence}\n" if licence else ""
    told += f"Project-URL: Source, {home}\n" if home else ""
    told += "".join(f"License-File: {path}\n" for path in licence_files or {})
    (info / "METADATA").write_text(f"{told}{more}\n\nA description.\n", encoding="utf-8")
    for path, text in (licence_files or {}).items():
        (info / "licenses").mkdir(exist_ok=True)
        (info / "licenses" / path).write_text(text)
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content.encode() if isinstance(content, str) else content)
    rows = [quoted(path) for path in (*files, *listed, f"{info.name}/METADATA")]
    (info / "RECORD").write_text(
        "".join(f"{row},,\n" for row in rows), encoding="utf-8", newline=""
    )
    return info


def quoted(path: str) -> str:
    """A field of a CSV file."""
    return '"' + path.replace('"', '""') + '"' if set(path) & set('",\n\r') else path


def brief(folders: Iterable[Path], **changes: Any) -> Brief:
    """A brief over installed distributions."""
    sources = [{"kind": "distributions", "paths": [str(folder) for folder in folders]}]
    told = {"licence_set": "permissive", "removals": (), "redaction": {}, "terms": {}}
    return Brief("gatehouse/test", "1.0", **{"sources": sources, **told, **changes})


def build(asked: Brief, root: Path, *, upto: str = "select") -> dict[str, list[Done]]:
    """Run the stages; work that is done lies there and is not done again."""
    done: dict[str, list[Done]] = {}
    for stage in STAGES.values():
        context = Context(asked, Files(root), done)
        done[stage.name] = [_do(stage, work, root) for work in stage.plan(context)]
        if stage.name == upto:
            break
    return done


def _do(stage: Stage, work: Any, root: Path) -> Done:
    ref = work.name(stage.version)
    folder = root / ref
    folder.mkdir(parents=True, exist_ok=True)
    report = stage.run(work, Files(root), folder, b"")
    assert report.rows_in == report.rows_out + sum(report.dropped.values())
    return Done(work.number, work.label, ref, work.params, report)


def rows(root: Path, done: Sequence[Done], name: str) -> list[dict[str, Any]]:
    """All rows of a file of a stage."""
    read = slices.read if name.endswith(".arrow") else writer.read_table
    return [row for one in done for row in read(root / one.ref / name).to_pylist()]


def selected(root: Path, asked: Brief, done: Mapping[str, Sequence[Done]]) -> list[dict[str, Any]]:
    """The rows that select decided on, as redact takes them in, home by home."""
    files = Files(root)
    return [
        row
        for work in redacting.plan(Context(asked, files, done))
        for batch in selection.rows(work, files, 100)
        for row in batch.to_pylist()
    ]


def dropped(done: Sequence[Done]) -> dict[str, int]:
    """Counts by reason of a whole stage."""
    found: dict[str, int] = {}
    for one in done:
        for reason, count in one.report.dropped.items():
            found[reason] = found.get(reason, 0) + count
    return found


def total(done: Sequence[Done], field: str) -> int:
    """Sum of a field of the reports."""
    return sum(getattr(one.report, field) for one in done)


def bytes_of(root: Path, done: Sequence[Done]) -> dict[str, bytes]:
    """Every file of a stage by its reference and name."""
    return {
        f"{one.ref}/{name}": (root / one.ref / name).read_bytes()
        for one in done
        for name in one.report.files
    }
