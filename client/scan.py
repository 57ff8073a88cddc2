"""Read the entries of an export and check each by itself: fast, in parts, with bounded memory.

Parts of a plain file are checked by processes of their own. Each part comes back as a few subtree
roots, which the caller puts together in order, and a short list of faults.
"""

import gzip
import hmac
import os
import zlib
from binascii import Error as HexError
from binascii import unhexlify
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, NamedTuple

from . import entries, export, tree
from .errors import EntryError, ExportError

BLOCK = 4 * 1024 * 1024  # bytes read and checked at a time
MAX_FAULTS = 1000  # ranges that are named; more are counted
_WORTH_IT = 24 * 1024 * 1024  # bytes from which further processes pay

_HEAD = b'{"hash":"'
_HASH_END = len(_HEAD) + 64
_DETAIL = b',"detail":{'
_BARE = b',"personal":null,"salt":null}'
_SALT_TAIL = len(b',"salt":""}') + 64


class Fault(NamedTuple):
    """Something wrong with entries `first` to `last` of the log."""

    code: str
    first: int
    last: int
    detail: str = ""


class Segment(NamedTuple):
    """Subtrees up to `end`: of the hashes beside the entries, and of the entries themselves."""

    end: int
    sealed: list[tuple[int, bytes]]
    content: list[tuple[int, bytes]]


class Part(NamedTuple):
    """What was found in one block of lines."""

    runs: list[tuple[int, int]]  # (first, end) of entries that follow one another
    lost: list[str]  # for each line before the first entry: why it is none (told once)
    segments: list[Segment]  # of the first run, up to the first line that is no entry
    whole: bool  # whether the segments cover all lines
    faults: list[Fault]
    more: int  # faults beyond the limit
    entries: int
    bare: int  # entries without a personal part
    hashes: dict[int, bytes]  # of the entries that were asked for


class Ask(NamedTuple):
    marks: tuple[int, ...]  # sizes at which the root is wanted, ascending
    wanted: frozenset[int]  # entries whose hash is wanted


Source = tuple[Path, int, int] | bytes


def read_header(path: Path) -> export.Header:
    """The first line of an export; raises `ExportError`, or `OSError` when there is no file."""
    with _opened(path) as file:
        return export.parse_header(_unpacked(file.readline, export.MAX_HEADER + 1))


def parts(
    path: Path, marks: Iterable[int], wanted: Iterable[int], processes: int | None = None
) -> Iterator[Part]:
    """Check all lines after the header, block by block, in order.

    Raises `ExportError` when the file cannot be read on, after what was read before it.
    """
    ask = Ask(tuple(sorted(set(marks))), frozenset(wanted))
    count = _helpers(path) if processes is None else processes
    with _opened(path) as file:
        _unpacked(file.readline, export.MAX_HEADER)
        sources = _blocks(file) if isinstance(file, gzip.GzipFile) else _spans(path, file)
        if count < 2:
            yield from (check(source, ask) for source in sources)
        else:
            yield from _apart(sources, ask, count)


def content_hashes(path: Path) -> Iterator[bytes | None]:
    """The leaf hash of what each line holds, in order of the file; None where there is no entry."""
    with _opened(path) as file:
        _unpacked(file.readline, export.MAX_HEADER)
        while line := _unpacked(file.readline, export.MAX_LINE + 1):
            try:
                yield tree.leaf_hash(export.parse_line(line.removesuffix(b"\n")).leaf_bytes)
            except ExportError:
                yield None


def check(source: Source, ask: Ask) -> Part:
    """Check one block of lines."""
    data = source if isinstance(source, bytes) else _read(*source)
    state = _State()
    bare, expected = 0, None
    for line in data.removesuffix(b"\n").split(b"\n") if data else ():
        digest = None if expected is None else _quick(line, expected)
        if digest is None or expected is None:
            expected = state.slow(line, expected)
        else:
            state.run.append(digest)
            expected += 1
            bare += line.endswith(_BARE)
    return state.part(ask, bare)


def _quick(line: bytes, index: int) -> bytes | None:
    """The leaf hash of a canonical line that is right in all; None sends it to the slow way.

    The parts are cut out by their places. That what a JSON reader sees is what was hashed follows:
    the leaf is one object (`_is_single`), its bytes give the hash, and the personal part's bytes
    with the salt give the commitment that stands in the leaf. Keys that also stand deeper in the
    leaf, and any other doubt, are for the slow way.
    """
    number = b'"index":%d,' % index
    begin = _HASH_END + 2 + len(number) + 7
    middle = line[_HASH_END:begin]
    if line[:9] != _HEAD or middle != b'",%s"leaf":' % number or len(line) > export.MAX_LINE:
        return None
    cut = line.find(b',"personal":', begin)
    leaf = line[begin:cut]
    digest = sha256(b"\x00" + leaf).digest()
    if digest.hex().encode() != line[9:_HASH_END] or not _is_single(leaf):
        return None
    if number not in leaf or leaf.count(b'"index":') != 1:
        return None
    if line.endswith(_BARE):
        return digest if cut == len(line) - len(_BARE) else None
    personal, tail = line[cut + 12 : -_SALT_TAIL], line[-_SALT_TAIL:]
    if tail[:9] != b',"salt":"' or tail[-2:] != b'"}' or not _is_single(personal):
        return None
    try:
        opening = hmac.digest(unhexlify(tail[9:-2]), personal, "sha256").hex().encode()
    except HexError:
        return None
    once = leaf.count(b'"commitment":') == 1
    return digest if once and b'"commitment":"%s"' % opening in leaf else None


def _is_single(part: bytes) -> bool:
    """Whether the bytes are one JSON object and no more.

    When the first closing brace is the last byte, nothing before it can close the object. The
    brace of an empty object closes no other one, so it is passed over. Nor can the brace after a
    `detail`, where that is the only other object: without a backslash `,"detail":{` can only be a
    key and what it opens, in anything that a JSON reader takes. Else the parser says.
    """
    if part[:1] != b"{":
        return False
    if b"\\" not in part and part.count(b"{") == 2 == part.count(b"}") and part[-1:] == b"}":
        opens = part.find(_DETAIL)
        if 0 < opens < part.find(b"}"):
            return True
    end, at = len(part) - 1, part.find(b"}")
    while at != end:
        if at < 0 or part[at - 1 : at] != b"{":
            return _parses(part)
        at = part.find(b"}", at + 1)
    return True


def _parses(part: bytes) -> bool:
    try:
        export.load_object(part)
    except ExportError:
        return False
    return True


class _State:
    """What a block adds up to, while its lines come in."""

    def __init__(self) -> None:
        self.run: list[bytes] = []  # hashes of the entries of the current run
        self._begin = 0  # its first entry
        self._first_run: list[bytes] = []
        self._runs: list[tuple[int, int]] = []
        self._lost: list[str] = []
        self._sealed: dict[int, bytes] = {}  # where the hash beside the entry is another
        self._faults: list[Fault] = []
        self._more = 0
        self._bare = 0
        self._unknown: int | None = None  # the first place without a hash

    def slow(self, line: bytes, expected: int | None) -> int | None:
        """Check a line that the quick way did not take; the index that should come next."""
        try:
            found = export.parse_line(line)
        except ExportError as error:
            return self._no_entry(expected, error.sentence)
        content = tree.leaf_hash(found.leaf_bytes)
        index, own = found.index, found.leaf.get("index")
        if content == found.sealed and own != index and entries.is_index(own):
            index = own
            self._fault("renumbered", index, str(found.index))
        if index != expected:
            self._end_run()
            self._begin = index
        if content != found.sealed:
            self._fault("unfit", index)
            self._sealed[index] = found.sealed
        self._check_personal(found, index)
        self.run.append(content)
        return index + 1

    def part(self, ask: Ask, bare: int) -> Part:
        self._end_run()
        first = self._runs[0][0] if self._runs else 0
        there = range(first, first + len(self._first_run))
        return Part(
            runs=self._runs,
            lost=self._lost,
            segments=list(self._segments(ask)) if self._runs else [],
            whole=len(self._runs) == 1 and self._unknown is None,
            faults=self._faults,
            more=self._more,
            entries=sum(end - begin for begin, end in self._runs),
            bare=bare + self._bare,
            hashes={at: self._first_run[at - first] for at in ask.wanted if at in there},
        )

    def _segments(self, ask: Ask) -> Iterator[Segment]:
        first = self._runs[0][0]
        end = first + len(self._first_run)
        if self._unknown is not None:
            end = min(end, self._unknown)
        begin = first
        for mark in (*(mark for mark in ask.marks if first < mark < end), end):
            content = self._first_run[begin - first : mark - first]
            sealed = [self._sealed.get(begin + at, value) for at, value in enumerate(content)]
            nodes = list(tree.subtrees(begin, b"".join(content)))
            same = nodes if sealed == content else list(tree.subtrees(begin, b"".join(sealed)))
            yield Segment(mark, same, nodes)
            begin = mark

    def _end_run(self) -> None:
        if not self.run:
            return
        self._runs.append((self._begin, self._begin + len(self.run)))
        if len(self._runs) == 1:
            self._first_run = self.run
        self.run = []

    def _no_entry(self, expected: int | None, why: str) -> int | None:
        if expected is None:
            self._lost.append(why if not self._lost else "")
            return None
        self._fault("no_entry", expected, why)
        if self._unknown is None:
            self._unknown = expected
        self.run.append(tree.EMPTY_ROOT)
        return expected + 1

    def _check_personal(self, found: export.Line, index: int) -> None:
        if found.personal is None and found.salt is None:
            self._bare += 1
        elif found.personal is None or found.salt is None:
            self._fault("half_personal", index)
        elif not _opens(found):
            self._fault("personal", index)

    def _fault(self, code: str, index: int, detail: str = "") -> None:
        add_fault(self._faults, Fault(code, index, index, detail))
        if len(self._faults) > MAX_FAULTS:
            self._faults.pop()
            self._more += 1


def _opens(found: export.Line) -> bool:
    try:
        entries.check_opens(found.leaf, found.salt or b"", found.personal or {})
    except EntryError:
        return False
    return True


def add_fault(faults: list[Fault], fault: Fault) -> None:
    """Append a fault, or make the last one of its kind longer."""
    for at in range(len(faults) - 1, max(len(faults) - 4, -1), -1):
        last = faults[at]
        same = (last.code, last.last + 1) == (fault.code, fault.first)
        if same and (last.detail == fault.detail or fault.code == "renumbered"):
            faults[at] = last._replace(last=fault.last)
            return
    faults.append(fault)


def _read(path: Path, begin: int, end: int) -> bytes:
    with path.open("rb") as file:
        file.seek(begin)
        return file.read(end - begin)


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO | gzip.GzipFile]:
    """The export as a stream of lines, unpacked when it is gzipped."""
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        yield gzip.GzipFile(fileobj=file) if packed else file


def _unpacked(read: Callable[[int], bytes], limit: int) -> bytes:
    try:
        return read(limit)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise ExportError("The gzipped export is cut off or damaged.") from None


def _spans(path: Path, file: BinaryIO) -> Iterator[Source]:
    """Blocks of a plain file as (path, begin, end), each ending with a line; read by who checks."""
    begin, size = file.tell(), path.stat().st_size
    while begin < size:
        file.seek(begin + BLOCK)
        rest = file.readline(export.MAX_LINE + 1)
        if len(rest) > export.MAX_LINE:
            raise ExportError(f"A line is over {export.MAX_LINE} bytes, after byte {begin}.")
        end = min(begin + BLOCK + len(rest), size)
        yield path, begin, end
        begin = end


def _blocks(file: gzip.GzipFile) -> Iterator[Source]:
    """Blocks of a stream, each ending with a line."""
    rest = b""
    while data := _unpacked(file.read, BLOCK):
        data = rest + data
        cut = data.rfind(b"\n") + 1
        rest = data[cut:]
        if len(rest) > export.MAX_LINE:
            raise ExportError(f"A line is over {export.MAX_LINE} bytes.")
        if cut:
            yield data[:cut]
    if rest:
        yield rest


def _apart(sources: Iterator[Source], ask: Ask, count: int) -> Iterator[Part]:
    """Check in `count` processes, with no more than two blocks each under way."""
    waiting: deque[Future[Part]] = deque()
    breaks_off: ExportError | None = None
    with ProcessPoolExecutor(count) as pool:
        while True:
            try:
                source = next(sources, None)
            except ExportError as error:  # told after what was read before it
                source, breaks_off = None, error
            if source is not None:
                waiting.append(pool.submit(check, source, ask))
            elif not waiting:
                break
            if source is None or len(waiting) >= 2 * count:
                yield _result(waiting.popleft())
    if breaks_off is not None:
        raise breaks_off


def _result(future: "Future[Part]") -> Part:
    try:
        return future.result()
    except BrokenExecutor:
        raise ExportError("A process that helped was ended from outside; try again.") from None


def _helpers(path: Path) -> int:
    """How many processes pay for this file."""
    if path.stat().st_size < _WORTH_IT:
        return 1
    return min(os.cpu_count() or 1, 8)
