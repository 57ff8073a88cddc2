"""The offline check of an exported log: `gatehouse audit-verify`.

It needs the export and a key that the reader pinned, and trusts nothing else: not the server, not
the database, not the hashes in the file. What it can say depends on what was changed, and on what
else the reader kept:

- An entry altered, its hash left alone: that entry, exactly.
- An entry altered and the hash beside it rewritten: the root no longer fits. An older checkpoint
  narrows it to the entries since the last one that still fits; a receipt of the entry names it; a
  mirror of the public tiles (which hold hashes only) names every entry that was changed.
- Entries dropped, repeated, moved or renumbered: exactly, as every leaf holds its own number.
- The tail cut off: exactly, by the size in the checkpoint. When the checkpoint was replaced by an
  older one as well, only a later checkpoint or receipt of the reader's shows it.
- All of it rebuilt and signed again: with another key, the pinned key does not verify it; with the
  right key (a log that tells two histories), any older checkpoint or receipt contradicts it.
- A personal part altered: exactly. A personal part that is missing looks the same whether it was
  erased or left out for this reader; the number of these is told.

Not proved: that what never was recorded did not happen, or that a byte arrived. Entries since the
last checkpoint are not in an export.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from . import checkpoint, findings, locate, receipts, rotation, scan
from .checkpoint import Checkpoint
from .errors import ClientError, ExportError, ReceiptError, RotationError
from .export import Header
from .findings import Report
from .notes import Verifier
from .receipts import Checked
from .rotation import Keyring
from .tally import Tally


class Named(NamedTuple):
    """A signed checkpoint of the reader's own, under the name that the report gives it."""

    name: str
    note: str


class _Anchor(NamedTuple):
    """A checkpoint that was signed at another time, and so must fit the same history."""

    name: str
    at: Checkpoint
    own: bool  # the reader brought it; those in the export are summed up


def verify(
    path: Path,
    verifiers: Sequence[Verifier],
    *,
    older: Iterable[Named] = (),
    own_receipts: Iterable[tuple[str, bytes]] = (),
    tiles: Path | None = None,
    origin: str | None = None,
    processes: int | None = None,
) -> Report:
    """Check the export at `path` under pinned keys. What fails is in the report, never raised.

    `own_receipts` are pairs of a name and the JSON of a receipt. `tiles` is a folder that holds
    `tile/...`. The log must be called `origin`, or as one of the keys is. `processes`: how many
    to check with; None for as many as pay.

    Raises:
        OSError: a file cannot be read.
    """
    report = Report()
    try:
        header = scan.read_header(path)
        claimed = checkpoint.unverified(header.checkpoint)
    except ClientError as error:
        report.fail("header", error.sentence)
        return report
    names = {verifier.name for verifier in verifiers} if origin is None else {origin}
    audit = _Audit(path, report, header, claimed, names)
    audit.follow_keys(verifiers)
    audit.open_checkpoint()
    for name, note in older:
        audit.anchor(name, note)
    for name, data in own_receipts:
        audit.receipt(name, data, verifiers)
    audit.read(processes)
    audit.conclude(tiles)
    return report


def check_receipt(
    report: Report,
    name: str,
    data: bytes,
    verifiers: Sequence[Verifier],
    names: set[str],
) -> Checked | None:
    """Check a receipt by itself and put the outcome into the report."""
    try:
        checked = receipts.check(receipts.parse(data), verifiers)
        if checked.checkpoint.origin not in names:
            raise ReceiptError(_other_log(checked.checkpoint, names), code="receipt_origin")
    except ReceiptError as error:
        report.fail(error.code, f"{name}: {error.sentence}")
        return None
    report.proved.append(f"{name}: {' '.join(checked.sentences)}")
    return checked


class _Audit:
    """One check under way."""

    def __init__(
        self, path: Path, report: Report, header: Header, claimed: Checkpoint, names: set[str]
    ) -> None:
        self._path = path
        self._report = report
        self._header = header
        self._at = claimed
        self._names = names
        self._ring = Keyring(())
        self._anchors: list[_Anchor] = []
        self._receipts: list[tuple[str, Checked]] = []
        self._tally = Tally(())
        self._end = claimed.size  # up to where the order can be judged
        report.origin, report.size, report.root = claimed.origin, claimed.size, claimed.root.hex()

    def follow_keys(self, verifiers: Sequence[Verifier]) -> None:
        """From the pinned keys to those that sign now."""
        try:
            self._ring = rotation.verify_chain(verifiers, self._header.rotations)
        except RotationError as error:
            self._ring = Keyring.of(*verifiers)
            self._report.fail(error.code, error.sentence)
        for at in self._ring.handovers:
            name = f"the statement about a new key at {at.size} entries"
            self._take_anchor(_Anchor(name, at, True))

    def open_checkpoint(self) -> None:
        """The signature of the checkpoint, and of the older ones in the export."""
        report, header, at = self._report, self._header, self._at
        try:
            self._ring.open(header.checkpoint)
        except ClientError as error:
            report.fail(error.code, f"The checkpoint of the export fails: {error.sentence}")
        else:
            changes = len(self._ring.handovers)
            way = f", through {changes} change(s) of key" if changes else ""
            report.proved.append(
                f"The checkpoint over {at.size} entries is signed by the key that you pinned{way}."
            )
        if at.origin not in self._names:
            report.fail("other_log", _other_log(at, self._names))
        if (header.origin, header.size) != (at.origin, at.size):
            report.fail("header", "The header and the checkpoint tell different logs or sizes.")
        for note in header.older:
            self.anchor("an older checkpoint in the export", note, own=False)

    def anchor(self, name: str, note: str, *, own: bool = True) -> None:
        """Take in a checkpoint that must fit the same history."""
        try:
            at = self._ring.open(note)
        except ClientError as error:
            self._report.fail(error.code, f"{_start(name)} fails: {error.sentence}")
        else:
            self._take_anchor(_Anchor(name, at, own))

    def receipt(self, name: str, data: bytes, verifiers: Sequence[Verifier]) -> None:
        """Take in a receipt, which is to be found in the export."""
        checked = check_receipt(self._report, name, data, verifiers, self._names)
        if checked is not None:
            self._receipts.append((name, checked))
            self._take_anchor(_Anchor(f"the checkpoint of {name}", checked.checkpoint, True))

    def read(self, processes: int | None) -> None:
        """Read all entries."""
        marks = {self._at.size, *(anchor.at.size for anchor in self._anchors)}
        wanted = [checked.index for _, checked in self._receipts]
        self._tally = Tally(marks)
        try:
            for part in scan.parts(self._path, marks, wanted, processes):
                self._tally.add(part)
        except ExportError as error:
            self._end = self._tally.runs[-1][1] if self._tally.runs else 0
            self._report.fail(
                "unreadable", f"{error.sentence} It was read up to entry {self._end}."
            )
        self._report.entries, self._report.without_personal = self._tally.entries, self._tally.bare

    def conclude(self, tiles: Path | None) -> None:
        """Compare what was read with what was signed."""
        tally, report, size = self._tally, self._report, self._at.size
        content, sealed = tally.content_roots.get(size), tally.sealed_roots.get(size)
        fits = content == self._at.root
        unordered = tally.order_faults(self._end)
        for fault in (*tally.faults, *unordered):
            unfit = "hash" if fits else "altered"
            code = unfit if fault.code == "unfit" else fault.code
            report.findings.append(findings.of(fault._replace(code=code)))
        report.unnamed = tally.more
        right, wrong = self._compare_anchors()
        if fits and not unordered and self._end == size:
            report.proved.append(f"All {size} entries, each in its place, make the signed root.")
        elif not fits and sealed != self._at.root:
            self._say_root(content is not None, right, wrong)
        self._say_anchors(fits, right, wrong)
        self._find_receipts()
        self._say_personal()
        if tiles is not None:
            self._ask_tiles(tiles, fits)

    def _take_anchor(self, anchor: _Anchor) -> None:
        if anchor.at.origin != self._at.origin:
            sentence = f"{_start(anchor.name)} is of another log: {anchor.at.origin}."
            self._report.fail("other_log", sentence)
        else:
            self._anchors.append(anchor)

    def _compare_anchors(self) -> tuple[list[_Anchor], list[_Anchor]]:
        """Those that fit what was read, and those that contradict it; the rest is told."""
        right: list[_Anchor] = []
        wrong: list[_Anchor] = []
        size = self._at.size
        for anchor in self._anchors:
            at = anchor.at
            roots = (self._tally.content_roots.get(at.size), self._tally.sealed_roots.get(at.size))
            if at.size > size:
                self._report.fail(
                    "ahead",
                    f"{_start(anchor.name)} was signed over {at.size} entries, the export ends at "
                    f"{size}: the log was cut back, or this export is an old one.",
                )
            elif roots[0] is None:
                self._report.fail(
                    "unchecked",
                    f"{_start(anchor.name)} could not be compared: an entry before number "
                    f"{at.size} is missing, out of order or unreadable.",
                )
            else:
                (right if at.root in roots else wrong).append(anchor)
        return right, wrong

    def _say_root(self, known: bool, right: list[_Anchor], wrong: list[_Anchor]) -> None:
        if not known:
            if not self._report.findings:
                self._report.fail("root", "The root could not be made from the entries.")
            return
        size = self._at.size
        first, last = locate.bracket(
            (anchor.at.size for anchor in right), (size, *(anchor.at.size for anchor in wrong))
        )
        self._report.fail(
            "root",
            f"The {size} entries do not make the signed root: entries were changed together with "
            f"the hashes beside them. The first change lies among entries {first} to {last}.",
        )

    def _say_anchors(self, fits: bool, right: list[_Anchor], wrong: list[_Anchor]) -> None:
        report = self._report
        for anchor in wrong:
            first, last = locate.bracket((one.at.size for one in right), (anchor.at.size,))
            what = (
                "both are signed, so the log has told two histories"
                if fits
                else "entries before that were changed"
            )
            report.fail(
                "split" if fits else "older",
                f"{_start(anchor.name)} over {anchor.at.size} entries has another root than these "
                f"entries of the export: {what}, which part among entries {first} to {last}.",
            )
        shipped = [anchor.at.size for anchor in right if not anchor.own]
        if shipped:
            report.proved.append(
                f"The log continues {len(shipped)} older checkpoint(s) that the export carries, "
                f"the last over {max(shipped)} entries."
            )
        report.proved.extend(
            f"The log continues {anchor.name}, over {anchor.at.size} entries."
            for anchor in right
            if anchor.own
        )

    def _find_receipts(self) -> None:
        for name, checked in self._receipts:
            found = self._tally.hashes.get(checked.index)
            if found == checked.leaf_hash:
                self._report.proved.append(f"Entry {checked.index} is the one of {name}.")
            elif found is not None:
                sentence = (
                    f"Entry {checked.index} of the export is not the one that {name} shows and the "
                    "log had signed."
                )
                self._report.fail("unlike_receipt", sentence, checked.index)
            else:
                sentence = f"Entry {checked.index} of {name} was not found in its place."
                self._report.fail("receipt_not_found", sentence, checked.index)

    def _say_personal(self) -> None:
        report = self._report
        if any(item.code in {"personal", "half_personal"} for item in report.findings):
            return
        opened = report.entries - report.without_personal
        if opened and not report.unnamed:
            report.proved.append(f"The personal parts of {opened} entries are those sealed.")
        if report.without_personal:
            report.proved.append(
                f"{report.without_personal} entries are shown without a personal part: it was "
                "erased, or is not for this reader."
            )

    def _ask_tiles(self, folder: Path, fits: bool) -> None:
        report, runs = self._report, self._tally.runs
        if self._tally.scattered or len(runs) != 1 or runs[0][0] != 0:
            report.fail("unchecked", "The tiles could not be compared: entries are out of order.")
            return
        try:
            faults = locate.by_tiles(self._path, folder, self._at.size, self._at.root)
        except ClientError as error:
            report.fail(error.code, error.sentence)
            return
        report.findings.extend(findings.of(fault) for fault in faults)
        if fits and not faults:
            report.proved.append("The public tiles hold the hashes of these entries.")


def _start(name: str) -> str:
    return name[:1].upper() + name[1:]


def _other_log(at: Checkpoint, names: set[str]) -> str:
    return f"The checkpoint is of the log {at.origin}, not of {' or '.join(sorted(names))}."
