"""`gatehouse audit-verify`: check an exported log, or receipts alone, without the server."""

import argparse
import dataclasses
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..findings import Report

NAME = "audit-verify"
SUMMARY = "check an exported audit log, or receipts, against a pinned key"
EXAMPLES = """\
examples:
  gatehouse audit-verify export.jsonl.gz --key log.key
  gatehouse audit-verify export.jsonl --key log.key --older march.note --receipt mine.json
  gatehouse audit-verify --key log.key --receipt mine.json     (a receipt alone)

exit status: 0 all is right, 1 something fails (said in sentences), 2 wrong usage
"""

_MAX_SHOWN = 200  # sentences; --json gives all


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("export", nargs="?", type=Path, help="JSON lines, plain or gzipped")
    parser.add_argument(
        "--key", required=True, type=Path, help="file with the verifier key(s) that you pinned"
    )
    parser.add_argument(
        "--older",
        action="append",
        default=[],
        type=Path,
        metavar="CHECKPOINT",
        help="a signed checkpoint that you kept; can be given more than once",
    )
    parser.add_argument(
        "--receipt",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="a receipt that you kept; can be given more than once",
    )
    parser.add_argument(
        "--tiles", type=Path, metavar="DIR", help="a mirror of the public tiles, to find changes"
    )
    parser.add_argument("--origin", help="name of the log, if it is not that of the key")
    parser.add_argument("--processes", type=int, help="how many to use (default: what pays)")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")


def run(args: argparse.Namespace) -> int:
    """Check and print; 0 when all is right, 1 when something fails."""
    from .. import audit, notes, receipts
    from ..findings import Report

    if args.export is None and not args.receipt:
        raise argparse.ArgumentTypeError("Give an export, or a receipt with --receipt.")
    if args.export is None and (args.older or args.tiles):
        raise argparse.ArgumentTypeError("--older and --tiles need an export to compare with.")
    keys = notes.read_keys(args.key)
    kept = [(path.name, _bytes(path, receipts.MAX_RECEIPT)) for path in args.receipt]
    if args.export is None:
        report = Report()
        names = {key.name for key in keys} if args.origin is None else {args.origin}
        for name, data in kept:
            audit.check_receipt(report, name, data, keys, names)
    else:
        older = [audit.Named(path.name, _text(path, notes.MAX_NOTE)) for path in args.older]
        report = audit.verify(
            args.export,
            keys,
            older=older,
            own_receipts=kept,
            tiles=args.tiles,
            origin=args.origin,
            processes=args.processes,
        )
    sys.stdout.write(_as_json(report) if args.json else _as_text(report))
    return 0 if report.ok else 1


def _as_json(report: "Report") -> str:
    return json.dumps({"ok": report.ok, **dataclasses.asdict(report)}, indent=2) + "\n"


def _as_text(report: "Report") -> str:
    lines = []
    if report.origin:
        lines.append(f"{report.origin}: {report.size} entries")
    lines += [f"  proved  {sentence}" for sentence in report.proved]
    lines += [f"  FAILS   {item.sentence}" for item in report.findings[:_MAX_SHOWN]]
    hidden = max(len(report.findings) - _MAX_SHOWN, 0) + report.unnamed
    if hidden:
        lines.append(f"  FAILS   {hidden} more like these.")
    lines.append("All is right." if report.ok else "Something fails.")
    return "".join(_printable(line) + "\n" for line in lines)


def _printable(text: str) -> str:
    """Without control characters: parts of what is told come from files of others."""
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in text)


def _bytes(path: Path, limit: int) -> bytes:
    with path.open("rb") as file:
        return file.read(limit + 1)


def _text(path: Path, limit: int) -> str:
    return _bytes(path, limit).decode(errors="replace")
