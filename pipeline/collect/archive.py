"""A folder of GHArchive hours: fetched or read from disk, each taken apart once, then summed up.

hours/2024-01-02-3/     tables of one hour and `report.json`; renamed into place when whole
downloads/              what is being fetched; goes on where it stopped
repositories.parquet    REPOSITORY_FACTS of all hours, by number
aliases.parquet         ALIAS of all hours
archive.json            the hours and their counts: what a build plans from
"""

import hashlib
import json
import multiprocessing
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa

from pipeline.collect import hours
from pipeline.collect.download import DownloadFailed, opened
from pipeline.collect.events import HOST
from pipeline.collect.outbound import Forbidden, Policy
from pipeline.collect.pace import Pace
from pipeline.shards import schemas, writer

if TYPE_CHECKING:
    import duckdb

UNREADABLE = "unreadable-file"
INDEX = "archive.json"
BASE = "https://data.gharchive.org/"
_BRACES = re.compile(r"\{(\d+)\.\.(\d+)\}")
_HOUR = re.compile(r"(\d{4}-\d\d-\d\d-\d{1,2})\.json\.gz")
_STEM = re.compile(r"[\w.-]{1,100}")
_MOST = 100_000  # files of one pattern
_BLOCK = 1 << 20
_ATTEMPTS = 5
PATIENCE = 2.0  # seconds before a busy host is asked again, doubled each time
_MEMORY = "512MB"  # of the join; the rest goes to the disk
_BATCH = 10_000  # rows


class Hour(NamedTuple):
    """A file to read: on disk, or at an address."""

    name: str
    source: str  # path or address

    @property
    def remote(self) -> bool:
        return "://" in self.source


class Taken(NamedTuple):
    """An hour that was taken apart, or why it was not."""

    name: str
    report: dict[str, Any]
    reason: str = ""
    told: str = ""


def wanted(source: str) -> Iterator[Hour]:
    """The files that a source names: a file, a folder, an address, or a day such as `2024-01-02`.

    `{0..23}` in an address stands for all numbers from 0 to 23.

    Raises:
        ValueError: nothing is there, or it is no file of the archive.
    """
    if re.fullmatch(r"\d{4}-\d\d-\d\d", source):
        source = f"{BASE}{source}-{{0..23}}.json.gz"
    if "://" in source:
        for url in _expanded(source):
            yield Hour(_name(url.rpartition("/")[2]), url)
        return
    path = Path(source).expanduser()
    found = sorted(path.glob("*.json.gz")) if path.is_dir() else [path]
    if not found or not found[0].is_file():
        raise ValueError(f"{source} holds no file of the archive (HOUR.json.gz).")
    for each in found:
        yield Hour(_name(each.name), str(each.resolve()))


def take(
    hour: Hour, root: Path, policy: Policy, pace: Pace, tell: Callable[[int], None] = lambda _: None
) -> Taken:
    """Take one hour apart, unless that was done; fetch it before where it is not on disk.

    An hour that is unchanged is not read again: a fetched one for good, one on disk by its size.
    """
    place = root / "hours" / hour.name
    path = Path(hour.source) if not hour.remote else root / "downloads" / f"{hour.name}.json.gz"
    report = read_report(place)
    if report and (hour.remote or report["size"] == path.stat().st_size):
        return Taken(hour.name, report)
    try:
        if hour.remote:
            _fetch(hour.source, path, policy, pace)
        report = _apart(path, place, tell)
    except (DownloadFailed, Forbidden, OSError) as error:
        return Taken(hour.name, {}, UNREADABLE, str(error))
    if hour.remote:
        path.unlink()
    return Taken(hour.name, report)


def take_all(
    wanted: Sequence[Hour], root: Path, policy: Policy, *, jobs: int = 1, per_second: float = 1.0
) -> Iterator[Taken]:
    """Take hours apart side by side, a process each; they come as they are done."""
    (root / "hours").mkdir(parents=True, exist_ok=True)
    pace = Pace(per_second / max(jobs, 1))  # each process keeps its share
    if jobs <= 1:
        yield from (take(hour, root, policy, pace) for hour in wanted)
        return
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(
        jobs, mp_context=spawn, initializer=_begin, initargs=(pace.gap,)
    ) as pool:
        for future in as_completed(pool.submit(_one, hour, root, policy) for hour in wanted):
            yield future.result()


_paces: list[Pace] = []  # of this process


def _begin(gap: float) -> None:
    _paces.append(Pace(1 / gap if gap else 0))


def _one(hour: Hour, root: Path, policy: Policy) -> Taken:
    return take(hour, root, policy, _paces[0])


def read_report(place: Path) -> dict[str, Any] | None:
    """The report of an hour, None when it was not taken apart."""
    try:
        found: dict[str, Any] = json.loads((place / "report.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return found


def sum_up(root: Path) -> dict[str, Any]:
    """Write what all hours together tell of repositories and names; return the index.

    Memory: bounded, whatever the number of hours; the join spills to the disk.
    """
    import duckdb  # only here: a worker that reads what was summed up needs none of it

    names = sorted((path.name for path in (root / "hours").iterdir()), key=_in_time)
    reports = {name: read_report(root / "hours" / name) for name in names}
    held = {name: report for name, report in reports.items() if report is not None}
    spill = root / ".spill"
    with duckdb.connect(config={"memory_limit": _MEMORY, "threads": 2}) as database:
        database.execute(f"SET temp_directory = '{_quoted(spill)}'")
        database.execute("SET preserve_insertion_order = false")
        for table in ("repositories", "accounts"):
            files = [str(root / "hours" / name / f"{table}.parquet") for name in held]
            listed = ", ".join(f"'{_quoted(Path(file))}'" for file in files)
            database.execute(f"CREATE VIEW {table}_seen AS FROM read_parquet([{listed}])")
        facts = {
            "aliases.parquet": _written(root, "aliases", schemas.ALIAS, database, _ALIASES),
            "repositories.parquet": _written(
                root, "repositories", schemas.REPOSITORY_FACTS, database, _REPOSITORIES
            ),
        }
    shutil.rmtree(spill, ignore_errors=True)
    dropped: Counter[str] = Counter()
    for report in held.values():
        dropped.update(report["dropped"])
    index = {
        "hours": {
            name: {key: report[key] for key in ("rows", "text")}
            | {"sha256": report["files"]["events.parquet"]["sha256"]}
            for name, report in held.items()
        },
        "files": {name: each._asdict() for name, each in facts.items()},
        "events": sum(report["events"] for report in held.values()),
        "rows": sum(report["rows"] for report in held.values()),
        "bytes": sum(report["bytes"] for report in held.values()),
        "dropped": dict(sorted(dropped.items())),
    }
    # A build names the hours that it reads by one digest; later hours leave the list as it was.
    listed = json.dumps({name: each["sha256"] for name, each in index["hours"].items()})
    index["list"] = hashlib.sha256(listed.encode()).hexdigest()[:32]
    (root / "lists").mkdir(exist_ok=True)
    _write(root / "lists" / f"{index['list']}.json", listed)
    _write(root / INDEX, json.dumps(index, sort_keys=True, indent=1) + "\n")
    return index


def hours_of(root: Path, digest: str) -> list[str]:
    """Names of the hours of a list, in time. Raises FileNotFoundError for one that never was."""
    told = json.loads((root / "lists" / f"{digest}.json").read_text(encoding="utf-8"))
    return list(told)


def index_of(root: Path) -> dict[str, Any]:
    """What `sum_up` wrote. Raises FileNotFoundError before the first run has ended."""
    found: dict[str, Any] = json.loads((root / INDEX).read_text(encoding="utf-8"))
    return found


# Of equal times the greater name counts, so that the same hours always give the same rows.
_ALIASES = f"""
    SELECT '{HOST}' AS host, kind, id, name, min(first_seen) AS first_seen,
           max(last_seen) AS last_seen
    FROM (SELECT 'account' AS kind, * FROM accounts_seen UNION ALL
          SELECT 'repository', id, name, first_seen, last_seen FROM repositories_seen)
    GROUP BY ALL ORDER BY kind, id, name
"""  # noqa: S608  no word of it comes from outside
_NEWEST = "arg_max({0}, (stated_at, {0})) FILTER ({0} IS NOT NULL) AS {0}"
_REPOSITORIES = f"""
    WITH accounts AS (
        SELECT lower(name) AS login, arg_max(id, (last_seen, id)) AS id
        FROM accounts_seen GROUP BY 1
    ), repositories AS (
        SELECT id, arg_max(name, (last_seen, name)) AS name,
               {
    ", ".join(f"sum({what}_seen) AS {what}_seen" for what in ("stars", "forks", "issues"))
},
               {
    ", ".join(
        f"min({what}_first) AS {what}_first, max({what}_last) AS {what}_last"
        for what in ("stars", "forks", "issues")
    )
},
               {
    ", ".join(
        _NEWEST.format(what)
        for what in ("stars", "forks", "issues", "fork_of", "licence", "branch")
    )
},
               min(created) AS created
        FROM repositories_seen GROUP BY id
    )
    SELECT '{HOST}' AS host, repositories.id AS repo_id, name, accounts.id AS owner_id,
           split_part(name, '/', 1) AS owner,
           {
    ", ".join(
        f"coalesce({what}, nullif({what}_seen, 0))::BIGINT AS {what}"
        for what in ("stars", "forks", "issues")
    )
},
           stars_first, stars_last, forks_first, forks_last, issues_first, issues_last,
           fork_of, licence, branch, created
    FROM repositories LEFT JOIN accounts ON login = lower(split_part(name, '/', 1))
    ORDER BY repo_id
"""  # noqa: S608  no word of it comes from outside


def _written(
    root: Path, name: str, schema: pa.Schema, database: "duckdb.DuckDBPyConnection", query: str
) -> writer.FileFacts:
    path = root / f"{name}.parquet"
    draft = path.with_name(f".{path.name}.part")
    columns = ", ".join(f'"{column}"' for column in schema.names)
    found = database.sql(f"SELECT {columns} FROM ({query})").to_arrow_reader(_BATCH)  # noqa: S608
    facts = writer.write(draft, schema, found)
    draft.replace(path)
    return facts


def _apart(path: Path, place: Path, tell: Callable[[int], None]) -> dict[str, Any]:
    draft = place.with_name(f".{place.name}.part")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    try:
        with path.open("rb") as file:
            report = hours.take_apart(file, draft, tell)
        report["size"] = path.stat().st_size
        (draft / "report.json").write_text(json.dumps(report, sort_keys=True), encoding="utf-8")
        shutil.rmtree(place, ignore_errors=True)
        draft.rename(place)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return report


def _fetch(url: str, path: Path, policy: Policy, pace: Pace) -> None:
    """Fetch a file, going on where an earlier try stopped.

    Raises:
        DownloadFailed: it is not there, or does not come after some tries.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.part")
    for attempt in range(1, _ATTEMPTS + 1):
        pace.wait(url)
        try:
            _more(url, draft, policy)
            draft.replace(path)
            return
        except (DownloadFailed, OSError) as error:
            status = getattr(error, "status", 0)
            if status == 416:  # the part is no beginning of what is there now
                draft.unlink(missing_ok=True)
            elif attempt == _ATTEMPTS or (400 <= status < 500 and status != 429):
                raise
            pace.back_off(url, PATIENCE * 2**attempt if status != 416 else 0)


def _more(url: str, draft: Path, policy: Policy) -> None:
    begin = draft.stat().st_size if draft.exists() else 0
    with opened(url, policy, begin=begin) as answer, draft.open("ab") as file:
        left = answer.length
        while part := answer.read(_BLOCK):
            file.write(part)
            left = None if left is None else left - len(part)
        if left:
            raise DownloadFailed(0, f"{url} ended too early")


def _expanded(url: str) -> Iterable[str]:
    found = _BRACES.search(url)
    if not found:
        return [url]
    first, last = int(found[1]), int(found[2])
    if not 0 <= last - first < _MOST:
        raise ValueError(f"{found[0]} is no range.")
    width = len(found[1]) if found[1].startswith("0") and len(found[1]) > 1 else 0
    parts = (
        url[: found.start()] + str(n).zfill(width) + url[found.end() :]
        for n in range(first, last + 1)
    )
    return [each for part in parts for each in _expanded(part)]


def _name(file: str) -> str:
    name = file.removesuffix(".json.gz")
    if name == file or not _STEM.fullmatch(name) or name.startswith("."):
        raise ValueError(f"{file!r} is no file of the archive (HOUR.json.gz).")
    return name


def _in_time(name: str) -> tuple[str, int, str]:
    day, _, hour = name.rpartition("-")
    return (day, int(hour) if hour.isdigit() else -1, name)


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def _write(path: Path, told: str) -> None:
    draft = path.with_name(f".{path.name}.part")
    draft.write_text(told, encoding="utf-8")
    draft.replace(path)
