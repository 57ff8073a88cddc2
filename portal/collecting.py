"""Kinds of sources as an operator names them: options, what is fetched now, what a build reads.

Each kind has a folder of its own in a dataset's `collected` folder; what lies there is what the
next build reads, so collecting again brings a source up to date under the same name.
"""

import json
from argparse import ArgumentParser
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings

Options = Mapping[str, Any]
Tell = Callable[[str], None]  # a line of progress, which the next one may replace


class Named(NamedTuple):
    """What a command found: the source as a dataset keeps it, and the sentence about it."""

    source: dict[str, Any]
    sentence: str


class Kind(NamedTuple):
    """`collect(sources, folder, options, tell)` raises ValueError or OSError with a sentence."""

    help: str
    example: str
    source: str  # what SOURCE is
    arguments: Callable[[ArgumentParser], None]
    collect: Callable[[Sequence[str], Path, Options, Tell], Named]


def folder_of(dataset: str, kind: str) -> Path:
    """Where a dataset's source of a kind lies."""
    return Path(settings.WORK_DIR) / "collected" / dataset / kind


def policy() -> Any:
    """Where collecting may go, from the settings."""
    from pipeline.collect.outbound import Policy

    return Policy(
        frozenset(settings.COLLECT_PROTOCOLS),
        frozenset(name.casefold() for name in settings.COLLECT_PRIVATE_HOSTS),
        tuple(Path(folder) for folder in settings.COLLECT_FOLDERS),
    )


def _nothing(parser: ArgumentParser) -> None:
    pass


def _distributions(sources: Sequence[str], folder: Path, options: Options, tell: Tell) -> Named:  # noqa: ARG001
    from pipeline.collect import distributions

    folders = [Path(source).expanduser().resolve() for source in sources]
    for each in folders:
        if not each.is_dir():
            raise ValueError(f"{each} is no folder.")
    found = distributions.find(folders)
    if not found:
        raise ValueError("There is no installed distribution in these folders.")
    source = {"kind": "distributions", "paths": [str(each) for each in folders]}
    return Named(source, f"{len(found)} distributions from {len(folders)} folders")


def _git_arguments(parser: ArgumentParser) -> None:
    _limit_arguments(parser)
    parser.add_argument(
        "--only", action="store_true", help="forget repositories that this run does not name"
    )


def _limit_arguments(parser: ArgumentParser) -> None:
    add = parser.add_argument
    add("--jobs", type=int, default=8, help="repositories fetched at once (8)")
    add("--per-second", type=float, default=5.0, help="requests a second to one host (5)")
    add("--seconds", type=float, default=600.0, help="longest call of git (600)")
    add("--megabytes", type=int, default=2_048, help="largest transfer of a repository (2048)")
    add("--files", type=int, default=200_000, help="most files of a repository (200000)")


def _limits(options: Options) -> Any:
    from pipeline.collect.gitting import Limits

    return Limits(
        seconds=options["seconds"],
        bytes=options["megabytes"] << 20,
        files=options["files"],
    )


def _git(sources: Sequence[str], folder: Path, options: Options, tell: Tell) -> Named:
    from itertools import chain

    from pipeline.collect import clones, lists

    limits = _limits(options)
    kept = clones.Clones(
        folder, policy(), limits, jobs=options["jobs"], per_second=options["per_second"]
    )

    def show(progress: clones.Progress) -> None:
        left = sum(progress.reasons.values())
        tell(f"{progress.done:,} repositories, {progress.bytes / 1e6:,.0f} MB, {left:,} left out")

    ended = kept.fetch(chain.from_iterable(map(lists.read, sources)), show, only=options["only"])
    left = ", ".join(f"{count:,} {reason}" for reason, count in ended.reasons.items())
    held = sum(1 for facts in clones.catalogue(folder) if not facts.reason)
    if not held:
        raise ValueError(f"None of these repositories could be fetched: {left or 'none named'}.")
    told = f"{held:,} repositories" + (f" ({left} left out)" if left else "")
    return Named({"kind": "git", "folder": str(folder)}, told)


def _gharchive_arguments(parser: ArgumentParser) -> None:
    add = parser.add_argument
    add("--jobs", type=int, default=2, help="hours taken apart at once, a process each (2)")
    add("--per-second", type=float, default=1.0, help="requests a second to one host (1)")


def _gharchive(sources: Sequence[str], folder: Path, options: Options, tell: Tell) -> Named:
    from pipeline.collect import archive

    wanted = [hour for source in sources for hour in archive.wanted(source)]
    left: list[str] = []
    rows = 0
    found = archive.take_all(
        wanted, folder, policy(), jobs=options["jobs"], per_second=options["per_second"]
    )
    for done, taken in enumerate(found, 1):
        rows += taken.report.get("rows", 0)
        if taken.reason:
            left.append(f"{taken.name}: {taken.told}")
        tell(f"{done:,} of {len(wanted):,} hours, {rows:,} messages, {len(left)} left out")
    if len(left) == len(wanted):
        raise ValueError(f"None of these hours could be read: {left[0]}.")
    index = archive.sum_up(folder)
    told = f"{len(index['hours']):,} hours with {index['rows']:,} messages"
    broken = index["dropped"].get("truncated-file", 0)
    told += f" ({broken} of them break off)" if broken else ""
    told += f" ({len(left)} left out, the first: {left[0]})" if left else ""
    return Named({"kind": "gharchive", "folder": str(folder)}, told)


def _commits_arguments(parser: ArgumentParser) -> None:
    _limit_arguments(parser)
    parser.add_argument(
        "--depth", type=int, default=100, help="newest commits of each clone's branch (100)"
    )


def _commits(sources: Sequence[str], folder: Path, options: Options, tell: Tell) -> Named:
    from pipeline.collect import exports
    from pipeline.release.sources import commits

    folder.mkdir(parents=True, exist_ok=True)
    told = []
    if "clones" in sources:
        lines, kept = _deepened(folder.parent / "git", options, tell)
        _write_lines(folder / commits.HISTORIES, lines)
        told.append(f"the history of {len(lines):,} clones" + kept)
    files = [path for one in sources if one != "clones" for path in exports.files(one)]
    if files:
        _write_lines(folder / commits.EXPORTS, [commits.note_export(path) for path in files])
        told.append(f"{len(files):,} files of exported commits")
    return Named({"kind": "commits", "folder": str(folder)}, " and ".join(told))


def _deepened(root: Path, options: Options, tell: Tell) -> tuple[list[Any], str]:
    from pipeline.collect import clones
    from pipeline.release.sources import commits

    if not (root / clones.CATALOGUE).exists():
        raise ValueError("This dataset has no clones yet: run collect git first.")
    depth = options["depth"] + 1  # the last is only compared with
    limits = _limits(options)
    kept = clones.Clones(
        root, policy(), limits, jobs=options["jobs"], per_second=options["per_second"]
    )
    lines, gone = [], 0
    for facts, head in kept.deepen(depth, lambda each: tell(f"{each.done:,} histories")):
        if head:
            lines.append(commits.note_history(facts, head, depth, root))
        gone += not head
    if not lines:
        raise ValueError("No history could be fetched.")
    return lines, f" ({gone:,} could not be had)" if gone else ""


def _write_lines(path: Path, lines: Sequence[Any]) -> None:
    draft = path.with_name(f".{path.name}.part")
    draft.write_text("".join(f"{json.dumps(line, sort_keys=True)}\n" for line in lines))
    draft.replace(path)


def _stack_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--contents",
        default="",
        metavar="PLACE",
        help="where the texts of v2 lie by their ids: a folder or s3://BUCKET/PREFIX",
    )


def _stack(sources: Sequence[str], folder: Path, options: Options, tell: Tell) -> Named:
    from pipeline.collect import stack

    found = []
    for source in sources:
        path = Path(source).expanduser().resolve()
        inside = sorted(path.rglob("*.parquet")) if path.is_dir() else [path]
        if not inside or not inside[0].is_file():
            raise ValueError(f"{source} holds no Parquet file.")
        base = path if path.is_dir() else path.parent
        for each in inside:
            found.append(stack.look(each, str(each.relative_to(base))))
            tell(f"{len(found):,} files")
    stack.write_index(folder, found, _place(options["contents"]))
    size = sum(one.size for one in found)
    told = f"{len(found):,} files of The Stack ({size / 1e6:,.0f} MB)"
    return Named({"kind": "stack", "folder": str(folder)}, told)


def _place(contents: str) -> str:
    if not contents or contents.startswith("s3://"):
        return contents
    path = Path(contents).expanduser().resolve()
    if not path.is_dir():
        raise ValueError(f"{contents} is no folder.")
    return str(path)


def _hub_arguments(parser: ArgumentParser) -> None:
    _stack_arguments(parser)
    add = parser.add_argument
    add("--include", default="*.parquet", help="files to fetch, by pattern (*.parquet)")
    add("--revision", default="main", help="branch, tag or commit (main)")


def _hub(sources: Sequence[str], folder: Path, options: Options, tell: Tell) -> Named:
    from pipeline.collect import hub, stack

    found = []
    for source in sources:
        for path, name in hub.fetch(
            source, folder, revision=options["revision"], include=options["include"]
        ):
            found.append(stack.look(path, name))
            size = sum(one.size for one in found)
            tell(f"{len(found):,} files, {size / 1e6:,.0f} MB")
    stack.write_index(folder, found, _place(options["contents"]))
    told = f"{len(found):,} files of {', '.join(sources)}"
    return Named({"kind": "hub", "folder": str(folder)}, told)


KINDS: dict[str, Kind] = {
    "git": Kind(
        "clone or fetch repositories, shallow and bare, and read the head of the default branch",
        "manage.py collect git repositories.txt https://github.com/django/django --dataset lab/web",
        "an address, owner/name of github.com, or a list (.txt, .csv, .jsonl, .parquet)",
        _git_arguments,
        _git,
    ),
    "gharchive": Kind(
        "read hours of GHArchive: threads of issues, and names and numbers of repositories",
        "manage.py collect gharchive 2024-01-02 /srv/archive/ --dataset lab/web",
        "a day (YYYY-MM-DD), an address ({0..23} for a range), a file or folder of .json.gz",
        _gharchive_arguments,
        _gharchive,
    ),
    "commits": Kind(
        "read commits that change one file: from this dataset's clones, and from exports",
        "manage.py collect commits clones /srv/export/ --depth 200 --dataset lab/web",
        "`clones`, or a file or folder of an export (.parquet, .jsonl, .jsonl.gz)",
        _commits_arguments,
        _commits,
    ),
    "stack": Kind(
        "read Parquet files in the layouts of The Stack v1.x and v2",
        "manage.py collect stack /srv/the-stack/data/python --dataset lab/web",
        "a file or a folder of .parquet",
        _stack_arguments,
        _stack,
    ),
    "hub": Kind(
        "fetch such files from a dataset of the Hugging Face Hub (HF_ENDPOINT, HF_TOKEN)",
        "manage.py collect hub bigcode/the-stack --include 'data/python/*' --dataset lab/web",
        "OWNER/NAME of a dataset",
        _hub_arguments,
        _hub,
    ),
    "distributions": Kind(
        "read installed Python distributions",
        "manage.py collect distributions .venv/lib/python3.11/site-packages --dataset lab/shelf",
        "a site-packages folder",
        _nothing,
        _distributions,
    ),
}
