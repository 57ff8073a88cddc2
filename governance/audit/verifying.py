"""The database against the tree: what was sealed, is it still what stands there?

Reads every entry once, in the order of the log. What an outsider can check without this database is
`client.audit`.
"""

from collections.abc import Iterator
from typing import NamedTuple

from client import notes, rotation, tree
from client.checkpoint import Checkpoint as Signed
from client.errors import ClientError
from governance.audit import leaves, selectors
from governance.audit.models import Checkpoint, Entry, Leaf, LogState, Pending, Person, Tile

CHUNK = 2000  # entries read at once


class Verified(NamedTuple):
    entries: int  # sealed ones that were read
    pending: int
    erased: int  # sealed ones without a personal part
    checkpoints: int
    faults: list[str]  # sentences; empty when all is well


def verify(*, pinned: notes.Verifier, most_faults: int = 100) -> Verified:
    """Compare entries, leaves, tiles, roots and signatures. Memory: one chunk."""
    faults = Faults(most_faults)
    walk = _Walk(faults)
    for chunk in _chunks():
        walk.chunk(chunk)
    walk.end()
    _signatures(pinned, faults)
    pending = _pending(faults)
    _strays(faults)
    return Verified(walk.place, pending, walk.erased, walk.checked, faults.told)


class Faults:
    def __init__(self, most: int) -> None:
        self.most, self.told, self.more = most, [], 0

    def add(self, sentence: str) -> None:
        if len(self.told) < self.most:
            self.told.append(sentence)


def _chunks() -> Iterator[list[Leaf]]:
    last = -1
    while True:
        found = list(
            Leaf.objects.filter(place__gt=last)
            .select_related("entry__person")
            .order_by("place")[:CHUNK]
        )
        if not found:
            return
        yield found
        last = found[-1].place


class _Walk:
    """Goes along the log, growing the tree again and comparing it at every checkpoint."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self.frontier = tree.Frontier()
        self.place = self.erased = self.checked = 0
        self.roots = dict(Checkpoint.objects.values_list("size", "root"))

    def chunk(self, chunk: list[Leaf]) -> None:
        for leaf in chunk:
            if leaf.place != self.place:
                self.faults.add(
                    f"Leaves {self.place} to {leaf.place - 1} are gone from the database."
                )
                self.place = leaf.place
            self._entry(leaf)
            self.frontier.append(bytes(leaf.hash))
            self.place += 1
            self._root()

    def _entry(self, leaf: Leaf) -> None:
        entry = _related(leaf, "entry")
        if entry is None:
            self.faults.add(f"The entry of leaf {leaf.place} (id {leaf.entry_id}) was dropped.")
            return
        told = leaves.halves(leaves.leaf_of(entry)).at(leaf.place)
        if tree.leaf_hash(told) != bytes(leaf.hash):
            self.faults.add(f"Entry {entry.pk} (leaf {leaf.place}) is not the one that was sealed.")
        person = _related(entry, "person")
        if person is None:
            self.erased += 1
        elif leaves.commitment(bytes(person.salt), person) != entry.commitment:
            self.faults.add(
                f"The personal part of entry {entry.pk} is not the one that was sealed."
            )

    def _root(self) -> None:
        signed = self.roots.get(self.place)
        if signed is None:
            return
        self.checked += 1
        if self.frontier.size != self.place or self.frontier.root().hex() != signed:
            self.faults.add(f"The root of the checkpoint at {self.place} entries does not fit.")

    def end(self) -> None:
        state = LogState.objects.filter(pk=1).first()
        size = state.size if state else 0
        if self.place != size:
            self.faults.add(f"The log tells {size} entries, but {self.place} leaves are there.")
        for beyond in sorted(at for at in self.roots if at > self.place):
            self.faults.add(f"A checkpoint signs {beyond} entries; only {self.place} are there.")
        self._tiles()

    def _tiles(self) -> None:
        if self.frontier.size != self.place or not self.place:
            return
        try:
            root = tree.tree_root(self.place, selectors.reader(self.place).node)
        except ClientError as error:
            self.faults.add(f"The tiles can't be read: {error}")
            return
        if root != self.frontier.root():
            self.faults.add("The public tiles do not give the root of the leaves.")
        for tile in Tile.objects.filter(level=0).order_by("number").iterator(chunk_size=50):
            first = tile.number * 256
            told = Leaf.objects.filter(place__gte=first, place__lt=first + 256).order_by("place")
            hashes = b"".join(bytes(each) for each in told.values_list("hash", flat=True))
            if hashes != bytes(tile.hashes):
                self.faults.add(f"Tile 0/{tile.number} does not hold the hashes of its leaves.")


def _related(row: object, name: str) -> Entry | Person | None:
    try:
        return getattr(row, name)
    except (Entry.DoesNotExist, Person.DoesNotExist):
        return None


def _signatures(pinned: notes.Verifier, faults: Faults) -> None:
    try:
        ring = rotation.verify_chain(pinned, selectors.rotations())
    except ClientError as error:
        faults.add(str(error))
        return
    for kept in Checkpoint.objects.order_by("size").iterator():
        try:
            signed: Signed = ring.open(kept.note)
        except ClientError as error:
            faults.add(f"The checkpoint at {kept.size} entries: {error}")
            continue
        if (signed.size, signed.root.hex()) != (kept.size, kept.root):
            faults.add(f"The checkpoint at {kept.size} entries is signed over something else.")


def _pending(faults: Faults) -> int:
    count = 0
    for waiting in Pending.objects.select_related("entry").iterator(chunk_size=CHUNK):
        count += 1
        entry = _related(waiting, "entry")
        if entry is None:
            faults.add(f"Entry {waiting.pk}, not sealed yet, was dropped.")
        elif leaves.halves(leaves.leaf_of(entry)) != (waiting.head, waiting.tail):
            faults.add(f"Entry {entry.pk}, not sealed yet, was altered.")
    return count


def _strays(faults: Faults) -> None:
    """Entries that are neither sealed nor waiting: somebody took them out of the queue."""
    stray = Entry.objects.filter(sealed=None, pending=None).order_by("id")
    for entry_id in stray.values_list("pk", flat=True)[: faults.most]:
        faults.add(f"Entry {entry_id} is neither sealed nor waiting to be.")
