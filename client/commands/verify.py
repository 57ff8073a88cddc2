"""`gatehouse verify`: check downloaded files against a version's signed manifest, offline."""

import argparse
import json
import sys
from collections import Counter
from pathlib import Path

NAME = "verify"
SUMMARY = "check downloaded files against a version's signed manifest"
EXAMPLES = """\
examples:
  gatehouse verify shelf-1.1/ --key log.key
  gatehouse verify shelf-1.1/ --key log.key --manifest manifest.json --note manifest.note

The manifest and its note are looked for in the folder unless they are named. The key is that of the
site's record, pinned once from a place that its operator cannot change later.

exit status: 0 all files of the tier are there and right, 1 something is not, 2 wrong usage, or a
note or manifest that is not to be trusted
"""

_MAX_SHOWN = 200  # files; --json gives all
_MAX_NOTE = 1_000_000  # bytes


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("folder", type=Path, help="where the files of the version lie")
    parser.add_argument(
        "--key", required=True, type=Path, help="file with the verifier key(s) that you pinned"
    )
    parser.add_argument("--manifest", type=Path, help="default: manifest.json in the folder")
    parser.add_argument("--note", type=Path, help="default: manifest.note in the folder")
    parser.add_argument("--tier", default="processed", help="whose files lie there (%(default)s)")
    parser.add_argument("--json", action="store_true", help="print every file as JSON")


def run(args: argparse.Namespace) -> int:
    """Check and print; 0 when all is right, 1 when something is not."""
    from .. import manifests, notes

    if not args.folder.is_dir():
        raise argparse.ArgumentTypeError(f"{args.folder} is no folder.")
    note = _read(args.note or args.folder / "manifest.note", _MAX_NOTE)
    statement = manifests.open_note(note.decode(errors="replace"), notes.read_keys(args.key))
    data = _read(args.manifest or args.folder / "manifest.json", manifests.MAX_MANIFEST)
    manifest = manifests.check_manifest(data, statement)
    found = list(manifests.check_folder(manifest, args.folder, args.tier))
    counts = Counter(each.state for each in found)
    right = bool(counts["right"]) and counts["right"] == len(found) - counts["unknown"]
    if args.json:
        told = {
            "ok": right,
            "dataset": statement.dataset,
            "version": statement.version,
            "manifest_sha256": statement.sha256,
            "counts": dict(counts),
            "files": [{"path": each.path, "state": each.state} for each in found],
        }
        sys.stdout.write(json.dumps(told, indent=2) + "\n")
    else:
        sys.stdout.write(_as_text(statement, args.tier, found, counts, right=right))
    return 0 if right else 1


def _as_text(statement: "object", tier: str, found: list, counts: Counter, *, right: bool) -> str:
    told = [f"{statement.dataset} {statement.version}, tier {tier}: signed"]  # type: ignore[attr-defined]
    wrong = [each for each in found if each.state != "right"]
    told += [f"  {each.state:<8}{each.path}" for each in wrong[:_MAX_SHOWN]]
    if len(wrong) > _MAX_SHOWN:
        told.append(f"  and {len(wrong) - _MAX_SHOWN} more.")
    told.append(", ".join(f"{count} {state}" for state, count in sorted(counts.items())) or "none")
    told.append("All is right." if right else "Something is not right.")
    return "".join(_printable(line) + "\n" for line in told)


def _printable(text: str) -> str:
    """Without control characters: parts of what is told come from files of others."""
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in text)


def _read(path: Path, most: int) -> bytes:
    with path.open("rb") as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise argparse.ArgumentTypeError(f"{path.name} is larger than it can be.")
    return data
