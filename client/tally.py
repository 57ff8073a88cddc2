"""Put the parts of an export together: order, roots at the sizes asked for, and faults."""

from collections.abc import Iterable

from . import order
from .scan import MAX_FAULTS, Fault, Part, add_fault
from .tree import EMPTY_ROOT, Frontier


class Tally:
    """What the lines of an export add up to.

    Two trees are grown: one of the entries themselves and one of the hashes written beside them.
    They are the same unless an entry (or a hash) was altered, and comparing both with the signed
    root tells which. They stop growing at the first entry that is missing or out of order.
    """

    def __init__(self, marks: Iterable[int]) -> None:
        self._marks = set(marks)
        self.content = Frontier()
        self.sealed = Frontier()
        self.whole = True  # whether the trees cover all that was read
        self.content_roots: dict[int, bytes] = {0: EMPTY_ROOT}
        self.sealed_roots: dict[int, bytes] = {0: EMPTY_ROOT}
        self.runs: list[order.Run] = []
        self.scattered = 0  # runs beyond what is kept
        self.faults: list[Fault] = []
        self.more = 0  # faults beyond what is kept
        self.entries = 0
        self.bare = 0  # entries without a personal part
        self.hashes: dict[int, bytes] = {}

    def add(self, part: Part) -> None:
        """Take the next part, in the order of the file."""
        at = self.runs[-1][1] if self.runs else 0
        if part.lost:
            self._fault(Fault("no_entry", at, at + len(part.lost) - 1, part.lost[0]))
            self._run(at, at + len(part.lost))
            self.whole = False
        for first, end in part.runs:
            self._run(first, end)
        for fault in part.faults:
            self._fault(fault)
        self.more += part.more
        self.entries += part.entries
        self.bare += part.bare
        self.hashes.update(part.hashes)
        self._grow(part)

    def order_faults(self, size: int) -> list[Fault]:
        """Entries that are missing, repeated, surplus or out of order, in a log of `size`."""
        if self.scattered:
            return [Fault("scattered", 0, size - 1, str(len(self.runs) + self.scattered))]
        return order.faults(self.runs, size)

    def _grow(self, part: Part) -> None:
        if not part.runs or not self.whole:
            return
        if part.runs[0][0] != self.content.size:
            self.whole = False
            return
        for segment in part.segments:
            for level, root in segment.content:
                self.content.push(root, level)
            for level, root in segment.sealed:
                self.sealed.push(root, level)
            if segment.end in self._marks:
                self.content_roots[segment.end] = self.content.root()
                self.sealed_roots[segment.end] = self.sealed.root()
        self.whole = part.whole

    def _run(self, first: int, end: int) -> None:
        if self.runs and self.runs[-1][1] == first:
            self.runs[-1] = (self.runs[-1][0], end)
        elif len(self.runs) < order.MAX_RUNS:
            self.runs.append((first, end))
        else:
            self.scattered += 1

    def _fault(self, fault: Fault) -> None:
        add_fault(self.faults, fault)
        if len(self.faults) > MAX_FAULTS:
            self.faults.pop()
            self.more += 1
