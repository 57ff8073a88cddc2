"""A folder of clones: many repositories fetched side by side, each with what is known of it.

    clones/ab/abcdef…/repository.git    the bare repository
    clones/ab/abcdef…/facts.json        what was found (Facts), written when it is whole
    repositories.jsonl                  all facts, by host and name: what a build plans from
    run.json                            there while a run is not ended; the next one goes on with it

A repository that cannot be had costs itself alone: its facts say why.
"""

import hashlib
import itertools
import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.collect import cloning, trees
from pipeline.collect.gitting import FAILED, TIMED_OUT, GitFailed, Limits
from pipeline.collect.lists import BadEntry, Wanted, name_in
from pipeline.collect.outbound import Forbidden, Policy
from pipeline.collect.pace import Pace

FORBIDDEN = "forbidden-address"
BAD_ENTRY = "bad-entry"
SAME = "same-repository"
REMOVED = "removed"  # its owner asked: it is not fetched again
CATALOGUE = "repositories.jsonl"
MARK_BYTES = 1 << 20  # a large repository can be cut at every so many bytes of text
_WINDOW = 4  # repositories waiting for each thread
_ATTEMPTS = 3
_PASSING = ("error: 429", "error: 502", "error: 503", "error: 504", "timed out", "reset by peer")
_PASSING += ("connection refused", "early eof", "unexpected disconnect", "could not resolve")


@dataclass(slots=True)
class Facts:
    """What is known of one repository. With a `reason` there is nothing to read."""

    host: str
    name: str  # as the host calls it now
    url: str
    folder: str  # of the bare repository, below the clones' own
    reason: str = ""
    told: str = ""  # what git said about it
    head: str = ""
    branch: str = ""
    files: int = 0  # entries of the tree
    bytes: int = 0  # of those that may be read
    marks: list[int] = field(default_factory=list)  # entries after each MARK_BYTES
    aliases: list[str] = field(default_factory=list)
    id: int | None = None
    owner_id: int | None = None
    stars: int | None = None
    forks: int | None = None
    issues: int | None = None
    fork_of: str = ""
    licence: str = ""
    run: str = ""

    @property
    def owner(self) -> str:
        return self.name.split("/", 1)[0]


class Progress(NamedTuple):
    """How far a run is. `reasons` counts what could not be had."""

    done: int
    bytes: int
    reasons: dict[str, int]


class Clones:
    """The clones of one dataset."""

    def __init__(
        self,
        root: Path,
        policy: Policy,
        limits: Limits,
        *,
        jobs: int = 8,
        per_second: float = 5.0,
        patience: float = 5.0,
    ) -> None:
        """`patience` is the seconds after which a host that is busy is asked again, doubled."""
        self.root, self.policy, self.limits = root, policy, limits
        self._jobs, self._pace, self._patience = jobs, Pace(per_second), patience

    def fetch(
        self,
        wanted: Iterable[Wanted | BadEntry],
        tell: Callable[[Progress], None] = lambda _: None,
        *,
        only: bool = False,
    ) -> Progress:
        """Fetch all that is wanted, and list everything.

        What earlier runs fetched stays, or with `only` goes. A run that was broken off goes on
        where it stopped. Memory: one repository a thread.
        """
        run = self._begin()
        reasons: Counter[str] = Counter()
        done = size = 0
        for facts in self._all(wanted, run):
            done += 1
            size += facts.bytes
            reasons[facts.reason] += bool(facts.reason)
            tell(Progress(done, size, dict(+reasons)))
        if only:
            self._forget_others(run)
        doubles = write_catalogue(self.root)
        if doubles:
            reasons[SAME] += doubles
        (self.root / "run.json").unlink()
        return Progress(done, size, dict(sorted((+reasons).items())))

    def deepen(
        self, depth: int, tell: Callable[[Progress], None] = lambda _: None
    ) -> Iterator[tuple[Facts, str]]:
        """Fetch `depth` commits of every repository that is there; yield it and its newest commit.

        A repository that cannot be had any more has "" and keeps what it has.
        """
        limits = self.limits._replace(depth=depth)
        reasons: Counter[str] = Counter()
        done = 0
        held = (facts for facts in catalogue(self.root) if not facts.reason)
        with ThreadPoolExecutor(self._jobs) as pool:
            while part := list(itertools.islice(held, self._jobs * _WINDOW)):
                heads = pool.map(lambda facts: self._deepened(facts, limits), part)
                for facts, (head, reason) in zip(part, heads, strict=True):
                    done += 1
                    reasons[reason] += bool(reason)
                    tell(Progress(done, 0, dict(+reasons)))
                    yield facts, head

    def _deepened(self, facts: Facts, limits: Limits) -> tuple[str, str]:
        self._pace.wait(facts.url)
        folder = self.root / facts.folder
        try:
            return cloning.deepen(facts.url, folder, self.policy, limits), ""
        except Forbidden:
            return "", FORBIDDEN
        except GitFailed as failed:
            return "", failed.reason

    def place(self, wanted: Wanted) -> Path:
        """The folder of a repository, by the name under which it is wanted."""
        told = f"{wanted.host}/{wanted.name}".casefold().encode()
        key = hashlib.sha256(told).hexdigest()[:32]
        return self.root / "clones" / key[:2] / key

    def _forget_others(self, run: str) -> None:
        for path in (self.root / "clones").glob("*/*/facts.json"):
            facts = _read(path)
            if facts is not None and facts.run != run:
                shutil.rmtree(path.parent)

    def _begin(self) -> str:
        self.root.mkdir(parents=True, exist_ok=True)
        path, number = self.root / "run.json", self.root / "runs"
        if path.exists():
            return str(json.loads(path.read_text())["run"])
        run = str(int(number.read_text()) + 1 if number.exists() else 1)
        _write(number, run)
        _write(path, json.dumps({"run": run}))
        return run

    def _all(self, wanted: Iterable[Wanted | BadEntry], run: str) -> Iterator[Facts]:
        """Facts as they come; at most a window of repositories is under way."""
        source = iter(wanted)
        with ThreadPoolExecutor(self._jobs) as pool:
            waiting: set[Future[Facts]] = set()
            try:
                while True:
                    room = self._jobs * _WINDOW - len(waiting)
                    for one in itertools.islice(source, room):
                        waiting.add(pool.submit(self._one, one, run))
                    if not waiting:
                        return
                    finished, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                    for future in finished:
                        yield future.result()
            finally:
                for future in waiting:
                    future.cancel()

    def _one(self, wanted: Wanted | BadEntry, run: str) -> Facts:
        if isinstance(wanted, BadEntry):
            return Facts("", "", "", "", BAD_ENTRY, str(wanted))
        place = self.place(wanted)
        before = _read(place / "facts.json")
        if before is not None and (before.run == run or before.reason == REMOVED):
            before.run = run
            _write(place / "facts.json", json.dumps(asdict(before), sort_keys=True))
            return before
        place.mkdir(parents=True, exist_ok=True)
        facts = self._fetched(wanted, place, before)
        facts.run = run
        _write(place / "facts.json", json.dumps(asdict(facts), sort_keys=True))
        return facts

    def _fetched(self, wanted: Wanted, place: Path, before: Facts | None) -> Facts:
        folder = place / "repository.git"
        relative = str(folder.relative_to(self.root))
        facts = Facts(wanted.host, wanted.name, wanted.url, relative)
        for name in ("id", "owner_id", "stars", "forks", "issues", "fork_of", "licence"):
            setattr(facts, name, getattr(wanted, name))
        former = set(wanted.aliases) | set(before.aliases if before else ())
        try:
            head = self._patiently(wanted.url, folder, before)
            host, name = _now_named(wanted, head.url)
            if name != wanted.name:
                former |= {wanted.name}
            facts.host, facts.name, facts.url = host, name, head.url
            facts.head, facts.branch = head.commit, head.branch
            self._survey(facts, folder, before)
        except Forbidden as forbidden:
            facts.reason, facts.told = FORBIDDEN, str(forbidden)
        except GitFailed as failed:
            facts.reason, facts.told = failed.reason, failed.told[:300]
        facts.aliases = sorted(former - {facts.name})
        if facts.reason:
            # What its owner took down, or what cannot be read, is not kept.
            shutil.rmtree(folder, ignore_errors=True)
        return facts

    def _patiently(self, url: str, folder: Path, before: Facts | None) -> cloning.Head:
        known = before.head if before and not before.reason else ""
        for attempt in range(1, _ATTEMPTS + 1):
            self._pace.wait(url)
            try:
                return cloning.fetch(url, folder, self.policy, self.limits, known=known)
            except GitFailed as failed:
                said = failed.told.casefold()
                passing = failed.reason == FAILED and any(word in said for word in _PASSING)
                if attempt == _ATTEMPTS or not (passing or failed.reason == TIMED_OUT):
                    raise
                self._pace.back_off(url, self._patience * 2**attempt)
        raise AssertionError("not reached")

    def _survey(self, facts: Facts, folder: Path, before: Facts | None) -> None:
        """Count and mark, so that a build can plan without opening the repository."""
        if before and before.head == facts.head and not before.reason:
            facts.files, facts.bytes, facts.marks = before.files, before.bytes, before.marks
            return
        size = since = 0
        for at, entry in enumerate(trees.listed(folder, facts.head, self.limits)):
            facts.files += 1
            length = 0 if entry.reason or entry.size > self.limits.file_bytes else entry.size
            size, since = size + length, since + length
            if since >= MARK_BYTES:
                facts.marks.append(at + 1)
                since = 0
        facts.bytes = size


def write_catalogue(root: Path) -> int:
    """All facts, by host and name; of two addresses of one repository the first stands."""
    held: dict[tuple[str, str], Facts] = {}
    doubles = 0
    for path in sorted((root / "clones").glob("*/*/facts.json")):
        facts = _read(path)
        if facts is None:
            continue
        key = (facts.host, facts.name.casefold())
        first = held.setdefault(key, facts)
        if first is not facts:
            doubles += 1
            better, other = (facts, first) if first.reason else (first, facts)
            better.aliases = sorted({*better.aliases, *other.aliases} - {better.name})
            held[key] = better
    lines = (_line(held[key]) for key in sorted(held))
    _write(root / CATALOGUE, "".join(lines))
    return doubles


def catalogue(root: Path) -> Iterator[Facts]:
    """What `Clones.fetch` listed, by host and name; those that could not be had are among them.

    Raises FileNotFoundError when no run has ended yet.
    """
    with (root / CATALOGUE).open(encoding="utf-8") as file:
        for line in file:
            yield Facts(**json.loads(line))


def forget(root: Path, wanted: Callable[[dict[str, Any]], bool]) -> int:
    """Erase the clones of repositories that are `wanted`, for good; how many went."""
    gone = 0
    for path in sorted((root / "clones").glob("*/*/facts.json")):
        facts = _read(path)
        if facts is None or facts.reason == REMOVED or not wanted(asdict(facts)):
            continue
        facts.reason, facts.told = REMOVED, ""
        facts.files = facts.bytes = 0
        facts.marks = []
        _write(path, json.dumps(asdict(facts), sort_keys=True))  # first: a kill must not refetch it
        shutil.rmtree(root / facts.folder, ignore_errors=True)
        gone += 1
    if gone:
        write_catalogue(root)
    return gone


def _now_named(wanted: Wanted, url: str) -> tuple[str, str]:
    """A repository that was found elsewhere has the name that stands there."""
    if url == wanted.url or url.startswith("file:"):
        return wanted.host, wanted.name
    try:
        return name_in(url)
    except BadEntry:
        return wanted.host, wanted.name


def _line(facts: Facts) -> str:
    told = asdict(facts)
    del told["run"]
    return json.dumps(told, sort_keys=True) + "\n"


def _read(path: Path) -> Facts | None:
    try:
        return Facts(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None


def _write(path: Path, told: str) -> None:
    draft = path.with_name(f".{path.name}.part")
    draft.write_text(told, encoding="utf-8")
    draft.replace(path)
