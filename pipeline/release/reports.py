"""What finished work tells later stages: its report, its files, sums over many of them."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from .doing import read_report
from .work import Done, Files, Json, Report


def read_json(path: Path) -> Json:
    return json.loads(path.read_text(encoding="utf-8"))


def write_json(path: Path, value: Json) -> int:
    """Write `value` with sorted keys, one field a line; returns bytes."""
    text = json.dumps(value, sort_keys=True, indent=1, ensure_ascii=False) + "\n"
    return path.write_bytes(text.encode())


def of_ref(files: Files, ref: str) -> Report:
    """The report beside the files of finished work.

    Raises FileNotFoundError when the work is not finished.
    """
    report = read_report(files, ref)
    if report is None:
        raise FileNotFoundError(f"the output {ref} is not there")
    return report


def shas(done: Iterable[Done], name: str) -> list[str]:
    """sha256 of one file of every output that has it: how `params` name it by content."""
    reports = [one.report for one in done]
    return [report.files[name]["sha256"] for report in reports if name in report.files]


def rows_of(report: Report, name: str) -> int:
    """Rows of one file of a report, 0 when the work wrote no such file."""
    return int(report.files.get(name, {}).get("rows", 0))


def kind_of(done: Done) -> str:
    """Which sort of shard within its stage; `rows` where a stage has one sort."""
    return done.params.get("kind", "rows") if isinstance(done.params, Mapping) else "rows"


def added(tallies: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Sum of counters, by name, names in order."""
    total: dict[str, int] = {}
    for tally in tallies:
        for name, count in tally.items():
            total[name] = total.get(name, 0) + count
    return dict(sorted(total.items()))


def summed(reports: Sequence[Report]) -> dict[str, Json]:
    """Rows, bytes and reasons of many reports as one."""
    return {
        "shards": len(reports),
        "rows_in": sum(report.rows_in for report in reports),
        "rows_out": sum(report.rows_out for report in reports),
        "bytes_in": sum(report.bytes_in for report in reports),
        "bytes_out": sum(report.bytes_out for report in reports),
        "dropped": added(report.dropped for report in reports),
    }


def files_of(done: Iterable[Done], kind: str) -> list[Done]:
    """The finished work of one kind within its stage."""
    return [one for one in done if kind_of(one) == kind]
